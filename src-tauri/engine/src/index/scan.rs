//! Which files of a root are kept, by walking it or by asking about one path. Both use the same
//! rules, so that the watcher and the scan never disagree.

use std::collections::HashSet;
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
/// The rule files that are read, which is done whole.
const READ_RULES: [&str; 2] = [".gitignore", ".ignore"];
/// The largest that is read, in bytes. Nobody writes so many rules.
const LARGEST_RULES: u64 = 1 << 20;
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
    /// When the directory to start from cannot be read, or the rules that hold there.
    pub fn walk(
        &self,
        below: &str,
        cancel: &CancellationToken,
        on_directory: &DirectoryListener,
    ) -> std::io::Result<Scan> {
        let start = self.root.join(rel_path::decode(below));
        std::fs::read_dir(&start)?;
        if let Some(reason) = start.ancestors().find_map(|above| self.unreadable_rules(above)) {
            return Err(std::io::Error::other(reason));
        }
        on_directory(&start);
        let collected = Mutex::new(Scan::default());
        let (rules, listener) = (self.clone(), Arc::clone(on_directory));
        let unruled = Arc::new(Mutex::new(Vec::new()));
        let left_out = Arc::clone(&unruled);
        let mut builder = self.builder(&start);
        // The walker lists a directory before it shows it; here it has only seen the name.
        builder.filter_entry(move |entry| {
            let passes = rules.lets_pass(entry);
            if !passes {
                let found = rules.left_out_for_its_rules(entry);
                left_out.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            }
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
        scan.unreadable.append(&mut unruled.lock().unwrap_or_else(PoisonError::into_inner));
        scan.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(scan)
    }

    /// A matcher for single paths. It remembers the ignore files that it has read: make a new one
    /// after one of them changed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn matcher(&self) -> std::io::Result<Matcher> {
        let mut above = self.root.ancestors();
        if let Some(reason) = above.find_map(|above| self.unreadable_rules(above)) {
            return Err(std::io::Error::other(reason));
        }
        let incremental = self.builder(&self.root).build_matchers().into_iter().next();
        let incremental = incremental.ok_or(std::io::ErrorKind::NotFound)?;
        Ok(Matcher { rules: self.clone(), incremental, real: HashSet::new() })
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

    /// Why the ignore files of the directory cannot be read: the walker reads whatever has their
    /// names to its end, which a pipe and a device do not have. `None` where they can.
    fn unreadable_rules(&self, directory: &Path) -> Option<String> {
        let is_bad = |file: &PathBuf| {
            file.metadata().is_ok_and(|found| {
                let readable = found.is_file() && found.len() <= LARGEST_RULES;
                !readable && !found.is_dir()
            })
        };
        let read = READ_RULES.iter().filter(|_| !self.include_ignored);
        let bad = read.map(|name| directory.join(name)).find(is_bad)?;
        Some(format!("{} is no plain file of at most 1 MB", bad.display()))
    }

    fn left_out_for_its_rules(&self, entry: &ignore::DirEntry) -> Option<UnreadableDirectory> {
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        let reason = is_directory.then(|| self.unreadable_rules(entry.path())).flatten()?;
        let path = rel_path::encode(entry.path().strip_prefix(&self.root).ok()?);
        Some(UnreadableDirectory { path, reason })
    }

    fn keeps_directory(&self, path: &Path) -> bool {
        let is_one_of = |names: &[&str]| {
            path.file_name().is_some_and(|name| names.iter().any(|one| name == OsStr::new(one)))
        };
        let is_generated = || is_one_of(&GENERATED) || path.join(CACHE_MARKER).exists();
        !is_one_of(&VERSION_CONTROL)
            && !self.excluded.iter().any(|excluded| path == excluded)
            && (self.include_ignored || !is_generated())
            && self.unreadable_rules(path).is_none()
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
    /// Directories below the root that are no links.
    real: HashSet<PathBuf>,
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

    /// Whether no directory above `path` is a link, which no walk follows.
    fn is_reached_without_links(&mut self, path: &Path) -> bool {
        let Self { rules, real, .. } = self;
        let mut above = path.ancestors().skip(1).take_while(|above| *above != rules.root);
        above.all(|above| {
            if real.contains(above) {
                return true;
            }
            let is_real = above.symlink_metadata().is_ok_and(|found| found.is_dir());
            if is_real {
                real.insert(above.to_owned());
            }
            is_real
        })
    }

    /// What a walk would find at `path` (absolute, below the root). Not to be asked for long: it
    /// remembers which directories are there.
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
        let is_within = !metadata.is_symlink() && self.is_reached_without_links(path);
        if !is_within || !self.keeps(path, metadata.is_dir()) {
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
