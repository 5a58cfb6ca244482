//! Opening a writer, committing what it has, and closing it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tantivy::IndexWriter;
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};

use super::{Writing, lock};
use crate::index::document::IndexDocument;
use crate::index::update::Report;
use crate::index::{CommitNote, IndexError, schema};

/// tantivy's least budget for one writing thread.
const SMALL_ARENA: usize = 15_000_000;
/// A bulk run's budget for one writing thread: larger arenas make fewer segments to merge.
const BULK_ARENA: usize = 100_000_000;
/// Threads that write in a bulk run.
const WRITERS: usize = 2;
/// A bulk run lets people search what it has so far: first after this time, then after twice …
const FIRST_COMMIT: Duration = Duration::from_secs(4);
/// … and at most this.
const LAST_INTERVAL: Duration = Duration::from_secs(60);
/// A segment is merged when more than this share of it is deleted.
const MOST_DELETED: f32 = 0.3;

pub(super) type Writer = Mutex<IndexWriter<IndexDocument>>;

impl Writing<'_> {
    pub(super) fn open_writer(&self, bulk: bool) -> Result<Writer, IndexError> {
        let threads = if bulk { WRITERS } else { 1 };
        let arena = if bulk { BULK_ARENA } else { SMALL_ARENA };
        let writer = self
            .index
            .index
            .writer_with_num_threads(threads, threads * arena)
            .map_err(|error| self.index.failed(error))?;
        // What a killed or failed writer left has the names that this one is going to use.
        writer.garbage_collect_files().wait().map_err(|error| self.index.failed(error))?;
        if bulk {
            // Merging while the processor is wanted for text only delays the first answers.
            writer.set_merge_policy(Box::new(NoMergePolicy));
        }
        Ok(Mutex::new(writer))
    }

    pub(super) fn close_writer(&self, writer: Writer, bulk: bool) -> Result<Report, IndexError> {
        let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = lock(&self.failure).take() {
            return Err(self.cause_of(failure, &mut writer));
        }
        if bulk {
            let mut policy = LogMergePolicy::default();
            policy.set_del_docs_ratio_before_merge(MOST_DELETED);
            writer.set_merge_policy(Box::new(policy));
        }
        self.commit(&mut writer, self.complete)?;
        writer.wait_merging_threads().map_err(|error| self.index.failed(error))?;
        self.index.reader.reload().map_err(|error| self.index.failed(error))?;
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
        let mut writer = lock(writer);
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
        let note =
            CommitNote { version: schema::VERSION, complete: complete || self.index.is_complete() };
        let note = serde_json::to_string(&note).map_err(|error| IndexError::Io {
            path: self.index.directory.clone(),
            source: error.into(),
        })?;
        let mut prepared = writer.prepare_commit().map_err(failed)?;
        prepared.set_payload(&note);
        prepared.commit().map_err(failed)?;
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
    pub(super) fn new(now: Instant) -> Self {
        CommitClock { due: now + FIRST_COMMIT, interval: FIRST_COMMIT }
    }

    fn advance(&mut self, now: Instant) {
        self.interval = (self.interval * 2).min(LAST_INTERVAL);
        self.due = now + self.interval;
    }
}
