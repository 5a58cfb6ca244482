//! The queries that led somewhere, the last one first, kept for the next start.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Older ones are forgotten.
const MOST: usize = 50;
/// Longer ones are not worth keeping; in bytes.
const LONGEST: usize = 300;
/// Nothing that Quarry wrote is larger; in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// A file that holds them. One that cannot be read holds none.
pub struct RecentQueries {
    path: PathBuf,
    writing: Mutex<()>,
}

impl RecentQueries {
    pub fn in_folder(data_dir: &Path) -> Self {
        Self { path: data_dir.join("recent-queries.json"), writing: Mutex::default() }
    }

    pub fn list(&self) -> Vec<String> {
        let small = fs::metadata(&self.path).is_ok_and(|found| found.len() <= LARGEST_FILE);
        let text = if small { fs::read(&self.path).unwrap_or_default() } else { Vec::new() };
        let mut queries: Vec<String> = serde_json::from_slice(&text).unwrap_or_default();
        queries.truncate(MOST);
        queries
    }

    /// Puts the query first.
    ///
    /// # Errors
    /// When the file cannot be written; it is then as it was.
    pub fn remember(&self, query: &str) -> io::Result<()> {
        let query = query.trim();
        if query.is_empty() || query.len() > LONGEST {
            return Ok(());
        }
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.list();
        if before.first().is_some_and(|first| first == query) {
            return Ok(());
        }
        let others = before.into_iter().filter(|earlier| earlier != query);
        let queries: Vec<String> =
            std::iter::once(query.to_owned()).chain(others).take(MOST).collect();
        let beside = self.path.with_extension("json.new");
        let mut file = fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&queries)?)?;
        fs::rename(beside, &self.path)
    }

    /// Forgets all of them.
    ///
    /// # Errors
    /// When the file is there and cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent() -> (tempfile::TempDir, RecentQueries) {
        let folder = tempfile::tempdir().unwrap();
        let recent = RecentQueries::in_folder(folder.path());
        (folder, recent)
    }

    #[test]
    fn the_last_one_is_first_and_each_is_there_once() {
        let (folder, recent) = recent();
        for query in ["a", " b ", "", "a", "c"] {
            recent.remember(query).unwrap();
        }
        assert_eq!(recent.list(), ["c", "a", "b"]);
        assert_eq!(RecentQueries::in_folder(folder.path()).list(), ["c", "a", "b"]);
        recent.clear().unwrap();
        recent.clear().unwrap();
        assert!(recent.list().is_empty());
    }

    #[test]
    fn the_file_stays_small() {
        let (_folder, recent) = recent();
        recent.remember(&"x".repeat(LONGEST + 1)).unwrap();
        for number in 0..MOST + 10 {
            recent.remember(&format!("{number} {}", "ä".repeat(100))).unwrap();
        }
        let queries = recent.list();
        assert_eq!(queries.len(), MOST);
        assert!(queries[0].starts_with("59 "));
        assert!(fs::metadata(&recent.path).unwrap().len() < LARGEST_FILE);
    }

    #[test]
    fn a_damaged_file_is_none() {
        let (_folder, recent) = recent();
        fs::write(&recent.path, "[\"a\", ").unwrap();
        assert!(recent.list().is_empty());
        recent.remember("b").unwrap();
        assert_eq!(recent.list(), ["b"]);
    }
}
