//! The files that were opened from a hit, kept for the next start: which, how often, and when last.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use quarry_engine::search::habits::Opened;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::kept::KeptList;

/// Older ones are forgotten.
const MOST: usize = 200;
/// Longer paths are not worth keeping; in bytes.
const LONGEST: usize = 400;

/// One file of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OpenedFile {
    /// The project's id.
    pub project: String,
    /// Within the project, with `/`.
    pub path: String,
    /// The line at which it was opened last, from 1.
    pub line: u64,
    /// How often it was opened.
    pub times: u64,
    #[ts(type = "string")]
    pub last: Timestamp,
}

/// The last one first.
pub struct OpenedFiles(KeptList);

impl OpenedFiles {
    pub fn in_folder(data_dir: &Path) -> Self {
        Self(KeptList::at(data_dir.join("opened-files.json")))
    }

    pub fn list(&self) -> Vec<OpenedFile> {
        let mut files: Vec<OpenedFile> = self.0.read();
        files.truncate(MOST);
        files
    }

    /// What a search has to know of them.
    pub fn habits(&self, now: Timestamp) -> Vec<Opened> {
        let of = |file: OpenedFile| Opened {
            seconds_ago: u64::try_from(now.duration_since(file.last).as_secs()).unwrap_or(0),
            project: file.project,
            path: file.path,
            times: file.times,
        };
        self.list().into_iter().map(of).collect()
    }

    /// Puts the file first.
    ///
    /// # Errors
    /// When the list cannot be written; it is then as it was.
    pub fn remember(&self, project: &str, path: &str, line: u64, now: Timestamp) -> io::Result<()> {
        if path.len() > LONGEST {
            return Ok(());
        }
        let _one_at_a_time = self.0.lock();
        let mut files = self.list();
        let known = files.iter().position(|file| file.project == project && file.path == path);
        let times = known.map_or(0, |at| files.remove(at).times) + 1;
        let (project, path) = (project.to_owned(), path.to_owned());
        files.insert(0, OpenedFile { project, path, line, times, last: now });
        files.truncate(MOST);
        self.0.write(&files)
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

    #[test]
    fn the_last_one_is_first_and_its_times_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenedFiles::in_folder(folder.path());
        let now = Timestamp::UNIX_EPOCH;
        for (project, path, line) in [("p", "a", 1), ("p", "b", 2), ("q", "a", 3), ("p", "a", 9)] {
            files.remember(project, path, line, now).unwrap();
        }
        let list = OpenedFiles::in_folder(folder.path()).list();
        let told: Vec<_> = list
            .iter()
            .map(|file| (file.project.as_str(), file.path.as_str(), file.line, file.times))
            .collect();
        assert_eq!(told, [("p", "a", 9, 2), ("q", "a", 3, 1), ("p", "b", 2, 1)]);
        files.clear().unwrap();
        assert!(files.list().is_empty());
    }

    #[test]
    fn the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenedFiles::in_folder(folder.path());
        files.remember("p", &"x".repeat(LONGEST + 1), 1, Timestamp::UNIX_EPOCH).unwrap();
        assert!(files.list().is_empty());
        for number in 0..MOST + 5 {
            let path = format!("{number}/{}", "ä".repeat(190));
            files.remember(&"i".repeat(32), &path, 1, Timestamp::UNIX_EPOCH).unwrap();
        }
        assert_eq!(files.list().len(), MOST);
        assert!(std::fs::metadata(files.0.path()).unwrap().len() < LARGEST_FILE);
    }
}
