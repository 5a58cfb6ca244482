//! What the catalogue hears of what happens to projects, so that it is known at the next start.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::slot::News;
use super::{Registry, blocking};
use crate::catalogue::{Identity, ProjectId};

impl Registry {
    /// Notes that the projects were searched, and that it was of use: they are closed later than
    /// others, and warm at the start.
    pub fn note_search(&self, ids: &[ProjectId]) {
        let (now, clock) = (Instant::now(), Timestamp::now());
        let due: Vec<ProjectId> = {
            let mut slots = self.slots();
            let mut is_due = |id: &&ProjectId| {
                slots.get_mut(*id).is_some_and(|slot| slot.note_search(now, clock))
            };
            ids.iter().filter(&mut is_due).cloned().collect()
        };
        if due.is_empty() {
            return;
        }
        let catalogue = Arc::clone(&self.shared.catalogue);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = catalogue.stamp_searched(&due, clock) {
                tracing::warn!(%error, "a search was not noted");
            }
        });
    }

    /// Writes down what indexes hold; at once, whether or not the end of that is waited for.
    pub(super) fn remember_news(
        &self,
        news: Vec<(ProjectId, News)>,
    ) -> impl Future<Output = ()> + use<> {
        let catalogue = Arc::clone(&self.shared.catalogue);
        let writing = (!news.is_empty()).then(|| {
            tokio::task::spawn_blocking(move || {
                for (id, News { at, held }) in news {
                    if let Err(error) = catalogue.stamp_indexed(&id, at, held) {
                        tracing::warn!(%error, "what an index holds was not noted");
                    }
                }
            })
        });
        async move {
            if let Some(writing) = writing
                && let Err(error) = writing.await
            {
                tracing::error!(%error, "what the indexes hold was not noted");
            }
        }
    }

    /// Notes how to know the project's folder again, now that it is surely its own.
    pub(super) fn note_identity(&self, id: &ProjectId) {
        let Some(root) = self.project(id).map(|project| project.root) else { return };
        let (shared, id) = (Arc::downgrade(&self.shared), id.clone());
        tokio::spawn(async move {
            let place = root.clone();
            let Ok(now) = blocking(move || Identity::of(&place)).await else { return };
            let Some(registry) = shared.upgrade().map(|shared| Registry { shared }) else { return };
            let mut slots = registry.slots();
            let Some(slot) = slots.get_mut(&id).filter(|slot| slot.project.root == root) else {
                return;
            };
            let known = slot.project.identity.updated(now);
            if known != slot.project.identity {
                slot.project.identity = known.clone();
                registry.remember_identity(&id, known);
            }
        });
    }

    pub(super) fn remember_identity(&self, id: &ProjectId, identity: Identity) {
        let (catalogue, id) = (Arc::clone(&self.shared.catalogue), id.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = catalogue.set_identity(&id, &identity) {
                tracing::warn!(%error, "how to know the folder again was not noted");
            }
        });
    }
}
