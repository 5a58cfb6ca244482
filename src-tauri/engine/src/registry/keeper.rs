//! Keeps one hot project's index fresh: feeds the watcher's state machine, carries out what it
//! decides, and reports the project's state.

mod root;

use std::any::Any;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::failure::Cause;
use crate::catalogue::Held;
use crate::index::{
    Counts, DirectoryListener, IndexError, Layer, Limits, Matcher, Progress, ProjectIndex, Report,
    Rules, Run, Scope, WriteGate,
};
use crate::status::{self, Activity, LaneName, ProjectError, WatchMode};
use crate::watch::{
    Action, Adapter, Changes, Filter, Freshness, Hearing, Input, Machine, Order, RescanCause,
    RunEnd, RunFailure, Tuning, WatchEvent, adapter,
};
use root::{RootHistory, RootSeen, RootVerdict};

/// How often a run's progress is looked at.
const PROGRESS_TICK: Duration = Duration::from_millis(100);
/// How often the root is looked for, beside what the watcher hears.
const ROOT_TICK: Duration = Duration::from_millis(1500);
/// What indexing adds to its threads' niceness: whoever types comes first.
#[cfg(target_os = "linux")]
const RUN_NICENESS: i32 = 10;
/// How long the end waits for a run that was told to stop.
const STOP_GRACE: Duration = Duration::from_millis(1500);

/// What a keeper is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Pause,
    Resume,
    Retry,
    Reindex,
}

/// The state of a hot project, as its keeper last reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upkeep {
    pub freshness: status::Freshness,
    pub watch_mode: WatchMode,
    pub watch_reason: Option<String>,
    pub held: Held,
    pub last_indexed: Option<Timestamp>,
    pub pending: u64,
    pub progress: Option<status::Progress>,
    pub error: Option<ProjectError>,
    /// The index has been compared with the whole tree at least once since it was made.
    pub complete: bool,
    /// No file lacks a layer.
    pub deep: bool,
    /// Definitions in the index.
    pub symbols: u64,
    /// The index was found damaged while in use: it has to be opened anew.
    pub damaged: bool,
    pub activity: Activity,
}

/// What a keeper needs of its surroundings.
pub struct Surroundings {
    pub rules: Rules,
    pub limits: Limits,
    pub tuning: Tuning,
    /// Comparisons of whole trees that may go on at once.
    pub comparisons: Arc<Semaphore>,
    /// One bulk writer at a time: each takes both cores and its arenas.
    pub gate: WriteGate,
    pub report: Box<dyn Fn(Upkeep) + Send + Sync>,
}

/// A running keeper.
pub struct Handle {
    pub control: mpsc::UnboundedSender<Control>,
    /// Dropping the handle ends the keeper too.
    cancel: DropGuard,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Handle {
    /// Ends the keeper: its run is cancelled, its watches are gone when this returns.
    pub async fn stop(&self) {
        self.cancel.token().cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "a keeper ended badly");
        }
    }
}

/// Starts to keep `index`; the first thing is to compare it with its tree.
pub fn start(
    index: Arc<ProjectIndex>,
    surroundings: Surroundings,
    first: Upkeep,
    paused: bool,
    seed: u64,
) -> Handle {
    let (control, orders) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let keeper = Keeper {
        index,
        machine: Machine::new(surroundings.tuning, seed, paused, Instant::now()),
        around: Arc::new(surroundings),
        adapter: None,
        hearing: Arc::default(),
        root: RootHistory::default(),
        verified: false,
        events: mpsc::channel(adapter::QUEUE),
        run: None,
        failing_since: None,
        last_cause: None,
        upkeep: first.clone(),
        reported: first,
    };
    let task = tokio::spawn(keeper.keep(orders, cancel.clone()));
    Handle { control, cancel: cancel.drop_guard(), task: Mutex::new(Some(task)) }
}

struct Keeper {
    index: Arc<ProjectIndex>,
    around: Arc<Surroundings>,
    machine: Machine,
    adapter: Option<Arc<Adapter>>,
    hearing: Arc<Hearing>,
    root: RootHistory,
    /// Since it was opened the index was read whole and is what was written.
    verified: bool,
    events: (mpsc::Sender<WatchEvent>, mpsc::Receiver<WatchEvent>),
    run: Option<OngoingRun>,
    failing_since: Option<Timestamp>,
    last_cause: Option<Cause>,
    upkeep: Upkeep,
    reported: Upkeep,
}

