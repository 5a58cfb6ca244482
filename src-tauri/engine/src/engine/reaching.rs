//! Work on the files of projects, of which a disk that does not answer holds up only so much.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Engine, EngineError, blocking};
use crate::catalogue::ProjectId;
use crate::registry::Cause;
use crate::rel_path;
use crate::root_access::unless_held;

/// Of one project at a time, as many may begin before it is known that its disk does not answer;
/// each takes a thread until it does, and threads run out.
const MOST_UNDER_WAY: usize = 16;

/// How much is under way, by project.
#[derive(Clone, Default)]
pub(super) struct Reaching {
    under_way: Arc<Mutex<HashMap<ProjectId, usize>>>,
}

impl Reaching {
    fn begin(&self, project: &ProjectId) -> Option<Turn> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(project.clone()).or_default();
        if *count == MOST_UNDER_WAY {
            return None;
        }
        *count += 1;
        Some(Turn { reaching: self.clone(), project: project.clone() })
    }
}

struct Turn {
    reaching: Reaching,
    project: ProjectId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.reaching.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.project) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.project);
            }
        }
    }
}

impl Engine {
    /// Runs `work` below the project's root, where waiting for its disk holds up nothing else.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Failed`] where the disk does not answer.
    pub(super) async fn reach<T: Send + 'static>(
        &self,
        project: &ProjectId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let unanswered = || EngineError::Failed {
            cause: Cause::VolumeUnavailable.word(),
            message: "The disk with this project's folder does not answer.".to_owned(),
        };
        let not_found = || EngineError::NotFound(project.to_string());
        let reader = self.shared.registry.access(project).ok_or_else(not_found)?.reader();
        let turn = self.shared.reaching.begin(project).ok_or_else(unanswered)?;
        let reads = reader.clone();
        // Whoever asked may have gone; the thread has not.
        let done = blocking(move || {
            let _turn = turn;
            let _read = reads.begin()?;
            Some(work())
        });
        unless_held(&[reader], done).await.flatten().ok_or_else(unanswered)
    }

    /// The absolute path of a project's file.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or [`EngineError::OutsideProject`] for a path that leaves the
    /// root, through links too; [`EngineError::Failed`] where its disk does not answer.
    pub async fn file_path(&self, project: &str, relative: &str) -> Result<PathBuf, EngineError> {
        let id = self.find(project)?;
        let not_found = || EngineError::NotFound(project.to_owned());
        let root = self.shared.registry.project(&id).ok_or_else(not_found)?.root;
        let relative = relative.to_owned();
        self.reach(&id, move || path_within(&root, &relative)).await?
    }
}

fn path_within(root: &Path, relative: &str) -> Result<PathBuf, EngineError> {
    let relative_path = rel_path::decode(relative);
    let outside = || EngineError::OutsideProject(relative.to_owned());
    if relative_path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let path = root.join(relative_path);
    // A folder above the root may have become a link since it was registered.
    let real_root = root.canonicalize();
    let root = real_root.as_deref().unwrap_or(root);
    match path.canonicalize() {
        Ok(real) if !real.starts_with(root) => Err(outside()),
        _ => Ok(path),
    }
}
