//! The run that is under way, and whether it still moves.

use std::time::Instant;

use super::{Freshness, Order};
use crate::watch::{Changes, Tuning};

#[derive(Debug)]
pub(super) struct Running {
    pub order: Order,
    pulse: u64,
    moved_at: Instant,
    cancelled: Option<(Instant, CancelReason)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CancelReason {
    /// Its pulse stood still.
    Stalled,
    /// It is not wanted any more.
    Unwanted,
}

impl Running {
    pub fn new(order: Order, now: Instant) -> Running {
        Running { order, pulse: 0, moved_at: now, cancelled: None }
    }

    pub fn feel(&mut self, pulse: u64, now: Instant) {
        if self.pulse != pulse {
            (self.pulse, self.moved_at) = (pulse, now);
        }
    }

    /// Whether it has to be told now: it is told only once.
    pub fn cancel(&mut self, reason: CancelReason, now: Instant) -> bool {
        let first = self.cancelled.is_none();
        self.cancelled.get_or_insert((now, reason));
        first
    }

    /// When it is taken for hanging unless it moves; `None` once it is cancelled.
    pub fn stalls_at(&self, tuning: &Tuning) -> Option<Instant> {
        self.cancelled.is_none().then(|| self.moved_at + tuning.stall)
    }

    pub fn has_stalled(&self) -> bool {
        matches!(self.cancelled, Some((_, CancelReason::Stalled)))
    }

    /// It was cancelled and has not ended in time.
    pub fn is_stuck(&self, tuning: &Tuning, now: Instant) -> bool {
        self.cancelled.is_some_and(|(at, _)| now >= at + tuning.cancel_grace)
    }

    pub fn freshness(&self) -> Freshness {
        match self.order.changes {
            Changes::Everything => Freshness::Reconciling,
            _ => Freshness::Indexing,
        }
    }
}
