//! Gives a project another root: where its folder went.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::moved::{Evidence, renamed};
use super::{Registry, Shared, blocking};
use crate::catalogue::{CatalogueError, Project, ProjectId};
use crate::index::IndexError;

/// How often a root that is missing is looked for beside its old place.
const LOOK_EVERY: Duration = Duration::from_secs(15);

impl Registry {
    /// Weighs whether `root` is the project's folder. Reads files below it.
    ///
    /// # Errors
    /// When the project's index cannot be read.
    pub fn evidence(&self, project: &Project, root: &Path) -> Result<Evidence, IndexError> {
        Evidence::of(root, &project.identity, &self.index_directory(&project.id))
    }

    /// Closes the project, notes its new root, and opens it there. False where it was removed
    /// meanwhile.
    ///
    /// # Errors
    /// [`CatalogueError::Unwritable`]; then it goes on at its old root.
    pub async fn relink(&self, id: &ProjectId, root: PathBuf) -> Result<bool, CatalogueError> {
        let (catalogue, key, to) = (Arc::clone(&self.shared.catalogue), id.clone(), root.clone());
        match blocking(move || catalogue.set_root(&key, &to)).await {
            Ok(written) => written?,
            Err(words) => {
                tracing::error!(words, "a new root was not noted");
                return Ok(false);
            }
        }
        let open = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else { return Ok(false) };
            slot.project.root = root;
            slot.let_go_of_disk();
            slot.rest();
            slot.residency.abandon()
        };
        // Begins when what was open is closed.
        self.wake(id);
        if let Some((hot, working)) = open {
            hot.keeper.stop().await;
            drop((hot, working));
        }
        Ok(true)
    }

    /// Looks now and then whether the root was only renamed, and follows it then.
    pub(super) fn look_for_moved_root(&self, id: &ProjectId) {
        let begins = {
            let mut slots = self.slots();
            slots.get_mut(id).is_some_and(|slot| !std::mem::replace(&mut slot.followed, true))
        };
        if begins {
            let after = self.shared.settings.moved_after;
            tokio::spawn(follow(Arc::downgrade(&self.shared), id.clone(), after));
        }
    }

    /// The project, while its root is missing; after that it is not looked for any more.
    fn still_missing(&self, id: &ProjectId) -> Option<Project> {
        let mut slots = self.slots();
        let slot = slots.get_mut(id)?;
        slot.followed = slot.misses_root();
        slot.followed.then(|| slot.project.clone())
    }

    /// The folder beside the project's old place that is surely its own. Waits for the disk.
    fn renamed_root(&self, project: &Project) -> Option<PathBuf> {
        let root = renamed(&project.root, &project.identity)?;
        let taken = self.projects().iter().any(|other| other.root == root);
        let evidence = self.evidence(project, &root).ok()?;
        (!taken && evidence.is_convincing()).then_some(root)
    }
}

async fn follow(shared: Weak<Shared>, id: ProjectId, after: Duration) {
    // A folder that is swapped for another is away for a moment.
    let mut pause = after;
    loop {
        tokio::time::sleep(pause).await;
        pause = LOOK_EVERY;
        let Some(registry) = shared.upgrade().map(|shared| Registry { shared }) else { return };
        let Some(project) = registry.still_missing(&id) else { return };
        let looking = registry.clone();
        let found = blocking(move || (looking.renamed_root(&project), project.root)).await;
        if let Ok((Some(to), from)) = found {
            let (from, shown) = (from.display(), to.display());
            tracing::warn!(%from, to = %shown, "a renamed folder is followed");
            if let Err(error) = registry.relink(&id, to).await {
                tracing::warn!(%error, "a renamed folder was not followed");
            }
        }
    }
}
