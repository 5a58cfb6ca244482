//! Reads a file that may be anything by the time it is opened.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::SkipReason;

/// The bytes of the file at `path`, at most `most` of them; or why it is skipped, with a note.
/// `None` where it is gone. Never waits for a pipe and follows no link, whatever was put in the
/// file's place.
pub(super) fn read_file(path: &Path, most: u64) -> Result<Option<Vec<u8>>, (SkipReason, String)> {
    let unreadable = |error: io::Error| (SkipReason::Unreadable, error.to_string());
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err((SkipReason::NotAFile, String::new()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err((SkipReason::TooLarge, format!("more than {most} bytes")));
    }
    Ok(Some(bytes))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
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
        let reason = |name: &str, most| read_file(&path(name), most).map_err(|(reason, _)| reason);
        assert_eq!(reason("file", 5), Ok(Some(b"12345".to_vec())));
        assert_eq!(reason("file", 4), Err(SkipReason::TooLarge));
        assert_eq!(reason("pipe", 5), Err(SkipReason::NotAFile));
        assert_eq!(reason("link", 5), Err(SkipReason::Unreadable));
        assert_eq!(reason("absent", 5), Ok(None));
        assert_eq!(reason("", 5), Err(SkipReason::NotAFile));
    }
}
