//! Decides when a project is brought up to date. No I/O and no clock of its own: time is passed
//! in, so that every rule can be shown by a plain test.
//!
//! One run at a time. What is pending is kept until a run that covered it has succeeded; it always
//! leads to a run or to a visible failure.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The times that the machine goes by.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// A run starts when nothing has changed for this long …
    pub quiet: Duration,
    /// … or at the latest this long after the first change.
    pub max_wait: Duration,
    /// The pause after the first failure; it doubles with each further one …
    pub first_retry: Duration,
    /// … up to this.
    pub last_retry: Duration,
    /// From this many failures in a row on, the project is failing.
    pub failing_after: u32,
    /// A run whose pulse stands still for this long is cancelled.
    pub stall: Duration,
    /// A cancelled run that has not ended after this is stuck.
    pub cancel_grace: Duration,
    /// The whole tree is compared this often although every change is heard of.
    pub reconcile_every: Duration,
    /// … and this often where changes are not heard of.
    pub poll_every: Duration,
    /// More paths than this are one comparison of the whole tree.
    pub most_paths: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            quiet: Duration::from_millis(500),
            max_wait: Duration::from_secs(5),
            first_retry: Duration::from_millis(500),
            last_retry: Duration::from_secs(300),
            failing_after: 5,
            stall: Duration::from_secs(30),
            cancel_grace: Duration::from_secs(5),
            reconcile_every: Duration::from_secs(600),
            poll_every: Duration::from_secs(120),
            most_paths: 20_000,
        }
    }
}

/// What has changed since the last run that succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    #[default]
    Nothing,
    Paths(BTreeSet<PathBuf>),
    /// The whole tree has to be compared. `expect_loss`: deletions were seen or are confirmed, so
    /// that a tree with few files left is no surprise.
    Everything {
        expect_loss: bool,
    },
}

impl Changes {
    fn is_nothing(&self) -> bool {
        *self == Changes::Nothing
    }

    fn join(&mut self, other: Changes, most_paths: usize) {
        *self = match (std::mem::take(self), other) {
            (changes, Changes::Nothing) | (Changes::Nothing, changes) => changes,
            (Changes::Everything { expect_loss: a }, Changes::Everything { expect_loss: b }) => {
                Changes::Everything { expect_loss: a || b }
            }
            (everything @ Changes::Everything { .. }, _)
            | (_, everything @ Changes::Everything { .. }) => everything,
            (Changes::Paths(mut a), Changes::Paths(b)) => {
                a.extend(b);
                Changes::Paths(a)
            }
        };
        if let Changes::Paths(paths) = self
            && paths.len() > most_paths
        {
            // So many events came one by one that lost files would have been among them.
            *self = Changes::Everything { expect_loss: true };
        }
    }
}

/// Why the whole tree has to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RescanCause {
    /// The project was just opened.
    Restored,
    /// The system or our own queue lost events.
    EventsLost,
    /// The watcher reported an error.
    WatchError,
    /// Files that decide what is kept have changed.
    RulesChanged,
    /// Git moved to another commit.
    GitMoved,
}

/// How a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFailure {
    /// A sentence for people.
    pub message: String,
    /// Trying again by itself may help. Otherwise an edit or the user has to come first.
    pub transient: bool,
    /// Most files were gone: only the user's word lets a run drop them.
    pub shrunk: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    Done,
    Failed(RunFailure),
    /// Ended because it was told to.
    Cancelled,
    /// The root was not there.
    RootMissing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// These kept paths changed. `removed`: some of them are gone.
    Changed {
        paths: Vec<PathBuf>,
        removed: bool,
    },
    Rescan(RescanCause),
    /// The pulse of the run, as read now.
    Pulse(u64),
    RunEnded(RunEnd),
    RootGone,
    RootBack,
    Pause,
    Resume,
    /// The user wants another attempt at once, whatever the last one said.
    Retry,
    /// The user wants every file indexed again.
    Reindex,
    /// Changes are heard of (`true`) or have to be looked for (`false`).
    Hearing(bool),
    /// Whether the index lacks layers that a run of its own can add.
    LayersMissing(bool),
    /// Time has passed.
    Tick,
}

/// What a run has to do. Where nothing has changed, it adds the layers that the index lacks; any
/// change goes before that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub changes: Changes,
    /// Index every file, changed or not.
    pub force: bool,
}

