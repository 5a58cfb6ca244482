//! What Quarry says of its projects: the shapes that leave the engine. See the command line's
//! `list --json` and `status --json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whether an index is open, and on its way to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum Residency {
    /// On disk only.
    Cold,
    Loading,
    /// Open for search and watched.
    Hot,
    Unloading,
    /// Could not be opened; the project's error says why.
    Failed,
}

/// How current a hot index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum Freshness {
    Fresh,
    /// Changes wait for their quiet period.
    Pending,
    Indexing,
    /// The tree is being compared with the index.
    Reconciling,
    /// The last run failed; another one is due.
    Retrying,
    /// Runs keep failing.
    Failing,
    RootMissing,
    /// A run neither moves nor ends.
    Stuck,
}

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum WatchMode {
    Native,
    Polling,
    Paused,
    Off,
}

/// One way of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum LaneName {
    Names,
    Text,
    Regex,
    Symbols,
    Meaning,
}

/// How far a lane's indexing is, in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Progress {
    pub lane: LaneName,
    pub done: u64,
    pub total: u64,
}

/// Why a project is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProjectError {
    /// A word to act on, such as `RootMissing` or `DiskFull`.
    pub cause: String,
    /// A sentence for people.
    pub message: String,
    #[ts(type = "string")]
    pub first_at: Timestamp,
    pub attempts: u32,
    /// When the next attempt comes by itself.
    #[ts(type = "string | null")]
    pub next_retry: Option<Timestamp>,
}

/// What was done to keep a project fresh since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// File events that the system reported.
    pub events: u64,
    /// Times that the whole tree had to be compared because of events.
    pub rescans: u64,
    pub runs: u64,
    /// Files read to compare or to index them.
    pub read: u64,
    /// Files written to the index, skipped ones too.
    pub written: u64,
    /// Files read to add a layer that was missing.
    pub deepened: u64,
    /// Commits of what changed; those that added layers are not among them.
    pub commits: u64,
    /// Merges of the index's segments.
    pub merges: u64,
    /// Something is being done at this moment.
    pub at_work: bool,
}

impl ProjectStatus {
    /// Whether its files are being read for its index at this moment. Not while that hangs, or
    /// waits for something else: neither need ever end.
    pub fn is_indexing(&self) -> bool {
        let adds = self.progress.is_some_and(|progress| progress.lane != LaneName::Meaning);
        let moves = match self.freshness {
            Freshness::Indexing | Freshness::Reconciling => true,
            Freshness::Fresh | Freshness::Pending => adds,
            Freshness::Retrying
            | Freshness::Failing
            | Freshness::RootMissing
            | Freshness::Stuck => false,
        };
        moves && self.residency == Residency::Hot && self.watch_mode != WatchMode::Paused
    }
}

/// Everything that is known of one project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProjectStatus {
    pub id: String,
    pub name: String,
    pub root: String,
    pub residency: Residency,
    pub freshness: Freshness,
    pub watch_mode: WatchMode,
    pub files: u64,
    pub chunks: u64,
    pub symbols: u64,
    /// Texts of it that are embedded, to be found by meaning.
    pub vectors: u64,
    /// Texts that are to be embedded; `None` where they have not been counted.
    pub vectors_wanted: Option<u64>,
    /// What it holds is to be embedded.
    pub meaning: bool,
    /// Changed paths that are not indexed yet.
    pub pending: u64,
    pub skipped: u64,
    /// Bytes on disk.
    pub index_bytes: u64,
    #[ts(type = "string | null")]
    pub last_indexed: Option<Timestamp>,
    pub progress: Option<Progress>,
    /// Why changes are looked for instead of heard of.
    pub watch_reason: Option<String>,
    pub error: Option<ProjectError>,
    /// What is to be known of its index although nothing has to be done: a sentence.
    pub notice: Option<String>,
    pub pinned: bool,
    /// Patterns of what is left out, in gitignore's syntax; later ones have the last word.
    pub excludes: Vec<String>,
    /// What ignore files and the marks of generated data leave out is indexed.
    pub include_ignored: bool,
}

/// The state of all projects at one moment, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Snapshot {
    /// Grows with every change.
    pub seq: u64,
    pub projects: Vec<ProjectStatus>,
}

/// What search by meaning is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum MeaningState {
    /// Switched off.
    Off,
    /// A file of the model, or the library that runs it, is not there.
    ModelMissing,
    /// The model is damaged, what runs it ended, or what is embedded cannot be kept.
    Failed,
    /// Somebody paused it.
    Paused,
    /// It waits for the machine to be plugged in.
    OnBattery,
    /// There is nothing in its way.
    Working,
}

/// The state of search by meaning, for all projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MeaningStatus {
    pub state: MeaningState,
    /// The model's name, where there is one.
    pub model: Option<String>,
    /// What stands in its way and what helps: a sentence for people.
    pub sentence: Option<String>,
    /// When what failed is tried again by itself; `None` where nothing failed, or where it waits
    /// for Retry.
    #[ts(type = "string | null")]
    pub next_retry: Option<Timestamp>,
}

impl MeaningStatus {
    /// Whether it stays as it is until somebody does something.
    pub fn needs_a_person(&self) -> bool {
        match self.state {
            MeaningState::ModelMissing => true,
            MeaningState::Failed => self.next_retry.is_none(),
            MeaningState::Off
            | MeaningState::Paused
            | MeaningState::OnBattery
            | MeaningState::Working => false,
        }
    }
}

/// What people can do with a project, apart from adding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum ProjectAction {
    /// Forget it and delete its index; the folder is never touched.
    Remove,
    /// Try again at once what has failed.
    Retry,
    /// Index every file anew.
    Reindex,
    /// Stop watching and indexing.
    Pause,
    Resume,
    /// Keep it open whatever the memory budget says.
    Pin,
    Unpin,
    /// Embed what it holds, to be found by meaning.
    MeaningOn,
    /// Leave it to the other lanes.
    MeaningOff,
    /// Index what ignore files leave out.
    IgnoredOn,
    /// Leave it out.
    IgnoredOff,
}

/// Something that happened to a project's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogLine {
    #[ts(type = "string")]
    pub at: Timestamp,
    /// A sentence for people.
    pub text: String,
}
