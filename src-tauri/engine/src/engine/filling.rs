//! Embeds what projects hold, in the background: the project used last first, definitions before
//! windows of lines. What is done lies in the store, so that it goes on where it stopped, whatever
//! stopped it.

mod project;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::vectors::Vectors;
use crate::catalogue::{Project, ProjectId};
use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::inventory::{Inventory, InventoryError};
use crate::embed::state::State;
use crate::embed::store::places::Marks;
use crate::embed::store::{Key, Store, StoreError};
use crate::registry::{Registry, Searchable};
use crate::status::ProjectStatus;
use project::Work;

/// Texts that are given to the embedder together, and how often, so that it never waits.
const BATCH: usize = 16;
const BATCHES: usize = 2;
/// One project is embedded for so long before it is looked whether another one comes first.
const AT_ONCE: Duration = Duration::from_secs(5);
const LEAST_SHARE: f32 = 0.01;
/// How often vectors are looked for that nobody needs any more.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
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

pub struct Filler {
    pacing: watch::Sender<Pacing>,
    rest: watch::Receiver<Option<Rest>>,
    _cancel: DropGuard,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Filler {
    /// Starts it; it ends where there never is a model. Needs a tokio runtime.
    /// `on_battery`: whether the machine is.
    pub fn start(
        registry: Registry,
        vectors: Arc<Vectors>,
        pacing: Pacing,
        on_battery: fn() -> bool,
    ) -> Filler {
        let cancel = CancellationToken::new();
        let (pacing, paces) = watch::channel(pacing);
        let (rests, rest) = watch::channel(None);
        let filling = Filling {
            registry,
            vectors,
            pacing: paces,
            on_battery,
            rest: rests,
            projects: HashMap::new(),
            refused: HashSet::new(),
            store: None,
            tidied: None,
        };
        let ended = cancel.clone();
        let task = tokio::spawn(async move {
            ended.run_until_cancelled(filling.run()).await;
        });
        Filler { pacing, rest, _cancel: cancel.drop_guard(), task: Mutex::new(Some(task)) }
    }

    pub fn set_pacing(&self, pacing: Pacing) {
        self.pacing.send_replace(pacing);
    }

    pub fn pacing(&self) -> Pacing {
        *self.pacing.borrow()
    }

    /// A pause holds from the moment it is asked for.
    pub fn rest(&self) -> Option<Rest> {
        let found = *self.rest.borrow();
        let paused = self.pacing().paused.then_some(Rest::Paused);
        paused.or_else(|| found.filter(|&rest| rest != Rest::Paused))
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
    pacing: watch::Receiver<Pacing>,
    on_battery: fn() -> bool,
    rest: watch::Sender<Option<Rest>>,
    projects: HashMap<ProjectId, Work>,
    /// What the model does not take; asked again after a restart.
    refused: HashSet<Key>,
    /// What the projects' work was found out with; another one for another model.
    store: Option<Arc<Store>>,
    /// When it was last looked for vectors that nobody needs.
    tidied: Option<Instant>,
}

#[derive(Debug, thiserror::Error)]
enum TidyError {
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    #[error(transparent)]
    Store(#[from] StoreError),
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
        loop {
            snapshots.mark_unchanged();
            states.mark_unchanged();
            self.pacing.mark_unchanged();
            let Next::Wait(most) = self.step().await else { continue };
            self.vectors.let_go();
            let changed = tokio::select! {
                changed = snapshots.changed() => changed,
                changed = states.changed() => changed,
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
        if hot.is_empty() {
            return Next::Wait(Duration::MAX);
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
                    self.vectors.changed();
                    work.report(&self.registry, &searchable.id);
                    return Next::Step;
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
                if self.embed(project, &store).await {
                    Next::Step
                } else {
                    Next::Wait(UNUSABLE)
                }
            }
            _ => {
                if rest.is_none() && hot.iter().all(|one| self.is_done(one)) {
                    self.tidy(&inventory, &store).await;
                }
                Next::Wait(soonest)
            }
        }
    }

    fn is_done(&self, project: &Searchable) -> bool {
        let work = self.projects.get(&project.id);
        work.is_some_and(|work| work.is_done() && work.is_current(project))
    }

    /// Frees the vectors that no project refers to any more, and those of models that this one has
    /// replaced, now and then.
    async fn tidy(&mut self, inventory: &Arc<Inventory>, store: &Arc<Store>) {
        if self.tidied.is_some_and(|at| at.elapsed() < TIDY_EVERY) {
            return;
        }
        self.tidied = Some(Instant::now());
        let mut projects = self.registry.projects();
        projects.retain(|project| project.meaning);
        // What is open was listed just now; of a closed one that was not it is not known what it
        // refers to.
        let closed =
            |project: &&Project| project.held.files > 0 && !self.projects.contains_key(&project.id);
        let id = |project: &Project| project.id.to_string();
        let closed: Vec<String> = projects.iter().filter(closed).map(id).collect();
        let projects: Vec<String> = projects.iter().map(id).collect();
        let (inventory, store) = (Arc::clone(inventory), Arc::clone(store));
        let tidied = super::blocking(move || -> Result<bool, TidyError> {
            // Until a model has embedded something, it may be one that never will.
            if !store.is_empty() {
                let models = store.delete_others()?;
                tracing::debug!(models, "vectors of other models are deleted");
            }
            let known = inventory.keep(&projects)?;
            if !closed.iter().all(|project| known.contains(project)) {
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

    /// Whether files are being read for an index: that goes first.
    fn indexes(&self) -> bool {
        self.registry.snapshot().projects.iter().any(ProjectStatus::is_indexing)
    }

    fn must_rest(&self) -> Option<Rest> {
        let Pacing { paused, on_battery, .. } = *self.pacing.borrow();
        if paused {
            return Some(Rest::Paused);
        }
        (!on_battery && (self.on_battery)()).then_some(Rest::OnBattery)
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

    /// Embeds what the project holds, for a while. Whether all was embedded that the model takes;
    /// what was not is looked for again.
    async fn embed(&mut self, project: &Searchable, store: &Arc<Store>) -> bool {
        let begun = Instant::now();
        let mut batches = FuturesUnordered::new();
        let mut all = true;
        let mut goes_on = true;
        loop {
            let Pacing { share, .. } = *self.pacing.borrow();
            let most = if share < 1.0 { 1 } else { BATCHES };
            while goes_on && batches.len() < most {
                let Some(work) = self.projects.get_mut(&project.id) else { break };
                let texts = work.next_texts(project, store, &self.refused, BATCH).await;
                if texts.is_empty() {
                    break;
                }
                batches.push(embed_batch(Arc::clone(&self.vectors), Arc::clone(store), texts));
            }
            let batch = Instant::now();
            let Some(answers) = batches.next().await else { break };
            all &= self.keep(project, answers, store).await;
            goes_on &=
                all && begun.elapsed() < AT_ONCE && self.must_rest().is_none() && !self.indexes();
            let pause = 1.0 / share.clamp(LEAST_SHARE, 1.0) - 1.0;
            tokio::time::sleep(batch.elapsed().mul_f32(pause)).await;
        }
        match self.projects.get_mut(&project.id) {
            Some(work) if all => {
                // What another project holds too may have been embedded for that one.
                work.embedded(0, 0);
                work.report(&self.registry, &project.id);
            }
            Some(work) => work.look_again(),
            None => {}
        }
        all
    }

    async fn keep(
        &mut self,
        project: &Searchable,
        answers: Vec<(Key, Result<Vec<f32>, EmbedError>)>,
        store: &Arc<Store>,
    ) -> bool {
        let given = answers.len();
        let mut vectors = Vec::with_capacity(given);
        let mut all = true;
        for (key, answer) in answers {
            match answer {
                Ok(vector) => vectors.push((key, vector)),
                Err(EmbedError::Rejected(why)) => {
                    tracing::info!(why, "a text is not embedded");
                    self.refused.insert(key);
                }
                Err(EmbedError::Unavailable(_) | EmbedError::Closed) => all = false,
            }
        }
        let count = vectors.len();
        let kept = Arc::clone(store);
        let put = super::blocking(move || {
            vectors.iter().try_for_each(|(key, vector)| kept.put(*key, vector))
        });
        if let Err(error) = put.await {
            tracing::warn!(%error, "vectors were not kept");
            all = false;
        }
        self.vectors.changed();
        if let Some(work) = self.projects.get_mut(&project.id) {
            work.embedded(given, count);
            work.report(&self.registry, &project.id);
        }
        all
    }
}

async fn embed_batch(
    vectors: Arc<Vectors>,
    store: Arc<Store>,
    texts: Vec<(Key, String)>,
) -> Vec<(Key, Result<Vec<f32>, EmbedError>)> {
    let (keys, texts): (Vec<Key>, Vec<String>) = texts.into_iter().unzip();
    let (embedder, model) = (&vectors.embedder, Some(store.model()));
    let answers = embedder.embed_batch(texts, Priority::Background, model).await;
    keys.into_iter().zip(answers).collect()
}
