//! Runs that failed, one after the other, and when the next one is due.

use std::time::{Duration, Instant};

use super::{Freshness, RunFailure};
use crate::watch::Tuning;

/// Failures in a row.
#[derive(Debug)]
pub(super) struct Failures {
    message: String,
    attempts: u32,
    since: Instant,
    /// Pauses since the last edit: the exponent of the back-off.
    pauses: u32,
    /// The last one was over a tree with few files left.
    pub shrunk: bool,
    /// `None`: not before an edit, the user, or the regular comparison.
    pub next_at: Option<Instant>,
}

impl Failures {
    /// Adds `failure` to those before it.
    pub fn after(
        before: Option<&Failures>,
        failure: RunFailure,
        tuning: &Tuning,
        jitter: &mut Jitter,
        now: Instant,
    ) -> Failures {
        let (attempts, since, pauses) =
            before.map_or((0, now, 0), |before| (before.attempts, before.since, before.pauses));
        let pause = tuning.first_retry.saturating_mul(1 << pauses.min(20)).min(tuning.last_retry);
        let by_itself = failure.transient && !failure.shrunk;
        Failures {
            message: failure.message,
            attempts: attempts + 1,
            since,
            pauses: pauses + 1,
            shrunk: failure.shrunk,
            next_at: by_itself.then(|| now + jitter.shorten(pause)),
        }
    }

    /// An edit may be the cure: the next attempt is due at once, and pauses are short again.
    pub fn hope(&mut self, now: Instant) {
        self.pauses = 0;
        self.next_at = Some(now);
    }

    /// People are told so until a run succeeds: one more attempt is no news.
    pub fn are_many(&self, tuning: &Tuning) -> bool {
        self.attempts >= tuning.failing_after
    }

    pub fn freshness(&self, tuning: &Tuning) -> Freshness {
        let &Failures { attempts, since, next_at, .. } = self;
        let error = self.message.clone();
        match next_at {
            Some(next_at) if !self.are_many(tuning) => {
                Freshness::Retrying { attempts, next_at, error }
            }
            _ => Freshness::Failing { attempts, since, next_at, error },
        }
    }
}

/// Keeps failures of one cause from retrying in step.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub fn new(seed: u64) -> Jitter {
        Jitter(seed | 1)
    }

    /// `pause`, shortened by up to a fifth.
    fn shorten(&mut self, pause: Duration) -> Duration {
        // xorshift64: https://www.jstatsoft.org/article/view/v008i14
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        pause - pause.mul_f64((self.0 % 1000) as f64 / 5000.0)
    }
}
