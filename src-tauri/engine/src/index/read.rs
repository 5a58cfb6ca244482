//! Reads a file to be indexed, or says why it is skipped.

use std::path::Path;

use super::SkipReason;
use crate::plain_file::{self, PlainFileError};

/// The bytes of the file at `path`, at most `most` of them; or why it is skipped, with a note.
/// `None` where it is gone.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<Option<Vec<u8>>, (SkipReason, String)> {
    plain_file::read(path, most).map_err(|error| match error {
        PlainFileError::NotAFile => (SkipReason::NotAFile, String::new()),
        PlainFileError::TooLarge(_) => (SkipReason::TooLarge, error.to_string()),
        PlainFileError::Io(_) => (SkipReason::Unreadable, error.to_string()),
    })
}
