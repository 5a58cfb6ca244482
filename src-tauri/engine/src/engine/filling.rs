//! Embeds what projects hold, in the background: the project used last first, definitions before
//! windows of lines. What is done lies in the store, so that it goes on where it stopped, whatever
//! stopped it.

mod batches;
mod project;
mod tidying;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::keeping::Part;
use super::undo::SetAside;
use super::vectors::Vectors;
use crate::catalogue::{Project, ProjectId};
use crate::embed::state::State;
use crate::embed::store::{Key, Store};
use crate::registry::{Registry, Searchable};
use crate::status::ProjectStatus;
use project::{SurveyError, Work};

/// After something changed, what else changes with it is waited for.
const SETTLE: Duration = Duration::from_millis(300);
/// How often it is looked whether the machine is plugged in again, and what nobody uses let go.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long a model that could not be used is left alone.
const UNUSABLE: Duration = Duration::from_secs(5);

/// When and how fast the background embeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    pub paused: bool,
    /// Goes on while the machine runs on its battery.
    pub on_battery: bool,
    /// Of the time, above 0 and up to 1.
    pub share: f32,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing { paused: false, on_battery: false, share: 1.0 }
    }
}

/// Why nothing is embedded although there is something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Paused,
    OnBattery,
}

impl Rest {
    fn of(
        Pacing { paused, on_battery, .. }: Pacing,
        runs_on_battery: fn() -> bool,
    ) -> Option<Rest> {
        if paused {
            return Some(Rest::Paused);
        }
        (!on_battery && runs_on_battery()).then_some(Rest::OnBattery)
    }
}

pub struct Filler {
    pacing: watch::Sender<Pacing>,
    rest: watch::Receiver<Option<Rest>>,
    on_battery: fn() -> bool,
    _cancel: DropGuard,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Filler {
    /// Starts it; it ends where there never is a model. Needs a tokio runtime.
    /// `on_battery`: whether the machine is.
    pub fn start(
        registry: Registry,
        vectors: Arc<Vectors>,
        aside: Arc<SetAside>,
        pacing: Pacing,
        on_battery: fn() -> bool,
    ) -> Filler {
        let cancel = CancellationToken::new();
        let (pacing, paces) = watch::channel(pacing);
        let (rests, rest) = watch::channel(None);
        let filling = Filling {
            registry,
            vectors,
            aside,
            pacing: paces,
            on_battery,
            rest: rests,
            projects: HashMap::new(),
            refused: HashSet::new(),
            store: None,
            held_until: None,
            begun: Instant::now(),
            tidied: None,
        };
        let ended = cancel.clone();
        let task = tokio::spawn(async move {
            ended.run_until_cancelled(filling.run()).await;
        });
        let (_cancel, task) = (cancel.drop_guard(), Mutex::new(Some(task)));
        Filler { pacing, rest, on_battery, _cancel, task }
    }

    pub fn set_pacing(&self, pacing: Pacing) {
        self.pacing.send_replace(pacing);
    }

    pub fn pacing(&self) -> Pacing {
        *self.pacing.borrow()
    }

    /// As it is at this moment.
    pub fn rest(&self) -> Option<Rest> {
        Rest::of(self.pacing(), self.on_battery)
    }

    /// Every change of what [`Filler::rest`] says, in either of the two.
    pub fn rests(&self) -> (watch::Receiver<Option<Rest>>, watch::Receiver<Pacing>) {
        (self.rest.clone(), self.pacing.subscribe())
    }

    pub async fn close(&self) {
        self._cancel.token().cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "embedding in the background ended badly");
        }
    }
}

struct Filling {
    registry: Registry,
    vectors: Arc<Vectors>,
    /// Projects that may come back.
    aside: Arc<SetAside>,
    pacing: watch::Receiver<Pacing>,
    on_battery: fn() -> bool,
    rest: watch::Sender<Option<Rest>>,
    projects: HashMap<ProjectId, Work>,
    /// What the model does not take; asked again after a restart.
    refused: HashSet<Key>,
    /// What the projects' work was found out with; another one for another model.
    store: Option<Arc<Store>>,
    /// The model could not be used; it is left alone until then, whatever changes.
    held_until: Option<Instant>,
    begun: Instant,
    /// When it was last looked for vectors that nobody needs.
    tidied: Option<Instant>,
}

/// What to do after a step.
enum Next {
    /// There is more.
    Step,
    /// Nothing, until something changes or for so long.
    Wait(Duration),
}

