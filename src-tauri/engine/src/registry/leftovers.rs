//! Indexes on disk that nobody needs any more.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Registry;
use crate::catalogue::{Project, ProjectId};
use crate::index::IndexError;

/// How long a damaged index is kept for a look.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// Indexes of one project that are damaged within such a time have the same trouble.
const SAME_TROUBLE: Duration = Duration::from_hours(24);
/// Written into an index when it is set aside: renaming a directory leaves its own time as it was.
const SET_ASIDE: &str = "set-aside";

impl Registry {
    /// Deletes the index of a project that was removed, and the one that was set aside for it.
    /// Takes as long as the disk does.
    pub fn delete_index(&self, id: &ProjectId) {
        let directory = self.index_directory(id);
        delete(&place_aside(&directory));
        delete(&directory);
    }
}

/// Renames an index, in place of the one that was set aside before; where to. One that was set aside
/// a moment ago stays instead: what was made since holds no more than that.
pub(super) fn set_aside(directory: &Path) -> Result<PathBuf, IndexError> {
    let aside = place_aside(directory);
    let age = age(&aside, SystemTime::now()).filter(|_| aside.is_dir());
    let outdated = if age.is_some_and(|age| age < SAME_TROUBLE) { directory } else { &aside };
    if outdated.exists() {
        std::fs::remove_dir_all(outdated)
            .map_err(|source| IndexError::from_io(outdated, source))?;
    }
    if outdated == directory {
        return Ok(aside);
    }
    std::fs::rename(directory, &aside).map_err(|source| IndexError::from_io(directory, source))?;
    if let Err(error) = std::fs::write(aside.join(SET_ASIDE), "") {
        tracing::debug!(%error, "a damaged index may be kept for a shorter time");
    }
    Ok(aside)
}

/// Deletes what is in `indexes` and belongs to none of `projects`, left over from a kill during a
/// removal, and what was set aside long before `now`.
pub fn delete_leftovers(indexes: &Path, projects: &[Project], now: SystemTime) {
    for entry in std::fs::read_dir(indexes).into_iter().flatten().flatten() {
        let path = entry.path();
        let owned = path.file_stem().is_some_and(|stem| {
            projects.iter().any(|project| stem == std::ffi::OsStr::new(project.id.as_str()))
        });
        let is_aside = path == place_aside(&path);
        if !owned || (is_aside && age(&path, now).is_some_and(|age| age > KEPT_FOR)) {
            delete(&path);
        }
    }
}

fn place_aside(directory: &Path) -> PathBuf {
    directory.with_extension("damaged")
}

/// For how long the index has been aside; `None` where the clock was set back since.
fn age(aside: &Path, now: SystemTime) -> Option<Duration> {
    let metadata = aside.join(SET_ASIDE).metadata().or_else(|_| aside.metadata()).ok()?;
    now.duration_since(metadata.modified().ok()?).ok()
}

fn delete(directory: &Path) {
    if let Err(error) = std::fs::remove_dir_all(directory)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(directory = %directory.display(), %error, "an old index was not deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::slot::tests::slot;

    #[test]
    fn a_damaged_index_is_kept_for_a_week_and_one_without_a_project_not_at_all() {
        let base = tempfile::tempdir().unwrap();
        let project = slot().project;
        let index = base.path().join(project.id.as_str());
        let orphan = base.path().join("orphan");
        for directory in [&index, &orphan] {
            std::fs::create_dir(directory).unwrap();
        }
        let aside = set_aside(&index).unwrap();
        std::fs::write(aside.join("first"), "").unwrap();
        std::fs::create_dir(&index).unwrap();
        assert_eq!(set_aside(&index).unwrap(), aside);
        assert!(aside.join("first").exists(), "what was made since held no more");
        std::fs::create_dir(&index).unwrap();
        let look = |days: u64| {
            let now = SystemTime::now() + Duration::from_hours(days * 24);
            delete_leftovers(base.path(), std::slice::from_ref(&project), now);
            [&orphan, &aside, &index].map(|directory| directory.is_dir())
        };
        assert_eq!(look(6), [false, true, true]);
        assert_eq!(look(8), [false, false, true]);
    }
}
