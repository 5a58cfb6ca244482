//! Searches go first: whoever indexes waits while somebody searches. A lower priority alone does
//! not do that: where all processors index, a search still shares their caches and the disk.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A search that takes longer than this is not waited for any longer.
const LONGEST: Duration = Duration::from_millis(50);

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Precedence(Arc<State>);

#[derive(Debug, Default)]
struct State {
    searches: AtomicUsize,
    /// Until then nobody waits: indexing gets as much time as it gave.
    free_until: Mutex<Option<Instant>>,
    over: Condvar,
}

/// A search that is under way.
#[derive(Debug)]
pub struct Searching(Precedence);

impl Precedence {
    /// Somebody searches, until what is returned is dropped.
    pub fn search(&self) -> Searching {
        self.0.searches.fetch_add(1, Ordering::Relaxed);
        Searching(self.clone())
    }

    /// Waits while somebody searches, though not for long.
    pub(super) fn give(&self) {
        if self.0.searches.load(Ordering::Relaxed) == 0 {
            return;
        }
        let begun = Instant::now();
        let free_until = self.0.free_until.lock().unwrap_or_else(PoisonError::into_inner);
        if free_until.is_some_and(|until| begun < until) {
            return;
        }
        let searching = |_: &mut _| self.0.searches.load(Ordering::Relaxed) > 0;
        let waited = self.0.over.wait_timeout_while(free_until, LONGEST, searching);
        let (mut free_until, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *free_until = Some(Instant::now() + begun.elapsed());
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        let State { searches, free_until, over } = &*self.0.0;
        // Under the lock, so that nobody goes to sleep in between.
        let held = free_until.lock().unwrap_or_else(PoisonError::into_inner);
        searches.fetch_sub(1, Ordering::Relaxed);
        drop(held);
        over.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_nobody_searches_nobody_waits() {
        let precedence = Precedence::default();
        precedence.give();
        drop((precedence.search(), precedence.clone().search()));
        precedence.give();
        assert_eq!(*precedence.0.free_until.lock().unwrap(), None, "it has not waited");
    }

    #[test]
    fn a_long_search_is_not_waited_for_longer_and_indexing_gets_as_much_time_as_it_gave() {
        let precedence = Precedence::default();
        let _searching = precedence.search();
        let begun = Instant::now();
        precedence.give();
        assert!(begun.elapsed() >= LONGEST);
        let free = *precedence.0.free_until.lock().unwrap();
        assert!(free.unwrap() >= begun + 2 * LONGEST);
        precedence.give();
        assert_eq!(*precedence.0.free_until.lock().unwrap(), free, "it has not waited");
    }
}
