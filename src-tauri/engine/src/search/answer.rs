//! What a search answers; see the command line's `search --json`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::habits::Opened;
use crate::status::LaneName;

/// How to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Mode {
    /// Whatever fits the query.
    #[default]
    Auto,
    Names,
    Text,
    Regex,
    Symbols,
    Meaning,
}

/// A line of the file with the places that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Snippet {
    /// From 1.
    pub line: u64,
    pub text: String,
    /// UTF-8 byte ranges of `text`.
    pub highlights: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Hit {
    /// The project's id.
    pub project: String,
    /// Relative to the project's root, with `/`.
    pub path: String,
    /// UTF-8 byte ranges of `path` that match.
    pub path_highlights: Vec<(usize, usize)>,
    /// First and last line, from 1.
    pub line_start: u64,
    pub line_end: u64,
    pub kind: String,
    pub symbol: Option<String>,
    pub lang: Option<String>,
    pub score: f32,
    /// The lanes that found it.
    pub lanes: Vec<LaneName>,
    /// The file has changed since it was indexed.
    pub stale: bool,
    pub snippet: Option<Snippet>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FailedProject {
    /// The project's id.
    pub project: String,
    /// A word to act on, such as `RootMissing`.
    pub cause: String,
}

/// Which projects an answer covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Searched {
    /// Projects that the query asks for.
    pub total: usize,
    /// Of these, the ones that were searched.
    pub hot: usize,
    /// Of these, the ones that are still being opened.
    pub loading: usize,
    /// Of the searched ones, those whose index has not been compared with its folder since it was
    /// opened: what changed before that may be missing.
    pub stale: usize,
    pub failed: Vec<FailedProject>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LaneReport {
    pub lane: LaneName,
    pub took_ms: f64,
    /// What is to be known about this lane's part, in words.
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchAnswer {
    pub query: String,
    pub mode: Mode,
    pub took_ms: f64,
    pub searched: Searched,
    pub lanes: Vec<LaneReport>,
    /// Best first.
    pub results: Vec<Hit>,
}

/// One search over all projects, or over some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRequest {
    pub query: String,
    pub mode: Mode,
    /// Ids or unique names; all projects where there is none.
    pub projects: Vec<String>,
    pub limit: usize,
    /// Files that were opened from a search before; among equals they come first.
    #[serde(default)]
    pub opened: Vec<Opened>,
}
