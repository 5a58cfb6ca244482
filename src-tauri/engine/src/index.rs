//! One project's index on disk: what can be searched, and the record of which files it holds.
//!
//! The index is its own manifest: a file's stamp and its chunks go in and out in one commit, so
//! that a kill at any moment leaves the state before or the state after. Readers work on the last
//! commit and never wait for a writer.

mod annotate;
mod chunk;
mod columns;
mod directory;
mod document;
pub mod document_reader;
mod error;
pub mod excludes;
pub mod grams;
pub mod language;
pub mod manifest;
mod merging;
pub mod outline;
pub mod paths;
mod plan;
mod precedence;
pub(crate) mod read;
mod scan;
pub mod schema;
pub mod text;
pub mod tokenizer;
mod update;
mod verify;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tantivy::directory::MmapDirectory;
use tantivy::schema::Schema;
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, Searcher, TantivyError};

use directory::{IndexDirectory, Valve};
use document_reader::DocumentReader;
pub use error::IndexError;
pub use manifest::{Counts, Manifest, SkippedFile, Stamp};
pub use plan::Plan;
pub use precedence::{Precedence, Searching};
pub use scan::{DirectoryListener, Matcher, Rules, Scan, Seen};
pub use text::SkipReason;
pub use update::{Layer, Limits, Progress, Report, Run, Scope, WriteGate};
pub(crate) use writing::content_hash;

/// Nobody has counted yet.
const UNKNOWN: u64 = u64::MAX;

/// Stored with every commit.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct CommitNote {
    version: u32,
    /// A comparison with the whole tree has ended since the index was made.
    complete: bool,
}

/// What is stored is compressed in pieces of so many bytes. A search reads what is defined in some
/// hundred chunks from all over the index: with pieces four times as long (tantivy's default), a
/// seventh of its time goes into decompressing what lies around them.
const STORED_AT_ONCE: usize = 4096;

/// Where an open index comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was on disk.
    Stored,
    /// There was none.
    New,
    /// It was made in place of one with an older layout.
    Relaid,
}

/// An open index. Cloning is not needed: share it in an `Arc`.
pub struct ProjectIndex {
    directory: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: schema::Fields,
    origin: Origin,
    /// Files whose stamp changed and whose bytes did not: the index is not written for them.
    same_bytes: Mutex<std::collections::HashMap<String, Stamp>>,
    /// As in the note of the last commit.
    complete: AtomicBool,
    /// Files that lack a layer, or [`UNKNOWN`].
    shallow: AtomicU64,
    /// The paths of the commit that was last asked for them.
    paths: Mutex<Arc<paths::Paths>>,
    columns: columns::OpenColumns,
    valve: Valve,
    underway: Mutex<Option<merging::Underway>>,
    /// What need not be compared with its checksum again.
    checked: Mutex<verify::Checked>,
    damaged: OnceLock<bool>,
}

impl ProjectIndex {
    /// Opens the index in `directory` in order to write to it, or makes an empty one where there is none or where it has
    /// an older layout.
    ///
    /// # Errors
    /// [`IndexError::TooNew`], [`IndexError::Corrupt`], [`IndexError::Unreadable`] or
    /// [`IndexError::Io`]; the directory is then as it was.
    pub fn open(directory: &Path) -> Result<ProjectIndex, IndexError> {
        std::fs::create_dir_all(directory)
            .map_err(|source| IndexError::from_io(directory, source))?;
        let failed = |error: TantivyError| IndexError::from_tantivy(directory, error);
        let valve = Valve::default();
        let files = open_files(directory, &valve)?;
        let (expected, fields) = schema::build();
        let exists = Index::exists(&files).map_err(|error| failed(error.into()))?;
        let (index, complete, origin) = if exists {
            let index = verify::guarded(directory, || Index::open(files))?;
            let note = commit_note(&index).map_err(failed)?;
            if note.version > schema::VERSION {
                return Err(IndexError::TooNew {
                    path: directory.to_owned(),
                    found: note.version,
                    supported: schema::VERSION,
                });
            }
            if note.version < schema::VERSION || index.schema() != expected {
                drop(index);
                (create_anew(directory, &valve, expected)?, false, Origin::Relaid)
            } else {
                (index, note.complete, Origin::Stored)
            }
        } else {
            (create_anew(directory, &valve, expected)?, false, Origin::New)
        };
        let mut opened = ProjectIndex::over(directory, index, fields, complete)?;
        opened.valve = valve;
        opened.origin = origin;
        opened.take_note();
        Ok(opened)
    }

