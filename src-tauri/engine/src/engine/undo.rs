//! A removal that can be taken back for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Engine, EngineError, blocking, delete_directory};
use crate::catalogue::{Project, ProjectId};

/// Longer than anybody hesitates. What is removed when the program ends is deleted at its next start.
const SPAN: Duration = Duration::from_secs(60);

/// The projects that were removed a moment ago, with their indexes as they were.
#[derive(Default)]
pub(super) struct SetAside {
    projects: Mutex<HashMap<ProjectId, Project>>,
}

impl SetAside {
    fn put(&self, project: Project) {
        self.lock().insert(project.id.clone(), project);
    }

    fn take(&self, id: &ProjectId) -> Option<Project> {
        self.lock().remove(id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ProjectId, Project>> {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Forgets a project as [`crate::status::ProjectAction::Remove`] does, but deletes its index
    /// only a minute later: until then [`Engine::bring_back`] has it again. Gives its id.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Ambiguous`] or [`EngineError::Catalogue`].
    pub async fn set_aside(&self, project: &str) -> Result<String, EngineError> {
        let id = self.find(project)?;
        let shared = Arc::clone(&self.shared);
        let project =
            shared.registry.project(&id).ok_or_else(|| EngineError::NotFound(id.to_string()))?;
        let key = id.clone();
        blocking(move || shared.catalogue.remove(&key)).await?;
        self.shared.aside.put(project);
        self.shared.registry.remove(&id).await;
        let (shared, key) = (Arc::downgrade(&self.shared), id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(SPAN).await;
            let Some(shared) = shared.upgrade() else { return };
            if shared.aside.take(&key).is_some() {
                let directory = shared.registry.index_directory(&key);
                blocking(move || delete_directory(&directory)).await;
            }
        });
        Ok(id.to_string())
    }

    /// Registers a project again that was set aside, with its name, its settings and its index.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] where the time is over, or its folder was registered anew
    /// meanwhile; [`EngineError::Catalogue`].
    pub async fn bring_back(&self, id: &str) -> Result<(), EngineError> {
        let id = ProjectId::from(id);
        let gone = || EngineError::NotFound(id.to_string());
        let project = self.shared.aside.take(&id).ok_or_else(gone)?;
        let (shared, stored) = (Arc::clone(&self.shared), project.clone());
        let inserted = blocking(move || {
            let other = shared.catalogue.insert(&stored)?;
            if other.is_none() {
                if let Some(at) = stored.last_indexed {
                    shared.catalogue.stamp_indexed(&stored.id, at, stored.held)?;
                }
                shared.catalogue.set_identity(&stored.id, &stored.identity)?;
            }
            Ok::<_, EngineError>(other)
        })
        .await;
        match inserted {
            Err(error) => {
                self.shared.aside.put(project);
                Err(error)
            }
            Ok(Some(_)) => {
                let directory = self.shared.registry.index_directory(&id);
                blocking(move || delete_directory(&directory)).await;
                Err(EngineError::NotFound(id.to_string()))
            }
            Ok(None) => {
                self.shared.registry.insert(project);
                Ok(())
            }
        }
    }
}
