//! Opens a file that may be anything by the time it is opened: never waits for a pipe, and reads no
//! more than it was told to.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PlainFileError {
    #[error("it is no file")]
    NotAFile,
    #[error("more than {0} bytes")]
    TooLarge(u64),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The bytes of the file at `path`; follows no link, whatever was put in the file's place. `None`
/// where it is gone.
///
/// # Errors
/// [`PlainFileError`]; it is too large with more than `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, PlainFileError> {
    let (file, metadata) = match open(path) {
        Err(PlainFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        opened => opened?,
    };
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(PlainFileError::TooLarge(most)) } else { Ok(Some(bytes)) }
}

/// The first bytes of the file at `path`, at most `most`; follows links.
///
/// # Errors
/// [`PlainFileError::NotAFile`] and [`PlainFileError::Io`].
pub(crate) fn beginning(path: &Path, most: u64) -> Result<Vec<u8>, PlainFileError> {
    let (file, _) = checked(options(true).open(path)?)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens the file at `path` itself, not what a link there leads to.
///
/// # Errors
/// [`PlainFileError::NotAFile`] and [`PlainFileError::Io`].
pub(crate) fn open(path: &Path) -> Result<(File, Metadata), PlainFileError> {
    checked(options(false).open(path)?)
}

fn checked(file: File) -> Result<(File, Metadata), PlainFileError> {
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(PlainFileError::NotAFile) }
}

#[cfg(unix)]
fn options(follows_links: bool) -> OpenOptions {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let itself = if follows_links { OFlags::empty() } else { OFlags::NOFOLLOW };
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | itself;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn options(_follows_links: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_took_a_files_place_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), "12345").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RUSR).unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        let read = |name: &str, most| read(&path(name), most);
        assert_eq!(read("file", 5).unwrap().unwrap(), b"12345");
        assert!(matches!(read("file", 4), Err(PlainFileError::TooLarge(4))));
        assert!(matches!(read("pipe", 5), Err(PlainFileError::NotAFile)));
        assert!(matches!(read("link", 5), Err(PlainFileError::Io(_))));
        assert!(matches!(read("absent", 5), Ok(None)));
        assert!(matches!(read("", 5), Err(PlainFileError::NotAFile)));
        let beginning = |name: &str| beginning(&path(name), 2);
        assert_eq!(beginning("link").unwrap(), b"12");
        assert!(matches!(beginning("pipe"), Err(PlainFileError::NotAFile)));
    }
}