    /// Opens the index in `directory` without touching it. `None` where there is none of the
    /// present layout.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`], [`IndexError::Unreadable`] or [`IndexError::Io`].
    pub fn read(directory: &Path) -> Result<Option<ProjectIndex>, IndexError> {
        if !directory.is_dir() {
            return Ok(None);
        }
        let failed = |error: TantivyError| IndexError::from_tantivy(directory, error);
        let files = verify::guarded(directory, || Ok(MmapDirectory::open(directory)?))?;
        if !Index::exists(&files).map_err(|error| failed(error.into()))? {
            return Ok(None);
        }
        let index = verify::guarded(directory, || Index::open(files))?;
        let (expected, fields) = schema::build();
        let CommitNote { version, complete } = commit_note(&index).map_err(failed)?;
        if version != schema::VERSION || index.schema() != expected {
            return Ok(None);
        }
        ProjectIndex::over(directory, index, fields, complete).map(Some)
    }

    fn over(
        directory: &Path,
        mut index: Index,
        fields: schema::Fields,
        complete: bool,
    ) -> Result<ProjectIndex, IndexError> {
        schema::register_tokenizer(&mut index);
        let reader = verify::guarded(directory, || {
            index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
        })?;
        let directory = directory.to_owned();
        Ok(ProjectIndex {
            directory,
            index,
            reader,
            fields,
            origin: Origin::Stored,
            same_bytes: Mutex::default(),
            complete: AtomicBool::new(complete),
            shallow: AtomicU64::new(UNKNOWN),
            paths: Mutex::default(),
            columns: columns::OpenColumns::default(),
            valve: Valve::default(),
            underway: Mutex::default(),
            checked: Mutex::default(),
            damaged: OnceLock::new(),
        })
    }

    /// From now on searches go before what writes to this index and is not waited for.
    pub fn yield_to(&self, searches: &Precedence) {
        self.valve.yield_to(searches);
    }

    /// Does this whenever the index is about to be opened anew or written to.
    #[cfg(test)]
    pub fn set_fault(&self, fault: Option<fn()>) {
        self.valve.set_fault(fault);
    }