struct OngoingRun {
    task: JoinHandle<Result<Outcome, IndexError>>,
    cancel: CancellationToken,
    progress: Arc<Progress>,
    adds_layers: bool,
}

/// What a run that succeeded leaves behind.
struct Outcome {
    verified: bool,
    report: Report,
    counts: Counts,
    held: Held,
    complete: bool,
}

impl Keeper {
    async fn keep(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Control>,
        cancel: CancellationToken,
    ) {
        if !self.machine.is_paused() {
            self.start_watching();
        }
        self.step(Input::Tick);
        let mut root_tick = tokio::time::interval(ROOT_TICK);
        root_tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut root_check: Option<JoinHandle<RootSeen>> = None;
        let mut batch = Vec::new();
        let hearing = Arc::clone(&self.hearing);
        loop {
            self.publish();
            let wake = self.next_wake();
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(order) = orders.recv() => self.step(input_of(order)),
                end = finished(&mut self.run) => self.end_run(end),
                _ = self.events.1.recv_many(&mut batch, adapter::QUEUE) => self.hear(&mut batch),
                () = hearing.lost.notified() => self.rescan(RescanCause::EventsLost),
                seen = joined(&mut root_check) => {
                    root_check = None;
                    self.look_after_root(seen);
                }
                // A dead disk may hold the check for minutes: never a second one beside it.
                _ = root_tick.tick(), if root_check.is_none() => {
                    let root = self.around.rules.root().to_owned();
                    root_check = Some(tokio::task::spawn_blocking(move || root::look(&root)));
                }
                () = tokio::time::sleep_until(wake.into()) => {
                    let pulse = self.run.as_ref().map(|run| run.progress.pulse.load(Ordering::Relaxed));
                    self.step(pulse.map_or(Input::Tick, Input::Pulse));
                }
            }
        }
        self.stop_watching();
        if let Some(run) = self.run.take() {
            run.cancel.cancel();
            if tokio::time::timeout(STOP_GRACE, run.task).await.is_err() {
                tracing::warn!(root = %self.around.rules.root().display(), "a run did not end in time");
            }
        }
    }

    fn next_wake(&self) -> Instant {
        let wanted = self.machine.next_wake();
        if self.run.is_some() {
            return Instant::now() + PROGRESS_TICK;
        }
        // With nothing due the next event or order wakes the loop.
        wanted.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600))
    }

    fn step(&mut self, input: Input) {
        for action in self.machine.step(input, Instant::now()) {
            match action {
                Action::StartRun(order) => self.start_run(order),
                Action::CancelRun => {
                    if let Some(run) = &self.run {
                        run.cancel.cancel();
                    }
                }
                Action::StartWatching => self.start_watching(),
                Action::StopWatching => self.stop_watching(),
            }
        }
    }

    fn hear(&mut self, batch: &mut Vec<WatchEvent>) {
        let mut paths = Vec::new();
        let mut any_removed = false;
        for event in batch.drain(..) {
            match event {
                WatchEvent::Changed { path, removed } => {
                    paths.push(path);
                    any_removed |= removed;
                }
                WatchEvent::Rescan(cause) => self.rescan(cause),
                WatchEvent::RootGone => self.step(Input::RootGone),
            }
        }
        if !paths.is_empty() {
            self.step(Input::Changed { paths, removed: any_removed });
        }
    }

    fn rescan(&mut self, cause: RescanCause) {
        self.upkeep.activity.rescans += 1;
        tracing::debug!(root = %self.around.rules.root().display(), ?cause, "rescan");
        self.step(Input::Rescan(cause));
    }

    fn look_after_root(&mut self, seen: RootSeen) {
        let holds_files = self.upkeep.held.files > 0;
        match self.root.judge(seen, holds_files, self.machine.is_root_gone()) {
            RootVerdict::Gone => self.step(Input::RootGone),
            RootVerdict::There => self.step(Input::RootBack),
            RootVerdict::Replaced => {
                self.step(Input::RootGone);
                self.step(Input::RootBack);
            }
        }
    }

    fn start_watching(&mut self) {
        let rules = self.around.rules.clone();
        let filter = RuleFilter { matcher: None, rules: rules.clone() };
        let events = self.events.0.clone();
        match Adapter::start(rules.root(), Box::new(filter), events, Arc::clone(&self.hearing)) {
            Ok(adapter) => {
                self.adapter = Some(Arc::new(adapter));
                self.upkeep.watch_mode = WatchMode::Native;
                self.upkeep.watch_reason = None;
                self.step(Input::Hearing(true));
            }
            Err(error) => self.poll(error.to_string()),
        }
    }

    fn stop_watching(&mut self) {
        self.adapter = None;
        self.upkeep.watch_mode =
            if self.machine.is_paused() { WatchMode::Paused } else { WatchMode::Off };
        self.upkeep.watch_reason = None;
    }

    fn poll(&mut self, reason: String) {
        self.adapter = None;
        self.upkeep.watch_mode = WatchMode::Polling;
        self.upkeep.watch_reason = Some(reason);
        self.step(Input::Hearing(false));
    }

    fn start_run(&mut self, order: Order) {
        let cancel = CancellationToken::new();
        let progress = Arc::new(Progress::default());
        let adds_layers = order.adds_layers();
        self.upkeep.activity.runs += u64::from(!adds_layers);
        let task = tokio::spawn(carry_out(
            order,
            !self.verified,
            Arc::clone(&self.index),
            Arc::clone(&self.around),
            self.adapter.clone(),
            cancel.clone(),
            Arc::clone(&progress),
        ));
        self.run = Some(OngoingRun { task, cancel, progress, adds_layers });
    }

    fn end_run(&mut self, end: Result<Result<Outcome, IndexError>, tokio::task::JoinError>) {
        let adds_layers = self.run.take().is_some_and(|run| run.adds_layers);
        let end = match end {
            Ok(Ok(outcome)) => {
                let changed = outcome.report.commits > 0;
                let (activity, report) = (&mut self.upkeep.activity, &outcome.report);
                activity.read += report.read;
                activity.written += report.indexed + report.skipped;
                activity.deepened += report.deepened;
                activity.commits += if adds_layers { 0 } else { report.commits };
                self.verified |= outcome.verified;
                self.upkeep.held = outcome.held;
                self.upkeep.complete = outcome.complete;
                self.take_counts(outcome.counts);
                let Report { deepened, yielded, .. } = outcome.report;
                let gains = !adds_layers || deepened > 0 || yielded;
                self.step(Input::LayersMissing(!self.upkeep.deep && gains));
                if changed || self.upkeep.last_indexed.is_none() {
                    self.upkeep.last_indexed = Some(Timestamp::now());
                }
                self.failing_since = None;
                self.last_cause = None;
                RunEnd::Done
            }
            Ok(Err(IndexError::Cancelled)) => RunEnd::Cancelled,
            Ok(Err(IndexError::RootMissing { .. })) => RunEnd::RootMissing,
            Ok(Err(error)) => {
                self.upkeep.damaged |= matches!(error, IndexError::Corrupt { .. });
                let cause = Cause::of(&error);
                let shrunk = matches!(error, IndexError::Shrunk { .. });
                let message = if shrunk {
                    format!("Most of the project's files are gone: {error}. Retry drops them.")
                } else {
                    super::failure::sentence(&error)
                };
                self.note_failure(cause, &message);
                RunEnd::Failed(RunFailure { message, transient: cause.is_transient(), shrunk })
            }
            Err(error) => {
                let message = match error.try_into_panic() {
                    Ok(payload) => format!("Indexing failed: {}.", panic_words(payload.as_ref())),
                    Err(_) => "Indexing was stopped.".to_owned(),
                };
                self.note_failure(Cause::Panicked, &message);
                RunEnd::Failed(RunFailure { message, transient: true, shrunk: false })
            }
        };
        if let Some(reason) = self.adapter.as_ref().and_then(|adapter| adapter.failure()) {
            self.poll(reason);
        }
        self.step(Input::RunEnded(end));
    }

    fn take_counts(&mut self, counts: Counts) {
        self.upkeep.symbols = counts.symbols;
        self.upkeep.deep = counts.shallow == 0;
    }

    /// Writes a line when the state changes, not at every attempt.
    fn note_failure(&mut self, cause: Cause, message: &str) {
        if self.last_cause != Some(cause) {
            tracing::warn!(root = %self.around.rules.root().display(), cause = cause.word(), message);
        }
        self.last_cause = Some(cause);
        self.failing_since.get_or_insert_with(Timestamp::now);
    }

    fn publish(&mut self) {
        let now = Instant::now();
        let freshness = self.machine.freshness(now);
        let mut next = self.upkeep.clone();
        next.pending = self.machine.pending() as u64;
        next.activity.events = self.hearing.events.load(Ordering::Relaxed);
        next.progress = self.run.as_ref().and_then(|run| {
            let total = run.progress.total.load(Ordering::Relaxed);
            let done = run.progress.done.load(Ordering::Relaxed).min(total);
            let lane = lane_of(run.progress.layer());
            (total > 0).then_some(status::Progress { lane, done, total })
        });
        if let Some(run) = &self.run {
            let committed = run.progress.committed.lock();
            if let Some(counts) = committed.unwrap_or_else(PoisonError::into_inner).take() {
                next.held = held_of(counts, &self.index);
                (next.symbols, next.deep) = (counts.symbols, counts.shallow == 0);
            }
        }
        next.error = self.error(&freshness, now);
        next.freshness = match freshness {
            Freshness::Fresh => status::Freshness::Fresh,
            Freshness::Pending(_) => status::Freshness::Pending,
            Freshness::Reconciling if next.progress.is_some() => status::Freshness::Indexing,
            Freshness::Indexing => status::Freshness::Indexing,
            Freshness::Reconciling => status::Freshness::Reconciling,
            Freshness::Retrying { .. } => status::Freshness::Retrying,
            Freshness::Failing { .. } => status::Freshness::Failing,
            Freshness::RootMissing => status::Freshness::RootMissing,
            Freshness::Stuck => status::Freshness::Stuck,
        };
        self.upkeep = next;
        if self.upkeep != self.reported {
            self.reported = self.upkeep.clone();
            (self.around.report)(self.reported.clone());
        }
    }

    fn error(&self, freshness: &Freshness, now: Instant) -> Option<ProjectError> {
        let clock = Timestamp::now();
        let at = |instant: Instant| {
            let pause = jiff::SignedDuration::try_from(instant.saturating_duration_since(now));
            pause.ok().and_then(|pause| clock.checked_add(pause).ok()).unwrap_or(clock)
        };
        let root = self.around.rules.root().display();
        let problem = |cause: &str, message: String, attempts: u32, next: Option<Timestamp>| {
            // Said again, the same trouble has the same moments: only changes are published.
            let said = self.upkeep.error.as_ref().filter(|error| error.cause == cause);
            let first_at = self.failing_since.or(said.map(|error| error.first_at));
            let next_retry = match said.filter(|error| error.attempts == attempts) {
                Some(error) if next.is_some() && error.next_retry.is_some() => error.next_retry,
                _ => next,
            };
            let first_at = first_at.unwrap_or(clock);
            ProjectError { cause: cause.to_owned(), message, first_at, attempts, next_retry }
        };
        match freshness {
            Freshness::Retrying { attempts, next_at, error } => Some(problem(
                self.last_cause.map_or("Stalled", Cause::word),
                error.clone(),
                *attempts,
                Some(at(*next_at)),
            )),
            Freshness::Failing { attempts, next_at, error, .. } => Some(problem(
                self.last_cause.map_or("Stalled", Cause::word),
                error.clone(),
                *attempts,
                next_at.map(at),
            )),
            Freshness::RootMissing => Some(problem(
                Cause::RootMissing.word(),
                format!(
                    "The folder {root} is not there. What was indexed stays searchable; Quarry \
                     goes on when it is back."
                ),
                1,
                None,
            )),
            Freshness::Stuck => Some(problem(
                "TimedOut",
                format!("Reading {root} does not go on, and does not end either."),
                1,
                None,
            )),
            _ => None,
        }
    }
}

