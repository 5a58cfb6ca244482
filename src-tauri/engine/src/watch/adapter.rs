//! Hears of file events through notify and hands on what matters: kept paths, lost events, the
//! root's disappearance. One watch a kept directory on Linux, where a recursive one would cover
//! `node_modules` too; one recursive watch elsewhere, where that costs nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::{EventKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Config, ErrorKind, Event, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::machine::RescanCause;

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

/// Decides about events; called on the thread that hears them.
pub trait Filter: Send {
    /// Whether `path` (absolute, below the root, its parent kept) is kept.
    fn keeps(&mut self, path: &Path, is_directory: bool) -> bool;
    /// Whether a change of `path` changes what is kept; forgets what it knew of the rules then.
    fn changes_rules(&mut self, path: &Path) -> bool;
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
    watcher: Mutex<RecommendedWatcher>,
    watched: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// The first reason why a watch could not be placed.
    failed: Mutex<Option<PlaceError>>,
}

impl Adapter {
    /// Starts to listen; nothing is watched before [`Adapter::watch_directory`] is called.
    /// When `events` is full, `lost` is set instead of waiting.
    ///
    /// # Errors
    /// When the system gives out no further watcher.
    pub fn start(
        root: &Path,
        filter: Box<dyn Filter>,
        events: mpsc::Sender<WatchEvent>,
        lost: Arc<AtomicBool>,
    ) -> Result<Adapter, PlaceError> {
        let watched = Arc::new(Mutex::new(BTreeSet::new()));
        let mut listener = Listener {
            root: root.to_owned(),
            git: root.join(".git"),
            filter,
            events,
            lost,
            watched: Arc::clone(&watched),
        };
        // No access events: reading a file, as indexing does, must not be heard.
        let config =
            Config::default().with_event_kinds(EventKindMask::CORE).with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(move |event| listener.hear(event), config)
            .map_err(|error| place_error(&error))?;
        Ok(Adapter { watcher: Mutex::new(watcher), watched, failed: Mutex::default() })
    }

    /// Watches one kept directory, unless that is done already. What goes wrong is kept for
    /// [`Adapter::failure`], since a walk that places watches has better things to do.
    pub fn watch_directory(&self, directory: &Path) {
        if lock(&self.failed).is_some() || !lock(&self.watched).insert(directory.to_owned()) {
            return;
        }
        let mode = if RECURSIVE { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        if RECURSIVE && lock(&self.watched).len() > 1 {
            return;
        }
        if let Err(error) = lock(&self.watcher).watch(directory, mode) {
            lock(&self.watched).remove(directory);
            let gone = matches!(error.kind, ErrorKind::PathNotFound | ErrorKind::WatchNotFound)
                || matches!(&error.kind, ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::NotFound);
            let denied = matches!(&error.kind, ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::PermissionDenied);
            // A directory that vanished meanwhile or may not be read has nothing to watch.
            if !gone && !denied {
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
        lock(&self.watched).len()
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

/// Lives on notify's thread.
struct Listener {
    root: PathBuf,
    git: PathBuf,
    filter: Box<dyn Filter>,
    events: mpsc::Sender<WatchEvent>,
    lost: Arc<AtomicBool>,
    watched: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Listener {
    fn hear(&mut self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => {
                self.send(WatchEvent::Rescan(RescanCause::EventsLost));
            }
            Ok(event) => self.sort(&event),
            Err(error) => {
                tracing::debug!(root = %self.root.display(), %error, "watch error");
                self.send(WatchEvent::Rescan(RescanCause::WatchError));
            }
        }
    }

    fn sort(&mut self, event: &Event) {
        let is_directory = match event.kind {
            EventKind::Remove(RemoveKind::Folder) => Some(true),
            EventKind::Remove(RemoveKind::File) => Some(false),
            _ => None,
        };
        let leaves = matches!(
            event.kind,
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
        );
        for (at, path) in event.paths.iter().enumerate() {
            // A rename with both names: the first is where it was.
            let both = matches!(event.kind, EventKind::Modify(ModifyKind::Name(RenameMode::Both)));
            let removed = leaves || (both && at == 0);
            if *path == self.root {
                if removed || !self.root.is_dir() {
                    self.send(WatchEvent::RootGone);
                }
            } else if path.starts_with(&self.git) {
                self.hear_git(path);
            } else {
                self.hear_path(path, removed, is_directory);
            }
        }
    }

    fn hear_path(&mut self, path: &Path, removed: bool, is_directory: Option<bool>) {
        let is_directory = is_directory.unwrap_or_else(|| {
            lock(&self.watched).contains(path)
                || path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
        });
        if removed && is_directory {
            // Its watches end with it or went elsewhere with it; what comes next under its name
            // is watched anew.
            lock(&self.watched).retain(|watched| !watched.starts_with(path));
        }
        if self.filter.changes_rules(path) {
            self.send(WatchEvent::Rescan(RescanCause::RulesChanged));
        }
        if self.filter.keeps(path, is_directory) {
            self.send(WatchEvent::Changed { path: path.to_owned(), removed });
        }
    }

    /// Of git's own files only the checked-out commit matters, and only once git is done: it
    /// removes its lock file last, which is an event of its own.
    fn hear_git(&mut self, path: &Path) {
        let Ok(inside) = path.strip_prefix(&self.git) else {
            return;
        };
        let moves = ["HEAD", "HEAD.lock", "packed-refs"].iter().any(|name| inside == *name)
            || inside.starts_with("refs/heads");
        let locked = ["index.lock", "HEAD.lock"].iter().any(|name| self.git.join(name).exists());
        if moves && !locked {
            self.send(WatchEvent::Rescan(RescanCause::GitMoved));
        }
    }

    fn send(&self, event: WatchEvent) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            self.lost.store(true, Ordering::Release);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
