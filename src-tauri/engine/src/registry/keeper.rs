//! Keeps one hot project's index fresh: feeds the watcher's state machine, carries out what it
//! decides, and reports the project's state.

mod filter;
mod handle;
mod publish;
mod root;
mod run;
mod trouble;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

pub use handle::{Handle, start};
pub use run::{held, panic_words};

use super::failure::Cause;
use super::roots::{Followed, RootSeen};
use super::volume::VolumeId;
use crate::catalogue::Held;
use crate::index::{IndexError, Limits, Progress, ProjectIndex, Report, Rules, WriteGate};
use crate::status::{self, Activity, ProjectError, WatchMode};
use crate::watch::{
    Action, Adapter, Hearing, Input, Machine, Order, RescanCause, RunEnd, RunFailure, Tuning,
    WatchEvent, adapter,
};
use filter::RuleFilter;
use root::{RootHistory, RootVerdict};
use run::{OngoingRun, Outcome, carry_out, finished};

/// How often a run's progress is looked at.
const PROGRESS_TICK: Duration = Duration::from_millis(100);
/// How long the end waits for a run that was told to stop.
const STOP_GRACE: Duration = Duration::from_millis(1500);

/// What a keeper is told from outside.
#[derive(Clone, Debug)]
pub enum Control {
    Pause,
    Resume,
    Retry,
    Reindex,
    /// Other files than before are to be indexed.
    Cover(Coverage),
    #[cfg(test)]
    Panic,
}

/// Which files of a tree are indexed.
#[derive(Clone, Debug)]
pub struct Coverage {
    pub rules: Rules,
    pub limits: Limits,
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
    /// … and since it was opened.
    pub compared: bool,
    /// The index was found damaged while in use: it has to be opened anew.
    pub damaged: bool,
    /// The disk of its root does not answer.
    pub unanswered: bool,
    pub activity: Activity,
}

/// What a keeper needs of its surroundings.
pub struct Surroundings {
    pub tuning: Tuning,
    /// Comparisons of whole trees that may go on at once.
    pub comparisons: Arc<Semaphore>,
    /// One bulk writer at a time: each takes both cores and its arenas.
    pub gate: WriteGate,
    pub root: Arc<Followed>,
    /// Where the root lay when the project was opened.
    pub volume: VolumeId,
    pub report: Box<dyn Fn(Upkeep) + Send + Sync>,
    /// Gets what a panic of the keeper said, which is its end.
    pub panicked: Box<dyn Fn(&str) + Send + Sync>,
}

