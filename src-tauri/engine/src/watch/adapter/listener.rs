//! Sorts what notify reports, on notify's thread: kept paths, lost events, changed rules, git's
//! moves, the root's end.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use notify::Event;
use notify::event::{EventKind, ModifyKind, RemoveKind, RenameMode};
use tokio::sync::mpsc;

use super::{Filter, Hearing, WatchEvent, Watched, lock};
use crate::watch::RescanCause;
use crate::watch::git::GitEvent;

/// What notify adds to a removal that is none: the file system was unmounted.
const UNMOUNT: &str = "unmount";

pub(super) struct Listener {
    root: PathBuf,
    /// A directory, or in worktrees and submodules a file; or not there.
    git_link: PathBuf,
    filter: Box<dyn Filter>,
    events: mpsc::Sender<WatchEvent>,
    hearing: Arc<Hearing>,
    watched: Arc<Mutex<Watched>>,
    /// Git moved to another commit and was still at work when that was heard of.
    git_moved: bool,
}

impl Listener {
    pub fn new(
        root: &Path,
        filter: Box<dyn Filter>,
        events: mpsc::Sender<WatchEvent>,
        hearing: Arc<Hearing>,
        watched: Arc<Mutex<Watched>>,
    ) -> Listener {
        let (root, git_link) = (root.to_owned(), root.join(".git"));
        Listener { root, git_link, filter, events, hearing, watched, git_moved: false }
    }

    pub fn hear(&mut self, event: notify::Result<Event>) {
        self.hearing.events.fetch_add(1, Ordering::Relaxed);
        match event {
            Ok(event) if event.need_rescan() => {
                self.hearing.lost_by_system.store(true, Ordering::Relaxed);
                self.hearing.lost.notify_one();
            }
            Ok(event) => self.sort(&event),
            Err(error) => {
                tracing::debug!(root = %self.root.display(), %error, "watch error");
                self.send(WatchEvent::Rescan(RescanCause::WatchError));
            }
        }
    }

    fn sort(&mut self, event: &Event) {
        use EventKind::{Create, Modify, Remove};
        if event.info() == Some(UNMOUNT) {
            event.paths.iter().for_each(|path| self.hear_unmount(path));
            return;
        }
        let is_directory = match event.kind {
            Remove(RemoveKind::Folder) => Some(true),
            Remove(RemoveKind::File) => Some(false),
            _ => None,
        };
        let leaves = matches!(event.kind, Remove(_) | Modify(ModifyKind::Name(RenameMode::From)));
        let names = matches!(event.kind, Create(_) | Remove(_) | Modify(ModifyKind::Name(_)));
        let both = matches!(event.kind, Modify(ModifyKind::Name(RenameMode::Both)));
        for (at, path) in event.paths.iter().enumerate() {
            // A rename with both names: the first is where it was.
            let removed = leaves || (both && at == 0);
            if *path == self.root {
                if removed || !self.root.is_dir() {
                    self.send(WatchEvent::RootGone);
                }
            } else if *path == self.git_link {
                if names {
                    // With a repository its rules come and go.
                    self.forget_watches(path, removed);
                    self.change_rules();
                }
            } else if let Some(meaning) = self.meaning_to_git(path) {
                self.forget_watches(path, removed);
                self.hear_git(meaning);
            } else if path.starts_with(&self.root) {
                self.hear_path(path, removed, names, is_directory);
            } else if self.filter.decides(path) {
                // A folder above the root, watched for its rules only.
                self.change_rules();
            }
        }
    }

    fn hear_path(&mut self, path: &Path, removed: bool, names: bool, known: Option<bool>) {
        let is_directory = known.unwrap_or_else(|| {
            lock(&self.watched).contains(path)
                || path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
        });
        if is_directory && names {
            self.forget_watches(path, removed);
            // Another directory under this name has other rules.
            self.filter.forget();
        }
        // A repository of its own has rules of its own.
        let makes_repository = names && path.file_name().is_some_and(|name| name == ".git");
        if makes_repository || self.filter.decides(path) {
            self.change_rules();
        }
        if self.filter.keeps(path, is_directory) {
            self.send(WatchEvent::Changed { path: path.to_owned(), removed });
        }
    }

    /// Told of every directory of the volume that was watched.
    fn hear_unmount(&mut self, path: &Path) {
        if *path == self.root {
            self.send(WatchEvent::RootGone);
            return;
        }
        self.forget_watches(path, true);
        // What lies in its place has other rules.
        self.filter.forget();
        self.send(WatchEvent::Rescan(RescanCause::VolumeGone));
    }

    /// The watches of a directory that went end with it or went elsewhere with it; what comes next
    /// under its name is watched anew.
    fn forget_watches(&self, path: &Path, removed: bool) {
        if removed {
            lock(&self.watched).forget_below(path);
        }
    }

    fn change_rules(&mut self) {
        self.filter.forget();
        self.send(WatchEvent::Rescan(RescanCause::RulesChanged));
    }

    fn meaning_to_git(&self, path: &Path) -> Option<GitEvent> {
        let meaning = lock(&self.watched).git.as_ref().and_then(|git| git.meaning(path));
        // Whatever is in there is git's, also before it is known where git keeps what.
        meaning.or_else(|| path.starts_with(&self.git_link).then_some(GitEvent::Other))
    }

    /// Of git's own files only the checked-out commit and the rules matter, the former only once
    /// git is done: it removes its lock file last, which is an event of its own.
    fn hear_git(&mut self, meaning: GitEvent) {
        match meaning {
            GitEvent::Rules => self.change_rules(),
            GitEvent::Moved => self.git_moved = true,
            GitEvent::Other => {}
        }
        let at_work = || lock(&self.watched).git.as_ref().is_some_and(|git| git.is_locked());
        if self.git_moved && !at_work() {
            self.git_moved = false;
            self.send(WatchEvent::Rescan(RescanCause::GitMoved));
        }
    }

    fn send(&self, event: WatchEvent) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            self.hearing.lost.notify_one();
        }
    }
}
