//! Holds every registered project's residency: `Cold` → `Loading` → `Hot` → `Unloading` → `Cold`,
//! or `Failed`. One state machine a project, all in one map under one short lock.
//!
//! A restore is a task of its own: it goes on when everybody who waits for it has left, runs once
//! however many wait, and gives all of them the same handle or the same failure.

pub mod failure;
pub mod keeper;
mod restore;
mod slot;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, watch};

pub use failure::{Cause, Failure};
pub use keeper::{Control, Upkeep};

use crate::catalogue::{Catalogue, Project, ProjectId};
use crate::index::{Limits, ProjectIndex, Rules, WriteGate};
use crate::status::{Freshness, ProjectStatus, Snapshot, WatchMode};
use crate::watch::Tuning;
use restore::{Opened, close_one, reopen_damaged, restore};
use slot::{Slot, State, remember};

/// Comparisons of whole trees at once: enough that one dead disk does not hold up the others.
const COMPARISONS: usize = 4;
/// The catalogue remembers searches and counts at most this often a project.
const STAMP_EVERY: Duration = Duration::from_secs(60);
/// Snapshots are published at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// Projects opened at the start, the most recent first.
const WARM_AT_START: usize = 20;

/// What the registry goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Holds a directory a project.
    pub indexes: PathBuf,
    /// Directories that are never indexed.
    pub excluded: Vec<PathBuf>,
    pub limits: Limits,
    pub tuning: Tuning,
    /// Bytes of open indexes from which on the least recently used ones are closed.
    pub hot_bytes: u64,
    /// Open indexes from which on the least recently used ones are closed.
    pub hot_projects: usize,
}