struct Keeper {
    index: Arc<ProjectIndex>,
    coverage: Coverage,
    around: Arc<Surroundings>,
    machine: Machine,
    adapter: Option<Arc<Adapter>>,
    hearing: Arc<Hearing>,
    root: RootHistory,
    events: (mpsc::Sender<WatchEvent>, mpsc::Receiver<WatchEvent>),
    run: Option<OngoingRun>,
    failing_since: Option<Timestamp>,
    last_cause: Option<Cause>,
    upkeep: Upkeep,
    reported: Upkeep,
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
        let mut root = self.around.root.subscribe();
        self.root.begin_with(*root.borrow());
        let mut batch = Vec::new();
        let hearing = Arc::clone(&self.hearing);
        loop {
            self.publish();
            let wake = self.next_wake();
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(order) = orders.recv() => self.obey(order),
                end = finished(&mut self.run) => self.end_run(end),
                _ = self.events.1.recv_many(&mut batch, adapter::QUEUE) => self.hear(&mut batch),
                () = hearing.lost.notified() => {
                    let by_system = hearing.lost_by_system.swap(false, Ordering::Relaxed);
                    let cause = if by_system { RescanCause::EventsLost } else { RescanCause::QueueFull };
                    self.rescan(cause);
                }
                Ok(()) = root.changed() => {
                    let seen = *root.borrow_and_update();
                    self.look_after_root(seen);
                }
                () = tokio::time::sleep_until(wake.into()) => self.step(Input::Tick),
            }
        }
        self.stop_watching();
        if let Some(mut run) = self.run.take() {
            run.cancel.cancel();
            if tokio::time::timeout(STOP_GRACE, &mut run.task).await.is_err() {
                tracing::warn!(root = %self.root().display(), "a run did not end in time");
                self.index.close();
                return;
            }
        }
        let index = self.index;
        let end = move || {
            index.close();
            index.leave_note();
        };
        let _ = tokio::task::spawn_blocking(end).await;
    }

    fn root(&self) -> &Path {
        self.coverage.rules.root()
    }

    fn obey(&mut self, order: Control) {
        let input = match order {
            Control::Pause => Input::Pause,
            Control::Resume => Input::Resume,
            Control::Retry => {
                self.around.root.look_anew();
                Input::Retry
            }
            Control::Reindex => Input::Reindex,
            Control::Cover(coverage) => {
                self.coverage = coverage;
                Input::CoverageChanged
            }
            #[cfg(test)]
            Control::Panic => panic!("the keeper is upside down"),
        };
        self.step(input);
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
        let had_root = !self.machine.is_root_gone();
        // Before anything else: whatever comes, and however often, a run that moves is seen to.
        let pulse = self.run.as_ref().map(|run| run.progress.pulse.load(Ordering::Relaxed));
        let now = Instant::now();
        let mut actions =
            pulse.map_or_else(Vec::new, |it| self.machine.step(Input::Pulse(it), now));
        actions.extend(self.machine.step(input, now));
        for action in actions {
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
        if had_root && self.machine.is_root_gone() {
            // It may be back before a look has missed it.
            self.around.root.report_again();
        }
    }

    fn hear(&mut self, batch: &mut Vec<WatchEvent>) {
        let (mut paths, mut gone) = (Vec::new(), Vec::new());
        for event in batch.drain(..) {
            match event {
                WatchEvent::Changed { path, removed } => {
                    gone.extend(removed.then(|| path.clone()));
                    paths.push(path);
                }
                WatchEvent::Rescan(cause) => self.rescan(cause),
                WatchEvent::RootGone => self.step(Input::RootGone),
            }
        }
        if !paths.is_empty() {
            self.step(Input::Changed { paths, removed: gone });
        }
    }

    fn rescan(&mut self, cause: RescanCause) {
        self.upkeep.activity.rescans += 1;
        tracing::debug!(root = %self.root().display(), ?cause, "rescan");
        self.step(Input::Rescan(cause));
    }

    fn look_after_root(&mut self, seen: Option<RootSeen>) {
        let Some(seen) = seen else { return };
        let holds_files = self.upkeep.held.files > 0;
        let verdict = self.root.judge(seen, holds_files, self.machine.is_root_gone());
        self.upkeep.unanswered = verdict == RootVerdict::Unanswered;
        match verdict {
            RootVerdict::Unanswered => {}
            RootVerdict::Gone => self.step(Input::RootGone),
            RootVerdict::There => self.step(Input::RootBack),
            RootVerdict::Replaced => {
                self.step(Input::RootGone);
                self.step(Input::RootBack);
            }
        }
    }

    fn start_watching(&mut self) {
        // First, as the system gives out only so many watchers.
        self.adapter = None;
        let filter = Box::new(RuleFilter::new(self.coverage.rules.clone()));
        let events = self.events.0.clone();
        match Adapter::start(self.root(), filter, events, Arc::clone(&self.hearing)) {
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
            Arc::clone(&self.index),
            self.coverage.clone(),
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
                activity.merges += report.merges;
                activity.commits += if adds_layers { 0 } else { report.commits };
                self.upkeep.held = outcome.held;
                self.upkeep.complete = outcome.complete;
                self.upkeep.deep = outcome.counts.shallow == 0;
                let Report { deepened, merges, yielded, .. } = outcome.report;
                let gains = !adds_layers || deepened > 0 || merges > 0 || yielded;
                let wanting = !self.upkeep.deep || !outcome.tidy;
                self.step(Input::LayersMissing(wanting && gains));
                self.upkeep.compared |= outcome.whole;
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
                let shrunk = cause == Cause::Shrunk;
                let message = super::failure::sentence(&error);
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

    /// Writes a line when the state changes, not at every attempt.
    fn note_failure(&mut self, cause: Cause, message: &str) {
        if self.last_cause != Some(cause) {
            tracing::warn!(root = %self.root().display(), cause = cause.word(), message);
        }
        self.last_cause = Some(cause);
        self.failing_since.get_or_insert_with(Timestamp::now);
    }
}