impl Order {
    fn adds_layers(&self) -> bool {
        self.changes.is_nothing()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    StartRun(Order),
    CancelRun,
    /// Place the watches anew: the next run walks the tree.
    StartWatching,
    StopWatching,
}

/// What people are told about how current the index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    Fresh,
    /// This many paths wait for their quiet period.
    Pending(usize),
    /// Files are being indexed.
    Indexing,
    /// The tree is being compared, or is about to be.
    Reconciling,
    Retrying {
        attempts: u32,
        next_at: Instant,
        error: String,
    },
    Failing {
        attempts: u32,
        since: Instant,
        next_at: Option<Instant>,
        error: String,
    },
    RootMissing,
    Stuck,
}

#[derive(Debug)]
struct Failure {
    message: String,
    attempts: u32,
    since: Instant,
    /// Pauses since the last edit: the exponent of the back-off.
    pauses: u32,
    /// `None`: not before an edit, the user, or the regular comparison.
    next_at: Option<Instant>,
}

#[derive(Debug)]
struct Running {
    order: Order,
    pulse: u64,
    moved_at: Instant,
    cancelled_at: Option<Instant>,
}

/// The state of one hot project's upkeep.
#[derive(Debug)]
pub struct Machine {
    tuning: Tuning,
    pending: Changes,
    force: bool,
    /// Deletions were seen since the last run that succeeded.
    removals_seen: bool,
    first_change: Option<Instant>,
    last_change: Option<Instant>,
    /// Start without waiting for quiet.
    urgent: bool,
    running: Option<Running>,
    failure: Option<Failure>,
    root_gone: bool,
    paused: bool,
    hearing: bool,
    layers_missing: bool,
    next_reconcile: Instant,
    jitter: u64,
}

impl Machine {
    /// A machine for a project that was just opened: it has to be compared with its tree.
    /// `seed` spreads the retries of several projects.
    pub fn new(tuning: Tuning, seed: u64, paused: bool, now: Instant) -> Machine {
        let mut machine = Machine {
            tuning,
            pending: Changes::Nothing,
            force: false,
            removals_seen: false,
            first_change: None,
            last_change: None,
            urgent: false,
            running: None,
            failure: None,
            root_gone: false,
            paused,
            hearing: true,
            layers_missing: false,
            next_reconcile: now + tuning.reconcile_every,
            jitter: seed | 1,
        };
        machine.rescan(RescanCause::Restored, now);
        machine
    }

