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
            // A thread that writes a segment reports no cause but its words.
            TantivyError::ErrorInThread(words) if words.contains("No space left") => {
                Self::DiskFull { path }
            }
            TantivyError::SystemError(_) | TantivyError::ErrorInThread(_) => {
                Self::Io { path, source: io::Error::other(error.to_string()) }
            }
            _ => Self::Corrupt { path, detail: error.to_string() },
        }
    }
}
