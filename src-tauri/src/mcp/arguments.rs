//! The tools as a client sees them, and what it passes to them. The comments on the fields below
//! are what a model reads of them.

use quarry_engine::search::Mode;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Answer;
use super::{file, listing, searching};
use crate::owner::protocol::Problem;
use crate::owner::session::Session;

/// Characters of a query, a name or a path; what is longer was not meant as one.
const LONGEST_TEXT: usize = 2000;
/// Projects that one call names.
const MOST_NAMED: usize = 50;
/// A model reads every hit, and its attention is dear.
const MOST_HITS: u32 = 100;
const USUAL_HITS: u32 = 20;
/// As many as a preview has.
const MOST_LINES: u32 = 400;
const USUAL_LINES: u32 = 100;
const MODES: [&str; 6] = ["auto", "names", "text", "regex", "symbols", "meaning"];

const SEARCH: &str = r#"Finds lines, files and definitions in all registered projects, best first, each with project, path and line. Indexed: it takes milliseconds.

The query:
- words in any order (retry backoff): lines with more of them come first. Identifiers whole or in part (HttpBody, sendmsg), file names (main.rs, reg/load). A question in plain words works too.
- "exact text" has to be there as it stands (case apart). case:yes minds the case.
- /regex/ in Rust's syntax, within one line: /tcp_\w+_locked\(/
- sym:NAME finds definitions only. refs:NAME where a name is used, callers:NAME where it is called, callees:NAME what a function calls.
- path:net (a word of the path begins so), path:src/*.rs (* is anything), path:/src/net/ (a folder from the project's root), lang:rust, project:NAME narrow.
- A - before a word, "text", path:, lang:, project: or sym: leaves out: -test -path:/docs/

The answer ends with remarks on what was not searched (projects that are being indexed or cannot be opened, and why). Search again once that is over before you conclude that something does not exist."#;

const SIMILAR: &str = "Finds the code that is nearest in meaning to the code at a line: other \
    implementations, copies, code for the same purpose. Needs the user's model for search by meaning; \
    without one it says so.";

const READ: &str = "Reads lines of a file in a registered project, as they are now, each with its \
    number. Files that may hold passwords or keys are refused.";

const PROJECTS: &str = "Lists the registered projects with root, state, counts and what is wrong \
    with each, if anything, and what helps. Those in trouble come first. A folder that is missing \
    here is not searched: the user registers it with `quarry add PATH`.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchArguments {
    /// What to look for, in the language described above.
    #[schemars(length(min = 1, max = LONGEST_TEXT))]
    pub query: String,
    /// How: auto lets the query decide. names: files by name only; text: lines by words; regex: the
    /// whole query is one pattern; symbols: definitions by name; meaning: a question in words.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = MODES))]
    pub mode: Mode,
    /// Search only these: names or ids. All where there is none.
    #[serde(default)]
    #[schemars(length(max = MOST_NAMED), inner(length(min = 1, max = LONGEST_TEXT)))]
    pub projects: Vec<String>,
    /// So many hits at most.
    #[serde(default = "usual_hits")]
    #[schemars(range(min = 1, max = MOST_HITS))]
    pub limit: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarArguments {
    /// Name or id of the project that holds the file. Not needed with an absolute path.
    #[schemars(length(max = LONGEST_TEXT), extend("type" = "string"))]
    pub project: Option<String>,
    /// Relative to the project's root, as a hit has it, or absolute.
    #[schemars(length(min = 1, max = LONGEST_TEXT))]
    pub path: String,
    /// A line of the code to compare with, from 1.
    #[schemars(range(min = 1))]
    pub line: u64,
    /// Search only these: names or ids. All where there is none.
    #[serde(default)]
    #[schemars(length(max = MOST_NAMED), inner(length(min = 1, max = LONGEST_TEXT)))]
    pub projects: Vec<String>,
    /// So many hits at most.
    #[serde(default = "usual_hits")]
    #[schemars(range(min = 1, max = MOST_HITS))]
    pub limit: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadArguments {
    /// Name or id of the project that holds the file. Not needed with an absolute path.
    #[schemars(length(max = LONGEST_TEXT), extend("type" = "string"))]
    pub project: Option<String>,
    /// Relative to the project's root, as a hit has it, or absolute.
    #[schemars(length(min = 1, max = LONGEST_TEXT))]
    pub path: String,
    /// The first line to read, from 1.
    #[serde(default = "first_line")]
    #[schemars(range(min = 1))]
    pub line: u64,
    /// So many lines at most.
    #[serde(default = "usual_lines")]
    #[schemars(range(min = 1, max = MOST_LINES))]
    pub count: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectsArguments {
    /// Only those with this in their name, id or root (case apart). All where there is none.
    #[schemars(length(max = LONGEST_TEXT), extend("type" = "string"))]
    pub filter: Option<String>,
}

fn usual_hits() -> u32 {
    USUAL_HITS
}

fn usual_lines() -> u32 {
    USUAL_LINES
}

fn first_line() -> u64 {
    1
}

/// A tool and its arguments, within their bounds.
#[derive(Debug)]
pub enum ToolCall {
    Search(SearchArguments),
    Similar(SimilarArguments),
    Read(ReadArguments),
    Projects(ProjectsArguments),
}

impl ToolCall {
    /// `None` where no tool has this name; a sentence where its arguments are wrong.
    pub fn parse(tool: &str, arguments: JsonObject) -> Option<Result<Self, Problem>> {
        Some(match tool {
            "search" => parsed(arguments).map(Self::Search),
            "similar" => parsed(arguments).map(Self::Similar),
            "read" => parsed(arguments).map(Self::Read),
            "projects" => parsed(arguments).map(Self::Projects),
            _ => return None,
        })
    }

    /// # Errors
    /// A sentence for the one who called the tool.
    pub async fn answer(self, session: &mut Session) -> Result<Answer, Problem> {
        match self {
            Self::Search(arguments) => searching::search(session, arguments).await,
            Self::Similar(arguments) => searching::similar(session, arguments).await,
            Self::Read(arguments) => file::read(session, arguments).await,
            Self::Projects(arguments) => listing::projects(session, arguments).await,
        }
    }
}

/// All of them, each with the schema of its arguments. None changes anything.
pub fn tools() -> Vec<Tool> {
    vec![
        tool::<SearchArguments>("search", "Search code", SEARCH),
        tool::<SimilarArguments>("similar", "Find similar code", SIMILAR),
        tool::<ReadArguments>("read", "Read a file", READ),
        tool::<ProjectsArguments>("projects", "List projects", PROJECTS),
    ]
}

fn tool<A: JsonSchema + 'static>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    Tool::new(name, description, schema::<A>()).with_title(title).with_annotations(annotations)
}

/// What a client needs to know of the arguments, and nothing about the types that they become.
fn schema<A: JsonSchema + 'static>() -> JsonObject {
    let mut schema = schema_for_type::<A>().as_ref().clone();
    for of_the_type in ["$schema", "title"] {
        schema.remove(of_the_type);
    }
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flatten().filter_map(|(_, field)| field.as_object_mut()) {
        field.remove("format");
        if let Some(Value::String(description)) = field.get_mut("description") {
            *description = description.replace('\n', " ");
        }
    }
    schema
}

/// The arguments as the tool takes them, within what its schema says.
fn parsed<A: DeserializeOwned + JsonSchema + 'static>(
    mut arguments: JsonObject,
) -> Result<A, Problem> {
    // Some clients write what they leave out.
    arguments.retain(|_, value| !value.is_null());
    let schema = schema::<A>();
    for (name, value) in &arguments {
        let rule = schema.get("properties").and_then(|fields| fields.get(name));
        if let Some(fault) = rule.and_then(|rule| fault(rule, value)) {
            return Err(wrong(format!("`{name}` {fault}.")));
        }
    }
    serde_json::from_value(Value::Object(arguments)).map_err(|error| wrong(format!("{error}.")))
}

fn wrong(sentence: String) -> Problem {
    Problem::new("BadArguments", format!("Wrong arguments: {sentence}"))
}

/// What keeps `value` from being what the schema's `rule` says, as far as that is a bound.
fn fault(rule: &Value, value: &Value) -> Option<String> {
    let bound = |name: &str| rule.get(name).and_then(Value::as_u64);
    let within = |least: &str, most: &str, size: u64| {
        bound(least).is_none_or(|least| least <= size)
            && bound(most).is_none_or(|most| size <= most)
    };
    let range = |least: &str, most: &str| match (bound(least), bound(most)) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, most) => format!("at most {}", most.unwrap_or(u64::MAX)),
    };
    let size = |length: usize| length as u64;
    match value {
        Value::String(text) if !within("minLength", "maxLength", size(text.chars().count())) => {
            Some(format!("has to have {} characters", range("minLength", "maxLength")))
        }
        Value::Array(entries) if !within("minItems", "maxItems", size(entries.len())) => {
            Some(format!("has to have {} entries", range("minItems", "maxItems")))
        }
        Value::Array(entries) if rule.get("items").is_some() => {
            entries.iter().find_map(|value| fault(rule.get("items")?, value))
        }
        Value::Number(number) if bound("minimum").is_some() => {
            let fits = number.as_u64().is_some_and(|size| within("minimum", "maximum", size));
            (!fits).then(|| format!("has to be a whole number, {}", range("minimum", "maximum")))
        }
        _ => wrong_kind(rule, value),
    }
}

fn wrong_kind(rule: &Value, value: &Value) -> Option<String> {
    let wanted = rule.get("type")?.as_str()?;
    let kind = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Number(_) => "integer",
        Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    };
    (kind != wanted).then(|| format!("has to be of type {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(tool: &str, arguments: Value) -> Result<ToolCall, Problem> {
        ToolCall::parse(tool, arguments.as_object().unwrap().clone()).unwrap()
    }

    fn sentence(tool: &str, arguments: Value) -> String {
        parse(tool, arguments).unwrap_err().message
    }

    #[test]
    fn every_tool_that_is_listed_exists_and_changes_nothing() {
        for tool in tools() {
            assert!(ToolCall::parse(&tool.name, JsonObject::new()).is_some(), "{}", tool.name);
            let annotations = tool.annotations.unwrap();
            assert_eq!(annotations.read_only_hint, Some(true));
            let fields = tool.input_schema["properties"].as_object().unwrap();
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{name} of {} is explained", tool.name);
            }
        }
        assert!(ToolCall::parse("remove", JsonObject::new()).is_none());
    }

    #[test]
    fn every_mode_of_the_schema_is_one() {
        for mode in MODES {
            parse("search", json!({ "query": "x", "mode": mode })).unwrap();
        }
    }

    #[test]
    fn what_is_left_out_has_its_default_and_null_leaves_out() {
        let Ok(ToolCall::Search(search)) =
            parse("search", json!({ "query": "x", "mode": null, "projects": null }))
        else {
            panic!("it is a search");
        };
        assert_eq!((search.mode, search.limit), (Mode::Auto, USUAL_HITS));
        let Ok(ToolCall::Read(read)) = parse("read", json!({ "path": "a" })) else {
            panic!("it reads");
        };
        assert_eq!((read.line, read.count), (1, USUAL_LINES));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (arguments, named) in [
            (json!({}), "`query`"),
            (json!({ "query": "" }), "`query`"),
            (json!({ "query": "x".repeat(LONGEST_TEXT + 1) }), "`query`"),
            (json!({ "query": 7 }), "`query` has to be of type string"),
            (json!({ "query": ["x"] }), "`query` has to be of type string"),
            (json!({ "query": "x", "limit": 0 }), "`limit` has to be a whole number, 1 to 100"),
            (json!({ "query": "x", "limit": 101 }), "`limit`"),
            (json!({ "query": "x", "limit": -1 }), "`limit`"),
            (json!({ "query": "x", "limit": 1.5 }), "`limit`"),
            (json!({ "query": "x", "limit": "ten" }), "`limit` has to be of type integer"),
            (json!({ "query": "x", "mode": "guess" }), "`guess`"),
            (json!({ "query": "x", "projects": "linux" }), "`projects` has to be of type array"),
            (json!({ "query": "x", "projects": vec!["a"; MOST_NAMED + 1] }), "`projects`"),
            (json!({ "query": "x", "projects": [7] }), "`projects`"),
            (json!({ "query": "x", "projects": ["a".repeat(LONGEST_TEXT + 1)] }), "`projects`"),
            (json!({ "query": "x", "querry": "x" }), "`querry`"),
        ] {
            let said = sentence("search", arguments.clone());
            assert!(said.contains(named), "{arguments}: {said}");
        }
        assert!(sentence("read", json!({ "path": "a", "line": 0 })).contains("at least 1"));
    }
}
