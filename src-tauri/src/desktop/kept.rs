//! A short list kept in a file of the data directory.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Nothing that Quarry wrote is larger; in bytes.
pub const LARGEST_FILE: u64 = 128 * 1024;

/// What a file is called that holds no list, once it is out of the way.
const DAMAGED: &str = "json.damaged";

/// The file. Of what it holds, the records that can be read.
pub struct KeptList {
    path: PathBuf,
    writing: Mutex<()>,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    #[error("it holds no list")]
    Damaged,
}

impl KeptList {
    pub fn at(path: PathBuf) -> Self {
        Self { path, writing: Mutex::default() }
    }

    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// To be shown: nothing where the file cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Vec<T> {
        self.records().unwrap_or_else(|error| {
            tracing::warn!(%error, file = %self.path.display(), "a list was not read");
            Vec::new()
        })
    }

    /// To be written again with a change. A file that holds no list is moved out of the way.
    ///
    /// # Errors
    /// When the file is there and cannot be read: its list would be lost.
    pub fn read_to_change<T: DeserializeOwned>(&self) -> io::Result<Vec<T>> {
        match self.records() {
            Ok(records) => Ok(records),
            Err(ReadError::Unreadable(error)) => Err(error),
            Err(ReadError::Damaged) => {
                let aside = self.path.with_extension(DAMAGED);
                fs::rename(&self.path, &aside)?;
                tracing::warn!(aside = %aside.display(), "a list is damaged and begun anew");
                Ok(Vec::new())
            }
        }
    }

    fn records<T: DeserializeOwned>(&self) -> Result<Vec<T>, ReadError> {
        let file = match fs::File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(ReadError::Damaged);
        }
        let records: Vec<Value> = serde_json::from_slice(&text).map_err(|_| ReadError::Damaged)?;
        Ok(records.into_iter().filter_map(|record| serde_json::from_value(record).ok()).collect())
    }

    /// Held from a reading to the writing of what came of it.
    pub fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// When the file cannot be written; it is then as it was.
    pub fn write<T: Serialize>(&self, list: &[T]) -> io::Result<()> {
        let beside = self.path.with_extension("json.new");
        let mut file = fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec(list)?)?;
        // A crash after the renaming would else leave an empty file.
        file.sync_all()?;
        fs::rename(beside, &self.path)
    }

    /// # Errors
    /// When the file is there and cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        let _one_at_a_time = self.lock();
        remove(&self.path)?;
        self.clear_damaged()
    }

    /// Deletes what was moved out of the way.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn clear_damaged(&self) -> io::Result<()> {
        remove(&self.path.with_extension(DAMAGED))
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> (tempfile::TempDir, KeptList) {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptList::at(folder.path().join("list.json"));
        (folder, kept)
    }

    #[test]
    fn one_bad_record_does_not_lose_the_others() {
        let (_folder, kept) = kept();
        fs::write(kept.path(), "[1, \"two\", 3]").unwrap();
        assert_eq!(kept.read::<u64>(), [1, 3]);
        assert_eq!(kept.read_to_change::<u64>().unwrap(), [1, 3]);
    }

    #[test]
    fn a_damaged_file_is_kept_beside_the_new_one_until_all_is_cleared() {
        let (folder, kept) = kept();
        let aside = folder.path().join("list.json.damaged");
        for damaged in ["[1, ".to_owned(), "1".repeat(200_000)] {
            fs::write(kept.path(), &damaged).unwrap();
            assert!(kept.read::<u64>().is_empty());
            assert!(kept.path().exists(), "it is only read");
            assert!(kept.read_to_change::<u64>().unwrap().is_empty());
            kept.write(&[7]).unwrap();
            assert_eq!(kept.read::<u64>(), [7]);
            assert_eq!(fs::read_to_string(&aside).unwrap(), damaged);
        }
        kept.clear().unwrap();
        assert!(!aside.exists() && !kept.path().exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_replaced() {
        let (_folder, kept) = kept();
        fs::create_dir(kept.path()).unwrap();
        assert!(kept.read::<u64>().is_empty());
        assert!(kept.read_to_change::<u64>().is_err());
        assert!(kept.path().is_dir());
    }
}
