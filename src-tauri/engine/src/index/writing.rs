//! The writing half of a run: readers pull files, tantivy's threads index them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tantivy::indexer::{LogMergePolicy, NoMergePolicy, UserOperation};
use tantivy::{IndexWriter, Term};

use super::document::{ChunkSymbols, FileText, IndexDocument, TextBudget, Ticket};
use super::grams::GramSet;
use super::manifest::{Entry, Stamp};
use super::plan::{Candidate, MissingLayers, Plan};
use super::scan::Found;
use super::update::{Layer, Limits, Progress, Report, Run};
use super::{
    CommitNote, IndexError, ProjectIndex, SkipReason, annotate, chunk, language, read, schema, text,
};
use crate::rel_path;
use crate::symbols::{self, Extractor};

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
/// A segment is merged when more than this share of it is deleted.
const MOST_DELETED: f32 = 0.3;

type Writer = Mutex<IndexWriter<IndexDocument>>;

/// One run's writing.
pub(super) struct Writing<'a> {
    index: &'a ProjectIndex,
    run: &'a Run<'a>,
    complete: bool,
    failed: AtomicBool,
    failure: Mutex<Option<IndexError>>,
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
            report: Mutex::default(),
            budget: TextBudget::new(TEXT_IN_FLIGHT),
        }
    }

    /// Carries out the plan. `first_complete`: there is something to say even if nothing changed.
    pub(super) fn execute(self, plan: &Plan, first_complete: bool) -> Result<Report, IndexError> {
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
            return self.close_writer(writer, true);
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
        self.close_writer(writer, false)
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
        let report = self.close_writer(writer, bulk)?;
        if cancelled { Err(IndexError::Cancelled) } else { Ok(report) }
    }

    fn enter(&self, layer: Layer) -> Result<MutexGuard<'_, ()>, IndexError> {
        self.run.gate.enter(layer, self.run.cancel, self.run.progress)
    }

    fn finished(&self) -> Report {
        *lock(&self.report)
    }

    fn open_writer(&self, bulk: bool) -> Result<Writer, IndexError> {
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

    fn close_writer(&self, writer: Writer, bulk: bool) -> Result<Report, IndexError> {
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

    fn remove(&self, paths: &[String], writer: &Writer) {
        let writer = lock(writer);
        let mut same_bytes = self.index.same_bytes();
        for path in paths {
            for layer in self.all_layers(path) {
                writer.delete_term(layer);
            }
            same_bytes.remove(path);
        }
        lock(&self.report).removed += paths.len() as u64;
    }

    /// The terms of all documents of the file at `path`.
    fn all_layers(&self, path: &str) -> [Term; 2] {
        let fields = self.index.fields;
        [fields.path, fields.grams_of].map(|field| Term::from_field_text(field, path))
    }

    /// Does `work` for every item on all reading threads; commits now and then.
    fn in_bulk<T: Sync>(&self, items: &[T], writer: &Writer, work: impl Fn(&T, &mut Tools) + Sync) {
        let next = AtomicUsize::new(0);
        let commits = Mutex::new(CommitClock::new(Instant::now()));
        let read = || {
            let mut tools = Tools::default();
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.must_stop() {
                    break;
                }
                work(item, &mut tools);
                self.run.progress.beat();
                self.commit_when_due(&commits, writer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..READERS.min(items.len()) {
                scope.spawn(read);
            }
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

    fn commit_when_due(&self, commits: &Mutex<CommitClock>, writer: &Writer) {
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
        let bytes = match self.read_file(path) {
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

    fn read_file(&self, path: &str) -> Result<Option<Vec<u8>>, (SkipReason, String)> {
        let place = self.run.rules.root().join(rel_path::decode(path));
        read::read_file(&place, self.run.limits.file_bytes)
    }

    /// Reads a file that the index holds; `None` when it is not what was indexed any more.
    fn read_again(&self, path: &str, entry: &Entry) -> Option<Arc<FileText>> {
        let bytes = self.read_file(path).ok()??;
        if entry.hash != Some(content_hash(&bytes)) {
            return None;
        }
        let text = text::decode(&bytes).ok()?;
        let is_plain = text.len() == bytes.len();
        Some(self.share(path.to_owned(), text.into_owned(), is_plain))
    }

    /// Waits until there is room for the text.
    fn share(&self, path: String, text: String, is_plain: bool) -> Arc<FileText> {
        let share = Some(self.budget.take(text.len()));
        Arc::new(FileText { path, text, is_plain, share, ticket: self.ticket() })
    }

    /// Replaces what the index holds of the file, in one operation; with all layers if there are
    /// tools to make them.
    fn add(&self, file: PreparedFile, tools: Option<&mut Tools>, writer: &Writer) {
        let PreparedFile { path, stamp, content } = file;
        self.index.same_bytes().remove(&path);
        let mut operations: Vec<_> =
            self.all_layers(&path).into_iter().map(UserOperation::Delete).collect();
        match content {
            Content::Text { text, is_plain, hash } => {
                let source = self.share(path, text, is_plain);
                match tools {
                    Some(tools) => {
                        operations.extend(self.parsed(&source, stamp, hash, tools));
                        operations.push(self.grams(&source, tools));
                    }
                    None => operations.extend(self.windows(&source, stamp, hash)),
                }
                lock(&self.report).indexed += 1;
            }
            Content::Skipped(reason, note) => {
                let source = Arc::new(FileText {
                    path,
                    text: String::new(),
                    is_plain: false,
                    share: None,
                    ticket: self.ticket(),
                });
                let document =
                    IndexDocument::skipped(self.index.fields, &source, stamp, reason, note);
                operations.push(UserOperation::Add(document));
                lock(&self.report).skipped += 1;
            }
        }
        self.write(operations, writer);
    }

    /// Adds one layer to a file whose text is in the index.
    fn add_layer(
        &self,
        layer: Layer,
        source: &Arc<FileText>,
        entry: &Entry,
        tools: &mut Tools,
        writer: &Writer,
    ) {
        let [text, grams] = self.all_layers(&source.path);
        let operations = match (layer, entry.hash) {
            (Layer::Grams, _) => vec![UserOperation::Delete(grams), self.grams(source, tools)],
            (Layer::Symbols, Some(hash)) => {
                let mut operations = vec![UserOperation::Delete(text)];
                operations.extend(self.parsed(source, entry.stamp, hash, tools));
                operations
            }
            _ => return,
        };
        lock(&self.report).deepened += 1;
        self.write(operations, writer);
    }

    fn windows(&self, source: &Arc<FileText>, stamp: Stamp, hash: u64) -> Vec<Operation> {
        let fields = self.index.fields;
        let none = language_of(source).is_none().then_some(0);
        let file = IndexDocument::file(fields, source, stamp, hash, none);
        let chunks = chunk::windows(&source.text).into_iter();
        let chunks = chunks
            .map(|chunk| IndexDocument::chunk(fields, source, chunk, ChunkSymbols::default()));
        std::iter::once(file).chain(chunks).map(UserOperation::Add).collect()
    }

    fn parsed(
        &self,
        source: &Arc<FileText>,
        stamp: Stamp,
        hash: u64,
        tools: &mut Tools,
    ) -> Vec<Operation> {
        let Some(language) = language_of(source) else {
            return self.windows(source, stamp, hash);
        };
        let fields = self.index.fields;
        let (chunks, count) = annotate::chunks(&mut tools.extractor, language, &source.text);
        let file = IndexDocument::file(fields, source, stamp, hash, Some(count));
        let chunks = chunks
            .into_iter()
            .map(|(chunk, symbols)| IndexDocument::chunk(fields, source, chunk, symbols));
        std::iter::once(file).chain(chunks).map(UserOperation::Add).collect()
    }

    fn grams(&self, source: &Arc<FileText>, tools: &mut Tools) -> Operation {
        let grams = tools.grams.of(&source.text);
        UserOperation::Add(IndexDocument::grams(self.index.fields, source, grams))
    }

    fn write(&self, operations: Vec<Operation>, writer: &Writer) {
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

type Operation = UserOperation<IndexDocument>;

/// The file's language, where its definitions can be found.
fn language_of(source: &FileText) -> Option<&'static str> {
    language::of(&source.path).filter(|language| symbols::supports(language))
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
