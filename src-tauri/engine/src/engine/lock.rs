//! One process at a time owns a data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Held while the process owns the directory; the system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// `None` when another process owns the directory.
    pub fn take(directory: &Path) -> io::Result<Option<OwnerLock>> {
        let path = directory.join("owner.lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(OwnerLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Makes the directory, with all above it, where it is not there; only its user may enter it.
pub fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner_and_can_be_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let first = OwnerLock::take(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(OwnerLock::take(dir.path()).unwrap().is_none());
        drop(first);
        assert!(OwnerLock::take(dir.path()).unwrap().is_some());
    }
}
