//! A project's state in words, for the tray and the command line. Figures as people read them.

pub mod answer;

use quarry_engine::status::{Freshness, LaneName, ProjectStatus, Residency, WatchMode};

/// What a project's state asks of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Rest,
    /// To wait: it becomes searchable or fresh by itself.
    Busy,
    /// To act.
    Trouble,
}

pub fn condition(project: &ProjectStatus) -> Condition {
    match (project.residency, project.freshness) {
        (Residency::Failed, _)
        | (_, Freshness::Failing | Freshness::RootMissing | Freshness::Stuck) => Condition::Trouble,
        // What has changed shows when it is opened.
        (Residency::Cold | Residency::Unloading, Freshness::Pending) => Condition::Rest,
        // Nothing becomes fresh by itself that nobody watches.
        (Residency::Hot, Freshness::Pending) if project.watch_mode == WatchMode::Paused => {
            Condition::Rest
        }
        (Residency::Loading, _)
        | (
            _,
            Freshness::Pending | Freshness::Indexing | Freshness::Reconciling | Freshness::Retrying,
        ) => Condition::Busy,
        (_, Freshness::Fresh) if project.progress.is_some() => Condition::Busy,
        (_, Freshness::Fresh) => Condition::Rest,
    }
}

/// A few words for a list.
pub fn state(project: &ProjectStatus) -> String {
    match condition(project) {
        Condition::Trouble => trouble(project).to_owned(),
        Condition::Busy => busy(project),
        Condition::Rest if project.watch_mode == WatchMode::Paused => "paused".to_owned(),
        Condition::Rest => match project.residency {
            Residency::Hot => return fresh(project),
            Residency::Unloading => "closing",
            Residency::Cold | Residency::Loading | Residency::Failed => "cold",
        }
        .to_owned(),
    }
}

fn fresh(project: &ProjectStatus) -> String {
    match embedded(project) {
        Some(percent) if percent < 100 => format!("fresh, {percent} % embedded"),
        _ => "fresh".to_owned(),
    }
}

/// Whole percent of what is to be found by meaning; `None` where it is off or was not counted.
pub fn embedded(project: &ProjectStatus) -> Option<u64> {
    let wanted = project.vectors_wanted.filter(|_| project.meaning)?;
    if wanted == 0 { Some(100) } else { percent(project.vectors, wanted) }
}

/// The same word for everything but the course of an indexing, so that it changes rarely.
pub fn steady_state(project: &ProjectStatus) -> String {
    match condition(project) {
        Condition::Busy if project.progress.is_some() => "indexing".to_owned(),
        Condition::Busy if project.freshness == Freshness::Pending => "catching up".to_owned(),
        Condition::Rest if is_partly_embedded(project) => "fresh, partly embedded".to_owned(),
        _ => state(project),
    }
}

fn is_partly_embedded(project: &ProjectStatus) -> bool {
    project.residency == Residency::Hot
        && project.watch_mode != WatchMode::Paused
        && embedded(project).is_some_and(|percent| percent < 100)
}

fn trouble(project: &ProjectStatus) -> &'static str {
    let cause = project.error.as_ref().map(|error| error.cause.as_str());
    match (project.freshness, cause) {
        (Freshness::RootMissing, _) | (_, Some("RootMissing")) => "folder missing",
        (_, Some("VolumeUnavailable")) => "disk does not answer",
        (Freshness::Failing, _) => "indexing fails",
        (Freshness::Stuck, _) => "indexing is stuck",
        _ => "failed",
    }
}

fn busy(project: &ProjectStatus) -> String {
    if project.residency == Residency::Loading {
        return "loading".to_owned();
    }
    if let Some(progress) = project.progress {
        let purpose = match progress.lane {
            LaneName::Text => "",
            LaneName::Names => " names",
            LaneName::Regex => " patterns",
            LaneName::Symbols => " symbols",
            LaneName::Meaning => " for meaning",
        };
        return match percent(progress.done, progress.total) {
            Some(percent) => format!("indexing{purpose}, {percent} %"),
            None => format!("indexing{purpose}"),
        };
    }
    match project.freshness {
        Freshness::Pending if project.pending == 0 => "waiting for its turn".to_owned(),
        Freshness::Pending => format!("{} pending", counted(project.pending, "file")),
        Freshness::Reconciling => "comparing".to_owned(),
        Freshness::Retrying => "about to try again".to_owned(),
        _ => "indexing".to_owned(),
    }
}

