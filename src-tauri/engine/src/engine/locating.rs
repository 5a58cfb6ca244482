//! Telling a project where its folder went.

use std::path::{Path, PathBuf};

use super::{Engine, EngineError, blocking};
use crate::catalogue::{ProjectId, roots};
use crate::registry::{Control, Evidence};
use crate::status::ProjectStatus;

impl Engine {
    /// Goes on with the project in `folder`, which its files were moved to. Only a folder that is
    /// surely the same is taken, unless the user insists.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Ambiguous`], [`EngineError::Refused`] for what can
    /// be no project's folder, [`EngineError::Taken`] for another project's, and
    /// [`EngineError::Doubtful`] where the user may insist. Nothing is changed then.
    pub async fn locate(
        &self,
        project: &str,
        folder: &Path,
        insist: bool,
    ) -> Result<ProjectStatus, EngineError> {
        let id = self.find(project)?;
        let (engine, key, path) = (self.clone(), id.clone(), folder.to_owned());
        let root = blocking(move || engine.new_root(&key, &path, insist)).await?;
        let registry = &self.shared.registry;
        if !registry.relink(&id, root).await? {
            return Err(EngineError::NotFound(project.to_owned()));
        }
        if insist && let Ok(hot) = registry.resolve(&id, self.shared.options.patience).await {
            // The user's word also covers that most of the files are others.
            hot.tell(Control::Retry);
        }
        self.status(id.as_str())
    }

    /// The folder as it is registered, if the project may have it. Reads files below it.
    fn new_root(
        &self,
        id: &ProjectId,
        folder: &Path,
        insist: bool,
    ) -> Result<PathBuf, EngineError> {
        let options = &self.shared.options;
        let registry = &self.shared.registry;
        let root = roots::check(folder, options.home.as_deref(), &options.data_dir)?;
        let not_found = || EngineError::NotFound(id.to_string());
        let project = registry.project(id).ok_or_else(not_found)?;
        let other = registry.projects().into_iter().find(|other| other.root == root);
        if let Some(other) = other.filter(|other| other.id != *id) {
            return Err(EngineError::Taken { path: root, name: other.name });
        }
        if insist || root == project.root {
            return Ok(root);
        }
        // An index that cannot be read speaks neither for nor against it.
        let unknown = Evidence::Files { same: 0, looked_at: 0 };
        match registry.evidence(&project, &root).unwrap_or(unknown) {
            evidence if evidence.is_convincing() => Ok(root),
            Evidence::Files { same, looked_at } => {
                Err(EngineError::Doubtful { path: root, name: project.name, same, looked_at })
            }
            Evidence::SameCheckout => Ok(root),
        }
    }
}
