//! Searches go first: whoever indexes many files waits while somebody searches, and between the
//! letters that are typed. A lower priority alone does not do that: where all processors index, a
//! search still shares their caches and the disk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Somebody who has searched may be typing on for so long.
const TYPING: Duration = Duration::from_millis(300);
/// Whoever searches longer than this is not waited for any longer.
const LONGEST: Duration = Duration::from_secs(2);

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Precedence(Arc<State>);

#[derive(Debug, Default)]
struct State {
    searches: AtomicUsize,
    /// Somebody searches, or has a moment ago.
    lately: AtomicBool,
    turn: Mutex<Turn>,
    over: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// When the last search will have been over for long enough.
    quiet_from: Option<Instant>,
    /// Until then nobody waits: indexing gets as much time as it gave.
    free_until: Option<Instant>,
}

/// A search that is under way.
#[derive(Debug)]
pub struct Searching(Precedence);

impl Precedence {
    /// Somebody searches, until what is returned is dropped.
    pub fn search(&self) -> Searching {
        self.0.searches.fetch_add(1, Ordering::SeqCst);
        self.0.lately.store(true, Ordering::SeqCst);
        Searching(self.clone())
    }

    /// Whether anybody has waited yet.
    #[cfg(test)]
    pub(super) fn was_given(&self) -> bool {
        let turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.free_until.is_some()
    }

    /// Waits while somebody searches, though not for long.
    pub(super) fn give(&self) {
        let State { searches, lately, turn, over } = &*self.0;
        if !lately.load(Ordering::Relaxed) {
            return;
        }
        let begun = Instant::now();
        let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.free_until.is_some_and(|until| begun < until) {
            return;
        }
        let mut now = begun;
        while now < begun + LONGEST {
            let until = if searches.load(Ordering::SeqCst) > 0 {
                begun + LONGEST
            } else if let Some(quiet) = turn.quiet_from.filter(|quiet| *quiet > now) {
                quiet.min(begun + LONGEST)
            } else {
                lately.store(false, Ordering::SeqCst);
                if searches.load(Ordering::SeqCst) == 0 {
                    break;
                }
                // Somebody has just begun.
                lately.store(true, Ordering::SeqCst);
                continue;
            };
            let waited = over.wait_timeout(turn, until - now);
            (turn, _) = waited.unwrap_or_else(PoisonError::into_inner);
            now = Instant::now();
        }
        turn.free_until = Some(now + (now - begun));
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        let State { searches, turn, over, .. } = &*self.0.0;
        // Under the lock, so that nobody goes to sleep in between.
        let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        searches.fetch_sub(1, Ordering::SeqCst);
        turn.quiet_from = Some(Instant::now() + TYPING);
        drop(turn);
        over.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(precedence: &Precedence) -> Duration {
        let begun = Instant::now();
        precedence.give();
        begun.elapsed()
    }

    #[test]
    fn nobody_waits_where_nobody_searches_and_after_a_search_until_nobody_types_on() {
        let precedence = Precedence::default();
        assert!(waited(&precedence) < LONGEST);
        assert!(!precedence.was_given());
        let ended = Instant::now();
        drop((precedence.search(), precedence.clone().search()));
        assert!(waited(&precedence) < LONGEST);
        assert!(ended.elapsed() >= TYPING, "somebody may have typed on");
        assert!(!precedence.0.lately.load(Ordering::SeqCst), "it is quiet now");
    }

    #[test]
    fn who_has_waited_for_a_long_search_has_as_much_time_before_it_waits_again() {
        let precedence = Precedence::default();
        let _searching = precedence.search();
        assert!(waited(&precedence) >= LONGEST);
        assert!(waited(&precedence) < LONGEST);
    }
}
