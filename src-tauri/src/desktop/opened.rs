//! The files that were opened from a hit or pinned, kept for the next start: which, how often, and
//! when last.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use quarry_engine::search::habits::Opened;
use serde::{Deserialize, Serialize};

use super::kept::KeptList;

/// Older ones are forgotten, but for pinned ones.
const MOST: usize = 200;
/// More would be a list to search in.
const MOST_PINNED: usize = 20;
/// Longer paths are not worth keeping; in bytes.
const LONGEST: usize = 400;

/// One file of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedFile {
    /// The project's id.
    pub project: String,
    /// Within the project, with `/`.
    pub path: String,
    /// The line at which it was opened or pinned last, from 1.
    pub line: u64,
    /// How often it was opened; 0 for one that was only pinned.
    pub times: u64,
    pub last: Timestamp,
    #[serde(default)]
    pub pinned: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error("{MOST_PINNED} files are pinned already: unpin one of them first.")]
    TooMany,
    #[error("The path of this file is too long to be pinned.")]
    TooLong,
    #[error("What is pinned cannot be read or written down: {0}.")]
    Unwritable(#[from] io::Error),
}

/// The last one first.
pub struct OpenedFiles(KeptList);

impl OpenedFiles {
    pub fn in_folder(data_dir: &Path) -> Self {
        Self(KeptList::at(data_dir.join("opened-files.json")))
    }

    pub fn list(&self) -> Vec<OpenedFile> {
        bounded(self.0.read())
    }

    /// What a search has to know of them.
    pub fn habits(&self, now: Timestamp) -> Vec<Opened> {
        let of = |file: OpenedFile| Opened {
            seconds_ago: u64::try_from(now.duration_since(file.last).as_secs()).unwrap_or(0),
            project: file.project,
            path: file.path,
            times: file.times,
        };
        self.list().into_iter().filter(|file| file.times > 0).map(of).collect()
    }

    /// Puts the file first.
    ///
    /// # Errors
    /// When the list cannot be read or written; it is then as it was.
    pub fn remember(&self, project: &str, path: &str, line: u64, now: Timestamp) -> io::Result<()> {
        if path.len() > LONGEST {
            return Ok(());
        }
        let _one_at_a_time = self.0.lock();
        let mut files = bounded(self.0.read_to_change()?);
        let known = files.iter().position(|file| file.is(project, path));
        let known = known.map(|at| files.remove(at));
        let times = known.as_ref().map_or(0, |file| file.times) + 1;
        let pinned = known.is_some_and(|file| file.pinned);
        let (project, path) = (project.to_owned(), path.to_owned());
        files.insert(0, OpenedFile { project, path, line, times, last: now, pinned });
        self.0.write(&bounded(files))
    }

    /// Keeps the file until it is unpinned.
    ///
    /// # Errors
    /// [`PinError`]; nothing is changed then.
    pub fn pin(
        &self,
        project: &str,
        path: &str,
        line: u64,
        now: Timestamp,
    ) -> Result<(), PinError> {
        if path.len() > LONGEST {
            return Err(PinError::TooLong);
        }
        let _one_at_a_time = self.0.lock();
        let mut files = bounded(self.0.read_to_change()?);
        let others = files.iter().filter(|file| file.pinned && !file.is(project, path));
        if others.count() >= MOST_PINNED {
            return Err(PinError::TooMany);
        }
        match files.iter_mut().find(|file| file.is(project, path)) {
            Some(known) => (known.pinned, known.line) = (true, line),
            None => {
                let (project, path) = (project.to_owned(), path.to_owned());
                let file = OpenedFile { project, path, line, times: 0, last: now, pinned: true };
                files.insert(0, file);
            }
        }
        Ok(self.0.write(&bounded(files))?)
    }

    /// Leaves it among those that were opened, if it was.
    ///
    /// # Errors
    /// [`PinError::Unwritable`]; it is then pinned as before.
    pub fn unpin(&self, project: &str, path: &str) -> Result<(), PinError> {
        let _one_at_a_time = self.0.lock();
        let mut files = bounded(self.0.read_to_change()?);
        for file in files.iter_mut().filter(|file| file.is(project, path)) {
            file.pinned = false;
        }
        files.retain(|file| file.pinned || file.times > 0);
        Ok(self.0.write(&files)?)
    }

