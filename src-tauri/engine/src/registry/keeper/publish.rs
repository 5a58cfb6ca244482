//! What a keeper reports.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;

use super::Keeper;
use super::run::held_of;
use super::trouble::Trouble;
use crate::index::Layer;
use crate::status::{self, LaneName};
use crate::watch::Freshness;

impl Keeper {
    /// Reports the state if it is another one than was reported last.
    pub(super) fn publish(&mut self) {
        let now = Instant::now();
        let freshness = self.machine.freshness(now);
        let mut next = self.upkeep.clone();
        next.pending = self.machine.pending() as u64;
        next.activity.events = self.hearing.events.load(Ordering::Relaxed);
        next.activity.at_work = self.run.is_some();
        let waits = self.run.as_ref().is_some_and(|run| run.progress.waits());
        next.progress = self.run.as_ref().filter(|_| !waits).and_then(|run| {
            let total = run.progress.total.load(Ordering::Relaxed);
            let done = run.progress.done.load(Ordering::Relaxed).min(total);
            let lane = lane_of(run.progress.layer());
            (total > 0).then_some(status::Progress { lane, done, total })
        });
        if let Some(run) = &self.run {
            let committed = run.progress.committed.lock();
            if let Some(counts) = committed.unwrap_or_else(PoisonError::into_inner).take() {
                next.held = held_of(counts, &self.index);
                next.deep = counts.shallow == 0;
            }
        }
        let trouble = Trouble {
            root: self.coverage.rules.root(),
            cause: self.last_cause,
            since: self.failing_since,
            unanswered: next.unanswered,
            said: self.upkeep.error.as_ref(),
        };
        next.error = trouble.report(&freshness, now, Timestamp::now());
        next.freshness = match freshness {
            _ if next.unanswered => status::Freshness::Failing,
            Freshness::Fresh => status::Freshness::Fresh,
            Freshness::Pending(_) => status::Freshness::Pending,
            // It may wait for one that is stuck.
            Freshness::Indexing | Freshness::Reconciling if waits => status::Freshness::Pending,
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
}

fn lane_of(layer: Layer) -> LaneName {
    match layer {
        Layer::Text => LaneName::Text,
        Layer::Grams => LaneName::Regex,
        Layer::Symbols => LaneName::Symbols,
    }
}
