//! A short list kept in a file of the data directory.

use std::fs;
use std::io::{self, Write};
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Nothing that Quarry wrote is larger; in bytes.
pub const LARGEST_FILE: u64 = 128 * 1024;

/// The file. One that cannot be read holds nothing.
pub struct KeptList {
    path: PathBuf,
    writing: Mutex<()>,
}

impl KeptList {
    pub fn at(path: PathBuf) -> Self {
        Self { path, writing: Mutex::default() }
    }

    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn read<T: DeserializeOwned>(&self) -> Vec<T> {
        let small = fs::metadata(&self.path).is_ok_and(|found| found.len() <= LARGEST_FILE);
        let text = if small { fs::read(&self.path).unwrap_or_default() } else { Vec::new() };
        serde_json::from_slice(&text).unwrap_or_default()
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
        fs::rename(beside, &self.path)
    }

    /// # Errors
    /// When the file is there and cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        let _one_at_a_time = self.lock();
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