fn lane_of(layer: Layer) -> LaneName {
    match layer {
        Layer::Text => LaneName::Text,
        Layer::Grams => LaneName::Regex,
        Layer::Symbols => LaneName::Symbols,
    }
}

fn input_of(order: Control) -> Input {
    match order {
        Control::Pause => Input::Pause,
        Control::Resume => Input::Resume,
        Control::Retry => Input::Retry,
        Control::Reindex => Input::Reindex,
    }
}

async fn finished(
    run: &mut Option<OngoingRun>,
) -> Result<Result<Outcome, IndexError>, tokio::task::JoinError> {
    match run {
        Some(run) => (&mut run.task).await,
        None => std::future::pending().await,
    }
}

async fn joined(check: &mut Option<JoinHandle<RootSeen>>) -> RootSeen {
    match check {
        Some(check) => check.await.unwrap_or(RootSeen::Missing),
        None => std::future::pending().await,
    }
}

async fn carry_out(
    order: Order,
    verify: bool,
    index: Arc<ProjectIndex>,
    around: Arc<Surroundings>,
    adapter: Option<Arc<Adapter>>,
    cancel: CancellationToken,
    progress: Arc<Progress>,
) -> Result<Outcome, IndexError> {
    let scope = match order.changes {
        Changes::Everything => Scope::Everything { expect_loss: order.expect_loss },
        Changes::Paths(paths) => Scope::Paths(paths),
        Changes::Nothing => Scope::Layers,
    };
    let whole = matches!(scope, Scope::Everything { .. });
    let permit = if whole {
        tokio::select! {
            permit = Arc::clone(&around.comparisons).acquire_owned() => permit.ok(),
            () = cancel.cancelled() => return Err(IndexError::Cancelled),
            () = beat(&progress) => None,
        }
    } else {
        None
    };
    let alive = Arc::clone(&progress);
    let listening = adapter.clone();
    let on_directory: DirectoryListener = Arc::new(move |directory: &Path| {
        alive.beat();
        if let Some(adapter) = &listening {
            adapter.watch_directory(directory);
        }
    });
    let work = move || {
        let sweeping = adapter.filter(|_| whole);
        if let Some(adapter) = &sweeping {
            adapter.start_sweep();
        }
        let run = Run {
            rules: &around.rules,
            scope,
            force: order.force,
            limits: around.limits,
            cancel: &cancel,
            progress: &progress,
            gate: &around.gate,
            on_directory,
        };
        if verify && whole {
            index.verify()?;
            progress.beat();
        }
        let plan = index.plan(&run)?;
        if let Some(adapter) = &sweeping {
            adapter.finish_sweep();
        }
        // Others may compare while this one writes.
        drop(permit);
        let report = index.update(&run, &plan)?;
        let counts = index.counts()?;
        let held = held_of(counts, &index);
        let (verified, complete) = (verify && whole, index.is_complete());
        Ok(Outcome { verified, report, counts, held, complete })
    };
    let (sender, outcome) = oneshot::channel();
    let thread = std::thread::Builder::new().name("quarry-run".to_owned()).spawn(move || {
        yield_to_people();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // A keeper that has ended wants no result.
        let _ = sender.send(result);
    });
    if let Err(source) = thread {
        return Err(IndexError::Io { path: "a thread to index with".into(), source });
    }
    match outcome.await {
        Ok(Ok(result)) => result,
        // The keeper sees the panic as its own task's.
        Ok(Err(payload)) => std::panic::resume_unwind(payload),
        Err(_) => Err(IndexError::Cancelled),
    }
}

