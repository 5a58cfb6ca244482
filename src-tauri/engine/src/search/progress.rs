//! How far a search that reads files has come, and what to know of what it left out.

use std::time::Duration;

use super::files::{MatchingFile, Outcome};
use super::hits::HitMaker;
use crate::status::LaneName;

/// How many of the files that may match were read.
#[derive(Default)]
pub struct Progress {
    candidates: usize,
    read: usize,
    unreadable: usize,
}

impl Progress {
    /// Takes what reading gave, and makes hits of the lines.
    pub fn take(&mut self, outcome: Outcome, lane: LaneName, hits: &mut HitMaker<'_>) {
        self.candidates += outcome.candidates;
        self.read += outcome.read;
        self.unreadable += outcome.unreadable;
        for MatchingFile { file, lines } in outcome.files {
            for line in lines {
                hits.add_line(&file, line, lane);
            }
        }
    }

    /// What to know where they were not all read in `time`, or could not be.
    pub fn note(&self, time: Duration) -> Option<String> {
        let Progress { candidates, read, unreadable } = self;
        let seconds = time.as_secs_f32();
        let mut notes = Vec::new();
        if read < candidates {
            notes.push(format!(
                "Stopped after {seconds} s: {read} of {candidates} files were read."
            ));
        }
        if *unreadable > 0 {
            notes.push(format!("{unreadable} of {candidates} files could not be read."));
        }
        (!notes.is_empty()).then(|| notes.join(" "))
    }
}

/// Names in a note.
const NAMES_SHOWN: usize = 5;

/// What to know of calls that were not looked up in `time`; `None` where all were.
pub fn not_looked_up(calls: usize, time: Duration) -> Option<String> {
    let seconds = time.as_secs_f32();
    (calls > 0).then(|| format!("Stopped after {seconds} s: {calls} calls were not looked up."))
}

/// What to know of callees that the project of their caller does not define; `None` where there are
/// none.
pub fn not_defined(names: &[String]) -> Option<String> {
    let first = names.get(..NAMES_SHOWN).unwrap_or(names).join(", ");
    match names.len() {
        0 => None,
        count if count > NAMES_SHOWN => Some(format!(
            "Not defined in the same project: {first} and {} more.",
            count - NAMES_SHOWN
        )),
        _ => Some(format!("Not defined in the same project: {first}.")),
    }
}
