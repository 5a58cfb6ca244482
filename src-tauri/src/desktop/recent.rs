//! The queries that led somewhere, the last one first, kept for the next start.

use std::io;
use std::path::Path;

use super::kept::KeptList;

/// Older ones are forgotten.
const MOST: usize = 50;
/// Longer ones are not worth keeping; in bytes.
const LONGEST: usize = 300;

pub struct RecentQueries(KeptList);

impl RecentQueries {
    pub fn in_folder(data_dir: &Path) -> Self {
        Self(KeptList::at(data_dir.join("recent-queries.json")))
    }

    pub fn list(&self) -> Vec<String> {
        let mut queries: Vec<String> = self.0.read();
        queries.truncate(MOST);
        queries
    }

    /// Puts the query first.
    ///
    /// # Errors
    /// When the file cannot be read or written; it is then as it was.
    pub fn remember(&self, query: &str) -> io::Result<()> {
        let query = query.trim();
        if query.is_empty() || query.len() > LONGEST {
            return Ok(());
        }
        let _one_at_a_time = self.0.lock();
        let before: Vec<String> = self.0.read_to_change()?;
        if before.first().is_some_and(|first| first == query) {
            return Ok(());
        }
        let others = before.into_iter().filter(|earlier| earlier != query);
        let queries: Vec<String> =
            std::iter::once(query.to_owned()).chain(others).take(MOST).collect();
        self.0.write(&queries)
    }

    /// Forgets all of them.
    ///
    /// # Errors
    /// When the file is there and cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        self.0.clear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desktop::kept::LARGEST_FILE;
    use std::fs;

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
        assert!(fs::metadata(recent.0.path()).unwrap().len() < LARGEST_FILE);
    }

    #[test]
    fn a_damaged_file_is_none() {
        let (_folder, recent) = recent();
        fs::write(recent.0.path(), "[\"a\", ").unwrap();
        assert!(recent.list().is_empty());
        recent.remember("b").unwrap();
        assert_eq!(recent.list(), ["b"]);
    }
}
