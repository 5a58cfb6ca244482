//! Hears of file events through notify and hands on what matters. One watch a kept directory on
//! Linux, where a recursive one would cover `node_modules` too; one recursive watch elsewhere,
//! where that costs nothing.

mod listener;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::{Config, ErrorKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};

use super::git::GitPlaces;
use super::machine::RescanCause;
use listener::Listener;

/// One watch covers everything below a directory, at no cost a directory.
const RECURSIVE: bool = cfg!(any(target_os = "macos", target_os = "windows"));
/// Events that wait to be taken; when they are more, the whole tree is compared instead.
pub const QUEUE: usize = 8192;

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// A kept path appeared, changed or (`removed`) went.
    Changed {
        path: PathBuf,
        removed: bool,
    },
    Rescan(RescanCause),
    /// The root itself was removed, renamed or unmounted.
    RootGone,
}

/// What is told beside the queue of events.
#[derive(Debug, Default)]
pub struct Hearing {
    /// Something was not told: the queue was full, or the system lost events.
    pub lost: Notify,
    /// The system did; said here, as the queue may be full at the same time.
    pub lost_by_system: AtomicBool,
    /// Events that the system reported so far.
    pub events: AtomicU64,
}

/// Decides about events; called on the thread that hears them.
pub trait Filter: Send {
    /// Whether `path` (absolute, below the root, its parent kept) is kept.
    fn keeps(&mut self, path: &Path, is_directory: bool) -> bool;
    /// Whether `path` is one of the files that say what is kept.
    fn decides(&self, path: &Path) -> bool;
    /// The rules may have changed: what was read of them is read again.
    fn forget(&mut self);
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the system's limit of watched folders is reached")]
    LimitReached,
    #[error("the system's limit of watchers is reached")]
    TooManyWatchers,
    #[error("this file system cannot be watched: {0}")]
    Unsupported(String),
}

/// Watches one root. Dropping it removes every watch and ends its thread.
pub struct Adapter {
    root: PathBuf,
    watcher: Mutex<RecommendedWatcher>,
    watched: Arc<Mutex<Watched>>,
    /// The first reason why a watch could not be placed.
    failed: Mutex<Option<PlaceError>>,
}

/// The directories that are watched, each with the last sweep that met it.
#[derive(Debug, Default)]
struct Watched {
    directories: BTreeMap<PathBuf, u64>,
    sweep: u64,
    git: Option<GitPlaces>,
}

impl Watched {
    fn contains(&self, directory: &Path) -> bool {
        self.directories.contains_key(directory)
    }

    /// Marks the directory as met; false where it was watched before.
    fn insert(&mut self, directory: &Path) -> bool {
        self.directories.insert(directory.to_owned(), self.sweep).is_none()
    }

    fn forget_below(&mut self, path: &Path) {
        self.directories.retain(|watched, _| !watched.starts_with(path));
    }
}

impl Adapter {
    /// Starts to listen; nothing is watched before [`Adapter::start_sweep`] is called.
    /// When `events` is full, `hearing.lost` is told instead of waiting.
    ///
    /// # Errors
    /// When the system gives out no further watcher.
    pub fn start(
        root: &Path,
        filter: Box<dyn Filter>,
        events: mpsc::Sender<WatchEvent>,
        hearing: Arc<Hearing>,
    ) -> Result<Adapter, PlaceError> {
        let watched = Arc::new(Mutex::new(Watched::default()));
        let mut listener = Listener::new(root, filter, events, hearing, Arc::clone(&watched));
        // No access events but the end of a writing, which is all that is heard of a mapped file:
        // reading one, as indexing does, must not be heard.
        let kinds = EventKindMask::CORE | EventKindMask::ACCESS_CLOSE;
        let config = Config::default().with_event_kinds(kinds).with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(move |event| listener.hear(event), config)
            .map_err(|error| place_error(&error))?;
        let (root, watcher) = (root.to_owned(), Mutex::new(watcher));
        Ok(Adapter { root, watcher, watched, failed: Mutex::default() })
    }

    /// Begins a walk of the whole tree, which is to call [`Adapter::watch_directory`] for every
    /// kept directory. Watches the root, so that its end is heard of, the folders above it that
    /// have a say in what is kept, and git's own.
    pub fn start_sweep(&self) {
        let git = GitPlaces::find(&self.root);
        let above = self.root.ancestors().skip(1);
        let mut others: Vec<PathBuf> = match &git {
            Some(git) => {
                above.take_while(|above| above.starts_with(&git.top)).map(Path::to_owned).collect()
            }
            None => Vec::new(),
        };
        others.extend(git.iter().flat_map(GitPlaces::directories));
        {
            let mut watched = lock(&self.watched);
            watched.sweep += 1;
            watched.git = git;
        }
        self.watch_directory(&self.root);
        others.iter().for_each(|directory| self.watch_directory(directory));
    }

    /// Ends the walk: what it has not met is not watched any more.
    pub fn finish_sweep(&self) {
        let unmet: Vec<PathBuf> = {
            let mut watched = lock(&self.watched);
            let sweep = watched.sweep;
            let unmet = watched.directories.extract_if(.., |_, met| *met < sweep);
            unmet.map(|(directory, _)| directory).collect()
        };
        for directory in unmet {
            // Not there any more is as good.
            let _ = lock(&self.watcher).unwatch(&directory);
        }
    }

    /// Watches one kept directory, unless that is done already. What goes wrong is kept for
    /// [`Adapter::failure`], since a walk that places watches has better things to do.
    pub fn watch_directory(&self, directory: &Path) {
        if lock(&self.failed).is_some() || !lock(&self.watched).insert(directory) {
            return;
        }
        if RECURSIVE && directory != self.root && directory.starts_with(&self.root) {
            return;
        }
        let below = RECURSIVE && directory == self.root;
        let mode = if below { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        if let Err(error) = lock(&self.watcher).watch(directory, mode) {
            lock(&self.watched).directories.remove(directory);
            use std::io::ErrorKind as Io;
            let cannot_be_listed = match &error.kind {
                ErrorKind::PathNotFound | ErrorKind::WatchNotFound => true,
                // 40: ELOOP, of which the standard library has no stable name.
                ErrorKind::Io(error) => {
                    matches!(
                        error.kind(),
                        Io::NotFound
                            | Io::PermissionDenied
                            | Io::NotADirectory
                            | Io::InvalidFilename
                    ) || error.raw_os_error() == Some(40)
                }
                _ => false,
            };
            // A directory that vanished meanwhile, may not be read, or is too deep for a path has
            // nothing to watch.
            if !cannot_be_listed {
                lock(&self.failed).get_or_insert(place_error(&error));
            }
        }
    }

    /// Why not everything is watched, if so.
    pub fn failure(&self) -> Option<String> {
        lock(&self.failed).as_ref().map(ToString::to_string)
    }

    /// How many directories are watched.
    pub fn watched(&self) -> usize {
        lock(&self.watched).directories.len()
    }
}

fn place_error(error: &notify::Error) -> PlaceError {
    match &error.kind {
        ErrorKind::MaxFilesWatch => PlaceError::LimitReached,
        // 24: EMFILE, out of inotify instances or file descriptors.
        ErrorKind::Io(io) if io.raw_os_error() == Some(24) => PlaceError::TooManyWatchers,
        _ => PlaceError::Unsupported(error.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