    /// Takes one input at the time `now`; returns what is to be done, in order.
    pub fn step(&mut self, input: Input, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Changed { paths, removed } => self.changed(paths, removed, now),
            Input::Rescan(cause) => self.rescan(cause, now),
            Input::Pulse(pulse) => self.pulse(pulse, now),
            Input::RunEnded(end) => self.run_ended(end, now),
            Input::RootGone => self.lose_root(&mut actions),
            Input::RootBack => self.regain_root(&mut actions, now),
            Input::Pause => {
                self.paused = true;
                self.cancel_run(&mut actions, now);
                actions.push(Action::StopWatching);
            }
            Input::Resume if self.paused => {
                self.paused = false;
                actions.push(Action::StartWatching);
                self.rescan(RescanCause::Restored, now);
            }
            Input::Resume | Input::Tick => {}
            Input::Retry => self.retry(now),
            Input::Reindex => {
                self.force = true;
                self.retry(now);
            }
            Input::Hearing(hearing) => {
                self.hearing = hearing;
                self.next_reconcile = self.next_reconcile.min(now + self.interval());
            }
            Input::LayersMissing(missing) => self.layers_missing = missing,
        }
        self.watch_over_run(&mut actions, now);
        self.start_what_is_due(&mut actions, now);
        actions
    }

    /// When [`Input::Tick`] is wanted at the latest.
    pub fn next_wake(&self) -> Option<Instant> {
        if let Some(running) = &self.running {
            let stall = running.moved_at + self.tuning.stall;
            return match (running.cancelled_at, running.order.adds_layers()) {
                (Some(_), _) => None,
                (None, true) => Some(self.due().map_or(stall, |due| due.min(stall))),
                (None, false) => Some(stall),
            };
        }
        if self.paused || self.root_gone {
            return None;
        }
        let due = self.due().or(self.layers_due().flatten());
        Some(due.map_or(self.next_reconcile, |due| due.min(self.next_reconcile)))
    }

    pub fn freshness(&self, now: Instant) -> Freshness {
        if self.root_gone {
            return Freshness::RootMissing;
        }
        if let Some(running) = &self.running {
            let overdue = |at: Instant| now >= at + self.tuning.cancel_grace;
            if running.cancelled_at.is_some_and(overdue) && !self.paused {
                return Freshness::Stuck;
            }
            match running.order.changes {
                Changes::Everything { .. } => return Freshness::Reconciling,
                Changes::Paths(_) => return Freshness::Indexing,
                // What is there is current.
                Changes::Nothing => {}
            }
        }
        if let Some(failure) = &self.failure {
            let Failure { attempts, since, next_at, .. } = *failure;
            let error = failure.message.clone();
            return match next_at {
                Some(next_at) if attempts < self.tuning.failing_after => {
                    Freshness::Retrying { attempts, next_at, error }
                }
                _ => Freshness::Failing { attempts, since, next_at, error },
            };
        }
        match &self.pending {
            Changes::Nothing => Freshness::Fresh,
            Changes::Paths(paths) => Freshness::Pending(paths.len()),
            // Nothing is compared before it is resumed.
            Changes::Everything { .. } if self.paused => Freshness::Pending(0),
            Changes::Everything { .. } => Freshness::Reconciling,
        }
    }

    /// How many changed paths wait, those of the present run included.
    pub fn pending(&self) -> usize {
        let count = |changes: &Changes| match changes {
            Changes::Paths(paths) => paths.len(),
            _ => 0,
        };
        count(&self.pending) + self.running.as_ref().map_or(0, |run| count(&run.order.changes))
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Adds to what the next run has to cover.
    fn owe(&mut self, changes: Changes, now: Instant) {
        if !changes.is_nothing() {
            self.pending.join(changes, self.tuning.most_paths);
            self.first_change.get_or_insert(now);
        }
    }

    fn changed(&mut self, paths: Vec<PathBuf>, removed: bool, now: Instant) {
        if paths.is_empty() {
            return;
        }
        self.removals_seen |= removed;
        self.owe(Changes::Paths(paths.into_iter().collect()), now);
        self.last_change = Some(now);
        if let Some(failure) = &mut self.failure {
            // The edit may be the cure: try again after its quiet period.
            failure.pauses = 0;
            failure.next_at = Some(now);
        }
    }

    fn rescan(&mut self, cause: RescanCause, now: Instant) {
        // Lost events may have been deletions; a restored project has to look as it did.
        let expect_loss = self.removals_seen && cause != RescanCause::Restored;
        self.owe(Changes::Everything { expect_loss }, now);
        match cause {
            RescanCause::Restored | RescanCause::EventsLost | RescanCause::WatchError => {
                self.urgent = true;
            }
            // Whoever edits rules or moves between commits is still at it: wait for quiet.
            RescanCause::RulesChanged | RescanCause::GitMoved => {}
        }
        self.last_change = Some(now);
    }

    fn retry(&mut self, now: Instant) {
        self.failure = None;
        self.owe(Changes::Everything { expect_loss: true }, now);
        self.urgent = true;
    }

    fn pulse(&mut self, pulse: u64, now: Instant) {
        if let Some(running) = &mut self.running
            && running.pulse != pulse
        {
            running.pulse = pulse;
            running.moved_at = now;
        }
    }

    fn run_ended(&mut self, end: RunEnd, now: Instant) {
        let Some(running) = self.running.take() else {
            return;
        };
        let adds_layers = running.order.adds_layers();
        let Order { changes, force } = running.order;
        if adds_layers && end != RunEnd::Done {
            self.layers_missing = true;
        }
        if end == RunEnd::Done {
            self.failure = None;
            if matches!(changes, Changes::Everything { .. }) {
                self.next_reconcile = now + self.interval();
            }
            self.removals_seen &= !self.pending.is_nothing();
            // What came in during the run waits for its own quiet period.
            return;
        }
        // Nothing that the run was to cover is lost.
        self.force |= force;
        self.owe(changes, now);
        match end {
            RunEnd::Done => {}
            // A change came first.
            RunEnd::Cancelled if adds_layers => {}
            RunEnd::Cancelled if running.cancelled_at.is_some() && !self.paused => {
                let message = "The run made no progress and was stopped".to_owned();
                self.fail(RunFailure { message, transient: true, shrunk: false }, now);
            }
            RunEnd::Cancelled => {}
            RunEnd::RootMissing => self.root_gone = true,
            RunEnd::Failed(failure) => self.fail(failure, now),
        }
    }

    fn fail(&mut self, failure: RunFailure, now: Instant) {
        let (attempts, since, pauses) =
            self.failure.as_ref().map_or((0, now, 0), |f| (f.attempts, f.since, f.pauses));
        let pause =
            self.tuning.first_retry.saturating_mul(1 << pauses.min(20)).min(self.tuning.last_retry);
        let next_at = (failure.transient && !failure.shrunk).then(|| now + self.spread(pause));
        if next_at.is_none() {
            // Only the regular comparison, an edit or the user asks again.
            self.next_reconcile = now + self.interval();
        }
        self.failure = Some(Failure {
            message: failure.message,
            attempts: attempts + 1,
            since,
            pauses: pauses + 1,
            next_at,
        });
    }

    fn lose_root(&mut self, actions: &mut Vec<Action>) {
        if !self.root_gone {
            self.root_gone = true;
            if self.running.is_some() {
                actions.push(Action::CancelRun);
            }
            actions.push(Action::StopWatching);
        }
    }

    fn regain_root(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if self.root_gone {
            self.root_gone = false;
            self.failure = None;
            if !self.paused {
                actions.push(Action::StartWatching);
            }
            self.rescan(RescanCause::Restored, now);
        }
    }

    fn cancel_run(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if let Some(running) = &mut self.running
            && running.cancelled_at.is_none()
        {
            running.cancelled_at = Some(now);
            actions.push(Action::CancelRun);
        }
    }

    fn watch_over_run(&mut self, actions: &mut Vec<Action>, now: Instant) {
        let stall = self.tuning.stall;
        if self.running.as_ref().is_some_and(|running| now >= running.moved_at + stall) {
            self.cancel_run(actions, now);
        }
    }

    fn start_what_is_due(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if self.paused || self.root_gone {
            return;
        }
        if let Some(running) = &self.running {
            if running.order.adds_layers() && self.due().is_some_and(|due| due <= now) {
                self.cancel_run(actions, now);
            }
            return;
        }
        if now >= self.next_reconcile {
            self.next_reconcile = now + self.interval();
            self.owe(Changes::Everything { expect_loss: self.removals_seen }, now);
            self.urgent = true;
            if let Some(failure) = &mut self.failure {
                failure.next_at.get_or_insert(now);
            }
        }
        if self.due().is_some_and(|due| due <= now) {
            (self.first_change, self.last_change, self.urgent) = (None, None, false);
            let changes = std::mem::take(&mut self.pending);
            let force = std::mem::take(&mut self.force);
            self.start(Order { changes, force }, actions, now);
        } else if self.layers_due().is_some_and(|due| due.is_none_or(|due| due <= now)) {
            self.layers_missing = false;
            self.start(Order { changes: Changes::Nothing, force: false }, actions, now);
        }
    }

    fn start(&mut self, order: Order, actions: &mut Vec<Action>, now: Instant) {
        actions.push(Action::StartRun(order.clone()));
        self.running = Some(Running { order, pulse: 0, moved_at: now, cancelled_at: None });
    }

    /// `None`: no layers are wanted now; `Some(None)`: at once; else at that moment.
    fn layers_due(&self) -> Option<Option<Instant>> {
        let wanted = self.layers_missing && self.pending.is_nothing();
        match &self.failure {
            _ if !wanted => None,
            None => Some(None),
            Some(failure) => failure.next_at.map(Some),
        }
    }

    /// When the pending changes may be run, if there are any and nothing holds them back.
    fn due(&self) -> Option<Instant> {
        if self.pending.is_nothing() {
            return None;
        }
        let first = self.first_change?;
        let quiet = if self.urgent {
            first
        } else {
            let last = self.last_change.unwrap_or(first);
            (last + self.tuning.quiet).min(first + self.tuning.max_wait)
        };
        match &self.failure {
            None => Some(quiet),
            Some(failure) => failure.next_at.map(|next| next.max(quiet)),
        }
    }

    fn interval(&self) -> Duration {
        if self.hearing { self.tuning.reconcile_every } else { self.tuning.poll_every }
    }

    /// `pause`, shortened by up to a fifth, so that failures of one cause do not retry in step.
    fn spread(&mut self, pause: Duration) -> Duration {
        // xorshift64: https://www.jstatsoft.org/article/view/v008i14
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        pause - pause.mul_f64((self.jitter % 1000) as f64 / 5000.0)
    }
}

#[cfg(test)]
mod tests;
