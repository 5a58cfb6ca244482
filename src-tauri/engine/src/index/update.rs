//! Brings an index up to date with the tree: compares stamps, then content, writes the difference.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tantivy::indexer::{LogMergePolicy, NoMergePolicy, UserOperation};
use tantivy::{IndexWriter, Term};
use tokio_util::sync::CancellationToken;

use super::document::{FileText, IndexDocument, TextBudget, Ticket};
use super::manifest::Stamp;
use super::plan::{Candidate, Plan};
use super::scan::{DirectoryListener, Found, Rules};
use super::{CommitNote, Counts, IndexError, ProjectIndex, SkipReason, chunk, read, schema, text};
use crate::rel_path;

/// Text read and not yet indexed, in bytes.
const TEXT_IN_FLIGHT: usize = 32 << 20;
/// From this many files on, or from as much text as may be in flight, a run uses all the threads
/// it may and does not read everything before it writes.
const BULK_FILES: usize = 500;
/// tantivy's least budget for one writing thread.
const SMALL_ARENA: usize = 15_000_000;
/// A bulk run's budget for one writing thread: larger arenas make fewer segments to merge.
const BULK_ARENA: usize = 100_000_000;
/// Two threads write and two read: on a small machine the system shares them out, on a large one
/// the rest is left to its user.
const WRITERS: usize = 2;
const READERS: usize = 2;
/// A bulk run lets people search what it has so far: first after this time, then after twice …
const FIRST_COMMIT: Duration = Duration::from_secs(4);
/// … and at most this.
const LAST_INTERVAL: Duration = Duration::from_secs(60);
/// How often a bulk run that waits for its turn asks again.
const GATE_POLL: Duration = Duration::from_millis(50);

/// What one run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole tree. `expect_loss`: that most files are gone is no surprise.
    Everything { expect_loss: bool },
    /// These absolute paths, files or directories, there or gone.
    Paths(BTreeSet<PathBuf>),
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Larger files are skipped.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { file_bytes: 16 << 20 }
    }
}

/// How far a run is; written by the run, read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that are in the index or need not be, and files to do; both 0 while the tree is
    /// compared. What is still queued for indexing is not done.
    pub done: Arc<AtomicU64>,
    pub total: AtomicU64,
    /// Grows whenever anything moves: a run that hangs is one whose pulse has stopped.
    pub pulse: Arc<AtomicU64>,
    /// What the index holds since the run's last commit.
    pub committed: Mutex<Option<Counts>>,
}

