//! Whether an index is what was written: bytes that changed on disk give wrong answers long before
//! they give errors.
//!
//! Reading a whole index each time it is opened would make that as slow as the disk. So a clean end
//! leaves a note of the files that were compared with their checksums, each with what the file
//! system says of it: one that was written to since is compared again, and after a day all are.
//! What alone stays unseen until then is a disk that changes bytes by itself. After any other end
//! there is no note, and everything is read.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::directory::footer::Footer;
use tantivy::{Directory, HasLen};
use tokio_util::sync::CancellationToken;

use super::{IndexError, Progress, ProjectIndex, Stamp};

/// In the index's directory.
const NOTE: &str = "checked.json";
/// How long a file that nobody wrote to is taken for what it was.
const TRUSTED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Bytes that are read between two looks at whether to go on.
const SLICE: usize = 1 << 20;

/// The files of an index that were compared with their checksums.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Checked {
    /// When the first of them was.
    since: Option<Timestamp>,
    files: BTreeMap<PathBuf, FileStamp>,
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileStamp {
    stamp: Stamp,
    /// Its number, and when it last changed in any way, which no program can set; where the system
    /// tells.
    inode: Option<(u64, i64, i64)>,
}

/// What a clean end leaves behind.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Of the commit that it speaks of.
    opstamp: u64,
    checked: Checked,
    same_bytes: HashMap<String, Stamp>,
}

impl FileStamp {
    fn of(path: &Path) -> std::io::Result<FileStamp> {
        let metadata = path.metadata()?;
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let inode = None;
        Ok(FileStamp { stamp: Stamp::of(&metadata), inode })
    }
}

impl ProjectIndex {
    /// Compares the files of the last commit with their checksums, as far as that was not done
    /// before, or not in the day before `now`. How many were read. Shows in `progress` that it moves.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] names a file that is not what was written; [`IndexError::Cancelled`]
    /// when told to stop.
    pub fn verify(
        &self,
        now: Timestamp,
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<usize, IndexError> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let trusted =
            |since| (SignedDuration::ZERO..TRUSTED_FOR).contains(&now.duration_since(since));
        if !checked.since.is_some_and(trusted) {
            *checked = Checked { since: Some(now), files: BTreeMap::new() };
        }
        let managed = self.index.directory().list_managed_files();
        let files = MmapDirectory::open(&self.directory)
            .map_err(|error| IndexError::from_tantivy(&self.directory, error.into()))?;
        let metas = guarded(&self.directory, || self.index.load_metas())?;
        let mut before = std::mem::take(&mut checked.files);
        let mut read = 0;
        for file in metas.list_segment_files() {
            if !managed.contains(&file) {
                continue;
            }
            progress.beat();
            let stamp = FileStamp::of(&self.directory.join(&file)).ok();
            let known = before.remove(&file);
            if stamp.is_none() || known != stamp {
                read += 1;
                let sound = guarded(&self.directory, || is_sound(&files, &file, cancel, progress))?;
                if !sound.ok_or(IndexError::Cancelled)? {
                    let detail = format!("{} is not what was written", file.display());
                    return Err(IndexError::Corrupt { path: self.directory.clone(), detail });
                }
            }
            checked.files.extend(stamp.map(|stamp| (file, stamp)));
        }
        Ok(read)
    }

    /// Whether a look at all files of the last commit, whatever was looked at before, finds one that
    /// is not what was written. Looks once, however often it is asked.
    pub fn is_damaged(&self) -> bool {
        *self.damaged.get_or_init(|| {
            *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Checked::default();
            let looked =
                self.verify(Timestamp::now(), &CancellationToken::new(), &Progress::default());
            matches!(looked, Err(IndexError::Corrupt { .. }))
        })
    }

    /// Notes for the next opening what need not be looked at again. Nothing may be written to the
    /// index afterwards.
    pub fn leave_note(&self) {
        let checked =
            std::mem::take(&mut *self.checked.lock().unwrap_or_else(PoisonError::into_inner));
        let Ok(opstamp) = self.index.load_metas().map(|metas| metas.opstamp) else { return };
        let same_bytes = std::mem::take(&mut *self.same_bytes());
        let note = Note { opstamp, checked, same_bytes };
        let written = serde_json::to_vec(&note)
            .map_err(std::io::Error::from)
            .and_then(|note| std::fs::write(self.directory.join(NOTE), note));
        if let Err(error) = written {
            tracing::debug!(%error, "the next opening has to read the whole index");
        }
    }

    /// Takes up the note of the last end, which is then gone: any other end leaves none.
    pub(super) fn take_note(&mut self) {
        let path = self.directory.join(NOTE);
        let Ok(bytes) = std::fs::read(&path) else { return };
        let opstamp = self.index.load_metas().map(|metas| metas.opstamp).ok();
        let note = serde_json::from_slice::<Note>(&bytes);
        if std::fs::remove_file(&path).is_ok()
            && let Ok(note) = note
            && Some(note.opstamp) == opstamp
        {
            *self.checked.get_mut().unwrap_or_else(PoisonError::into_inner) = note.checked;
            *self.same_bytes.get_mut().unwrap_or_else(PoisonError::into_inner) = note.same_bytes;
        }
    }
}

/// Whether the file has the checksum that stands in its footer; `None` when told to stop.
fn is_sound(
    files: &MmapDirectory,
    file: &Path,
    cancel: &CancellationToken,
    progress: &Progress,
) -> tantivy::Result<Option<bool>> {
    let (footer, body) = Footer::extract_footer(files.open_read(file)?)?;
    let mut checksum = crc32fast::Hasher::new();
    for start in (0..body.len()).step_by(SLICE) {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let slice = body.read_bytes_slice(start..(start + SLICE).min(body.len()))?;
        checksum.update(&slice);
        progress.beat();
    }
    Ok(Some(footer.crc == checksum.finalize()))
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
