//! Which files of a root are kept, by walking it or by asking about one path. Both use the same
//! rules, so that the watcher and the scan never disagree.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{IncrementalIgnore, WalkBuilder, WalkState};
use tokio_util::sync::CancellationToken;

use super::excludes::Excludes;
use super::manifest::Stamp;
use crate::rel_path;

/// Version control's own data.
const VERSION_CONTROL: [&str; 5] = [".git", ".hg", ".svn", ".jj", ".bzr"];
/// What tools put beside the code and can make again.
const GENERATED: [&str; 7] =
    ["node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache", ".pytest_cache", ".gradle"];
/// Marks a directory of generated data: https://bford.info/cachedir/
const CACHE_MARKER: &str = "CACHEDIR.TAG";
/// The files whose change alters what is kept.
const RULE_FILES: [&str; 3] = [".gitignore", ".ignore", CACHE_MARKER];
/// Walking is bound by system calls; two threads keep a disk and a page cache busy.
const WALK_THREADS: usize = 2;

/// Hears of every kept directory before it is listed.
pub type DirectoryListener = Arc<dyn Fn(&Path) + Send + Sync>;

/// The rules for one root: gitignore and ignore files, the directories above, the excluded ones,
/// and the project's own.
#[derive(Clone, Debug)]
pub struct Rules {
    root: PathBuf,
    /// Absolute directories that are never entered (Quarry's own data).
    excluded: Vec<PathBuf>,
    excludes: Excludes,
    /// Neither ignore files nor the marks of generated data leave anything out.
    include_ignored: bool,
}

/// A file found on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Below the root; see [`rel_path`].
    pub path: String,
    pub stamp: Stamp,
    /// False for pipes, sockets and devices.
    pub is_file: bool,
}

/// A directory that the system would not list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableDirectory {
    /// Below the root; see [`rel_path`].
    pub path: String,
    /// The system's words.
    pub reason: String,
}

#[derive(Debug, Default)]
pub struct Scan {
    pub files: Vec<Found>,
    /// Directories that could not be read. What the index holds below them is unknown, not gone.
    pub unreadable: Vec<UnreadableDirectory>,
    /// The walk was cancelled: `files` is not complete.
    pub cancelled: bool,
}

/// What the rules and the disk say about one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    File(Found),
    Directory,
    /// Not there, or there but not kept.
    Nothing,
}

impl Rules {
    pub fn new(root: &Path, excluded: Vec<PathBuf>) -> Rules {
        let excludes = Excludes::new::<&str>([]);
        Rules { root: root.to_owned(), excluded, excludes, include_ignored: false }
    }

