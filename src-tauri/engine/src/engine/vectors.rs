//! What the engine has of embeddings: the embedder, the vectors that all projects share, the list of
//! their texts, and the projects' parts of them.

mod indexes;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::watch;

use super::blocking;
use super::keeping::{Keeping, Part};
use crate::catalogue::ProjectId;
use crate::embed::embedder::{Embedder, Options};
use crate::embed::inventory::Inventory;
use crate::embed::store::Store;
use crate::embed::vector_index::VectorIndex;
use indexes::Indexes;

pub struct Vectors {
    pub embedder: Embedder,
    pub keeping: Keeping,
    data_dir: PathBuf,
    /// With the id of the model whose vectors it holds; opened when first needed.
    store: tokio::sync::Mutex<Option<(String, Arc<Store>)>>,
    /// Opened when first needed.
    inventory: tokio::sync::Mutex<Option<Arc<Inventory>>>,
    indexes: Indexes,
    /// Goes up whenever there are more vectors, or others.
    generation: AtomicU64,
    /// How many projects were forgotten.
    forgotten: watch::Sender<u64>,
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
            keeping: Keeping::default(),
            data_dir,
            store: tokio::sync::Mutex::default(),
            inventory: tokio::sync::Mutex::default(),
            indexes: Indexes::default(),
            generation: AtomicU64::new(0),
            forgotten: watch::Sender::new(0),
        }
    }

    /// The vectors of the model that is there now. `None` where there is no model, or where they
    /// cannot be read or kept: [`Vectors::keeping`] says why.
    pub async fn store(&self) -> Option<Arc<Store>> {
        let model = self.embedder.model()?.id;
        // One file has one writer: whoever else asks waits.
        let mut open = self.store.lock().await;
        if let Some((_, store)) = open.as_ref().filter(|(of, _)| *of == model) {
            return Some(Arc::clone(store));
        }
        if self.keeping.hold(Instant::now()).is_some() {
            return None;
        }
        let (data_dir, id) = (self.data_dir.clone(), model.clone());
        match blocking(move || Store::open(&data_dir, &id)).await {
            Ok(store) => {
                let store = Arc::new(store);
                *open = Some((model, Arc::clone(&store)));
                // Of another model, if there are any: their memory is not needed any more.
                self.indexes.clear();
                self.changed();
                self.keeping.worked(Part::Vectors);
                Some(store)
            }
            Err(error) => {
                self.keeping.failed(Part::Vectors, &error, Instant::now());
                None
            }
        }
    }

    /// `None` where it cannot be kept: [`Vectors::keeping`] says why.
    pub async fn inventory(&self) -> Option<Arc<Inventory>> {
        let mut open = self.inventory.lock().await;
        if let Some(inventory) = open.as_ref() {
            return Some(Arc::clone(inventory));
        }
        if self.keeping.hold(Instant::now()).is_some() {
            return None;
        }
        let path = self.list();
        match blocking(move || Inventory::open(&path)).await {
            Ok(inventory) => {
                self.keeping.worked(Part::List);
                Some(Arc::clone(open.insert(Arc::new(inventory))))
            }
            Err(error) => {
                self.keeping.failed(Part::List, &error, Instant::now());
                None
            }
        }
    }

    fn list(&self) -> PathBuf {
        self.data_dir.join("texts.sqlite")
    }

    /// Vectors or texts were added, or are gone.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// What is embedded of the project, as it was a short while ago at most.
    pub async fn index(&self, project: &ProjectId) -> Option<Arc<VectorIndex>> {
        let store = self.store().await?;
        let inventory = self.inventory().await?;
        let generation = self.generation.load(Ordering::Relaxed);
        let (id, vectors) = (project.to_string(), Arc::clone(&store));
        let build = move || VectorIndex::build(&id, &inventory, &vectors);
        self.indexes.get(project, store, generation, build).await
    }

    /// Gives back the memory of what nobody asks for.
    pub fn let_go(&self) {
        self.indexes.let_go();
    }

    /// Deletes what is listed of a project that is gone; its vectors may be those of other projects
    /// too, and are freed later.
    pub async fn forget(&self, project: &ProjectId) {
        self.indexes.forget(project);
        let id = project.to_string();
        // Where nothing was ever listed there is nothing to delete.
        if self.list().exists()
            && let Some(inventory) = self.inventory().await
            && let Err(error) = blocking(move || inventory.forget(&id)).await
        {
            tracing::warn!(%error, "the texts of a project that is gone stay listed until later");
        }
        self.forgotten.send_modify(|count| *count += 1);
    }

    /// Whenever a project was forgotten.
    pub fn forgotten(&self) -> watch::Receiver<u64> {
        self.forgotten.subscribe()
    }
}
