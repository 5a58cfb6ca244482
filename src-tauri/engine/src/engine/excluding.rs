//! Which files a project leaves out of its index, as its user says, and the limits for all of them.

use std::sync::Arc;

use super::{Engine, EngineError, blocking};
use crate::catalogue::ProjectId;
use crate::index::{Limits, excludes};
use crate::registry::Room;

impl Engine {
    /// Indexes files up to another size from now on, in all projects.
    pub fn set_limits(&self, limits: Limits) {
        self.shared.registry.set_limits(limits);
    }

    /// Lets more or less be open from now on.
    pub fn set_room(&self, room: Room) {
        self.shared.registry.set_room(room);
    }

    /// Leaves out of the project's index what the pattern matches, in gitignore's syntax. Gives the
    /// pattern as it is kept, to be taken back with [`Engine::stop_excluding`]; `None` where the
    /// project has it already.
    ///
    /// # Errors
    /// [`EngineError::BadPattern`], [`EngineError::NotFound`], [`EngineError::Ambiguous`] or
    /// [`EngineError::Catalogue`]; nothing is changed then.
    pub async fn exclude(
        &self,
        project: &str,
        pattern: &str,
    ) -> Result<Option<String>, EngineError> {
        let id = self.find(project)?;
        let pattern = excludes::check(pattern)?;
        let added = pattern.clone();
        let changed = self
            .change_excludes(&id, move |excludes| {
                let is_new = !excludes.contains(&added);
                if is_new {
                    excludes.push(added);
                }
                is_new
            })
            .await?;
        Ok(changed.then_some(pattern))
    }

    /// As [`Engine::exclude`], for the one directory at `path` (see [`crate::rel_path`]).
    ///
    /// # Errors
    /// As [`Engine::exclude`].
    pub async fn exclude_directory(
        &self,
        project: &str,
        path: &str,
    ) -> Result<Option<String>, EngineError> {
        self.exclude(project, &excludes::of_directory(path)).await
    }

    /// Takes a pattern back, word for word; one that is not there is as good.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Ambiguous`] or [`EngineError::Catalogue`].
    pub async fn stop_excluding(&self, project: &str, pattern: &str) -> Result<(), EngineError> {
        let id = self.find(project)?;
        let removed = pattern.to_owned();
        self.change_excludes(&id, move |excludes| {
            let before = excludes.len();
            excludes.retain(|one| *one != removed);
            excludes.len() != before
        })
        .await?;
        Ok(())
    }

    /// Changes the project's patterns where `change` says that it has; whether it has.
    async fn change_excludes(
        &self,
        id: &ProjectId,
        change: impl FnOnce(&mut Vec<String>) -> bool,
    ) -> Result<bool, EngineError> {
        let _one_at_a_time = self.shared.excluding.lock().await;
        let gone = || EngineError::NotFound(id.to_string());
        let project = self.shared.registry.project(id).ok_or_else(gone)?;
        let mut excludes = project.excludes;
        if !change(&mut excludes) {
            return Ok(false);
        }
        let (catalogue, key) = (Arc::clone(&self.shared.catalogue), id.clone());
        let stored = excludes.clone();
        blocking(move || catalogue.set_excludes(&key, &stored)).await?;
        self.shared.registry.set_rules(id, excludes, project.include_ignored);
        self.shared.registry.publish();
        Ok(true)
    }

    /// Indexes what ignore files leave out, or leaves it out.
    pub(super) async fn include_ignored(
        &self,
        id: &ProjectId,
        include: bool,
    ) -> Result<(), EngineError> {
        let _one_at_a_time = self.shared.excluding.lock().await;
        let gone = || EngineError::NotFound(id.to_string());
        let project = self.shared.registry.project(id).ok_or_else(gone)?;
        if project.include_ignored == include {
            return Ok(());
        }
        let (catalogue, key) = (Arc::clone(&self.shared.catalogue), id.clone());
        blocking(move || catalogue.set_include_ignored(&key, include)).await?;
        self.shared.registry.set_rules(id, project.excludes, include);
        Ok(())
    }
}
