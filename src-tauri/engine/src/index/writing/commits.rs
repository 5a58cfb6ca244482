//! Opening a writer, committing what it has, and closing it.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tantivy::IndexWriter;

use super::{Writing, lock};
use crate::index::document::IndexDocument;
use crate::index::merging::{Merge, SMALL_ARENA, Underway};
use crate::index::update::{Layer, Report};
use crate::index::{CommitNote, IndexError, schema};

/// A bulk run's budget for one writing thread: larger arenas make fewer segments to merge.
const BULK_ARENA: usize = 100_000_000;
/// Threads that write in a bulk run.
const WRITERS: usize = 2;
/// A bulk run lets people search what it has so far: first after this time, then after twice …
const FIRST_TEXT: Duration = Duration::from_secs(1);
/// (layers are less missed) …
const FIRST_LAYER: Duration = Duration::from_secs(4);
/// … and at most this.
const LAST_INTERVAL: Duration = Duration::from_secs(60);

/// A run's writer, and the merge that goes on beside it.
pub(super) struct Writer {
    inner: Mutex<IndexWriter<IndexDocument>>,
    merge: Mutex<Option<Merge>>,
}

impl Writer {
    pub(super) fn lock(&self) -> MutexGuard<'_, IndexWriter<IndexDocument>> {
        lock(&self.inner)
    }
}

impl Writing<'_> {
    pub(super) fn open_writer(&self, bulk: bool) -> Result<Writer, IndexError> {
        // People wait for their last save, and for the first look at a project.
        self.index.valve.make_haste(!bulk || !self.index.is_complete());
        let underway = self.index.underway().take();
        let (writer, merge) = match underway {
            // A few files are written beside the merge.
            Some(Underway { writer, merge }) if !bulk => (writer, Some(merge)),
            Some(Underway { writer, merge }) => {
                if let Some(merge) = self.index.wait_for(merge, self.run, || false)? {
                    *self.index.underway() = Some(Underway { writer, merge });
                    return Err(IndexError::Cancelled);
                }
                drop(writer);
                (self.index.writer(WRITERS, BULK_ARENA)?, None)
            }
            None if bulk => (self.index.writer(WRITERS, BULK_ARENA)?, None),
            None => (self.index.writer(1, SMALL_ARENA)?, None),
        };
        Ok(Writer { inner: Mutex::new(writer), merge: Mutex::new(merge) })
    }

    pub(super) fn close_writer(&self, writer: Writer) -> Result<Report, IndexError> {
        let Writer { inner, merge } = writer;
        let mut writer = inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = lock(&self.failure).take() {
            return Err(self.cause_of(failure, &mut writer));
        }
        self.commit(&mut writer, self.complete)?;
        match lock(&merge).take() {
            Some(merge) => *self.index.underway() = Some(Underway { writer, merge }),
            None => writer.wait_merging_threads().map_err(|error| self.index.failed(error))?,
        }
        Ok(self.finished())
    }

    /// A writer whose threads have died says so, and nothing else; the commit that cannot be made
    /// any more says what they died of.
    fn cause_of(&self, failure: IndexError, writer: &mut IndexWriter<IndexDocument>) -> IndexError {
        match failure {
            IndexError::Io { .. } => {
                writer.prepare_commit().err().map_or(failure, |cause| self.index.failed(cause))
            }
            other => other,
        }
    }

    pub(super) fn commit_when_due(&self, commits: &Mutex<CommitClock>, writer: &Writer) {
        // Whoever finds the clock taken leaves the commit to its holder.
        let Ok(mut clock) = commits.try_lock() else {
            return;
        };
        if clock.due > Instant::now() {
            return;
        }
        let mut writer = writer.lock();
        if let Err(error) = self.commit(&mut writer, false) {
            self.fail(error);
        }
        clock.advance(Instant::now());
    }

    fn commit(
        &self,
        writer: &mut IndexWriter<IndexDocument>,
        complete: bool,
    ) -> Result<(), IndexError> {
        let failed = |error| self.index.failed(error);
        let complete = complete || self.index.is_complete();
        let note = CommitNote { version: schema::VERSION, complete };
        let note = serde_json::to_string(&note).map_err(|error| IndexError::Io {
            path: self.index.directory.clone(),
            source: error.into(),
        })?;
        let mut prepared = writer.prepare_commit().map_err(failed)?;
        prepared.set_payload(&note);
        prepared.commit().map_err(failed)?;
        self.index.complete.store(complete, Ordering::Relaxed);
        self.index.reader.reload().map_err(failed)?;
        *lock(&self.run.progress.committed) = Some(self.index.counts()?);
        self.run.progress.beat();
        lock(&self.report).commits += 1;
        Ok(())
    }
}

/// When a bulk run commits next: the intervals double, so that commits stay few.
pub(super) struct CommitClock {
    due: Instant,
    interval: Duration,
}

impl CommitClock {
    pub(super) fn new(layer: Layer, now: Instant) -> Self {
        let interval = if layer == Layer::Text { FIRST_TEXT } else { FIRST_LAYER };
        CommitClock { due: now + interval, interval }
    }

    fn advance(&mut self, now: Instant) {
        self.interval = (self.interval * 2).min(LAST_INTERVAL);
        self.due = now + self.interval;
    }
}
