//! Holds every registered project's residency: `Cold` → `Loading` → `Hot` → `Unloading` → `Cold`,
//! or `Failed`. One state machine a project ([`residency`]), all in one map under one short lock.
//!
//! A restore is a task of its own: it goes on when everybody who waits for it has left, runs once
//! however many wait, and gives all of them the same handle or the same failure.

mod coverage;
mod disk;
pub mod failure;
mod history;
pub mod keeper;
mod leftovers;
mod moved;
mod notes;
mod publish;
mod read;
mod relink;
mod report;
mod residency;
mod restore;
mod room;
mod roots;
mod slot;
mod unload;
mod volume;
mod warm;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tantivy::SearcherGeneration;
use tokio::sync::{Notify, Semaphore, watch};

pub use disk::{Disk, Opened, RealDisk};
pub use failure::{Cause, Failure, Fault};
pub use keeper::{Control, Coverage, Upkeep};
pub use leftovers::delete_leftovers;
pub use moved::Evidence;
pub use read::Searchable;
pub use room::Room;

use crate::catalogue::{Catalogue, Project, ProjectId};
use crate::index::{Limits, Precedence, ProjectIndex, Searching};
use crate::root_access::RootAccess;
use crate::status::{LogLine, ProjectStatus, Snapshot};
use crate::watch::Tuning;
use publish::publish_changes;
use residency::{Demanded, Outcome, Restore, Urge};
use restore::restore;
use roots::{Roots, look_for_roots};
use slot::{Slot, mode_at_rest};
use unload::keep_room;
use volume::Volumes;

/// How much of a project is embedded, in texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embedding {
    pub wanted: u64,
    pub done: u64,
    /// The commit of the index of which all is embedded.
    pub complete: Option<Arc<SearcherGeneration>>,
}

/// What the registry goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Holds a directory a project.
    pub indexes: PathBuf,
    /// Directories that are never indexed.
    pub excluded: Vec<PathBuf>,
    /// At first; see [`Registry::set_limits`].
    pub limits: Limits,
    pub tuning: Tuning,
    /// At first; see [`Registry::set_room`].
    pub room: Room,
    /// A root that is missing for this long is looked for under another name.
    pub moved_after: Duration,
}

/// An open project.
pub struct Hot {
    pub id: ProjectId,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
    keeper: keeper::Handle,
}

/// An open project that is not closed for want of room while this exists.
pub struct Lease {
    hot: Arc<Hot>,
    /// Dropped after what it speaks of.
    _returned: Returned,
}

/// Says when it is dropped that something may be closed.
struct Returned(Weak<Shared>);

impl Drop for Returned {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.room_wanted.notify_one();
        }
    }
}

impl Deref for Lease {
    type Target = Hot;

    fn deref(&self) -> &Hot {
        &self.hot
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("no project {0} is registered")]
    NotFound(ProjectId),
    #[error("the project is still being opened")]
    Loading { retry_after: Duration },
    #[error("{}", .0.message)]
    Failed(Arc<Failure>),
}

/// Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    disk: Arc<dyn Disk>,
    catalogue: Arc<Catalogue>,
    slots: Mutex<BTreeMap<ProjectId, Slot>>,
    volumes: Volumes,
    roots: Arc<Roots>,
    searches: Precedence,
    readings: Arc<Semaphore>,
    /// As they are now.
    limits: Mutex<Limits>,
    room: Mutex<Room>,
    changed: Notify,
    /// Something that is open may be closed, or something more is open.
    room_wanted: Notify,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Registry {
    /// A registry of `projects`, all cold. Needs a tokio runtime.
    pub fn new(
        settings: Settings,
        disk: Arc<dyn Disk>,
        catalogue: Arc<Catalogue>,
        projects: Vec<Project>,
    ) -> Registry {
        let slots = projects.into_iter().map(|p| (p.id.clone(), Slot::new(p))).collect();
        let shared = Arc::new(Shared {
            limits: Mutex::new(settings.limits),
            room: Mutex::new(settings.room),
            settings,
            disk,
            catalogue,
            slots: Mutex::new(slots),
            volumes: Volumes::default(),
            roots: Arc::default(),
            searches: Precedence::default(),
            readings: Arc::new(Semaphore::new(read::READINGS)),
            changed: Notify::new(),
            room_wanted: Notify::new(),
            snapshots: watch::Sender::new(Arc::default()),
        });
        let registry = Registry { shared };
        registry.publish();
        tokio::spawn(publish_changes(Arc::downgrade(&registry.shared)));
        tokio::spawn(keep_room(Arc::downgrade(&registry.shared)));
        let Shared { roots, disk, .. } = &*registry.shared;
        tokio::spawn(look_for_roots(Arc::downgrade(roots), Arc::clone(disk)));
        registry
    }

    /// Takes in a project that the catalogue has already, and starts to open it.
    pub fn insert(&self, project: Project) {
        let id = project.id.clone();
        self.slots().entry(id.clone()).or_insert_with(|| Slot::new(project)).note_use();
        let _ = self.wake(&id);
        self.publish();
    }

    /// The open project, opened first where need be, within `patience`.
    ///
    /// # Errors
    /// [`ResolveError`]. A restore that outlasts the caller's patience goes on.
    pub async fn resolve(&self, id: &ProjectId, patience: Duration) -> Result<Lease, ResolveError> {
        self.note_use(id);
        let loading = ResolveError::Loading { retry_after: Duration::from_secs(1) };
        tokio::time::timeout(patience, self.opened(id)).await.unwrap_or(Err(loading))
    }

    async fn opened(&self, id: &ProjectId) -> Result<Lease, ResolveError> {
        loop {
            let mut outcome = match self.demand(id, Urge::IfDue) {
                Demanded::Hot(hot) => return Ok(self.lease(hot)),
                Demanded::Closed => return Err(ResolveError::NotFound(id.clone())),
                Demanded::Failed(failure) => return Err(ResolveError::Failed(failure)),
                Demanded::Loading { outcome, .. } => outcome,
            };
            // A restore without an outcome was given up: for another one, or with the project.
            if let Ok(loaded) = outcome.wait_for(Option::is_some).await {
                match &*loaded {
                    Some(Ok(hot)) => return Ok(self.lease(Arc::clone(hot))),
                    Some(Err(failure)) => return Err(ResolveError::Failed(Arc::clone(failure))),
                    None => {}
                }
            }
        }
    }

    fn lease(&self, hot: Arc<Hot>) -> Lease {
        Lease { hot, _returned: Returned(Arc::downgrade(&self.shared)) }
    }

    /// Starts to open the project unless it is open, being opened, or failed and not yet due. The
    /// outcome that is on its way, if one is.
    pub fn wake(&self, id: &ProjectId) -> Option<Outcome<Hot>> {
        match self.demand(id, Urge::IfDue) {
            Demanded::Loading { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// One attempt at once, whatever the last one said. An open project's keeper tries again. What
    /// waits for the project's disk is waited for no more.
    pub fn retry(&self, id: &ProjectId) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.note_use();
            slot.relapse = None;
            slot.let_go_of_disk();
            slot.residency.give_up_waiting();
        }
        if let Demanded::Hot(hot) = self.demand(id, Urge::AtOnce) {
            hot.tell(Control::Retry);
        }
    }

    /// Where the project's index is.
    pub fn index_directory(&self, id: &ProjectId) -> PathBuf {
        self.shared.settings.indexes.join(id.as_str())
    }

    pub fn project(&self, id: &ProjectId) -> Option<Project> {
        self.slots().get(id).map(|slot| slot.project.clone())
    }

    /// Whoever reads the project's files.
    pub fn access(&self, id: &ProjectId) -> Option<Arc<RootAccess>> {
        self.slots().get(id).map(|slot| Arc::clone(&slot.access))
    }

    /// All projects, in no particular order.
    pub fn projects(&self) -> Vec<Project> {
        self.slots().values().map(|slot| slot.project.clone()).collect()
    }

    /// A pinned project is opened, and not closed for want of room.
    pub fn set_pinned(&self, id: &ProjectId, pinned: bool) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.project.pinned = pinned;
        }
        if pinned {
            let _ = self.wake(id);
        }
        self.changed();
    }

    /// Stops or goes on watching and indexing.
    pub fn set_paused(&self, id: &ProjectId, paused: bool) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.project.paused = paused;
            match slot.hot() {
                Some(hot) => hot.tell(if paused { Control::Pause } else { Control::Resume }),
                None => slot.upkeep.watch_mode = mode_at_rest(paused),
            }
        }
        self.changed();
    }

    /// Somebody searches, until what is returned is dropped: indexing makes room for it.
    pub fn searching(&self) -> Searching {
        self.shared.searches.search()
    }

    /// Embeds what the project holds, or leaves it.
    pub fn set_meaning(&self, id: &ProjectId, meaning: bool) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.project.meaning = meaning;
            if !meaning {
                slot.embedding = None;
            }
        }
        self.changed();
    }

    /// Takes in how far the embedding of the project is.
    pub fn set_embedding(&self, id: &ProjectId, embedding: Embedding) {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(id).filter(|slot| slot.project.meaning) else { return };
        if slot.embedding.as_ref() != Some(&embedding) {
            slot.embedding = Some(embedding);
            drop(slots);
            self.changed();
        }
    }

    /// How far the embedding of the project is, where that is known.
    pub fn embedding(&self, id: &ProjectId) -> Option<Embedding> {
        self.slots().get(id)?.embedding.clone()
    }

    /// One project's state at this very moment.
    pub fn status(&self, id: &ProjectId) -> Option<ProjectStatus> {
        self.slots().get(id).map(Slot::status)
    }

    /// What happened to the project's state since Quarry was started, the oldest first.
    pub fn history(&self, id: &ProjectId) -> Option<Vec<LogLine>> {
        // What is not published yet is not remembered yet.
        self.publish();
        self.slots().get(id).map(|slot| slot.history.lines())
    }

    /// What a hot project's keeper said last.
    pub fn upkeep(&self, id: &ProjectId) -> Option<Upkeep> {
        self.slots().get(id).map(|slot| slot.upkeep.clone())
    }

    /// Somebody asks for this project.
    fn note_use(&self, id: &ProjectId) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.note_use();
        }
    }

    /// Demands the project; a restore that this starts is carried out by a task of its own.
    fn demand(&self, id: &ProjectId, urge: Urge) -> Demanded<Hot> {
        let now = Instant::now();
        let demanded = match self.slots().get_mut(id) {
            Some(slot) => slot.residency.demand(urge, now),
            None => Demanded::Closed,
        };
        match demanded {
            Demanded::Loading { outcome, restore: Some(order) } => {
                self.changed();
                self.start(id, order);
                Demanded::Loading { outcome, restore: None }
            }
            other => other,
        }
    }

    fn start(&self, id: &ProjectId, order: Restore) {
        tokio::spawn(restore(self.clone(), id.clone(), order));
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Slot>> {
        self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hot {
    /// Tells the project's keeper; one that has ended needs no telling.
    pub fn tell(&self, control: Control) {
        let _ = self.keeper.control.send(control);
    }
}

/// Runs `work` where blocking is allowed.
///
/// # Errors
/// What its panic said.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(payload) => keeper::panic_words(payload.as_ref()).to_owned(),
        Err(_) => "it was stopped".to_owned(),
    })
}

#[cfg(test)]
mod tests;