/// Lowers the priority of the calling thread, and of those that it starts.
fn yield_to_people() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(RUN_NICENESS) {
        tracing::debug!(%error, "indexing keeps its normal priority");
    }
}

/// Shows that a run which waits for its turn is alive.
async fn beat(progress: &Progress) {
    loop {
        progress.beat();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What the index holds now.
pub fn held(index: &ProjectIndex) -> Result<Held, IndexError> {
    Ok(held_of(index.counts()?, index))
}

fn held_of(counts: Counts, index: &ProjectIndex) -> Held {
    let Counts { files, chunks, skipped, .. } = counts;
    Held { files, chunks, skipped, bytes: index.size() }
}

/// What a panic said, if it said anything.
pub fn panic_words(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("an unknown fault")
}

/// The watcher's filter, by the rules of the scan.
struct RuleFilter {
    rules: Rules,
    matcher: Option<Matcher>,
}

impl Filter for RuleFilter {
    fn keeps(&mut self, path: &Path, is_directory: bool) -> bool {
        if self.matcher.is_none() {
            self.matcher = self.rules.matcher();
        }
        self.matcher.as_mut().is_none_or(|matcher| matcher.keeps(path, is_directory))
    }

    fn decides(&self, path: &Path) -> bool {
        Rules::is_rule_file(path)
    }

    fn forget(&mut self) {
        self.matcher = None;
    }
}
