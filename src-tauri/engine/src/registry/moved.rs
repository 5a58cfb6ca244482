//! Whether a folder is the one that a project had before it was moved.

use std::path::{Path, PathBuf};

use crate::catalogue::Identity;
use crate::index::{IndexError, ProjectIndex, content_hash};
use crate::{plain_file, rel_path};

/// Files that are looked at to tell a project by its content.
const SAMPLE: usize = 200;
/// Of the files looked at, so many in a hundred have to be there with the same bytes: some are
/// edited between two looks, few in a folder of another project are the same.
const SAME_PERCENT: usize = 50;
/// Larger files tell no more than small ones, and take longer to read.
const SAMPLE_BYTES: u64 = 1 << 20;

impl Identity {
    /// Of the folder as it is now.
    pub fn of(root: &Path) -> Identity {
        Identity { inode: inode(root), git_birth: git_birth(root) }
    }

    /// With what is known `now` of the same folder. What cannot be told now may be of use later.
    pub fn updated(&self, now: Identity) -> Identity {
        Identity {
            inode: now.inode.or(self.inode),
            git_birth: now.git_birth.or_else(|| self.git_birth.clone()),
        }
    }
}

/// The first line of one of git's files; in bytes.
const FIRST_LINE: u64 = 64 << 10;

/// What speaks for or against a folder's being the project's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It is the same git checkout.
    SameCheckout,
    /// So many of the indexed files looked at are there, with the same bytes.
    Files { same: usize, looked_at: usize },
}

impl Evidence {
    /// Weighs the folder `root` against what is stored of a project. Reads files below it.
    ///
    /// # Errors
    /// When the project's index cannot be read.
    pub fn of(root: &Path, stored: &Identity, index: &Path) -> Result<Evidence, IndexError> {
        if stored.git_birth.is_some() && git_birth(root) == stored.git_birth {
            return Ok(Evidence::SameCheckout);
        }
        let Some(index) = ProjectIndex::read(index)? else {
            return Ok(Evidence::Files { same: 0, looked_at: 0 });
        };
        let known = index.sample(SAMPLE, SAMPLE_BYTES)?;
        let is_same = |(path, hash): &&(String, u64)| {
            plain_file::read(&root.join(rel_path::decode(path)), SAMPLE_BYTES)
                .is_ok_and(|bytes| bytes.is_some_and(|bytes| content_hash(&bytes) == *hash))
        };
        let same = known.iter().filter(is_same).count();
        Ok(Evidence::Files { same, looked_at: known.len() })
    }

    pub fn is_convincing(self) -> bool {
        match self {
            Evidence::SameCheckout => true,
            Evidence::Files { same, looked_at } => {
                looked_at > 0 && same * 100 >= looked_at * SAME_PERCENT
            }
        }
    }
}

/// The folder beside `root` that is the very one which `root` was, by its inode.
pub fn renamed(root: &Path, identity: &Identity) -> Option<PathBuf> {
    let wanted = identity.inode?;
    let siblings = std::fs::read_dir(root.parent()?).ok()?;
    let same = |entry: &std::fs::DirEntry| {
        entry_inode(entry) == Some(wanted) && entry.path() != root && entry.path().is_dir()
    };
    siblings.flatten().find(same).map(|entry| entry.path())
}

#[cfg(unix)]
fn inode(root: &Path) -> Option<u64> {
    std::fs::metadata(root).ok().map(|metadata| std::os::unix::fs::MetadataExt::ino(&metadata))
}

#[cfg(unix)]
fn entry_inode(entry: &std::fs::DirEntry) -> Option<u64> {
    Some(std::os::unix::fs::DirEntryExt::ino(entry))
}

#[cfg(not(unix))]
fn inode(_: &Path) -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn entry_inode(_: &std::fs::DirEntry) -> Option<u64> {
    None
}

/// The first entry of git's log of HEAD: which commit this checkout began with, when and for whom.
/// Unlike the root commit it tells a checkout from another clone or worktree of its repository, and
/// it costs one read. It is lost when git drops old entries; then the files have to tell.
fn git_birth(root: &Path) -> Option<String> {
    let git = root.join(".git");
    // In a worktree or a submodule it is a file that says where the directory is.
    let directory = match plain_file::beginning(&git, FIRST_LINE) {
        Ok(text) => root.join(str::from_utf8(&text).ok()?.strip_prefix("gitdir:")?.trim()),
        Err(_) => git,
    };
    let log = plain_file::beginning(&directory.join("logs/HEAD"), FIRST_LINE).ok()?;
    let first = log.split(|byte| *byte == b'\n').next().filter(|line| !line.is_empty())?;
    Some(format!("{:016x}", content_hash(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_files_convince_and_none_do_not() {
        let files = |same, looked_at| Evidence::Files { same, looked_at }.is_convincing();
        assert!(files(1, 2) && files(200, 200) && Evidence::SameCheckout.is_convincing());
        assert!(!files(99, 200) && !files(0, 0));
    }

    #[cfg(unix)]
    #[test]
    fn a_renamed_folder_is_found_beside_its_old_place() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        for folder in [&old, &dir.path().join("other")] {
            std::fs::create_dir(folder).unwrap();
        }
        let identity = Identity::of(&old);
        assert_eq!(renamed(&old, &identity), None, "it is where it was");
        std::fs::rename(&old, &new).unwrap();
        assert_eq!(renamed(&old, &identity), Some(new));
    }

    #[cfg(unix)]
    #[test]
    fn of_what_has_no_end_only_the_beginning_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let logs = dir.path().join("checkout/.git/logs");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("HEAD"), "0000 abcd A\n").unwrap();
        let born = git_birth(&dir.path().join("checkout")).unwrap();
        std::fs::File::options()
            .write(true)
            .open(logs.join("HEAD"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        assert_eq!(git_birth(&dir.path().join("checkout")), Some(born));
        let pipe = dir.path().join("pipe");
        std::fs::create_dir(&pipe).unwrap();
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, pipe.join(".git"), mode).unwrap();
        assert_eq!(git_birth(&pipe), None);
    }

    #[test]
    fn a_checkout_is_told_from_another_of_the_same_repository() {
        let dir = tempfile::tempdir().unwrap();
        let log = |name: &str, text: &str| {
            let root = dir.path().join(name);
            std::fs::create_dir_all(root.join(".git/logs")).unwrap();
            std::fs::write(root.join(".git/logs/HEAD"), text).unwrap();
            Identity::of(&root).git_birth
        };
        let born = "0000 abcd A <a@b> 1700000000 +0000\tclone: from x\n";
        let first = log("first", born);
        assert!(first.is_some());
        assert_eq!(
            log("moved", &format!("{born}abcd ef01 A <a@b> 1800000000 +0000\tcommit\n")),
            first
        );
        assert_ne!(log("clone", &born.replace("1700", "1701")), first);
        assert_eq!(log("empty", ""), None);

        let worktree = dir.path().join("worktree");
        std::fs::create_dir(&worktree).unwrap();
        std::fs::write(worktree.join(".git"), "gitdir: ../first/.git\n").unwrap();
        assert_eq!(Identity::of(&worktree).git_birth, first);
        assert_eq!(Identity::of(dir.path()).git_birth, None);
    }
}