    /// The last committed state; it stays readable while later commits happen.
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// The paths of the files that `searcher`, which is one of this index's, knows.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn paths(&self, searcher: &Searcher) -> tantivy::Result<Arc<paths::Paths>> {
        let mut kept = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.fits(searcher) {
            *kept = Arc::new(paths::Paths::read(searcher, &kept)?);
        }
        Ok(Arc::clone(&kept))
    }

    /// Reads what a search reads first and keeps, so that the next one has it.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] where the index cannot be read.
    pub fn warm(&self) -> Result<(), IndexError> {
        let searcher = self.searcher();
        verify::guarded(&self.directory, || {
            self.paths(&searcher)?;
            (0..).zip(searcher.segment_readers()).try_for_each(|(ord, _)| {
                let columns = self.columns.of(&searcher, ord);
                columns.map(|_| ())
            })
        })
    }

    /// Reads single documents that `searcher`, which is one of this index's, knows.
    pub fn documents<'a>(&'a self, searcher: &'a Searcher) -> DocumentReader<'a> {
        // They are not waited for while somebody reads them.
        let paths = self.paths.try_lock().ok().map(|kept| Arc::clone(&kept));
        let paths = paths.filter(|paths| paths.fits(searcher));
        DocumentReader::new(searcher, self.fields, &self.columns, paths)
    }

    /// The file at `path`, as the last commit has it.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] where the index cannot be read.
    pub fn file(&self, path: &str) -> Result<Option<manifest::Entry>, IndexError> {
        let searcher = self.searcher();
        verify::guarded(&self.directory, || self.documents(&searcher).file(path))
    }

    pub fn fields(&self) -> schema::Fields {
        self.fields
    }

    /// # Errors
    /// [`IndexError::Corrupt`] where the stored counts cannot be read.
    pub fn counts(&self) -> Result<Counts, IndexError> {
        let counts = self.manifest(|manifest| manifest.counts())?;
        self.shallow.store(counts.shallow, Ordering::Relaxed);
        Ok(counts)
    }

    /// The files that are known and not searched, with the reason.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] where the index cannot be read.
    pub fn skipped(&self) -> Result<Vec<SkippedFile>, IndexError> {
        self.manifest(|manifest| manifest.skipped())
    }

    /// The size of all files whose text it holds, in bytes.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] where the index cannot be read.
    pub fn text_bytes(&self) -> Result<u64, IndexError> {
        let entries = self.manifest(|manifest| manifest.all())?;
        let texts = entries.values().filter(|entry| entry.skipped.is_none());
        Ok(texts.map(|entry| entry.stamp.size).sum())
    }

    /// Up to `most` of the files whose text it holds, none larger than `size` bytes, with the
    /// hashes of their bytes; the same ones at every call.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] where the index cannot be read.
    pub fn sample(&self, most: usize, size: u64) -> Result<Vec<(String, u64)>, IndexError> {
        let searcher = self.searcher();
        let entries = Manifest::new(&searcher, self.fields).all().map_err(|e| self.failed(e))?;
        let mut files: Vec<(String, u64)> = entries
            .into_iter()
            .filter(|(_, entry)| entry.stamp.size <= size)
            .filter_map(|(path, entry)| entry.hash.map(|hash| (path, hash)))
            .collect();
        // In the order of their hashes, which is no order: folders of all kinds are among them.
        files.sort_unstable_by(|(a, x), (b, y)| (x, a).cmp(&(y, b)));
        files.truncate(most);
        Ok(files)
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether the index has been compared with the whole tree since it was made.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Relaxed)
    }

    /// Whether it holds no file, not even one that is skipped.
    pub fn is_empty(&self) -> bool {
        self.searcher().num_docs() == 0
    }

    /// Parts of the last commit; each is several files that are mapped into memory.
    pub fn segments(&self) -> usize {
        self.searcher().segment_readers().len()
    }

    /// Whether no file lacks a layer, as of the last commit.
    pub fn is_deep(&self) -> bool {
        match self.shallow.load(Ordering::Relaxed) {
            UNKNOWN => self.counts().is_ok_and(|counts| counts.shallow == 0),
            shallow => shallow == 0,
        }
    }

    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        let files = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    fn manifest<T>(
        &self,
        read: impl FnOnce(&Manifest<'_>) -> tantivy::Result<T>,
    ) -> Result<T, IndexError> {
        let searcher = self.searcher();
        verify::guarded(&self.directory, || read(&Manifest::new(&searcher, self.fields)))
    }

    fn failed(&self, error: TantivyError) -> IndexError {
        IndexError::from_tantivy(&self.directory, error)
    }

    fn same_bytes(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, Stamp>> {
        self.same_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The note of the last commit; the default where nothing has been committed.
fn commit_note(index: &Index) -> tantivy::Result<CommitNote> {
    let metas = index.load_metas()?;
    match metas.payload {
        None => Ok(CommitNote { version: schema::VERSION, complete: false }),
        Some(payload) => serde_json::from_str(&payload)
            .map_err(|error| TantivyError::InvalidArgument(format!("commit note: {error}"))),
    }
}

fn open_files(directory: &Path, valve: &Valve) -> Result<IndexDirectory, IndexError> {
    let files = verify::guarded(directory, || Ok(MmapDirectory::open(directory)?))?;
    Ok(IndexDirectory::new(files, valve.clone()))
}

fn create_anew(directory: &Path, valve: &Valve, schema: Schema) -> Result<Index, IndexError> {
    let io = |source| IndexError::from_io(directory, source);
    std::fs::remove_dir_all(directory).map_err(io)?;
    std::fs::create_dir_all(directory).map_err(io)?;
    let files = open_files(directory, valve)?;
    let settings = IndexSettings { docstore_blocksize: STORED_AT_ONCE, ..IndexSettings::default() };
    Index::create(files, schema, settings)
        .map_err(|error| IndexError::from_tantivy(directory, error))
}

#[cfg(test)]
mod tests;