impl Progress {
    /// Shows that something moves.
    pub fn beat(&self) {
        self.pulse.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets one bulk writer work at a time: each takes both cores and its arenas.
#[derive(Clone, Debug, Default)]
pub struct WriteGate(Arc<Mutex<()>>);

impl WriteGate {
    /// Waits for its turn, with a beating pulse.
    fn enter(
        &self,
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<MutexGuard<'_, ()>, IndexError> {
        loop {
            match self.0.try_lock() {
                Ok(turn) => return Ok(turn),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                    return Err(IndexError::Cancelled);
                }
                Err(TryLockError::WouldBlock) => {
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
    pub commits: u64,
}

impl ProjectIndex {
    /// Reads and writes what `plan`, made for the same run, says is different.
    ///
    /// # Errors
    /// See [`IndexError`]. What was committed until then stays, file by file whole.
    pub fn update(&self, run: &Run<'_>, plan: &Plan) -> Result<Report, IndexError> {
        let whole = matches!(run.scope, Scope::Everything { .. });
        let first_complete = whole && !self.is_complete();
        run.progress.done.store(0, Ordering::Relaxed);
        run.progress.total.store(plan.candidates.len() as u64, Ordering::Relaxed);
        let complete = whole || self.is_complete();
        Writing::new(self, run, complete).execute(plan, first_complete)
    }
}

/// The writing half of a run: readers pull candidates, tantivy's threads index them.
struct Writing<'a> {
    index: &'a ProjectIndex,
    run: &'a Run<'a>,
    complete: bool,
    next: AtomicUsize,
    failed: AtomicBool,
    failure: Mutex<Option<IndexError>>,
    report: Mutex<Report>,
    budget: Arc<TextBudget>,
}

impl<'a> Writing<'a> {
    fn new(index: &'a ProjectIndex, run: &'a Run<'a>, complete: bool) -> Self {
        Writing {
            index,
            run,
            complete,
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            failure: Mutex::default(),
            report: Mutex::default(),
            budget: TextBudget::new(TEXT_IN_FLIGHT),
        }
    }

    fn execute(self, plan: &Plan, first_complete: bool) -> Result<Report, IndexError> {
        if plan.candidates.is_empty() && plan.removals.is_empty() && !first_complete {
            return Ok(Report::default());
        }
        // Reading first shows whether there is anything to write at all: opening a writer costs
        // more than hashing a saved file whose bytes are the same.
        let bytes: u64 = plan.candidates.iter().map(|candidate| candidate.found.stamp.size).sum();
        let bulk = plan.candidates.len() >= BULK_FILES || bytes > TEXT_IN_FLIGHT as u64;
        let prepared = if bulk { None } else { Some(self.prepare(&plan.candidates)?) };
        if let Some(prepared) = &prepared
            && prepared.is_empty()
            && plan.removals.is_empty()
            && !first_complete
        {
            return Ok(self.finished());
        }
        let _turn = if bulk {
            Some(self.run.gate.enter(self.run.cancel, self.run.progress)?)
        } else {
            None
        };
        let writer = Mutex::new(self.open_writer(bulk)?);
        self.remove(&plan.removals, &writer);
        match prepared {
            Some(prepared) => prepared.into_iter().for_each(|file| self.add(file, &writer)),
            None => self.index_in_bulk(&plan.candidates, &writer),
        }
        if let Some(failure) = lock(&self.failure).take() {
            return Err(failure);
        }
        let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.commit(&mut writer, self.complete)?;
        if bulk {
            writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        }
        writer.wait_merging_threads().map_err(|error| self.index.failed(error))?;
        self.index.reader.reload().map_err(|error| self.index.failed(error))?;
        Ok(self.finished())
    }

    fn finished(&self) -> Report {
        *lock(&self.report)
    }

    fn open_writer(&self, bulk: bool) -> Result<IndexWriter<IndexDocument>, IndexError> {
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
        Ok(writer)
    }

    /// Reads the few files of a small run.
    fn prepare(&self, candidates: &[Candidate]) -> Result<Vec<PreparedFile>, IndexError> {
        let mut prepared = Vec::new();
        for candidate in candidates {
            if self.run.cancel.is_cancelled() {
                return Err(IndexError::Cancelled);
            }
            prepared.extend(self.read_or_pass(candidate));
        }
        Ok(prepared)
    }

    fn remove(&self, paths: &[String], writer: &Mutex<IndexWriter<IndexDocument>>) {
        let writer = lock(writer);
        let mut same_bytes = self.index.same_bytes();
        for path in paths {
            writer.delete_term(Term::from_field_text(self.index.fields.path, path));
            same_bytes.remove(path);
        }
        lock(&self.report).removed += paths.len() as u64;
    }

    fn index_in_bulk(&self, candidates: &[Candidate], writer: &Mutex<IndexWriter<IndexDocument>>) {
        let commits = Mutex::new(CommitClock::new(Instant::now()));
        std::thread::scope(|scope| {
            for _ in 0..READERS {
                scope.spawn(|| {
                    while let Some(candidate) =
                        candidates.get(self.next.fetch_add(1, Ordering::Relaxed))
                    {
                        if self.run.cancel.is_cancelled() {
                            self.fail(IndexError::Cancelled);
                        }
                        if self.failed.load(Ordering::Relaxed) {
                            break;
                        }
                        if let Some(file) = self.read_or_pass(candidate) {
                            self.add(file, writer);
                        }
                        self.commit_when_due(&commits, writer);
                    }
                });
            }
        });
    }

    fn commit_when_due(
        &self,
        commits: &Mutex<CommitClock>,
        writer: &Mutex<IndexWriter<IndexDocument>>,
    ) {
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

    /// Reads one file; `None` when its bytes are those that the index already holds.
    fn read(&self, candidate: &Candidate) -> Option<PreparedFile> {
        let Found { path, stamp, is_file } = &candidate.found;
        let Limits { file_bytes } = self.run.limits;
        let skip = |reason, note: String| {
            let known = candidate.known.is_some_and(|entry| {
                entry.skipped == Some(reason) && entry.stamp == *stamp && !self.run.force
            });
            (!known).then(|| PreparedFile {
                path: path.clone(),
                stamp: *stamp,
                content: Content::Skipped(reason, note),
            })
        };
        if let Some(reason) = &candidate.unlisted {
            return skip(SkipReason::Unreadable, reason.clone());
        }
        if !is_file {
            return skip(SkipReason::NotAFile, String::new());
        }
        if text::is_credential(path) {
            return skip(SkipReason::Credential, String::new());
        }
        if stamp.size > file_bytes {
            return skip(SkipReason::TooLarge, format!("{} bytes", stamp.size));
        }
        let place = self.run.rules.root().join(rel_path::decode(path));
        let bytes = match read::read_file(&place, file_bytes) {
            Ok(Some(bytes)) => bytes,
            // An event, or the next comparison, tells what became of it.
            Ok(None) => return None,
            Err((reason, note)) => return skip(reason, note),
        };
        lock(&self.report).read += 1;
        let hash = content_hash(&bytes);
        if !self.run.force && candidate.known.and_then(|entry| entry.hash) == Some(hash) {
            self.index.same_bytes().insert(path.clone(), *stamp);
            lock(&self.report).same += 1;
            return None;
        }
        match text::decode(&bytes) {
            Ok(text) => {
                let is_plain = text.len() == bytes.len();
                let content = Content::Text { text: text.into_owned(), is_plain, hash };
                Some(PreparedFile { path: path.clone(), stamp: *stamp, content })
            }
            Err(reason) => skip(reason, String::new()),
        }
    }

    /// Replaces what the index holds of the file, in one operation.
    fn add(&self, file: PreparedFile, writer: &Mutex<IndexWriter<IndexDocument>>) {
        let fields = self.index.fields;
        self.index.same_bytes().remove(&file.path);
        let mut operations =
            vec![UserOperation::Delete(Term::from_field_text(fields.path, &file.path))];
        match file.content {
            Content::Text { text, is_plain, hash } => {
                let share = Some(self.budget.take(text.len()));
                let ticket = self.ticket();
                let source = Arc::new(FileText { path: file.path, text, is_plain, share, ticket });
                let document = IndexDocument::file(fields, &source, file.stamp, hash);
                operations.push(UserOperation::Add(document));
                operations.extend(
                    chunk::windows(&source.text)
                        .into_iter()
                        .map(|chunk| IndexDocument::chunk(fields, &source, chunk))
                        .map(UserOperation::Add),
                );
                lock(&self.report).indexed += 1;
            }
            Content::Skipped(reason, note) => {
                let source = Arc::new(FileText {
                    path: file.path,
                    text: String::new(),
                    is_plain: false,
                    share: None,
                    ticket: self.ticket(),
                });
                let document = IndexDocument::skipped(fields, &source, file.stamp, reason, note);
                operations.push(UserOperation::Add(document));
                lock(&self.report).skipped += 1;
            }
        }
        // One at a time: tantivy takes a number for each operation before it queues it, and a
        // delete that overtakes an older document in the queue takes out its own file's.
        let result = lock(writer).run(operations);
        if let Err(error) = result {
            self.fail(self.index.failed(error));
        }
    }

    /// As [`Self::read`]; a file with nothing to write is done.
    fn read_or_pass(&self, candidate: &Candidate) -> Option<PreparedFile> {
        let file = self.read(candidate);
        if file.is_none() {
            drop(self.ticket());
        }
        self.run.progress.beat();
        file
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

/// A file that was read and is to be written.
struct PreparedFile {
    path: String,
    stamp: Stamp,
    content: Content,
}

enum Content {
    Text { text: String, is_plain: bool, hash: u64 },
    Skipped(SkipReason, String),
}

/// When a bulk run commits next: the intervals double, so that commits stay few.
struct CommitClock {
    due: Instant,
    interval: Duration,
}

impl CommitClock {
    fn new(now: Instant) -> Self {
        CommitClock { due: now + FIRST_COMMIT, interval: FIRST_COMMIT }
    }

    fn advance(&mut self, now: Instant) {
        self.interval = (self.interval * 2).min(LAST_INTERVAL);
        self.due = now + self.interval;
    }
}

/// The hash that tells whether a file's bytes changed (XXH3, 64 bits).
pub(crate) fn content_hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
