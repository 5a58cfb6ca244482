//! Which files of a root are kept, by walking it or by asking about one path. Both use the same
//! rules, so that the watcher and the scan never disagree.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{IncrementalIgnore, WalkBuilder, WalkState};
use tokio_util::sync::CancellationToken;

use super::manifest::Stamp;
use crate::rel_path;

/// Version control's own data, and what tools put beside the code and can make again.
const IGNORED_DIRECTORIES: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".bzr",
    "node_modules",
    "__pycache__",
    ".venv",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".gradle",
];
/// Marks a directory of generated data: https://bford.info/cachedir/
const CACHE_MARKER: &str = "CACHEDIR.TAG";
/// The files whose change alters what is kept.
const RULE_FILES: [&str; 3] = [".gitignore", ".ignore", CACHE_MARKER];
/// Walking is bound by system calls; two threads keep a disk and a page cache busy.
const WALK_THREADS: usize = 2;

/// Hears of every kept directory before it is listed.
pub type DirectoryListener = Arc<dyn Fn(&Path) + Send + Sync>;

/// The rules for one root: gitignore and ignore files, the directories above, the excluded ones.
#[derive(Clone, Debug)]
pub struct Rules {
    root: PathBuf,
    /// Absolute directories that are never entered (Quarry's own data).
    excluded: Vec<PathBuf>,
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
        Rules { root: root.to_owned(), excluded }
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
            let enters = rules.lets_enter(entry);
            if enters && entry.file_type().is_some_and(|kind| kind.is_dir()) {
                listener(entry.path());
            }
            enters
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
        builder.hidden(false).follow_links(false);
        builder
    }

    fn lets_enter(&self, entry: &ignore::DirEntry) -> bool {
        entry.depth() == 0
            || !entry.file_type().is_some_and(|kind| kind.is_dir())
            || self.keeps_directory(entry.path())
    }

    /// Whether our own rules, apart from the ignore files, let the directory be entered.
    fn keeps_directory(&self, path: &Path) -> bool {
        let ignored = path
            .file_name()
            .is_some_and(|name| IGNORED_DIRECTORIES.iter().any(|dir| name == OsStr::new(dir)));
        !ignored
            && !self.excluded.iter().any(|excluded| path == excluded)
            && !path.join(CACHE_MARKER).exists()
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
        let mut parent = self.rules.root.clone();
        let directories = if is_directory { Some(relative) } else { relative.parent() }.into_iter();
        for component in directories.flat_map(Path::components) {
            parent.push(component);
            if !self.rules.keeps_directory(&parent) {
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
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    fn walk(rules: &Rules) -> Vec<String> {
        let scan = {
            let deaf: DirectoryListener = Arc::new(|_: &Path| {});
            rules.walk("", &CancellationToken::new(), &deaf).unwrap()
        };
        scan.files.into_iter().map(|file| file.path).collect()
    }

    #[test]
    fn ignored_and_generated_directories_are_left_out_and_dotfiles_kept() {
        let dir = tree(&[
            ".git/HEAD",
            ".github/ci.yml",
            "a.rs",
            "build/out.o",
            "cache/CACHEDIR.TAG",
            "cache/b.rs",
            "node_modules/x.js",
            "sub/deep/c.rs",
            "quarry-data/index",
        ]);
        fs::write(dir.path().join(".gitignore"), "build/\n").unwrap();
        let rules = Rules::new(dir.path(), vec![dir.path().join("quarry-data")]);
        assert_eq!(walk(&rules), [".github/ci.yml", ".gitignore", "a.rs", "sub/deep/c.rs"]);
    }

    #[test]
    fn a_directory_is_heard_of_before_it_is_listed() {
        let dir = tree(&["a/b/x.rs", ".git/HEAD"]);
        let rules = Rules::new(dir.path(), Vec::new());
        // What appears once a directory is heard of would be heard of too: the walk may find it
        // as well, but never neither.
        let listener: DirectoryListener = Arc::new(|directory: &Path| {
            fs::write(directory.join("late.rs"), "x").unwrap();
        });
        let scan = rules.walk("", &CancellationToken::new(), &listener).unwrap();
        let found: Vec<&str> = scan.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(found, ["a/b/late.rs", "a/b/x.rs", "a/late.rs", "late.rs"]);
    }

    #[test]
    fn asking_about_single_paths_agrees_with_the_walk() {
        let dir = tree(&[
            ".git/HEAD",
            "a.rs",
            "a.log",
            "keep.log",
            "build/x/out.rs",
            "sub/a.log",
            "sub/b.rs",
            "sub/only/c.rs",
            "sub/only/d.rs",
            "node_modules/y/z.js",
            "cache/CACHEDIR.TAG",
            "cache/in/b.rs",
        ]);
        fs::write(dir.path().join(".gitignore"), "*.log\n!keep.log\nbuild\n").unwrap();
        fs::write(dir.path().join("sub/.gitignore"), "/only/*\n!/only/c.rs\n").unwrap();
        let rules = Rules::new(dir.path(), Vec::new());
        let walked = walk(&rules);
        let mut matcher = rules.matcher().unwrap();
        let mut asked = Vec::new();
        for entry in walkdir(dir.path()) {
            if let Seen::File(found) = matcher.look(&entry).unwrap() {
                asked.push(found.path);
            }
        }
        asked.sort_unstable();
        assert_eq!(asked, walked);
        assert!(walked.contains(&"sub/only/c.rs".to_owned()));
    }

    fn walkdir(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(walkdir(&path));
            }
            found.push(path);
        }
        found
    }
}