impl Filling {
    async fn run(mut self) {
        let mut snapshots = self.registry.subscribe();
        let mut states = self.vectors.embedder.states();
        let mut troubles = self.vectors.keeping.troubles();
        let mut forgotten = self.vectors.forgotten();
        let mut seen = 0;
        loop {
            snapshots.mark_unchanged();
            states.mark_unchanged();
            troubles.mark_unchanged();
            self.pacing.mark_unchanged();
            let count = *forgotten.borrow_and_update();
            if std::mem::replace(&mut seen, count) != count {
                // What is left of a project does not wait for the next time.
                self.tidied = None;
            }
            let Next::Wait(most) = self.step().await else { continue };
            self.vectors.let_go();
            let changed = tokio::select! {
                changed = snapshots.changed() => changed,
                changed = states.changed() => changed,
                changed = troubles.changed() => changed,
                changed = forgotten.changed() => changed,
                changed = self.pacing.changed() => changed,
                () = tokio::time::sleep(most) => Ok(()),
            };
            if changed.is_err() {
                return;
            }
            tokio::time::sleep(SETTLE).await;
        }
    }

    async fn step(&mut self) -> Next {
        if self.vectors.embedder.state() == State::Off {
            return Next::Wait(Duration::MAX);
        }
        let rest = self.must_rest();
        self.rest.send_if_modified(|known| std::mem::replace(known, rest) != rest);
        if self.indexes() {
            return Next::Wait(LOOK_AGAIN);
        }
        let hot = self.hot();
        self.projects.retain(|id, _| hot.iter().any(|project| project.id == *id));
        if hot.is_empty()
            && let Some(wait) = self.too_early_to_tidy()
        {
            self.vectors.keeping.needs_nothing();
            return Next::Wait(wait);
        }
        if let Some(hold) = self.vectors.keeping.hold(Instant::now()) {
            return Next::Wait(hold);
        }
        let (Some(store), Some(inventory)) =
            (self.vectors.store().await, self.vectors.inventory().await)
        else {
            return Next::Wait(LOOK_AGAIN);
        };
        if !self.store.as_ref().is_some_and(|known| Arc::ptr_eq(known, &store)) {
            self.projects.clear();
            self.refused.clear();
            self.tidied = None;
            self.store = Some(Arc::clone(&store));
        }
        if store.drop_damaged() > 0 {
            self.projects.clear();
        }
        let mut soonest = LOOK_AGAIN;
        let state = self.vectors.embedder.state();
        let unusable =
            matches!(state, State::Failed { next_retry: None, .. } | State::Missing { .. });
        let embeds = rest.is_none() && !unusable;
        for searchable in &hot {
            let work = self.projects.entry(searchable.id.clone()).or_default();
            if work.is_current(searchable) {
                continue;
            }
            if let Some(wait) = work.wait() {
                soonest = soonest.min(wait);
                continue;
            }
            match work.survey(searchable, &inventory, &store, &self.refused).await {
                Ok(()) => {
                    self.vectors.keeping.worked(Part::List);
                    self.vectors.changed();
                    work.report(&self.registry, &searchable.id);
                    return Next::Step;
                }
                Err(SurveyError::Inventory(error)) => {
                    self.vectors.keeping.failed(Part::List, &error, Instant::now());
                    return Next::Wait(LOOK_AGAIN);
                }
                Err(error) => tracing::warn!(%error, "a project's texts could not be listed"),
            }
        }
        let busy = |project: &&Searchable| {
            let work = self.projects.get(&project.id);
            work.is_some_and(|work| !work.is_done() && !work.is_silent())
        };
        match hot.iter().find(busy) {
            Some(project) if embeds => {
                let now = Instant::now();
                if let Some(until) = self.held_until.filter(|until| now < *until) {
                    return Next::Wait(until - now);
                }
                let all = self.embed(project, &store).await;
                self.held_until = (!all).then(|| Instant::now() + UNUSABLE);
                Next::Step
            }
            _ => {
                if hot.iter().all(|one| self.is_done(one)) {
                    self.vectors.keeping.needs_nothing();
                    if rest.is_none() {
                        self.tidy(&inventory, &store).await;
                    }
                }
                Next::Wait(soonest)
            }
        }
    }

    fn is_done(&self, project: &Searchable) -> bool {
        let work = self.projects.get(&project.id);
        work.is_some_and(|work| work.is_done() && work.is_current(project))
    }

    /// Whether files are being read for an index: that goes first.
    fn indexes(&self) -> bool {
        self.registry.snapshot().projects.iter().any(ProjectStatus::is_indexing)
    }

    fn must_rest(&self) -> Option<Rest> {
        Rest::of(*self.pacing.borrow(), self.on_battery)
    }

    /// The open projects, the one used last first.
    fn hot(&self) -> Vec<Searchable> {
        let mut projects = self.registry.projects();
        projects.retain(|project| project.meaning);
        let used = |project: &Project| project.last_searched.max(project.last_indexed);
        projects.sort_by_key(|project| std::cmp::Reverse((used(project), project.id.clone())));
        let readable = projects.iter().filter_map(|it| self.registry.readable_now(&it.id));
        readable.filter(Searchable::is_hot).collect()
    }
}