    /// With what the project leaves out by itself, and whether it keeps what ignore files and the
    /// marks of generated data leave out. Version control's own data is never kept.
    pub fn with(self, excludes: Excludes, include_ignored: bool) -> Rules {
        Rules { excludes, include_ignored, ..self }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a change of this file changes which other files are kept.
    pub fn is_rule_file(path: &Path) -> bool {
        path.file_name().is_some_and(|name| RULE_FILES.iter().any(|rule| name == OsStr::new(rule)))
    }

    /// Walks the root, or the directory `below` it. `on_directory` hears of every kept directory
    /// before its entries are read, so that a watch placed there misses nothing.
    ///
    /// # Errors
    /// When the directory to start from cannot be read.
    pub fn walk(
        &self,
        below: &str,
        cancel: &CancellationToken,
        on_directory: &DirectoryListener,
    ) -> std::io::Result<Scan> {
        let start = self.root.join(rel_path::decode(below));
        std::fs::read_dir(&start)?;
        on_directory(&start);
        let collected = Mutex::new(Scan::default());
        let (rules, listener) = (self.clone(), Arc::clone(on_directory));
        let mut builder = self.builder(&start);
        // The walker lists a directory before it shows it; here it has only seen the name.
        builder.filter_entry(move |entry| {
            let passes = rules.lets_pass(entry);
            if passes && entry.file_type().is_some_and(|kind| kind.is_dir()) {
                listener(entry.path());
            }
            passes
        });
        builder.threads(WALK_THREADS).build_parallel().run(|| {
            let mut part = Part { scan: Scan::default(), whole: &collected };
            Box::new(move |entry| {
                if cancel.is_cancelled() {
                    part.scan.cancelled = true;
                    return WalkState::Quit;
                }
                match entry {
                    Ok(entry) => self.visit(&entry, &mut part.scan),
                    Err(error) => self.note_unreadable(&error, &mut part.scan),
                }
                WalkState::Continue
            })
        });
        let mut scan = collected.into_inner().unwrap_or_else(PoisonError::into_inner);
        scan.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(scan)
    }

    /// A matcher for single paths. It remembers the ignore files that it has read: make a new one
    /// after one of them changed.
    pub fn matcher(&self) -> Option<Matcher> {
        let incremental = self.builder(&self.root).build_matchers().into_iter().next()?;
        Some(Matcher { rules: self.clone(), incremental })
    }

    fn builder(&self, start: &Path) -> WalkBuilder {
        let mut builder = WalkBuilder::new(start);
        builder.standard_filters(!self.include_ignored).hidden(false).follow_links(false);
        builder
    }

    fn lets_pass(&self, entry: &ignore::DirEntry) -> bool {
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        entry.depth() == 0 || self.keeps_entry(entry.path(), is_directory)
    }

    /// Whether our own rules, apart from the ignore files, keep the entry of a kept directory.
    fn keeps_entry(&self, path: &Path, is_directory: bool) -> bool {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        !self.excludes.leave_out(relative, is_directory)
            && (!is_directory || self.keeps_directory(path))
    }

    fn keeps_directory(&self, path: &Path) -> bool {
        let is_one_of = |names: &[&str]| {
            path.file_name().is_some_and(|name| names.iter().any(|one| name == OsStr::new(one)))
        };
        let is_generated = || is_one_of(&GENERATED) || path.join(CACHE_MARKER).exists();
        !is_one_of(&VERSION_CONTROL)
            && !self.excluded.iter().any(|excluded| path == excluded)
            && (self.include_ignored || !is_generated())
    }

    fn visit(&self, entry: &ignore::DirEntry, scan: &mut Scan) {
        let Some(kind) = entry.file_type() else { return };
        if !kind.is_dir()
            && !kind.is_symlink()
            && let Ok(relative) = entry.path().strip_prefix(&self.root)
            // A file that vanished since it was listed is not there.
            && let Ok(metadata) = entry.metadata()
        {
            scan.files.push(Found {
                path: rel_path::encode(relative),
                stamp: Stamp::of(&metadata),
                is_file: kind.is_file(),
            });
        }
    }

    fn note_unreadable(&self, error: &ignore::Error, scan: &mut Scan) {
        // A broken pattern in an ignore file is the ignore crate's "partial" error: the walk goes on.
        let Some(path) = error_path(error) else {
            return;
        };
        let gone =
            error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if let Ok(relative) = path.strip_prefix(&self.root)
            && !gone
        {
            let words = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
            let path = rel_path::encode(relative);
            scan.unreadable.push(UnreadableDirectory { path, reason: words });
        }
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } => error_path(err),
        _ => None,
    }
}

/// One walking thread's findings, joined to the whole when the thread ends.
struct Part<'a> {
    scan: Scan,
    whole: &'a Mutex<Scan>,
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        whole.files.append(&mut self.scan.files);
        whole.unreadable.append(&mut self.scan.unreadable);
        whole.cancelled |= self.scan.cancelled;
    }
}

/// Answers for single paths what a walk would find.
#[derive(Debug)]
pub struct Matcher {
    rules: Rules,
    incremental: IncrementalIgnore,
}

impl Matcher {
    /// Whether the rules keep `path` (absolute, below the root), be it there or not.
    pub fn keeps(&mut self, path: &Path, is_directory: bool) -> bool {
        let Ok(relative) = path.strip_prefix(&self.rules.root) else {
            return false;
        };
        let mut entry = self.rules.root.clone();
        let mut components = relative.components().peekable();
        while let Some(component) = components.next() {
            entry.push(component);
            let is_directory = is_directory || components.peek().is_some();
            if !self.rules.keeps_entry(&entry, is_directory) {
                return false;
            }
        }
        relative.as_os_str().is_empty()
            || !self.incremental.matched(relative, is_directory).is_ignore()
    }

    /// What a walk would find at `path` (absolute, below the root).
    ///
    /// # Errors
    /// When the system will not say what is there.
    pub fn look(&mut self, path: &Path) -> std::io::Result<Seen> {
        let Ok(relative) = path.strip_prefix(&self.rules.root) else {
            return Ok(Seen::Nothing);
        };
        let relative = rel_path::encode(relative);
        let metadata = match std::fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                use std::io::ErrorKind::{NotADirectory, NotFound};
                return match error.kind() {
                    NotFound | NotADirectory => Ok(Seen::Nothing),
                    _ => Err(error),
                };
            }
        };
        if metadata.is_symlink() || !self.keeps(path, metadata.is_dir()) {
            return Ok(Seen::Nothing);
        }
        Ok(if metadata.is_dir() {
            Seen::Directory
        } else {
            let is_file = metadata.is_file();
            Seen::File(Found { path: relative, stamp: Stamp::of(&metadata), is_file })
        })
    }
}

#[cfg(test)]
mod tests;
