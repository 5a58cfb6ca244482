//! What the engine has of embeddings: the embedder, the vectors that all projects share, the list of
//! their texts, and the projects' parts of them as far as somebody searched there.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::blocking;
use crate::catalogue::ProjectId;
use crate::embed::embedder::{Embedder, Options};
use crate::embed::inventory::Inventory;
use crate::embed::store::Store;
use crate::embed::vector_index::VectorIndex;

/// An index of vectors that nobody asked for this long is let go.
const KEPT: Duration = Duration::from_secs(300);
/// While vectors come in, an index is made anew after this many times what making it took, so that
/// it takes a small share of the time.
const REBUILT_AFTER: u32 = 50;

pub struct Vectors {
    pub embedder: Embedder,
    data_dir: PathBuf,
    /// With the id of the model whose vectors it holds; opened when first needed.
    store: tokio::sync::Mutex<Option<(String, Arc<Store>)>>,
    inventory: tokio::sync::OnceCell<Option<Arc<Inventory>>>,
    indexes: Mutex<HashMap<ProjectId, Kept>>,
    /// Goes up whenever there are more vectors, or others.
    generation: AtomicU64,
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

impl Vectors {
    /// Without `options` there never are any.
    pub fn new(options: Option<Options>, data_dir: PathBuf) -> Vectors {
        let embedder = options.map_or_else(Embedder::off, |options| {
            Embedder::start(options).unwrap_or_else(|error| {
                tracing::error!(%error, "no thread for search by meaning");
                Embedder::off()
            })
        });
        Vectors {
            embedder,
            data_dir,
            store: tokio::sync::Mutex::default(),
            inventory: tokio::sync::OnceCell::new(),
            indexes: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// The vectors of the model that is there now; `None` where they cannot be read or kept.
    pub async fn store(&self) -> Option<Arc<Store>> {
        let model = self.embedder.model()?.id;
        // One file has one writer: whoever else asks waits.
        let mut open = self.store.lock().await;
        if let Some((_, store)) = open.as_ref().filter(|(of, _)| *of == model) {
            return Some(Arc::clone(store));
        }
        let (data_dir, id) = (self.data_dir.clone(), model.clone());
        match blocking(move || Store::open(&data_dir, &id)).await {
            Ok(store) => {
                let store = Arc::new(store);
                *open = Some((model, Arc::clone(&store)));
                // Of another model, if there are any: their memory is not needed any more.
                self.indexes().clear();
                self.changed();
                Some(store)
            }
            Err(error) => {
                tracing::warn!(%error, "vectors are not kept");
                None
            }
        }
    }

    /// `None` where it cannot be kept.
    pub async fn inventory(&self) -> Option<Arc<Inventory>> {
        let path = self.data_dir.join("texts.sqlite");
        let open = async || {
            let opened = blocking(move || Inventory::open(&path)).await;
            let opened = opened.inspect_err(|error| tracing::warn!(%error, "nothing is embedded"));
            opened.ok().map(Arc::new)
        };
        self.inventory.get_or_init(open).await.clone()
    }

    /// Vectors or texts were added, or are gone.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// What is embedded of the project, as it was a short while ago at most.
    pub async fn index(&self, project: &ProjectId) -> Option<Arc<VectorIndex>> {
        let store = self.store().await?;
        let now = Instant::now();
        let generation = self.generation.load(Ordering::Relaxed);
        {
            let mut indexes = self.indexes();
            if let Some(kept) = indexes.get_mut(project)
                && Arc::ptr_eq(&kept.store, &store)
            {
                kept.used = now;
                let young = kept.made.elapsed() < kept.took * REBUILT_AFTER;
                if kept.generation == generation || young {
                    return Some(Arc::clone(&kept.index));
                }
            }
        }
        let inventory = self.inventory().await?;
        let (id, vectors) = (project.to_string(), Arc::clone(&store));
        let built = blocking(move || VectorIndex::build(&id, &inventory, &vectors)).await;
        let index = built.inspect_err(|error| tracing::warn!(%error, "no vectors to search"));
        let index = Arc::new(index.ok()?);
        let took = now.elapsed();
        let made = Instant::now();
        let kept = Kept { index: Arc::clone(&index), store, generation, made, took, used: now };
        self.indexes().insert(project.clone(), kept);
        Some(index)
    }

    /// Gives back the memory of what nobody asks for.
    pub fn let_go(&self) {
        self.indexes().retain(|_, kept| kept.used.elapsed() < KEPT);
    }

    fn indexes(&self) -> MutexGuard<'_, HashMap<ProjectId, Kept>> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
