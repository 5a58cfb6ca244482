//! Holds every registered project's residency: `Cold` → `Loading` → `Hot` → `Unloading` → `Cold`,
//! or `Failed`. One state machine a project, all in one map under one short lock.
//!
//! A restore is a task of its own: it goes on when everybody who waits for it has left, runs once
//! however many wait, and gives all of them the same handle or the same failure.

pub mod failure;
pub mod keeper;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, watch};

pub use failure::{Cause, Failure};
pub use keeper::{Control, Upkeep};

use crate::catalogue::{Catalogue, Held, Project, ProjectId};
use crate::index::{IndexError, Limits, ProjectIndex, Rules, WriteGate};
use crate::rel_path;
use crate::status::{Freshness, ProjectStatus, Residency, Snapshot, WatchMode};
use crate::watch::Tuning;

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

enum State {
    Cold,
    /// The receiver gets the outcome; it stays `None` when the project was removed meanwhile.
    Loading {
        outcome: watch::Receiver<Option<Loaded>>,
        after: Option<Arc<Failure>>,
    },
    Hot(Arc<Hot>),
    Unloading,
    Failed(Arc<Failure>),
}

struct Slot {
    project: Project,
    state: State,
    /// What the keeper said last; of a project that is not hot, what remains true of it.
    upkeep: Upkeep,
    last_used: Instant,
    searched_stamp: Option<Instant>,
    indexed_stamp: Option<Instant>,
}

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
        let mut news = Vec::new();
        let mut states = Vec::new();
        for slot in self.slots().values_mut() {
            let held = slot.take_news(now).map(|held| (slot.project.id.clone(), held));
            news.extend(held);
            states.push(std::mem::replace(&mut slot.state, State::Unloading));
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
            State::Unloading | State::Cold => None,
        };
        let (sender, outcome) = watch::channel(None);
        slot.state = State::Loading { outcome: outcome.clone(), after };
        slot.last_used = Instant::now();
        drop(slots);
        self.changed();
        tokio::spawn(restore(self.clone(), id.clone(), sender));
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
            tokio::spawn(reopen_damaged(self.clone(), id.clone()));
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
                if let State::Hot(hot) = std::mem::replace(&mut slot.state, State::Unloading) {
                    closed.push((slot.project.id.clone(), hot, news));
                }
            }
            closed
        };
        for (id, hot, news) in closed {
            tokio::spawn(close_one(self.clone(), id, hot, news));
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

impl Project {
    fn last_use(&self) -> Option<Timestamp> {
        self.last_searched.max(self.last_indexed)
    }
}

impl Slot {
    fn new(project: Project) -> Slot {
        let upkeep = Upkeep {
            freshness: Freshness::Pending,
            watch_mode: if project.paused { WatchMode::Paused } else { WatchMode::Off },
            watch_reason: None,
            held: project.held,
            last_indexed: project.last_indexed,
            pending: 0,
            progress: None,
            error: None,
            complete: false,
            damaged: false,
        };
        Slot {
            project,
            state: State::Cold,
            upkeep,
            last_used: Instant::now(),
            searched_stamp: None,
            indexed_stamp: None,
        }
    }

    /// What the index holds, if the catalogue has not heard of it and nothing is being written.
    fn take_news(&mut self, now: Instant) -> Option<News> {
        let Upkeep { held, last_indexed, progress, .. } = self.upkeep;
        let known = held == self.project.held && last_indexed == self.project.last_indexed;
        if known || progress.is_some() || !matches!(self.state, State::Hot(_)) {
            return None;
        }
        self.indexed_stamp = Some(now);
        self.project.held = held;
        self.project.last_indexed = last_indexed;
        last_indexed.map(|at| News { at, held })
    }

    /// Nobody searches it, nothing is being written, and its user has not pinned it.
    fn may_close(&self) -> bool {
        let State::Hot(hot) = &self.state else {
            return false;
        };
        let busy = self.upkeep.progress.is_some()
            || self.upkeep.pending > 0
            || matches!(self.upkeep.freshness, Freshness::Indexing | Freshness::Reconciling);
        !self.project.pinned && !busy && Arc::strong_count(hot) == 1
    }

    fn status(&self) -> ProjectStatus {
        let Slot { project, upkeep, .. } = self;
        let (residency, error) = match &self.state {
            State::Cold => (Residency::Cold, None),
            State::Loading { after, .. } => {
                (Residency::Loading, after.as_ref().map(|failure| failure.report()))
            }
            State::Hot(_) => (Residency::Hot, upkeep.error.clone()),
            State::Unloading => (Residency::Unloading, None),
            State::Failed(failure) => (Residency::Failed, Some(failure.report())),
        };
        let freshness = match &self.state {
            State::Failed(failure) if failure.cause == Cause::RootMissing => Freshness::RootMissing,
            State::Failed(failure) if failure.next.is_some() => Freshness::Retrying,
            State::Failed(_) => Freshness::Failing,
            // Whether files changed while it was closed shows when it is opened.
            State::Cold | State::Unloading => Freshness::Pending,
            State::Loading { .. } => Freshness::Reconciling,
            State::Hot(_) => upkeep.freshness,
        };
        ProjectStatus {
            id: project.id.to_string(),
            name: project.name.clone(),
            root: rel_path::encode(&project.root),
            residency,
            freshness,
            watch_mode: upkeep.watch_mode,
            files: upkeep.held.files,
            chunks: upkeep.held.chunks,
            symbols: 0,
            vectors: 0,
            pending: upkeep.pending,
            skipped: upkeep.held.skipped,
            index_bytes: upkeep.held.bytes,
            last_indexed: upkeep.last_indexed,
            progress: upkeep.progress,
            watch_reason: upkeep.watch_reason.clone(),
            error,
            pinned: project.pinned,
        }
    }
}

/// What an index holds since when.
struct News {
    at: Timestamp,
    held: Held,
}

fn remember(catalogue: &Catalogue, id: &ProjectId, news: News) {
    if let Err(error) = catalogue.stamp_indexed(id, news.at, news.held) {
        tracing::warn!(%error, "what an index holds was not noted");
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

/// An index that was opened and has no keeper yet.
struct Opened {
    index: Arc<ProjectIndex>,
    held: Held,
}

/// Opens a project, and sees to the next attempt where that fails.
async fn restore(registry: Registry, id: ProjectId, outcome: watch::Sender<Option<Loaded>>) {
    let Some(project) = registry.project(&id) else {
        return;
    };
    let directory = registry.index_directory(&id);
    let opening = tokio::task::spawn_blocking(move || open(&project.root, &directory));
    let opened = opening.await.unwrap_or_else(|error| {
        let words = match error.try_into_panic() {
            Ok(payload) => keeper::panic_words(payload.as_ref()).to_owned(),
            Err(_) => "it was stopped".to_owned(),
        };
        Err((Cause::Panicked, format!("Opening the index failed: {words}.")))
    });
    let Some(loaded) = registry.conclude(&id, opened) else {
        return;
    };
    let next = loaded.as_ref().err().and_then(|failure| failure.next);
    let _ = outcome.send(Some(loaded));
    registry.evict();
    if let Some((at, _)) = next {
        tokio::spawn(async move {
            tokio::time::sleep_until(at.into()).await;
            registry.wake(&id);
        });
    }
}

fn open(root: &Path, directory: &Path) -> Result<Opened, (Cause, String)> {
    failure::check_root(root)?;
    let failed = |error: IndexError| (Cause::of(&error), failure::sentence(&error));
    let opened = open_index(directory);
    let opened = match opened {
        Err(IndexError::Corrupt { detail, .. }) => {
            tracing::warn!(directory = %directory.display(), detail, "a damaged index is moved aside");
            set_aside(directory).map_err(failed)?;
            open_index(directory)
        }
        other => other,
    };
    opened.map_err(failed)
}

fn open_index(directory: &Path) -> Result<Opened, IndexError> {
    let index = Arc::new(ProjectIndex::open(directory)?);
    let held = keeper::held(&index)?;
    Ok(Opened { index, held })
}

/// Renames a damaged index, in place of the one that was set aside before.
fn set_aside(directory: &Path) -> Result<(), IndexError> {
    let aside = directory.with_extension("damaged");
    if aside.exists() {
        std::fs::remove_dir_all(&aside).map_err(|source| IndexError::from_io(&aside, source))?;
    }
    std::fs::rename(directory, &aside).map_err(|source| IndexError::from_io(directory, source))
}

/// Closes a project whose index proved to be damaged, moves that aside and opens it anew.
async fn reopen_damaged(registry: Registry, id: ProjectId) {
    let hot = {
        let mut slots = registry.slots();
        let Some(slot) = slots.get_mut(&id) else {
            return;
        };
        match std::mem::replace(&mut slot.state, State::Unloading) {
            State::Hot(hot) => hot,
            other => {
                slot.state = other;
                return;
            }
        }
    };
    hot.keeper.stop().await;
    drop(hot);
    let directory = registry.index_directory(&id);
    let moved = tokio::task::spawn_blocking(move || set_aside(&directory)).await;
    if let Ok(Err(error)) = moved {
        tracing::error!(%error, "a damaged index could not be moved aside");
    }
    registry.wake(&id);
}

async fn close_one(registry: Registry, id: ProjectId, hot: Arc<Hot>, news: Option<News>) {
    hot.keeper.stop().await;
    drop(hot);
    if let Some(news) = news {
        let (catalogue, id) = (Arc::clone(&registry.shared.catalogue), id.clone());
        tokio::task::spawn_blocking(move || remember(&catalogue, &id, news));
    }
    if let Some(slot) = registry.slots().get_mut(&id)
        && matches!(slot.state, State::Unloading)
    {
        slot.state = State::Cold;
        slot.upkeep.watch_mode = WatchMode::Off;
    }
    registry.changed();
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
