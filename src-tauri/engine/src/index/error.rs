//! What can go wrong with a project's index, by cause.

use std::io;
use std::path::PathBuf;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the folder {root} is not there")]
    RootMissing { root: PathBuf },
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the index in {path} is damaged: {detail}")]
    Corrupt { path: PathBuf, detail: String },
    #[error("the index in {path} is being written by another process")]
    Locked { path: PathBuf },
    #[error(
        "the index in {path} was written by a newer Quarry (version {found}, this one reads {supported})"
    )]
    TooNew { path: PathBuf, found: u32, supported: u32 },
    #[error("the disk that holds {path} is full")]
    DiskFull { path: PathBuf },
    #[error("only {found} of {known} files are left in {root}; the index was kept as it is")]
    Shrunk { root: PathBuf, found: usize, known: usize },
    #[error("stopped")]
    Cancelled,
    #[error("searching the index in {path} ended in a panic")]
    Panicked { path: PathBuf },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl IndexError {
    /// Sorts an error of the file system by what can be done about it.
    pub fn from_io(path: impl Into<PathBuf>, source: io::Error) -> IndexError {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied => Self::Unreadable { path, source },
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                Self::Corrupt { path, detail: source.to_string() }
            }
            _ => Self::Io { path, source },
        }
    }

    /// Sorts an error of tantivy about the index in the directory `path`.
    pub fn from_tantivy(path: impl Into<PathBuf>, error: TantivyError) -> IndexError {
        let path = path.into();
        let copy = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
        match &error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked { path },
            TantivyError::IoError(source)
            | TantivyError::LockFailure(LockError::IoError(source), _)
            | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError {
                io_error: source,
                ..
            })
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error: source, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: source, .. }) => {
                Self::from_io(path, copy(source))
            }
            // Left over from a writer that was killed: the next one clears it away.
            TantivyError::OpenWriteError(OpenWriteError::FileAlreadyExists(_)) => {
                Self::Io { path, source: io::Error::from(io::ErrorKind::AlreadyExists) }
            }
            // What writes a segment reports no cause but its words.
            TantivyError::SystemError(words)
            | TantivyError::ErrorInThread(words)
            | TantivyError::InternalError(words)
                if let Some(source) = told_by_the_system(words) =>
            {
                Self::from_io(path, source)
            }
            TantivyError::SystemError(_) | TantivyError::ErrorInThread(_) => {
                Self::Io { path, source: io::Error::other(error.to_string()) }
            }
            _ => Self::Corrupt { path, detail: error.to_string() },
        }
    }
}

/// The error of the operating system that these words end with, as [`io::Error`] writes it.
fn told_by_the_system(words: &str) -> Option<io::Error> {
    let (_, code) = words.rsplit_once("(os error ")?;
    let code = code.split_once(')')?.0.parse().ok()?;
    Some(io::Error::from_raw_os_error(code))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_that_comes_as_words_is_no_damage() {
        let sorted = |words: String| {
            let errors = [TantivyError::InternalError, TantivyError::ErrorInThread];
            errors.map(|error| IndexError::from_tantivy("index", error(words.clone())))
        };
        let words = |code| format!("worker: '{}'", io::Error::from_raw_os_error(code));
        for error in sorted(words(rustix::io::Errno::NOSPC.raw_os_error())) {
            assert!(matches!(error, IndexError::DiskFull { .. }), "{error:?}");
        }
        for error in sorted(words(rustix::io::Errno::IO.raw_os_error())) {
            assert!(matches!(error, IndexError::Io { .. }), "{error:?}");
        }
        let [damage, _] = sorted("corrupt block".to_owned());
        assert!(matches!(damage, IndexError::Corrupt { .. }), "{damage:?}");
    }
}
