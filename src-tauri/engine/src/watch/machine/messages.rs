//! What the machine is told, and what it orders and says.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use crate::watch::Changes;

/// Why the whole tree has to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RescanCause {
    /// The project was just opened, or its root came back.
    Restored,
    /// The system lost events: directories may have been replaced without a word of it, and their
    /// watches are gone.
    EventsLost,
    /// Our own queue was full. The watches are where they should be.
    QueueFull,
    /// The watcher reported an error.
    WatchError,
    /// Files that decide what is kept have changed.
    RulesChanged,
    /// Git moved to another commit.
    GitMoved,
    /// A volume below the root was unmounted: what it held is out of reach, not deleted.
    VolumeGone,
}

/// How a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFailure {
    /// A sentence for people.
    pub message: String,
    /// Trying again by itself may help. Otherwise an edit or the user has to come first.
    pub transient: bool,
    /// Most files were gone: only the user's word lets a run drop them.
    pub shrunk: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    Done,
    Failed(RunFailure),
    /// Ended because it was told to.
    Cancelled,
    /// The root was not there.
    RootMissing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// These kept paths changed. `removed`: those of them that are gone.
    Changed {
        paths: Vec<PathBuf>,
        removed: Vec<PathBuf>,
    },
    Rescan(RescanCause),
    /// The pulse of the run, as read now.
    Pulse(u64),
    RunEnded(RunEnd),
    RootGone,
    RootBack,
    Pause,
    Resume,
    /// The user wants another attempt at once, whatever the last one said.
    Retry,
    /// The user wants every file indexed again.
    Reindex,
    /// The user changed which files are kept.
    CoverageChanged,
    /// Changes are heard of (`true`) or have to be looked for (`false`).
    Hearing(bool),
    /// Whether the index lacks layers, or has segments to merge: both are for a run of their own.
    LayersMissing(bool),
    /// Time has passed.
    Tick,
}

/// What a run has to do. Where nothing has changed, it adds the layers that the index lacks and
/// merges segments; any change goes before that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub changes: Changes,
    /// Index every file, changed or not.
    pub force: bool,
    /// A tree with few files left is no surprise: the user has said so, the rules are others, or
    /// more deletions were heard of than could be told.
    pub expect_loss: bool,
    /// That these paths are gone, with all that was below them, is none either.
    pub removed: BTreeSet<PathBuf>,
}

impl Order {
    pub fn adds_layers(&self) -> bool {
        self.changes.is_nothing()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    StartRun(Order),
    CancelRun,
    /// Place the watches anew: the next run walks the tree.
    StartWatching,
    StopWatching,
}

/// What people are told about how current the index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    Fresh,
    /// This many paths wait for their quiet period.
    Pending(usize),
    /// Files are being indexed.
    Indexing,
    /// The tree is being compared, or is about to be.
    Reconciling,
    Retrying {
        attempts: u32,
        next_at: Instant,
        error: String,
    },
    Failing {
        attempts: u32,
        since: Instant,
        next_at: Option<Instant>,
        error: String,
    },
    RootMissing,
    Stuck,
}
