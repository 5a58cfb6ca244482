//! Reads a file to be indexed, or says what it means that it cannot be read.

use std::io;
use std::path::Path;

use super::SkipReason;
use crate::plain_file::{self, PlainFileError};

/// The bytes of the file at `path`, at most `most` of them; or why it is skipped, with a note.
/// `None` where it is gone.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<Option<Vec<u8>>, (SkipReason, String)> {
    plain_file::read(path, most).map_err(|error| reason_of(&error))
}

/// Why the file is skipped, with a note.
pub(crate) fn reason_of(error: &PlainFileError) -> (SkipReason, String) {
    match error {
        PlainFileError::NotAFile => (SkipReason::NotAFile, String::new()),
        PlainFileError::TooLarge(_) => (SkipReason::TooLarge, error.to_string()),
        PlainFileError::Io(_) => (SkipReason::Unreadable, error.to_string()),
    }
}

/// The error, where it says nothing of the file but that it could not be had just now: its disk or
/// its server fails, or this process has no more file handles.
pub(crate) fn trouble_of_the_disk(error: PlainFileError) -> Result<io::Error, PlainFileError> {
    use io::ErrorKind as Io;
    let PlainFileError::Io(error) = error else { return Err(error) };
    match error.kind() {
        Io::NotFound
        | Io::PermissionDenied
        | Io::InvalidFilename
        | Io::InvalidInput
        | Io::InvalidData
        | Io::NotADirectory
        | Io::IsADirectory
        | Io::Unsupported => Err(error.into()),
        _ if is_loop(&error) => Err(error.into()),
        _ => Ok(error),
    }
}

/// A link where the file was.
#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_error: &io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn a_failing_disk_is_told_from_a_file_that_may_not_be_read() {
        let is_the_disk = |errno: Errno| {
            let error = io::Error::from_raw_os_error(errno.raw_os_error());
            trouble_of_the_disk(error.into()).is_ok()
        };
        for errno in [Errno::IO, Errno::STALE, Errno::NOTCONN, Errno::TIMEDOUT, Errno::MFILE] {
            assert!(is_the_disk(errno), "{errno:?}");
        }
        for errno in [Errno::ACCESS, Errno::LOOP, Errno::NAMETOOLONG, Errno::NOTDIR] {
            assert!(!is_the_disk(errno), "{errno:?}");
        }
        assert!(trouble_of_the_disk(PlainFileError::NotAFile).is_err());
    }
}