/// Whole percent, never 100 before the end; none while the total is not known.
pub fn percent(done: u64, total: u64) -> Option<u64> {
    let percent = done.saturating_mul(100).checked_div(total)?;
    Some(if done < total { percent.min(99) } else { 100 })
}

/// "1,234".
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "1 file", "2 files".
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// In decimal units, as file managers show them.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let mut rest = value as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0.
    while rest >= 999.95 && unit + 1 < UNITS.len() {
        rest /= 1000.0;
        unit += 1;
    }
    format!("{rest:.1} {}", UNITS[unit])
}

/// Without what a terminal or a menu would take for a command: file names and contents are text.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            control if control.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        })
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use jiff::Timestamp;
    use quarry_engine::status::{Progress, ProjectError};

    /// A project that is well.
    pub fn project(name: &str) -> ProjectStatus {
        ProjectStatus {
            id: format!("id-{name}"),
            name: name.to_owned(),
            root: format!("/code/{name}"),
            residency: Residency::Hot,
            freshness: Freshness::Fresh,
            watch_mode: WatchMode::Native,
            files: 10,
            chunks: 20,
            symbols: 0,
            vectors: 0,
            vectors_wanted: None,
            meaning: true,
            pending: 0,
            skipped: 0,
            index_bytes: 1000,
            last_indexed: None,
            progress: None,
            watch_reason: None,
            error: None,
            notice: None,
            pinned: false,
            excludes: Vec::new(),
            include_ignored: false,
        }
    }

    #[test]
    fn every_state_has_its_words() {
        let words = |change: fn(&mut ProjectStatus)| {
            let mut status = project("a");
            change(&mut status);
            state(&status)
        };
        assert_eq!(words(|_| {}), "fresh");
        assert_eq!(words(|p| p.watch_mode = WatchMode::Paused), "paused");
        let at_rest = words(|p| {
            p.residency = Residency::Cold;
            p.freshness = Freshness::Pending;
        });
        assert_eq!(at_rest, "cold");
        let paused = words(|p| {
            p.freshness = Freshness::Pending;
            p.watch_mode = WatchMode::Paused;
        });
        assert_eq!(paused, "paused");
        assert_eq!(words(|p| p.residency = Residency::Loading), "loading");
        assert_eq!(words(|p| p.residency = Residency::Failed), "failed");
        assert_eq!(words(|p| p.freshness = Freshness::RootMissing), "folder missing");
        let silent = words(|p| {
            (p.residency, p.freshness) = (Residency::Loading, Freshness::Failing);
            p.error = Some(ProjectError {
                cause: "VolumeUnavailable".into(),
                message: String::new(),
                first_at: Timestamp::UNIX_EPOCH,
                attempts: 1,
                next_retry: None,
            });
        });
        assert_eq!(silent, "disk does not answer");
        let indexing = words(|p| {
            p.progress = Some(Progress { lane: LaneName::Text, done: 1, total: 3 });
        });
        assert_eq!(indexing, "indexing, 33 %");
    }

    #[test]
    fn only_what_is_open_and_watched_is_said_to_be_partly_embedded() {
        let said = |change: fn(&mut ProjectStatus)| {
            let mut status = project("a");
            (status.vectors, status.vectors_wanted) = (1, Some(4));
            change(&mut status);
            steady_state(&status)
        };
        assert_eq!(said(|_| {}), "fresh, partly embedded");
        assert_eq!(said(|project| project.vectors = 4), "fresh");
        assert_eq!(said(|project| project.residency = Residency::Cold), "cold");
        assert_eq!(said(|project| project.watch_mode = WatchMode::Paused), "paused");
    }

    #[test]
    fn progress_moves_no_steady_state() {
        let mut status = project("a");
        status.freshness = Freshness::Indexing;
        status.progress = Some(Progress { lane: LaneName::Text, done: 1, total: 3 });
        let before = steady_state(&status);
        status.progress = Some(Progress { lane: LaneName::Text, done: 2, total: 3 });
        assert_eq!(before, steady_state(&status));
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(percent(999, 1000), Some(99));
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn no_control_character_reaches_a_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\tc"), "a\u{fffd}[31mb c");
    }
}
