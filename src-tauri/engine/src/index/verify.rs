//! Whether an index is what was written: bytes that changed on disk give wrong answers long before
//! they give errors.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::{IndexError, Progress, ProjectIndex};

impl ProjectIndex {
    /// Reads every file of the last commit and compares it with its checksum.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] names the first file that is not what was written;
    /// [`IndexError::Cancelled`].
    pub fn verify(
        &self,
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<(), IndexError> {
        let searcher = self.searcher();
        let segments = searcher.segment_readers().iter();
        let ids: Vec<String> = segments.map(|segment| segment.segment_id().uuid_string()).collect();
        let belongs = |file: &PathBuf| {
            let name = file.to_string_lossy();
            ids.iter().any(|id| name.starts_with(id.as_str()))
        };
        let directory = self.index.directory();
        let files: BTreeSet<PathBuf> =
            directory.list_managed_files().into_iter().filter(belongs).collect();
        for file in files {
            if cancel.is_cancelled() {
                return Err(IndexError::Cancelled);
            }
            progress.beat();
            // A file of an older commit may be gone by now.
            if !self.directory.join(&file).exists() {
                continue;
            }
            let sound = guarded(&self.directory, || Ok(directory.validate_checksum(&file)?))?;
            if !sound {
                let detail = format!("{} is not what was written", file.display());
                return Err(IndexError::Corrupt { path: self.directory.clone(), detail });
            }
        }
        Ok(())
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
