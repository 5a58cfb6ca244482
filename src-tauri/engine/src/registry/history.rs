//! What happened to a project's state, in words: its last few changes, each with its cause.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::status::{LogLine, ProjectStatus, Residency, WatchMode};

/// Lines that are remembered of a project.
const MOST_LINES: usize = 20;

/// Oldest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<LogLine>);

impl History {
    /// Remembers what is different between two published states.
    pub fn note(&mut self, before: &ProjectStatus, after: &ProjectStatus, at: Timestamp) {
        for text in changes(before, after) {
            self.0.push_back(LogLine { at, text });
        }
        let surplus = self.0.len().saturating_sub(MOST_LINES);
        self.0.drain(..surplus);
    }

    pub fn lines(&self) -> Vec<LogLine> {
        self.0.iter().cloned().collect()
    }
}

/// What people would call an event. Edits and their indexing are none: they come all day.
fn changes(before: &ProjectStatus, after: &ProjectStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if before.root != after.root {
        lines.push(format!("Its folder is now {}.", after.root));
    }
    let was_open = before.residency == Residency::Hot;
    match after.residency {
        Residency::Hot if !was_open => lines.push("Opened.".to_owned()),
        Residency::Cold | Residency::Unloading if was_open => lines.push("Closed.".to_owned()),
        _ => {}
    }
    if after.notice != before.notice {
        lines.extend(after.notice.clone());
    }
    if (&before.excludes, before.include_ignored) != (&after.excludes, after.include_ignored) {
        lines.push("Which of its files are left out was changed.".to_owned());
    }
    lines.extend(watching(before, after));
    match (&before.error, &after.error) {
        (Some(said), Some(error))
            if (&said.cause, &said.message) == (&error.cause, &error.message) => {}
        (_, Some(error)) => lines.push(error.message.clone()),
        (Some(_), None) => lines.push("Works again.".to_owned()),
        (None, None) => {}
    }
    lines
}

fn watching(before: &ProjectStatus, after: &ProjectStatus) -> Option<String> {
    if (before.watch_mode, &before.watch_reason) == (after.watch_mode, &after.watch_reason) {
        return None;
    }
    match (before.watch_mode, after.watch_mode) {
        (_, WatchMode::Polling) => {
            let reason = after.watch_reason.as_deref().unwrap_or("no events come");
            Some(format!("Looks for changes now and then, as {reason}."))
        }
        (_, WatchMode::Paused) => Some("Paused.".to_owned()),
        (WatchMode::Paused, _) => Some("Resumed.".to_owned()),
        (WatchMode::Polling, WatchMode::Native) => Some("Hears of changes again.".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::ProjectError;

    fn status() -> ProjectStatus {
        super::super::slot::tests::slot().status()
    }

    fn error(cause: &str, attempts: u32) -> Option<ProjectError> {
        let (cause, first_at) = (cause.to_owned(), Timestamp::UNIX_EPOCH);
        let message = "Free some space.".to_owned();
        Some(ProjectError { cause, message, first_at, attempts, next_retry: None })
    }

    fn texts(states: &[ProjectStatus]) -> Vec<String> {
        let mut history = History::default();
        for pair in states.windows(2) {
            history.note(&pair[0], &pair[1], Timestamp::UNIX_EPOCH);
        }
        history.lines().into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_failure_is_told_once_with_its_cause_and_so_is_its_end() {
        let cold = status();
        let hot = ProjectStatus { residency: Residency::Hot, ..cold.clone() };
        let failing =
            |attempts| ProjectStatus { error: error("DiskFull", attempts), ..hot.clone() };
        let told = texts(&[cold.clone(), hot.clone(), failing(1), failing(2), hot.clone(), cold]);
        let expected = ["Opened.", "Free some space.", "Works again.", "Closed."];
        assert_eq!(told, expected);
    }

    #[test]
    fn how_changes_are_noticed_is_told_with_the_reason() {
        let native = ProjectStatus { watch_mode: WatchMode::Native, ..status() };
        let polling = ProjectStatus {
            watch_mode: WatchMode::Polling,
            watch_reason: Some("the system's limit of watched folders is reached".into()),
            ..status()
        };
        let paused = ProjectStatus { watch_mode: WatchMode::Paused, ..status() };
        let told = texts(&[native.clone(), polling, native.clone(), paused, native]);
        let limit = "Looks for changes now and then, as the system's limit of watched folders is \
                     reached.";
        assert_eq!(told, [limit, "Hears of changes again.", "Paused.", "Resumed."]);
    }

    #[test]
    fn edits_are_no_events_and_only_the_last_lines_are_remembered() {
        let edited = ProjectStatus { pending: 3, files: 9, ..status() };
        assert!(texts(&[status(), edited]).is_empty());
        let at = |number: usize| ProjectStatus { root: format!("/{number}"), ..status() };
        let told = texts(&(0..50).map(at).collect::<Vec<_>>());
        assert_eq!(told.len(), MOST_LINES);
        assert_eq!(told.last().unwrap(), "Its folder is now /49.");
    }
}
