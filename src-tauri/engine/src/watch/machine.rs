//! Decides when a project is brought up to date. No I/O and no clock of its own: time is passed
//! in, so that every rule can be shown by a plain test.
//!
//! One run at a time. What is pending is kept until a run that covered it has succeeded; it always
//! leads to a run or to a visible failure.

mod failure;
mod losses;
mod messages;
mod running;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use messages::{Action, Freshness, Input, Order, RescanCause, RunEnd, RunFailure};

use super::{Changes, Tuning};
use failure::{Failures, Jitter};
use losses::Losses;
use running::{CancelReason, Running};

/// The state of one hot project's upkeep.
#[derive(Debug)]
pub struct Machine {
    tuning: Tuning,
    pending: Changes,
    force: bool,
    losses: Losses,
    first_change: Option<Instant>,
    last_change: Option<Instant>,
    /// Start without waiting for quiet.
    urgent: bool,
    running: Option<Running>,
    last_end: Option<Instant>,
    failures: Option<Failures>,
    root_gone: bool,
    paused: bool,
    hearing: bool,
    /// Events were lost since the watches were placed.
    watches_in_doubt: bool,
    layers_missing: bool,
    next_reconcile: Instant,
    jitter: Jitter,
}

impl Machine {
    /// A machine for a project that was just opened: it has to be compared with its tree.
    /// `seed` spreads the retries of several projects.
    pub fn new(tuning: Tuning, seed: u64, paused: bool, now: Instant) -> Machine {
        let mut machine = Machine {
            tuning,
            pending: Changes::Nothing,
            force: false,
            losses: Losses::default(),
            first_change: None,
            last_change: None,
            urgent: false,
            running: None,
            last_end: None,
            failures: None,
            root_gone: false,
            paused,
            hearing: true,
            watches_in_doubt: false,
            layers_missing: false,
            next_reconcile: now + tuning.reconcile_every,
            jitter: Jitter::new(seed),
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
            Input::Pulse(pulse) => {
                if let Some(running) = &mut self.running {
                    running.feel(pulse, now);
                }
            }
            Input::RunEnded(end) => self.run_ended(end, &mut actions, now),
            Input::RootGone => self.lose_root(&mut actions, now),
            Input::RootBack => self.regain_root(&mut actions, now),
            Input::Pause => {
                self.paused = true;
                self.cancel_run(CancelReason::Unwanted, &mut actions, now);
                actions.push(Action::StopWatching);
            }
            Input::Resume if self.paused => {
                self.paused = false;
                self.place_watches(&mut actions);
                self.rescan(RescanCause::Restored, now);
            }
            Input::Resume | Input::Tick => {}
            Input::Retry => self.retry(&mut actions, now),
            Input::Reindex => {
                self.force = true;
                self.retry(&mut actions, now);
            }
            Input::CoverageChanged => self.cover_anew(&mut actions, now),
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
            let change = if running.order.adds_layers() { self.due() } else { None };
            return running.stalls_at(&self.tuning).map(|at| change.map_or(at, |due| due.min(at)));
        }
        if self.paused || self.root_gone {
            return None;
        }
        let due = self.due().or_else(|| self.layers_due());
        Some(due.map_or(self.next_reconcile, |due| due.min(self.next_reconcile)))
    }

    pub fn freshness(&self, now: Instant) -> Freshness {
        if self.root_gone {
            return Freshness::RootMissing;
        }
        if let Some(running) = &self.running {
            if running.is_stuck(&self.tuning, now) && !self.paused {
                return Freshness::Stuck;
            }
            // What is there is current while layers are added to it.
            let is_told = self.failures.as_ref().is_some_and(|it| it.are_many(&self.tuning));
            if !running.order.adds_layers() && !is_told {
                return running.freshness();
            }
        }
        if let Some(failures) = &self.failures {
            return failures.freshness(&self.tuning);
        }
        match &self.pending {
            Changes::Nothing => Freshness::Fresh,
            Changes::Paths(paths) => Freshness::Pending(paths.len()),
            // Nothing is compared before it is resumed.
            Changes::Everything if self.paused => Freshness::Pending(0),
            Changes::Everything => Freshness::Reconciling,
        }
    }