/// An open project. Whoever holds the `Arc` keeps it from being closed.
pub struct Hot {
    pub id: ProjectId,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
    keeper: keeper::Handle,
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

type Loaded = Result<Arc<Hot>, Arc<Failure>>;

/// Cheap to clone; all clones are one registry.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    catalogue: Arc<Catalogue>,
    slots: Mutex<BTreeMap<ProjectId, Slot>>,
    comparisons: Arc<Semaphore>,
    gate: WriteGate,
    changed: Notify,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Registry {
    /// A registry of `projects`, all cold. Needs a tokio runtime.
    pub fn new(settings: Settings, catalogue: Arc<Catalogue>, projects: Vec<Project>) -> Registry {
        let slots = projects.into_iter().map(|p| (p.id.clone(), Slot::new(p))).collect();
        let shared = Arc::new(Shared {
            settings,
            catalogue,
            slots: Mutex::new(slots),
            comparisons: Arc::new(Semaphore::new(COMPARISONS)),
            gate: WriteGate::default(),
            changed: Notify::new(),
            snapshots: watch::Sender::new(Arc::default()),
        });
        let registry = Registry { shared };
        registry.publish();
        tokio::spawn(publish_changes(Arc::downgrade(&registry.shared)));
        registry
    }

    /// Opens the projects that were used last, in the background.
    pub fn warm(&self) {
        let mut recent: Vec<(Option<Timestamp>, ProjectId)> = self
            .slots()
            .values()
            .map(|slot| (slot.project.last_use(), slot.project.id.clone()))
            .collect();
        recent.sort_by(|a, b| b.cmp(a));
        let most = WARM_AT_START.min(self.shared.settings.hot_projects);
        for (_, id) in recent.into_iter().take(most) {
            self.wake(&id);
        }
    }

    /// Takes in a project that the catalogue has already, and starts to open it.
    pub fn insert(&self, project: Project) {
        let id = project.id.clone();
        self.slots().entry(id.clone()).or_insert_with(|| Slot::new(project));
        self.wake(&id);
    }

    /// The open project, opened first where need be, within `patience`.
    ///
    /// # Errors
    /// [`ResolveError`]. A restore that outlasts the caller's patience goes on.
    pub async fn resolve(
        &self,
        id: &ProjectId,
        patience: Duration,
    ) -> Result<Arc<Hot>, ResolveError> {
        let mut outcome = match self.demand(id, Demand::IfDue) {
            Demanded::Hot(hot) => return Ok(hot),
            Demanded::NotFound => return Err(ResolveError::NotFound(id.clone())),
            Demanded::Failed(failure) => return Err(ResolveError::Failed(failure)),
            Demanded::Loading(outcome) => outcome,
        };
        let loading = ResolveError::Loading { retry_after: Duration::from_secs(1) };
        let Ok(waited) = tokio::time::timeout(patience, outcome.wait_for(Option::is_some)).await
        else {
            return Err(loading);
        };
        match waited {
            Ok(loaded) => match &*loaded {
                Some(Ok(hot)) => Ok(Arc::clone(hot)),
                Some(Err(failure)) => Err(ResolveError::Failed(Arc::clone(failure))),
                None => Err(loading),
            },
            // The restore ended without an outcome: the project was removed.
            Err(_) => Err(ResolveError::NotFound(id.clone())),
        }
    }

    /// The project if it is open at this moment.
    pub fn hot(&self, id: &ProjectId) -> Option<Arc<Hot>> {
        match &self.slots().get(id)?.state {
            State::Hot(hot) => Some(Arc::clone(hot)),
            _ => None,
        }
    }

    /// Starts to open the project unless it is open, being opened, or failed and not yet due.
    pub fn wake(&self, id: &ProjectId) {
        self.demand(id, Demand::IfDue);
    }

    /// One attempt at once, whatever the last one said. An open project's keeper tries again.
    pub fn retry(&self, id: &ProjectId) {
        if let Demanded::Hot(hot) = self.demand(id, Demand::AtOnce) {
            hot.tell(Control::Retry);
        }
    }

    /// Closes the project, moves its damaged index aside, and opens it anew.
    pub fn reopen(&self, id: &ProjectId) {
        tokio::spawn(reopen_damaged(self.clone(), id.clone()));
    }

    /// Closes the project, and forgets it. Its index directory can be deleted afterwards.
    pub async fn remove(&self, id: &ProjectId) -> Option<Project> {
        let slot = self.slots().remove(id)?;
        self.changed();
        match slot.state {
            State::Hot(hot) => hot.keeper.stop().await,
            // The end of the restore finds its project gone and closes what it opened.
            State::Loading { mut outcome, .. } => while outcome.changed().await.is_ok() {},
            _ => {}
        }
        Some(slot.project)
    }

    /// Where the project's index is.
    pub fn index_directory(&self, id: &ProjectId) -> PathBuf {
        self.shared.settings.indexes.join(id.as_str())
    }

    pub fn project(&self, id: &ProjectId) -> Option<Project> {
        self.slots().get(id).map(|slot| slot.project.clone())
    }

    /// All projects, in no particular order.
    pub fn projects(&self) -> Vec<Project> {
        self.slots().values().map(|slot| slot.project.clone()).collect()
    }

    pub fn set_pinned(&self, id: &ProjectId, pinned: bool) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.project.pinned = pinned;
        }
        self.changed();
    }

    /// Stops or goes on watching and indexing.
    pub fn set_paused(&self, id: &ProjectId, paused: bool) {
        let hot = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else {
                return;
            };
            slot.project.paused = paused;
            match &slot.state {
                State::Hot(hot) => Some(Arc::clone(hot)),
                _ => {
                    slot.upkeep.watch_mode =
                        if paused { WatchMode::Paused } else { WatchMode::Off };
                    None
                }
            }
        };
        if let Some(hot) = hot {
            hot.tell(if paused { Control::Pause } else { Control::Resume });
        }
        self.changed();
    }

    /// Notes that the project was searched: it is closed later than others, and warm at the start.
    pub fn note_search(&self, id: &ProjectId) {
        let now = Instant::now();
        let due = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else {
                return;
            };
            slot.last_used = now;
            slot.project.last_searched = Some(Timestamp::now());
            let due = slot.searched_stamp.is_none_or(|last| now - last >= STAMP_EVERY);
            if due {
                slot.searched_stamp = Some(now);
            }
            due
        };
        if due {
            let (catalogue, id) = (Arc::clone(&self.shared.catalogue), id.clone());
            tokio::task::spawn_blocking(move || {
                if let Err(error) = catalogue.stamp_searched(&id, Timestamp::now()) {
                    tracing::warn!(%error, "a search was not noted");
                }
            });
        }
    }

    /// The latest snapshot; never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.snapshots.borrow())
    }

    /// Gets every further snapshot, at most ten a second.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.snapshots.subscribe()
    }

    /// One project's state at this very moment.
    pub fn status(&self, id: &ProjectId) -> Option<ProjectStatus> {
        self.slots().get(id).map(Slot::status)
    }

    /// What a hot project's keeper said last.
    pub fn upkeep(&self, id: &ProjectId) -> Option<Upkeep> {
        self.slots().get(id).map(|slot| slot.upkeep.clone())
    }

    /// Closes every project.
    pub async fn close(&self) {
        let now = Instant::now();
        let (_closing, closed) = watch::channel(());
        let mut news = Vec::new();
        let mut states = Vec::new();
        for slot in self.slots().values_mut() {
            let held = slot.take_news(now).map(|held| (slot.project.id.clone(), held));
            news.extend(held);
            let unloading = State::Unloading(closed.clone());
            states.push(std::mem::replace(&mut slot.state, unloading));
        }
        let catalogue = Arc::clone(&self.shared.catalogue);
        let remembering = tokio::task::spawn_blocking(move || {
            news.into_iter().for_each(|(id, held)| remember(&catalogue, &id, held));
        });
        let keepers = states.iter().filter_map(|state| match state {
            State::Hot(hot) => Some(hot.keeper.stop()),
            _ => None,
        });
        let mut stops = Vec::new();
        for stop in keepers {
            stops.push(Box::pin(stop));
        }
        // All at once: each may wait for its run.
        let mut left = stops;
        std::future::poll_fn(|context| {
            left.retain_mut(|stop| stop.as_mut().poll(context).is_pending());
            if left.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        if let Err(error) = remembering.await {
            tracing::error!(%error, "what the indexes hold was not noted");
        }
    }

    fn demand(&self, id: &ProjectId, demand: Demand) -> Demanded {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(id) else {
            return Demanded::NotFound;
        };
        let mut unloaded = None;
        let after = match &slot.state {
            State::Hot(hot) => {
                slot.last_used = Instant::now();
                return Demanded::Hot(Arc::clone(hot));
            }
            State::Loading { outcome, .. } => return Demanded::Loading(outcome.clone()),
            State::Failed(failure) => {
                let due = failure.next.is_some_and(|(at, _)| at <= Instant::now());
                match demand {
                    Demand::AtOnce => None,
                    Demand::IfDue if due => Some(Arc::clone(failure)),
                    Demand::IfDue => return Demanded::Failed(Arc::clone(failure)),
                }
            }
            State::Unloading(end) => {
                unloaded = Some(end.clone());
                None
            }
            State::Cold => None,
        };
        let (sender, outcome) = watch::channel(None);
        slot.state = State::Loading { outcome: outcome.clone(), after };
        slot.last_used = Instant::now();
        drop(slots);
        self.changed();
        tokio::spawn(restore(self.clone(), id.clone(), sender, unloaded));
        Demanded::Loading(outcome)
    }

    /// Registers the end of a restore. `None`: the project was removed meanwhile.
    fn conclude(&self, id: &ProjectId, opened: Result<Opened, (Cause, String)>) -> Option<Loaded> {
        let mut slots = self.slots();
        let slot = slots.get_mut(id)?;
        let State::Loading { after, .. } = &slot.state else {
            return None;
        };
        let loaded = match opened {
            Ok(opened) => {
                let hot = Arc::new(self.start_keeping(slot, opened));
                slot.state = State::Hot(Arc::clone(&hot));
                Ok(hot)
            }
            Err((cause, message)) => {
                if after.as_ref().is_none_or(|failure| failure.cause != cause) {
                    tracing::warn!(project = %slot.project.name, cause = cause.word(), message);
                }
                let now = Instant::now();
                let clock = Timestamp::now();
                let failure = Failure::after(after.as_deref(), cause, message, now, clock);
                let failure = Arc::new(failure);
                slot.state = State::Failed(Arc::clone(&failure));
                Err(failure)
            }
        };
        drop(slots);
        self.changed();
        Some(loaded)
    }

    fn start_keeping(&self, slot: &mut Slot, opened: Opened) -> Hot {
        let Shared { settings, comparisons, gate, .. } = &*self.shared;
        let project = &slot.project;
        slot.upkeep = Upkeep {
            freshness: Freshness::Reconciling,
            held: opened.held,
            complete: opened.index.is_complete(),
            error: None,
            damaged: false,
            activity: Default::default(),
            ..slot.upkeep.clone()
        };
        let (weak, id) = (Arc::downgrade(&self.shared), project.id.clone());
        let report = move |upkeep| {
            if let Some(shared) = weak.upgrade() {
                Registry { shared }.take_report(&id, upkeep);
            }
        };
        let surroundings = keeper::Surroundings {
            rules: Rules::new(&project.root, settings.excluded.clone()),
            limits: settings.limits,
            tuning: settings.tuning,
            comparisons: Arc::clone(comparisons),
            gate: gate.clone(),
            report: Box::new(report),
        };
        let seed = Timestamp::now().subsec_nanosecond().unsigned_abs().into();
        let index = opened.index;
        let keeper = keeper::start(
            Arc::clone(&index),
            surroundings,
            slot.upkeep.clone(),
            project.paused,
            seed,
        );
        Hot { id: project.id.clone(), root: project.root.clone(), index, keeper }
    }

    fn take_report(&self, id: &ProjectId, upkeep: Upkeep) {
        let now = Instant::now();
        let (stamp, damaged) = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else {
                return;
            };
            if !matches!(slot.state, State::Hot(_)) {
                return;
            }
            let damaged = upkeep.damaged;
            slot.upkeep = upkeep;
            let due = slot.indexed_stamp.is_none_or(|last| now - last >= STAMP_EVERY);
            let stamp = if due { slot.take_news(now) } else { None };
            (stamp, damaged)
        };
        self.changed();
        if let Some(news) = stamp {
            let (catalogue, id) = (Arc::clone(&self.shared.catalogue), id.clone());
            tokio::task::spawn_blocking(move || remember(&catalogue, &id, news));
        }
        if damaged {
            self.reopen(id);
        } else {
            self.evict();
        }
    }

    /// Closes the least recently used projects while too much is open.
    fn evict(&self) {
        let Settings { hot_bytes, hot_projects, .. } = self.shared.settings;
        let now = Instant::now();
        let closed = {
            let mut slots = self.slots();
            let hot = |slot: &Slot| matches!(slot.state, State::Hot(_));
            let bytes: u64 = slots.values().filter(|s| hot(s)).map(|s| s.upkeep.held.bytes).sum();
            let count = slots.values().filter(|slot| hot(slot)).count();
            if bytes <= hot_bytes && count <= hot_projects {
                return;
            }
            // Down to nine tenths, so that the next search does not close the next project.
            let (bytes_goal, count_goal) =
                (hot_bytes / 10 * 9, hot_projects.saturating_sub(hot_projects / 10));
            let mut idle: Vec<_> = slots.values_mut().filter(|slot| slot.may_close()).collect();
            idle.sort_by_key(|slot| slot.last_used);
            let (mut bytes, mut count, mut closed) = (bytes, count, Vec::new());
            for slot in idle {
                if bytes <= bytes_goal && count <= count_goal {
                    break;
                }
                bytes -= slot.upkeep.held.bytes.min(bytes);
                count -= 1;
                let news = slot.take_news(now);
                if let Some((hot, end)) = slot.unload() {
                    closed.push((slot.project.id.clone(), hot, news, end));
                }
            }
            closed
        };
        for (id, hot, news, end) in closed {
            tokio::spawn(close_one(self.clone(), id, hot, news, end));
        }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Slot>> {
        self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.shared.changed.notify_one();
    }

    fn publish(&self) {
        let mut projects: Vec<ProjectStatus> = self.slots().values().map(Slot::status).collect();
        projects.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        self.shared.snapshots.send_if_modified(|snapshot| {
            let changed = snapshot.projects != projects || snapshot.seq == 0;
            if changed {
                *snapshot = Arc::new(Snapshot { seq: snapshot.seq + 1, projects });
            }
            changed
        });
    }
}

impl Hot {
    /// Tells the project's keeper; one that has ended needs no telling.
    pub fn tell(&self, control: Control) {
        let _ = self.keeper.control.send(control);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// A failed project only when its next attempt is due.
    IfDue,
    AtOnce,
}

enum Demanded {
    Hot(Arc<Hot>),
    Loading(watch::Receiver<Option<Loaded>>),
    Failed(Arc<Failure>),
    NotFound,
}

async fn publish_changes(shared: std::sync::Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else {
            return;
        };
        let registry = Registry { shared: strong };
        // Wakes up now and then, so that a registry which nobody uses any more can end.
        let waited =
            tokio::time::timeout(Duration::from_secs(5), registry.shared.changed.notified()).await;
        if waited.is_ok() {
            registry.publish();
            drop(registry);
            tokio::time::sleep(PUBLISH_EVERY).await;
        }
    }
}
