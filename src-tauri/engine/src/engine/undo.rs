//! A removal that can be taken back for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Engine, EngineError, REMOVAL, blocking, delete};
use crate::catalogue::{Project, ProjectId};

/// Longer than anybody hesitates. What is removed when the program ends is deleted at its next start.
const SPAN: Duration = Duration::from_secs(60);

/// The projects that were removed a moment ago, with their indexes as they were.
#[derive(Default)]
pub(super) struct SetAside {
    removals: Mutex<Removals>,
}

#[derive(Default)]
struct Removals {
    count: u64,
    projects: HashMap<ProjectId, Removal>,
}

struct Removal {
    /// One project may be removed again and again; each time has its own span.
    number: u64,
    project: Project,
}

impl SetAside {
    /// The number of the removal.
    fn put(&self, project: Project) -> u64 {
        let mut removals = self.lock();
        removals.count += 1;
        let number = removals.count;
        removals.projects.insert(project.id.clone(), Removal { number, project });
        number
    }

    fn take(&self, id: &ProjectId) -> Option<Removal> {
        self.lock().projects.remove(id)
    }

    /// Those that may come back.
    pub fn ids(&self) -> Vec<ProjectId> {
        self.lock().projects.keys().cloned().collect()
    }

    fn put_back(&self, removal: Removal) {
        self.lock().projects.insert(removal.project.id.clone(), removal);
    }

    /// Ends the span of one removal; false where it was taken back.
    fn expire(&self, id: &ProjectId, number: u64) -> bool {
        let mut removals = self.lock();
        let waits = removals.projects.get(id).is_some_and(|removal| removal.number == number);
        waits && removals.projects.remove(id).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Removals> {
        self.removals.lock().unwrap_or_else(PoisonError::into_inner)
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
        let number = self.shared.aside.put(project);
        let (registry, key) = (self.shared.registry.clone(), id.clone());
        let mut closing = tokio::spawn(async move { drop(registry.remove(&key).await) });
        let closed = tokio::time::timeout(REMOVAL, &mut closing).await.is_ok();
        let (shared, key) = (Arc::downgrade(&self.shared), id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(SPAN).await;
            let Some(shared) = shared.upgrade() else { return };
            if !shared.aside.expire(&key, number) {
                return;
            }
            let (registry, vectors) = (shared.registry.clone(), Arc::clone(&shared.vectors));
            drop(shared);
            if !closed {
                let _ = closing.await;
            }
            delete(registry, &vectors, key).await;
        });
        Ok(id.to_string())
    }

    /// Registers a project again that was set aside, with its name, its settings and its index.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] where the time is over, or its folder was registered anew
    /// meanwhile; [`EngineError::Catalogue`], and it can be tried again.
    pub async fn bring_back(&self, id: &str) -> Result<(), EngineError> {
        let id = ProjectId::from(id);
        let gone = || EngineError::NotFound(id.to_string());
        let removal = self.shared.aside.take(&id).ok_or_else(gone)?;
        let (shared, stored) = (Arc::clone(&self.shared), removal.project.clone());
        match blocking(move || shared.catalogue.insert(&stored)).await {
            Err(error) => {
                self.shared.aside.put_back(removal);
                Err(error.into())
            }
            Ok(Some(other)) if other != id => {
                delete(self.shared.registry.clone(), &self.shared.vectors, id).await;
                Err(EngineError::NotFound(removal.project.id.to_string()))
            }
            // Its own row: an attempt that was said to have failed has written it after all.
            Ok(Some(_) | None) => {
                self.shared.registry.insert(removal.project);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Held, Identity};

    fn project() -> Project {
        Project {
            id: ProjectId::generate(),
            name: "sample".into(),
            root: "/sample".into(),
            pinned: false,
            paused: false,
            meaning: true,
            excludes: Vec::new(),
            include_ignored: false,
            last_searched: None,
            last_indexed: None,
            held: Held::default(),
            identity: Identity::default(),
        }
    }

    #[test]
    fn each_removal_of_a_project_has_its_own_span() {
        let aside = SetAside::default();
        let project = project();
        let id = project.id.clone();
        let first = aside.put(project.clone());
        assert!(aside.take(&id).is_some(), "taken back");
        let second = aside.put(project);
        assert!(!aside.expire(&id, first), "that time is over, and it was removed again since");
        let failed = aside.take(&id).unwrap();
        aside.put_back(failed);
        assert!(aside.expire(&id, second));
        assert!(aside.take(&id).is_none());
    }
}