    /// How many changed paths wait, those of the present run included.
    pub fn pending(&self) -> usize {
        let running = self.running.as_ref().map_or(0, |run| run.order.changes.count());
        self.pending.count() + running
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    pub fn is_root_gone(&self) -> bool {
        self.root_gone
    }

    /// Adds to what the next run has to cover.
    fn owe(&mut self, changes: Changes, now: Instant) {
        if !changes.is_nothing() {
            self.pending.join(changes, self.tuning.most_paths);
            self.first_change.get_or_insert(now);
        }
    }

    fn changed(&mut self, paths: Vec<PathBuf>, removed: Vec<PathBuf>, now: Instant) {
        if paths.is_empty() {
            return;
        }
        self.losses.hear(removed, self.tuning.most_paths);
        self.owe(Changes::Paths(paths.into_iter().collect()), now);
        self.last_change = Some(now);
        if let Some(failures) = &mut self.failures {
            failures.hope(now);
            self.urgent = false;
        }
    }

    fn rescan(&mut self, cause: RescanCause, now: Instant) {
        self.owe(Changes::Everything, now);
        match cause {
            RescanCause::Restored => {
                // What went before explains nothing: it has to look as it did.
                self.losses.forget();
                self.urgent = true;
            }
            // Events that are lost without end lead to a comparison now and then, not to one
            // after the other.
            RescanCause::EventsLost | RescanCause::QueueFull | RescanCause::WatchError => {
                self.watches_in_doubt |= cause == RescanCause::EventsLost;
                self.losses.miss();
                let rested = |end: Instant| now >= end + self.tuning.max_wait;
                self.urgent |= self.running.is_none() && self.last_end.is_none_or(rested);
            }
            // Whoever edits rules or moves between commits is still at it: wait for quiet.
            RescanCause::RulesChanged => self.losses.expect(),
            RescanCause::GitMoved | RescanCause::VolumeGone => {}
        }
        if self.has_shrunk() {
            self.losses.distrust();
        }
        self.last_change = Some(now);
    }

    fn retry(&mut self, actions: &mut Vec<Action>, now: Instant) {
        self.failures = None;
        self.losses.expect();
        self.owe(Changes::Everything, now);
        self.urgent = true;
        if !self.hearing && !self.paused && !self.root_gone {
            // The limit that kept it from being watched may have been raised.
            self.place_watches(actions);
        }
    }

    /// What the present run does is not what is wanted any more, and the watches are not where they
    /// should be.
    fn cover_anew(&mut self, actions: &mut Vec<Action>, now: Instant) {
        self.cancel_run(CancelReason::Unwanted, actions, now);
        self.failures = None;
        self.owe(Changes::Everything, now);
        self.urgent = true;
        if !self.paused && !self.root_gone {
            self.place_watches(actions);
        }
    }

    fn run_ended(&mut self, end: RunEnd, actions: &mut Vec<Action>, now: Instant) {
        let Some(running) = self.running.take() else {
            return;
        };
        self.last_end = Some(now);
        if end == RunEnd::RootMissing {
            self.lose_root(actions, now);
        }
        let has_stalled = running.has_stalled();
        self.layers_missing |= running.order.adds_layers() && end != RunEnd::Done;
        let Order { changes, force, expect_loss, removed } = running.order;
        if end == RunEnd::Done {
            self.failures = None;
            if changes == Changes::Everything {
                self.next_reconcile = now + self.interval();
            }
            // What came in during the run waits for its own quiet period.
            return;
        }
        // Nothing that the run was to cover is lost.
        self.force |= force;
        // A root that comes back has to look as it did, whatever was known before.
        if !self.root_gone {
            self.losses.put_back(expect_loss, removed);
        }
        self.owe(changes, now);
        match end {
            RunEnd::Cancelled if has_stalled => {
                let message = "The run made no progress and was stopped".to_owned();
                self.fail(RunFailure { message, transient: true, shrunk: false }, now);
            }
            RunEnd::Done | RunEnd::Cancelled | RunEnd::RootMissing => {}
            RunEnd::Failed(failure) => self.fail(failure, now),
        }
    }

    fn fail(&mut self, failure: RunFailure, now: Instant) {
        if failure.shrunk {
            self.losses.distrust();
        }
        let (before, jitter) = (self.failures.as_ref(), &mut self.jitter);
        let failures = Failures::after(before, failure, &self.tuning, jitter, now);
        if failures.next_at.is_none() {
            // Only the regular comparison, an edit or the user asks again.
            self.next_reconcile = now + self.interval();
        }
        self.failures = Some(failures);
    }

    /// The last run found most files gone: only the user's word lets the next one drop them.
    fn has_shrunk(&self) -> bool {
        self.failures.as_ref().is_some_and(|failures| failures.shrunk)
    }

    fn lose_root(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if !self.root_gone {
            self.root_gone = true;
            self.cancel_run(CancelReason::Unwanted, actions, now);
            actions.push(Action::StopWatching);
        }
    }

    fn regain_root(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if self.root_gone {
            self.root_gone = false;
            self.failures = None;
            if !self.paused {
                self.place_watches(actions);
            }
            self.rescan(RescanCause::Restored, now);
        }
    }

    fn place_watches(&mut self, actions: &mut Vec<Action>) {
        self.watches_in_doubt = false;
        actions.push(Action::StartWatching);
    }

    fn cancel_run(&mut self, reason: CancelReason, actions: &mut Vec<Action>, now: Instant) {
        if let Some(running) = &mut self.running
            && running.cancel(reason, now)
        {
            actions.push(Action::CancelRun);
        }
    }

    fn watch_over_run(&mut self, actions: &mut Vec<Action>, now: Instant) {
        let stalls_at = self.running.as_ref().and_then(|running| running.stalls_at(&self.tuning));
        if stalls_at.is_some_and(|at| now >= at) {
            self.cancel_run(CancelReason::Stalled, actions, now);
        }
    }

    fn start_what_is_due(&mut self, actions: &mut Vec<Action>, now: Instant) {
        if self.paused || self.root_gone {
            return;
        }
        if let Some(running) = &self.running {
            if running.order.adds_layers() && self.due().is_some_and(|due| due <= now) {
                self.cancel_run(CancelReason::Unwanted, actions, now);
            }
            return;
        }
        if now >= self.next_reconcile {
            self.next_reconcile = now + self.interval();
            self.owe(Changes::Everything, now);
            self.urgent = true;
            if let Some(failures) = &mut self.failures {
                failures.next_at.get_or_insert(now);
            }
        }
        let order = if self.due().is_some_and(|due| due <= now) {
            (self.first_change, self.last_change, self.urgent) = (None, None, false);
            let (expect_loss, removed) = self.losses.take();
            let changes = std::mem::take(&mut self.pending);
            Order { changes, force: std::mem::take(&mut self.force), expect_loss, removed }
        } else if self.layers_due().is_some_and(|due| due <= now) {
            self.layers_missing = false;
            Order::default()
        } else {
            return;
        };
        if order.changes == Changes::Everything {
            // This is one. What becomes of it says when the next is due.
            self.next_reconcile = now + self.interval();
            // Not before: until this run walks the tree the new ones would hear nothing.
            if self.watches_in_doubt && self.hearing {
                self.place_watches(actions);
            }
        }
        actions.push(Action::StartRun(order.clone()));
        self.running = Some(Running::new(order, now));
    }

    /// When missing layers may be added: not while anything else is pending.
    fn layers_due(&self) -> Option<Instant> {
        if !self.layers_missing || !self.pending.is_nothing() {
            return None;
        }
        match &self.failures {
            // Since the run before ended, which showed what is missing.
            None => self.last_end,
            Some(failures) => failures.next_at,
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
        match &self.failures {
            None => Some(quiet),
            Some(failures) => failures.next_at.map(|next| next.max(quiet)),
        }
    }

    fn interval(&self) -> Duration {
        if self.hearing { self.tuning.reconcile_every } else { self.tuning.poll_every }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
