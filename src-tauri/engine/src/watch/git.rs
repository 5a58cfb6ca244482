//! Where git keeps what matters to whoever watches a working tree. Reads the few small files that
//! say so: in a linked worktree or a submodule `.git` is a file that points elsewhere.
//! Layout: https://git-scm.com/docs/gitrepository-layout

use std::path::{Path, PathBuf};

use crate::plain_file;

/// A file that holds a path holds no more bytes.
const LONGEST_POINTER: u64 = 64 << 10;

/// The places of the repository that a folder is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitPlaces {
    /// The working tree's top folder.
    pub top: PathBuf,
    /// Holds this working tree's `HEAD` and its lock files.
    directory: PathBuf,
    /// Holds what all working trees of the repository share.
    common: PathBuf,
}

/// What an event below git's own folders is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitEvent {
    /// Another commit may have been checked out.
    Moved,
    /// The list of excluded files changed.
    Rules,
    /// Of no consequence by itself.
    Other,
}

impl GitPlaces {
    /// Of the repository that holds `root`, be it at its top or further up.
    pub fn find(root: &Path) -> Option<GitPlaces> {
        let top = root.ancestors().find(|folder| folder.join(".git").exists())?;
        let link = top.join(".git");
        let directory = if link.is_dir() { link } else { top.join(pointer(&link, "gitdir:")?) };
        let directory = directory.canonicalize().ok()?;
        let common = match pointer(&directory.join("commondir"), "") {
            Some(common) => directory.join(common).canonicalize().ok()?,
            None => directory.clone(),
        };
        Some(GitPlaces { top: top.to_owned(), directory, common })
    }

    /// The directories to watch, as far as they are there.
    pub fn directories(&self) -> Vec<PathBuf> {
        let mut directories = vec![self.directory.clone(), self.common.join("info")];
        if self.directory == self.common {
            // Elsewhere the other working trees' branches move here, and one's own moves `HEAD`.
            directories.push(self.common.join("refs/heads"));
        }
        directories.retain(|directory| directory.is_dir());
        directories
    }

    /// What a change of `path` means; `None` for a path that is not git's own.
    pub fn meaning(&self, path: &Path) -> Option<GitEvent> {
        if path == self.common.join("info/exclude") {
            return Some(GitEvent::Rules);
        }
        if let Ok(inside) = path.strip_prefix(&self.directory) {
            let moved = ["HEAD", "HEAD.lock", "packed-refs"].iter().any(|name| inside == *name)
                || inside.starts_with("refs/heads");
            return Some(if moved { GitEvent::Moved } else { GitEvent::Other });
        }
        path.starts_with(&self.common).then_some(GitEvent::Other)
    }

    /// Whether git is at work on the tree: it removes its locks last.
    pub fn is_locked(&self) -> bool {
        ["index.lock", "HEAD.lock"].iter().any(|name| self.directory.join(name).exists())
    }
}

/// The path in a file that holds nothing else but `prefix`.
fn pointer(file: &Path, prefix: &str) -> Option<PathBuf> {
    let text = plain_file::beginning(file, LONGEST_POINTER).ok()?;
    let line = text.strip_prefix(prefix.as_bytes())?.trim_ascii();
    Some(PathBuf::from(std::str::from_utf8(line).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn repository() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("main/.git/refs/heads")).unwrap();
        fs::create_dir_all(top.join("main/.git/info")).unwrap();
        (folder, top)
    }

    #[test]
    fn a_folder_below_the_top_of_a_repository_belongs_to_it() {
        let (_folder, top) = repository();
        fs::create_dir_all(top.join("main/sub/deep")).unwrap();
        let places = GitPlaces::find(&top.join("main/sub/deep")).unwrap();
        assert_eq!(places.top, top.join("main"));
        let git = top.join("main/.git");
        assert_eq!(places.directories(), [git.clone(), git.join("info"), git.join("refs/heads")]);
        assert_eq!(places.meaning(&git.join("HEAD")), Some(GitEvent::Moved));
        assert_eq!(places.meaning(&git.join("refs/heads/main")), Some(GitEvent::Moved));
        assert_eq!(places.meaning(&git.join("info/exclude")), Some(GitEvent::Rules));
        assert_eq!(places.meaning(&git.join("index")), Some(GitEvent::Other));
        assert_eq!(places.meaning(&top.join("main/a.rs")), None);
        assert_eq!(GitPlaces::find(&top), None);
    }

    #[test]
    fn a_linked_worktree_has_its_own_head_and_shares_the_excluded_files() {
        let (_folder, top) = repository();
        let own = top.join("main/.git/worktrees/linked");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        fs::create_dir(top.join("linked")).unwrap();
        fs::write(top.join("linked/.git"), format!("gitdir: {}\n", own.display())).unwrap();
        let places = GitPlaces::find(&top.join("linked")).unwrap();
        let git = top.join("main/.git");
        assert_eq!(places.directories(), [own.clone(), git.join("info")]);
        assert_eq!(places.meaning(&own.join("HEAD")), Some(GitEvent::Moved));
        assert_eq!(places.meaning(&git.join("HEAD")), Some(GitEvent::Other));
        assert_eq!(places.meaning(&git.join("info/exclude")), Some(GitEvent::Rules));
        assert!(!places.is_locked());
        fs::write(own.join("index.lock"), "").unwrap();
        assert!(places.is_locked());
    }

    #[test]
    fn a_submodule_points_to_its_folder_by_a_relative_path() {
        let (_folder, top) = repository();
        let own = top.join("main/.git/modules/sub");
        fs::create_dir_all(own.join("refs/heads")).unwrap();
        fs::create_dir(top.join("main/sub")).unwrap();
        fs::write(top.join("main/sub/.git"), "gitdir: ../.git/modules/sub\n").unwrap();
        let places = GitPlaces::find(&top.join("main/sub")).unwrap();
        assert_eq!(places.directories(), [own.clone(), own.join("refs/heads")]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_or_has_no_end_points_nowhere() {
        let (_folder, top) = repository();
        let root = top.join("root");
        fs::create_dir(&root).unwrap();
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, top.join(".git"), mode).unwrap();
        assert_eq!(GitPlaces::find(&root), None);
        fs::File::create(root.join(".git")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(GitPlaces::find(&root), None);
    }

    #[test]
    fn a_pointer_to_nowhere_is_no_repository() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".git"), "gitdir: /nowhere/at/all\n").unwrap();
        assert_eq!(GitPlaces::find(folder.path()), None);
        fs::write(folder.path().join(".git"), "rubbish").unwrap();
        assert_eq!(GitPlaces::find(folder.path()), None);
    }
}
