//! The projects' parts of the vectors, as far as somebody searched there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::catalogue::ProjectId;
use crate::embed::inventory::InventoryError;
use crate::embed::store::Store;
use crate::embed::vector_index::VectorIndex;
use crate::engine::blocking;

/// An index of vectors that nobody asked for this long is let go.
const KEPT: Duration = Duration::from_secs(300);
/// While vectors come in, an index is made anew after this many times what making it took, so that
/// it takes a small share of the time.
const REBUILT_AFTER: u32 = 50;

/// Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Indexes(Arc<Mutex<HashMap<ProjectId, Held>>>);

/// Of one project.
#[derive(Default)]
struct Held {
    kept: Option<Kept>,
    building: Option<Building>,
}

struct Kept {
    index: Arc<VectorIndex>,
    /// What it was made from; another one for another model.
    store: Arc<Store>,
    generation: u64,
    made: Instant,
    took: Duration,
    used: Instant,
}

struct Building {
    store: Arc<Store>,
    /// Closed without an index where it could not be made.
    made: watch::Receiver<Option<Arc<VectorIndex>>>,
}

impl Indexes {
    /// The project's part of `store`, as it was a short while ago at most; `build` makes it. All who
    /// ask meanwhile wait for the same one, which is made even if nobody waits any more. `None`
    /// where it cannot be made.
    pub async fn get(
        &self,
        project: &ProjectId,
        store: Arc<Store>,
        generation: u64,
        build: impl FnOnce() -> Result<VectorIndex, InventoryError> + Send + 'static,
    ) -> Option<Arc<VectorIndex>> {
        let mut made = {
            let mut indexes = self.lock();
            let held = indexes.entry(project.clone()).or_default();
            if let Some(index) = held.current(&store, generation) {
                return Some(index);
            }
            match &held.building {
                Some(building) if building.is_of(&store) => building.made.clone(),
                _ => {
                    let (sender, made) = watch::channel(None);
                    let store = Arc::clone(&store);
                    held.building =
                        Some(Building { store: Arc::clone(&store), made: made.clone() });
                    let (indexes, project) = (self.clone(), project.clone());
                    tokio::spawn(async move {
                        if let Some(kept) = Kept::make(store, generation, build).await {
                            let index = Arc::clone(&kept.index);
                            indexes.lock().entry(project).or_default().kept = Some(kept);
                            sender.send_replace(Some(index));
                        }
                    });
                    made
                }
            }
        };
        made.wait_for(Option::is_some).await.ok()?.clone()
    }

    pub fn forget(&self, project: &ProjectId) {
        self.lock().remove(project);
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Gives back the memory of what nobody asks for.
    pub fn let_go(&self) {
        self.lock().retain(|_, held| {
            held.kept.take_if(|kept| kept.used.elapsed() >= KEPT);
            held.building.take_if(|building| building.is_over());
            held.kept.is_some() || held.building.is_some()
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProjectId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn current(&mut self, store: &Arc<Store>, generation: u64) -> Option<Arc<VectorIndex>> {
        let kept = self.kept.as_mut().filter(|kept| Arc::ptr_eq(&kept.store, store))?;
        kept.used = Instant::now();
        let young = kept.made.elapsed() < kept.took * REBUILT_AFTER;
        (kept.generation == generation || young).then(|| Arc::clone(&kept.index))
    }
}

impl Kept {
    async fn make(
        store: Arc<Store>,
        generation: u64,
        build: impl FnOnce() -> Result<VectorIndex, InventoryError> + Send + 'static,
    ) -> Option<Kept> {
        let begun = Instant::now();
        let built = blocking(build).await;
        let index = built.inspect_err(|error| tracing::warn!(%error, "no vectors to search"));
        let index = Arc::new(index.ok()?);
        let made = Instant::now();
        Some(Kept { index, store, generation, made, took: made - begun, used: made })
    }
}

impl Building {
    fn is_of(&self, store: &Arc<Store>) -> bool {
        Arc::ptr_eq(&self.store, store) && !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.made.has_changed().is_err()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::embed::inventory::Inventory;

    #[tokio::test]
    async fn one_index_is_made_for_all_who_wait_and_kept_although_the_first_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), "model").unwrap());
        let list = Arc::new(Inventory::open(&folder.path().join("texts.sqlite")).unwrap());
        let (indexes, project) = (Indexes::default(), ProjectId::generate());
        let made = Arc::new(AtomicUsize::new(0));
        let (go_on, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let ask = || {
            let (indexes, project, store) = (indexes.clone(), project.clone(), Arc::clone(&store));
            let (list, made, held) = (Arc::clone(&list), Arc::clone(&made), Arc::clone(&held));
            let id = project.to_string();
            tokio::spawn(async move {
                let vectors = Arc::clone(&store);
                let build = move || {
                    made.fetch_add(1, Ordering::SeqCst);
                    let _over = held.lock().unwrap().recv();
                    VectorIndex::build(&id, &list, &vectors)
                };
                indexes.get(&project, store, 0, build).await
            })
        };
        let first = ask();
        while made.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert!(first.await.is_err(), "it left");
        let (second, third) = (ask(), ask());
        // They are on this thread, and wait when it is this one's turn again.
        tokio::task::yield_now().await;
        drop(go_on);
        assert!(second.await.unwrap().is_some() && third.await.unwrap().is_some());
        assert!(ask().await.unwrap().is_some());
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }
}
