//! How much a worker is given at once, how long it may be silent, and when it is started again.
//! Rules without a clock: they learn from what this machine was seen to do.

use std::time::Duration;

/// The work that lies at the worker: enough that it never waits, and little to be done again.
const AHEAD: Duration = Duration::from_millis(500);
const MOST_AHEAD: usize = 64;

/// A worker is silent for at least this long before it counts as stuck …
const LEAST_PATIENCE: Duration = Duration::from_secs(60);
/// … and for this many times the longest that anything took here.
const PATIENCE_FACTOR: u32 = 40;
const MOST_PATIENCE: Duration = Duration::from_secs(3600);

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(300);

#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// A moving mean of what a text takes.
    text: Option<Duration>,
    slowest: Duration,
    stuck_in_a_row: u32,
}

impl Pace {
    /// A text was answered, `took` after the worker had begun with it.
    pub fn answered(&mut self, took: Duration) {
        self.text = Some(self.text.map_or(took, |mean| (mean * 7 + took) / 8));
        self.slowest = self.slowest.max(took);
        self.stuck_in_a_row = 0;
    }

    /// It was silent for longer than [`Pace::patience`]: the next one is given twice as long, so
    /// that a slow machine is found out to be one.
    pub fn was_stuck(&mut self) {
        self.stuck_in_a_row = self.stuck_in_a_row.saturating_add(1);
    }

    /// How many texts may be with the worker at once.
    pub fn ahead(&self, threads: usize) -> usize {
        let each = self.text.map_or(1, |text| AHEAD.div_duration_f64(text) as usize);
        each.saturating_mul(threads).clamp(2, MOST_AHEAD)
    }

    /// How long a worker with something to do may say nothing.
    pub fn patience(&self) -> Duration {
        let seen = self.slowest.saturating_mul(PATIENCE_FACTOR);
        let doubled = 1 << self.stuck_in_a_row.min(16);
        seen.max(LEAST_PATIENCE).saturating_mul(doubled).min(MOST_PATIENCE)
    }
}

/// The pause after `failures` failures in a row; none after none.
pub fn back_off(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        n => FIRST_RETRY.saturating_mul(1 << (n - 1).min(16)).min(LAST_RETRY),
    }
}

/// The threads of a worker, each with a session of its own: two of one thread do twice the work of
/// one, and one of two threads does half of that.
pub fn threads(cores: usize) -> usize {
    (cores / 4).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slow_machine_is_given_fewer_texts_and_more_time() {
        let (mut fast, mut slow) = (Pace::default(), Pace::default());
        fast.answered(Duration::from_millis(20));
        slow.answered(Duration::from_secs(10));
        assert_eq!((fast.ahead(1), slow.ahead(1)), (25, 2));
        assert_eq!(fast.patience(), LEAST_PATIENCE);
        assert_eq!(slow.patience(), Duration::from_secs(400));
    }

    #[test]
    fn a_worker_that_seemed_stuck_is_given_twice_as_long_until_it_answers() {
        let mut pace = Pace::default();
        pace.was_stuck();
        pace.was_stuck();
        assert_eq!(pace.patience(), LEAST_PATIENCE * 4);
        pace.answered(Duration::from_millis(1));
        assert_eq!(pace.patience(), LEAST_PATIENCE);
    }

    #[test]
    fn restarts_come_ever_later() {
        let pauses: Vec<u64> = (0..12).map(|n| back_off(n).as_secs()).collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    #[test]
    fn a_small_machine_keeps_a_core_for_its_user() {
        assert_eq!([1, 2, 4, 8, 16, 128].map(threads), [1, 1, 1, 2, 4, 4]);
    }

    proptest! {
        #[test]
        fn something_is_always_ahead_and_patience_never_ends_early(
            times in prop::collection::vec(0_u64..100_000_000, 0..20),
            stuck in 0_u32..100,
            threads in 1_usize..8,
        ) {
            let mut pace = Pace::default();
            times.iter().for_each(|micros| pace.answered(Duration::from_micros(*micros)));
            (0..stuck).for_each(|_| pace.was_stuck());
            prop_assert!((2..=MOST_AHEAD).contains(&pace.ahead(threads)));
            prop_assert!((LEAST_PATIENCE..=MOST_PATIENCE).contains(&pace.patience()));
        }
    }
}
