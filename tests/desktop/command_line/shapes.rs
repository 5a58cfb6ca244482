//! The JSON of the contract: which fields there are, and what each may hold.

use serde_json::Value;

pub type Check = fn(&Value) -> bool;

pub const LISTING: &[(&str, Check)] = &[("projects", Value::is_array)];

pub const PROJECT: &[(&str, Check)] = &[
    ("id", word),
    ("name", word),
    ("root", |value| text(value).starts_with('/')),
    ("residency", |value| among(value, &["Cold", "Loading", "Hot", "Unloading", "Failed"])),
    ("freshness", |value| {
        among(value, &["Fresh", "Pending", "Indexing", "Reconciling", "Retrying", "Failing"])
            || among(value, &["RootMissing", "Stuck"])
    }),
    ("watch_mode", |value| among(value, &["Native", "Polling", "Paused", "Off"])),
    ("files", Value::is_u64),
    ("chunks", Value::is_u64),
    ("symbols", Value::is_u64),
    ("vectors", Value::is_u64),
    ("pending", Value::is_u64),
    ("skipped", Value::is_u64),
    ("index_bytes", Value::is_u64),
    ("last_indexed", |value| value.is_null() || time(value)),
    ("progress", |value| value.is_null() || fits(value, PROGRESS)),
    ("watch_reason", |value| value.is_null() || word(value)),
    ("error", |value| value.is_null() || fits(value, ERROR)),
];

/// Fields that came after the contract; scripts need not know them.
const LATER: &[&str] = &[
    "excludes",
    "include_ignored",
    "meaning",
    "notice",
    "path_highlights",
    "pinned",
    "stale",
    "vectors_wanted",
];

const PROGRESS: &[(&str, Check)] =
    &[("lane", lane), ("done", Value::is_u64), ("total", Value::is_u64)];

const ERROR: &[(&str, Check)] = &[
    ("cause", word),
    ("message", word),
    ("first_at", time),
    ("attempts", Value::is_u64),
    ("next_retry", |value| value.is_null() || time(value)),
];

pub const ANSWER: &[(&str, Check)] = &[
    ("query", Value::is_string),
    ("mode", |value| among(value, &["auto", "names", "text", "regex", "symbols", "meaning"])),
    ("took_ms", amount),
    ("searched", |value| fits(value, SEARCHED)),
    ("lanes", |value| each(value, LANE)),
    ("results", |value| each(value, RESULT)),
];

const SEARCHED: &[(&str, Check)] = &[
    ("total", Value::is_u64),
    ("hot", Value::is_u64),
    ("loading", Value::is_u64),
    ("failed", |value| each(value, &[("project", word), ("cause", word)])),
];

const LANE: &[(&str, Check)] =
    &[("lane", lane), ("took_ms", amount), ("note", |value| value.is_null() || word(value))];

pub const RESULT: &[(&str, Check)] = &[
    ("project", word),
    ("path", |value| word(value) && !text(value).starts_with('/')),
    ("line_start", position),
    ("line_end", position),
    ("kind", word),
    ("symbol", |value| value.is_null() || word(value)),
    ("lang", |value| value.is_null() || word(value)),
    ("score", Value::is_number),
    ("lanes", |value| {
        value.as_array().is_some_and(|lanes| !lanes.is_empty() && lanes.iter().all(lane))
    }),
    ("stale", Value::is_boolean),
    ("snippet", |value| value.is_null() || fits(value, SNIPPET)),
];

const SNIPPET: &[(&str, Check)] =
    &[("line", position), ("text", Value::is_string), ("highlights", ranges)];

/// Panics with the first field that is missing, unknown, or holds something else.
#[track_caller]
pub fn assert_shape(value: &Value, shape: &[(&str, Check)]) {
    if let Some(fault) = fault(value, shape) {
        panic!("{fault} in {value:#}");
    }
}

fn fits(value: &Value, shape: &[(&str, Check)]) -> bool {
    fault(value, shape).is_none()
}

fn fault(value: &Value, shape: &[(&str, Check)]) -> Option<String> {
    let Some(object) = value.as_object() else { return Some("no object".to_owned()) };
    for (name, holds) in shape {
        match object.get(*name) {
            None => return Some(format!("`{name}` is missing")),
            Some(value) if !holds(value) => return Some(format!("`{name}` holds {value}")),
            Some(_) => {}
        }
    }
    let known = |name: &str| LATER.contains(&name) || shape.iter().any(|(known, _)| *known == name);
    let unknown = object.keys().find(|name| !known(name));
    unknown.map(|name| format!("`{name}` is not in the contract"))
}

fn each(value: &Value, shape: &[(&str, Check)]) -> bool {
    value.as_array().is_some_and(|values| values.iter().all(|value| fits(value, shape)))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn word(value: &Value) -> bool {
    !text(value).is_empty()
}

fn among(value: &Value, words: &[&str]) -> bool {
    words.contains(&text(value))
}

fn lane(value: &Value) -> bool {
    among(value, &["names", "text", "regex", "symbols", "meaning"])
}

fn amount(value: &Value) -> bool {
    value.as_f64().is_some_and(|amount| amount >= 0.0)
}

/// Lines count from 1.
fn position(value: &Value) -> bool {
    value.as_u64().is_some_and(|line| line >= 1)
}

fn ranges(value: &Value) -> bool {
    value.as_array().is_some_and(|ranges| {
        ranges.iter().all(|range| {
            let bounds: Vec<u64> =
                range.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
            matches!(bounds.as_slice(), [start, end] if start < end)
        })
    })
}

/// RFC 3339, such as `2026-01-31T23:59:59.5Z`.
fn time(value: &Value) -> bool {
    let shape: String =
        text(value).chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else { return false };
    let zone = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches('0'));
    matches!(zone, "Z" | "+00:00" | "-00:00")
}
