//! Whether an index is what was written: bytes that changed on disk give wrong answers long before
//! they give errors.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::{IndexError, ProjectIndex};

impl ProjectIndex {
    /// Reads every file of the last commit and compares it with its checksum.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] names a file that is not what was written.
    pub fn verify(&self) -> Result<(), IndexError> {
        let damaged = guarded(&self.directory, || self.index.validate_checksum())?;
        match damaged.into_iter().next() {
            None => Ok(()),
            Some(file) => {
                let detail = format!("{} is not what was written", file.display());
                Err(IndexError::Corrupt { path: self.directory.clone(), detail })
            }
        }
    }
}

/// Reads from the index in `directory`. Damaged bytes may make the reading code panic: that is
/// [`IndexError::Corrupt`] too.
pub(super) fn guarded<T>(
    directory: &Path,
    read: impl FnOnce() -> tantivy::Result<T>,
) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| IndexError::from_tantivy(directory, error)),
        Err(_) => {
            let detail = "reading it failed".to_owned();
            Err(IndexError::Corrupt { path: directory.to_owned(), detail })
        }
    }
}