    /// Forgets which were opened. What is pinned stays.
    ///
    /// # Errors
    /// When the list cannot be read or written; it is then as it was.
    pub fn clear(&self) -> io::Result<()> {
        let _one_at_a_time = self.0.lock();
        let mut files = bounded(self.0.read_to_change()?);
        files.retain(|file| file.pinned);
        files.iter_mut().for_each(|file| file.times = 0);
        self.0.write(&files)?;
        self.0.clear_damaged()
    }
}

impl OpenedFile {
    fn is(&self, project: &str, path: &str) -> bool {
        self.project == project && self.path == path
    }
}

/// Without the oldest ones that are not pinned.
fn bounded(files: Vec<OpenedFile>) -> Vec<OpenedFile> {
    let mut room = MOST.saturating_sub(files.iter().filter(|file| file.pinned).count());
    let stays = |file: &OpenedFile| {
        let fits = file.pinned || room > 0;
        room -= usize::from(fits && !file.pinned);
        fits
    };
    files.into_iter().filter(stays).collect()
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
    fn what_is_pinned_outlives_newer_files_and_a_clearing() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenedFiles::in_folder(folder.path());
        let now = Timestamp::UNIX_EPOCH;
        files.pin("p", "never opened", 7, now).unwrap();
        files.remember("p", "opened", 1, now).unwrap();
        files.pin("p", "opened", 2, now).unwrap();
        for number in 0..MOST {
            files.remember("p", &number.to_string(), 1, now).unwrap();
        }
        let pinned = || -> Vec<_> {
            let list = files.list().into_iter().filter(|file| file.pinned);
            list.map(|file| (file.path, file.line, file.times)).collect()
        };
        assert_eq!(files.list().len(), MOST);
        assert_eq!(pinned(), [("opened".to_owned(), 2, 1), ("never opened".to_owned(), 7, 0)]);
        assert!(files.habits(now).iter().all(|habit| habit.path != "never opened"));
        files.clear().unwrap();
        assert_eq!(files.list().len(), 2);
        assert!(files.habits(now).is_empty(), "that it was opened is forgotten");

        files.remember("p", "opened", 3, now).unwrap();
        files.unpin("p", "opened").unwrap();
        files.unpin("p", "never opened").unwrap();
        let left: Vec<_> = files.list().into_iter().map(|file| file.path).collect();
        assert_eq!(left, ["opened"]);
    }

    #[test]
    fn what_is_pinned_is_not_lost_when_its_file_cannot_be_read_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenedFiles::in_folder(folder.path());
        let now = Timestamp::UNIX_EPOCH;
        files.pin("p", "pinned", 7, now).unwrap();
        // What stands there for a moment is no file that can be read.
        let kept = folder.path().join("kept");
        std::fs::rename(files.0.path(), &kept).unwrap();
        std::fs::create_dir(files.0.path()).unwrap();
        assert!(files.remember("p", "opened", 1, now).is_err());
        assert!(matches!(files.pin("p", "other", 1, now), Err(PinError::Unwritable(_))));
        assert!(files.unpin("p", "pinned").is_err() && files.clear().is_err());
        std::fs::remove_dir(files.0.path()).unwrap();
        std::fs::rename(&kept, files.0.path()).unwrap();
        files.remember("p", "opened", 1, now).unwrap();
        let paths: Vec<_> = files.list().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["opened", "pinned"]);
    }

    #[test]
    fn only_so_many_are_pinned_and_one_of_them_again_any_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = OpenedFiles::in_folder(folder.path());
        let pin = |path: &str| files.pin("p", path, 1, Timestamp::UNIX_EPOCH);
        for number in 0..MOST_PINNED {
            pin(&number.to_string()).unwrap();
        }
        assert!(matches!(pin("one more"), Err(PinError::TooMany)));
        pin("0").unwrap();
        assert!(matches!(pin(&"x".repeat(LONGEST + 1)), Err(PinError::TooLong)));
        assert_eq!(files.list().len(), MOST_PINNED);
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
