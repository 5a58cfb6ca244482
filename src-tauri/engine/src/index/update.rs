//! Brings an index up to date with the tree: compares stamps, then content, writes the difference.
//!
//! A run over few files writes all layers of each. A run over many writes what text search needs
//! first; the layers that take longer are added by runs of their own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::merging::Merged;
use super::plan::Plan;
use super::scan::{DirectoryListener, Rules};
use super::writing::Writing;
use super::{Counts, IndexError, ProjectIndex};

/// How often a bulk run that waits for its turn asks again.
const GATE_POLL: Duration = Duration::from_millis(50);

/// What one run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole tree. `expect_loss`: that most files are gone is no surprise. `removed`: nor is it
    /// of these absolute paths, with all that was below them.
    Everything { expect_loss: bool, removed: BTreeSet<PathBuf> },
    /// These absolute paths, files or directories, there or gone. Those `removed` were gone, whatever
    /// is there now.
    Paths { paths: BTreeSet<PathBuf>, removed: BTreeSet<PathBuf> },
    /// The layers that earlier runs left out, and the merging of segments; files that changed since
    /// are left alone.
    Layers,
}

/// What an index holds of a file's text, in the order in which it is added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layer {
    /// Windows of words.
    #[default]
    Text = 0,
    /// Trigrams.
    Grams = 1,
    /// Definitions, and chunks along them.
    Symbols = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Larger files are skipped.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { file_bytes: 16_000_000 }
    }
}

/// How far a run is; written by the run, read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that are in the index or need not be, and files to do; both 0 while the tree is
    /// compared. What is still queued for indexing is not done.
    pub done: Arc<AtomicU64>,
    pub total: AtomicU64,
    /// The [`Layer`] that is being written.
    layer: AtomicU8,
    /// Grows whenever anything moves: a run that hangs is one whose pulse has stopped.
    pub pulse: Arc<AtomicU64>,
    /// Somebody else has the turn that the run wants.
    waits: AtomicBool,
    /// What the index holds since the run's last commit.
    pub committed: Mutex<Option<Counts>>,
}

impl Progress {
    pub fn layer(&self) -> Layer {
        match self.layer.load(Ordering::Relaxed) {
            1 => Layer::Grams,
            2 => Layer::Symbols,
            _ => Layer::Text,
        }
    }

    /// Starts to count anew.
    pub(super) fn begin(&self, layer: Layer, total: usize) {
        self.layer.store(layer as u8, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total as u64, Ordering::Relaxed);
    }

    /// Whether the run does nothing but wait for its turn.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// The run waits for its turn until what is returned is dropped.
    pub fn wait(&self) -> Waiting<'_> {
        self.waits.store(true, Ordering::Relaxed);
        Waiting(&self.waits)
    }

    /// Shows that something moves.
    pub fn beat(&self) {
        self.pulse.fetch_add(1, Ordering::Relaxed);
    }
}

/// See [`Progress::wait`].
#[must_use]
pub struct Waiting<'a>(&'a AtomicBool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Lets one bulk writer work at a time: each takes both cores and its arenas. Text goes before the
/// other layers.
#[derive(Clone, Debug, Default)]
pub struct WriteGate(Arc<Gate>);

#[derive(Debug, Default)]
struct Gate {
    turn: Mutex<()>,
    texts_waiting: AtomicUsize,
}

impl WriteGate {
    /// Whether somebody waits to write text.
    pub(super) fn text_waits(&self) -> bool {
        self.0.texts_waiting.load(Ordering::Relaxed) > 0
    }

    /// Waits for its turn, with a beating pulse.
    pub(super) fn enter(
        &self,
        layer: Layer,
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<MutexGuard<'_, ()>, IndexError> {
        let count = usize::from(layer == Layer::Text);
        self.0.texts_waiting.fetch_add(count, Ordering::Relaxed);
        let turn = self.wait(cancel, progress);
        self.0.texts_waiting.fetch_sub(count, Ordering::Relaxed);
        turn
    }

    fn wait(
        &self,
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<MutexGuard<'_, ()>, IndexError> {
        let mut waiting = None;
        loop {
            match self.0.turn.try_lock() {
                Ok(turn) => return Ok(turn),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                    return Err(IndexError::Cancelled);
                }
                Err(TryLockError::WouldBlock) => {
                    waiting.get_or_insert_with(|| progress.wait());
                    progress.beat();
                    std::thread::sleep(GATE_POLL);
                }
            }
        }
    }
}

/// One run's orders.
pub struct Run<'a> {
    pub rules: &'a Rules,
    pub scope: Scope,
    /// Read and write every file, changed or not.
    pub force: bool,
    pub limits: Limits,
    pub cancel: &'a CancellationToken,
    pub progress: &'a Progress,
    pub gate: &'a WriteGate,
    pub on_directory: DirectoryListener,
}

/// What a run did, in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Read to compare or to index.
    pub read: u64,
    pub indexed: u64,
    pub skipped: u64,
    pub removed: u64,
    /// Stamp changed, bytes the same.
    pub same: u64,
    /// Given a layer that was missing.
    pub deepened: u64,
    /// Merges of segments.
    pub merges: u64,
    /// Layers are left to add, or segments to merge, because somebody else's text came first.
    pub yielded: bool,
    pub commits: u64,
}

impl ProjectIndex {
    /// Reads and writes what `plan`, made for the same run, says is different; or adds the layers
    /// that are missing and merges segments.
    ///
    /// # Errors
    /// See [`IndexError`]. What was committed until then stays, file by file whole.
    pub fn update(&self, run: &Run<'_>, plan: &Plan) -> Result<Report, IndexError> {
        let whole = matches!(run.scope, Scope::Everything { .. });
        let writing = Writing::new(self, run, whole || self.is_complete());
        if run.scope == Scope::Layers {
            let report = writing.deepen(&self.missing_layers()?)?;
            if report.yielded {
                return Ok(report);
            }
            let Merged { merges, yielded } = self.merge(run)?;
            return Ok(Report { merges, yielded, ..report });
        }
        let first_complete = whole && !self.is_complete();
        run.progress.begin(Layer::Text, plan.candidates.len());
        writing.execute(plan, first_complete)
    }
}
