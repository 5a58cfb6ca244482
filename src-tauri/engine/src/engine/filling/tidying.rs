//! Frees what no project refers to any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Filling, LOOK_AGAIN};
use crate::catalogue::ProjectId;
use crate::embed::inventory::{Inventory, InventoryError};
use crate::embed::store::places::Marks;
use crate::embed::store::{Store, StoreError};
use crate::engine::blocking;
use crate::status::Residency;

/// How often vectors are looked for that nobody needs any more.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
enum TidyError {
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Filling {
    /// How long to wait with it where no project is open; `None` where it is time.
    pub(super) fn too_early_to_tidy(&self) -> Option<Duration> {
        if self.is_tidy() {
            return Some(Duration::MAX);
        }
        // Those used last are opened in the first moments.
        let opening = LOOK_AGAIN.saturating_sub(self.begun.elapsed());
        (!opening.is_zero() && !self.registry.projects().is_empty()).then_some(opening)
    }

    fn is_tidy(&self) -> bool {
        self.tidied.is_some_and(|at| at.elapsed() < TIDY_EVERY)
    }

    /// Frees the vectors that no project refers to any more, and those of models that this one has
    /// replaced, now and then.
    pub(super) async fn tidy(&mut self, inventory: &Arc<Inventory>, store: &Arc<Store>) {
        if self.is_tidy() {
            return;
        }
        self.tidied = Some(Instant::now());
        let unknown = self.unknown();
        let registered = self.registry.projects().into_iter().filter(|project| project.meaning);
        let registered = registered.map(|project| project.id).chain(self.aside.ids());
        let projects: Vec<String> = registered.map(|id| id.to_string()).collect();
        let (inventory, store) = (Arc::clone(inventory), Arc::clone(store));
        let tidied = blocking(move || -> Result<bool, TidyError> {
            // Until a model has embedded something, it may be one that never will.
            if !store.is_empty() {
                let models = store.delete_others()?;
                tracing::debug!(models, "vectors of other models are deleted");
            }
            let known = inventory.keep(&projects)?;
            if !unknown.iter().all(|id| known.iter().any(|known| known == id.as_str())) {
                return Ok(false);
            }
            let mut living = Marks::default();
            inventory.every(|_, texts| {
                for key in texts.chunks.into_iter().flat_map(|chunk| chunk.keys) {
                    store.mark(key, &mut living);
                }
            })?;
            let mut any = false;
            while store.compact(&mut living)? {
                any = true;
            }
            Ok(any)
        });
        match tidied.await {
            Ok(true) => self.vectors.changed(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "vectors that nobody needs stay"),
        }
    }

    /// The projects that only the list knows: what is open was listed just now, of a closed one that
    /// never was it is not known what it refers to. One that cannot be opened has to embed anew what
    /// it may have had.
    fn unknown(&self) -> Vec<ProjectId> {
        let mut projects = self.registry.projects();
        projects.retain(|project| {
            let failed = |it: crate::status::ProjectStatus| it.residency == Residency::Failed;
            project.meaning
                && project.held.files > 0
                && !self.projects.contains_key(&project.id)
                && !self.registry.status(&project.id).is_some_and(failed)
        });
        projects.into_iter().map(|project| project.id).collect()
    }
}
