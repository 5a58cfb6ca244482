//! The writing half of a run: readers pull files, tantivy's threads index them.

mod commits;
mod documents;
mod files;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::document::{TextBudget, Ticket};
use super::grams::GramSet;
use super::plan::{MissingLayers, Plan};
use super::update::{Layer, Progress, Report, Run};
use super::{IndexError, ProjectIndex};
use crate::symbols::Extractor;
use commits::{CommitClock, Writer};
pub(crate) use files::content_hash;

/// Text read and not yet indexed, in bytes.
const TEXT_IN_FLIGHT: usize = 32 << 20;
/// From this many files on, or from as much text as may be in flight, a run uses all the threads
/// it may and does not read everything before it writes.
pub(super) const BULK_FILES: usize = 500;
/// Two threads read and two write: on a small machine the system shares them out, on a large one
/// the rest is left to its user.
const READERS: usize = 2;

/// One run's writing.
pub(super) struct Writing<'a> {
    index: &'a ProjectIndex,
    run: &'a Run<'a>,
    complete: bool,
    failed: AtomicBool,
    failure: Mutex<Option<IndexError>>,
    /// The first file that the index holds and that its disk did not give. What is known of such
    /// files stays; when all others are written, the run has failed.
    unread: Mutex<Option<IndexError>>,
    report: Mutex<Report>,
    budget: Arc<TextBudget>,
}

/// What a reading thread works with.
#[derive(Default)]
struct Tools {
    grams: GramSet,
    extractor: Extractor,
}

impl<'a> Writing<'a> {
    pub(super) fn new(index: &'a ProjectIndex, run: &'a Run<'a>, complete: bool) -> Self {
        Writing {
            index,
            run,
            complete,
            failed: AtomicBool::new(false),
            failure: Mutex::default(),
            unread: Mutex::default(),
            report: Mutex::default(),
            budget: TextBudget::new(TEXT_IN_FLIGHT),
        }
    }

    /// Carries out the plan. `first_complete`: there is something to say even if nothing changed.
    ///
    /// # Errors
    /// [`IndexError`]; what could be read is written although a disk did not give the rest.
    pub(super) fn execute(self, plan: &Plan, first_complete: bool) -> Result<Report, IndexError> {
        let report = self.carry_out(plan, first_complete)?;
        lock(&self.unread).take().map_or(Ok(report), Err)
    }

    fn carry_out(&self, plan: &Plan, first_complete: bool) -> Result<Report, IndexError> {
        let nothing_else = plan.removals.is_empty() && !first_complete;
        if plan.candidates.is_empty() && nothing_else {
            return Ok(Report::default());
        }
        let bytes: u64 = plan.candidates.iter().map(|candidate| candidate.found.stamp.size).sum();
        if plan.candidates.len() >= BULK_FILES || bytes > TEXT_IN_FLIGHT as u64 {
            let _turn = self.enter(Layer::Text)?;
            let writer = self.open_writer(true)?;
            self.remove(&plan.removals, &writer);
            self.in_bulk(&plan.candidates, &writer, |candidate, _| {
                if let Some(file) = self.read_or_pass(candidate) {
                    self.add(file, None, &writer);
                }
            });
            return self.close_writer(writer);
        }
        // Reading first shows whether there is anything to write at all: opening a writer costs
        // more than hashing a saved file whose bytes are the same.
        let prepared = self.prepare(&plan.candidates)?;
        if prepared.is_empty() && nothing_else {
            return Ok(self.finished());
        }
        let writer = self.open_writer(false)?;
        self.remove(&plan.removals, &writer);
        let mut tools = Tools::default();
        for file in prepared {
            self.add(file, Some(&mut tools), &writer);
        }
        self.close_writer(writer)
    }

    /// Adds the layers that are missing. Ends early, with what it has, when somebody else's text
    /// waits to be written.
    ///
    /// # Errors
    /// [`IndexError::Cancelled`] when told to stop; what was added until then is kept.
    pub(super) fn deepen(self, missing: &MissingLayers) -> Result<Report, IndexError> {
        let most = missing.grams.len().max(missing.symbols.len());
        if most == 0 {
            return Ok(Report::default());
        }
        let bulk = most >= BULK_FILES;
        let _turn = if bulk { Some(self.enter(Layer::Grams)?) } else { None };
        let writer = self.open_writer(bulk)?;
        for (layer, files) in [(Layer::Grams, &missing.grams), (Layer::Symbols, &missing.symbols)] {
            self.run.progress.begin(layer, files.len());
            self.in_bulk(files, &writer, |(path, entry), tools| {
                match self.read_again(path, entry) {
                    Some(source) => self.add_layer(layer, &source, entry, tools, &writer),
                    None => drop(self.ticket()),
                }
            });
        }
        let cancelled = self.run.cancel.is_cancelled();
        lock(&self.report).yielded = bulk && self.run.gate.text_waits();
        let report = self.close_writer(writer)?;
        if cancelled { Err(IndexError::Cancelled) } else { Ok(report) }
    }

    fn enter(&self, layer: Layer) -> Result<MutexGuard<'_, ()>, IndexError> {
        self.run.gate.enter(layer, self.run.cancel, self.run.progress)
    }

    fn finished(&self) -> Report {
        *lock(&self.report)
    }

    fn remove(&self, paths: &[String], writer: &Writer) {
        let writer = writer.lock();
        let mut same_bytes = self.index.same_bytes();
        for path in paths {
            for layer in self.all_layers(path) {
                writer.delete_term(layer);
            }
            same_bytes.remove(path);
        }
        lock(&self.report).removed += paths.len() as u64;
    }

    /// Does `work` for every item on all reading threads; commits now and then.
    fn in_bulk<T: Sync>(&self, items: &[T], writer: &Writer, work: impl Fn(&T, &mut Tools) + Sync) {
        let next = AtomicUsize::new(0);
        let commits = Mutex::new(CommitClock::new(self.run.progress.layer(), Instant::now()));
        let read = || {
            let mut tools = Tools::default();
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.must_stop() {
                    break;
                }
                self.index.valve.give();
                work(item, &mut tools);
                self.run.progress.beat();
                self.commit_when_due(&commits, writer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..READERS.min(items.len()) {
                // Where the system gives no further thread, this one reads alone.
                if let Err(error) = std::thread::Builder::new().spawn_scoped(scope, read) {
                    tracing::debug!(%error, "one thread less reads");
                }
            }
            read();
        });
    }

    fn must_stop(&self) -> bool {
        let adds_layers = self.run.progress.layer() != Layer::Text;
        if self.run.cancel.is_cancelled() {
            if !adds_layers {
                self.fail(IndexError::Cancelled);
            }
            return true;
        }
        self.failed.load(Ordering::Relaxed) || (adds_layers && self.run.gate.text_waits())
    }

    fn ticket(&self) -> Ticket {
        let Progress { done, pulse, .. } = self.run.progress;
        Ticket { done: Arc::clone(done), pulse: Arc::clone(pulse) }
    }

    fn fail(&self, error: IndexError) {
        self.failed.store(true, Ordering::Relaxed);
        lock(&self.failure).get_or_insert(error);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
