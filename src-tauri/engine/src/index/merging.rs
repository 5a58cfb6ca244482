//! Merges the segments of an index: many small ones make every search slower, and what is deleted
//! takes space until its segment is merged. People wait for none of that: a merge goes on beside
//! the runs that come meanwhile, and they write with the writer that it belongs to.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::{FutureResult, IndexWriter};

use super::document::IndexDocument;
use super::update::{Layer, Run};
use super::{IndexError, ProjectIndex};

/// tantivy's least budget for one writing thread.
pub(super) const SMALL_ARENA: usize = 15_000_000;
/// A segment is merged when more than this share of it is deleted.
const MOST_DELETED: f32 = 0.3;
/// How often a merge is looked at.
const POLL: Duration = Duration::from_millis(10);
/// How long the end of a merge that was told to end is waited for.
const CLOSING: Duration = Duration::from_secs(1);

pub(super) type Merge = FutureResult<Option<SegmentMeta>>;

/// A merge that nobody waits for at this moment, and the writer that it belongs to.
pub(super) struct Underway {
    pub writer: IndexWriter<IndexDocument>,
    pub merge: Merge,
}

impl ProjectIndex {
    /// Whether no segment is to be merged.
    pub fn is_tidy(&self) -> bool {
        self.underway().is_none() && matches!(self.wanted_merge(), Ok(None))
    }

    /// Merges what is to be merged, one merge after the other; how many. One that goes on when the
    /// run has to stop is taken up by the next writer.
    ///
    /// # Errors
    /// [`IndexError::Cancelled`] when told to stop; what else keeps tantivy from merging.
    pub(super) fn merge(&self, run: &Run<'_>) -> Result<Merged, IndexError> {
        let mut merged = Merged::default();
        if self.is_tidy() {
            return Ok(merged);
        }
        let _turn = run.gate.enter(Layer::Symbols, run.cancel, run.progress)?;
        self.valve.make_haste(false);
        let (mut writer, mut merge) = match self.underway().take() {
            Some(Underway { writer, merge }) => (writer, Some(merge)),
            None => (self.writer(1, SMALL_ARENA)?, None),
        };
        loop {
            let Some(present) = merge.take() else {
                match self.wanted_merge()? {
                    None => break,
                    Some(segments) => merge = Some(writer.merge(&segments)),
                }
                continue;
            };
            match self.wait_for(present, run, || run.gate.text_waits())? {
                None => merged.merges += 1,
                Some(merge) => {
                    *self.underway() = Some(Underway { writer, merge });
                    merged.yielded = !run.cancel.is_cancelled();
                    return if merged.yielded { Ok(merged) } else { Err(IndexError::Cancelled) };
                }
            }
        }
        // The last searcher over what was merged has been let go of.
        writer.garbage_collect_files().wait().map_err(|error| self.failed(error))?;
        Ok(merged)
    }

    /// Waits for the end of the merge; gives it back when the run is cancelled or has to `yield_now`.
    pub(super) fn wait_for(
        &self,
        mut merge: Merge,
        run: &Run<'_>,
        yield_now: impl Fn() -> bool,
    ) -> Result<Option<Merge>, IndexError> {
        let mut written = self.valve.passed();
        loop {
            if let Some(ended) = (&mut merge).now_or_never() {
                ended.map_err(|error| self.failed(error))?;
                self.reader.reload().map_err(|error| self.failed(error))?;
                run.progress.beat();
                return Ok(None);
            }
            if run.cancel.is_cancelled() || yield_now() {
                return Ok(Some(merge));
            }
            std::thread::sleep(POLL);
            let now = self.valve.passed();
            if now != written {
                written = now;
                run.progress.beat();
            }
        }
    }

    /// The segments that are to be merged next: those with the least to write first.
    fn wanted_merge(&self) -> Result<Option<Vec<SegmentId>>, IndexError> {
        let segments = self.index.searchable_segment_metas().map_err(|error| self.failed(error))?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(MOST_DELETED);
        let documents = |wanted: &[SegmentId]| -> u32 {
            let of = segments.iter().filter(|segment| wanted.contains(&segment.id()));
            of.map(SegmentMeta::num_docs).sum()
        };
        let wanted = policy.compute_merge_candidates(&segments).into_iter().map(|wanted| wanted.0);
        Ok(wanted.min_by_key(|wanted| documents(wanted)))
    }

    /// Opens a writer that merges nothing by itself.
    pub(super) fn writer(
        &self,
        threads: usize,
        arena: usize,
    ) -> Result<IndexWriter<IndexDocument>, IndexError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(arena)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter<IndexDocument> =
            self.index.writer_with_options(options).map_err(|error| self.failed(error))?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        // What a killed or failed writer left has the names that this one is going to use.
        writer.garbage_collect_files().wait().map_err(|error| self.failed(error))?;
        Ok(writer)
    }

    /// Ends what is being written, for good: every further write fails.
    pub fn close(&self) {
        self.valve.shut();
        let Some(Underway { writer, mut merge }) = self.underway().take() else { return };
        let started = Instant::now();
        // It fails at its next write.
        while (&mut merge).now_or_never().is_none() && started.elapsed() < CLOSING {
            std::thread::sleep(POLL);
        }
        drop(writer);
    }

    pub(super) fn underway(&self) -> MutexGuard<'_, Option<Underway>> {
        self.underway.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a run has merged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Merged {
    pub merges: u64,
    /// It made room for somebody else's text.
    pub yielded: bool,
}
