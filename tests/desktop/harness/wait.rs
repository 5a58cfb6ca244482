//! Waiting for something to become true, with a limit, instead of sleeping and hoping.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything takes: two tests, a compiler and others may share two cores.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long nothing must happen, for a test to believe that it does not.
pub const QUIET: Duration = Duration::from_millis(600);

const POLL: Duration = Duration::from_millis(20);

/// What a condition may answer: whether it is met, and with what.
pub trait Met {
    type Value;
    fn met(self) -> Option<Self::Value>;
}

impl Met for bool {
    type Value = ();
    fn met(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Met for Option<T> {
    type Value = T;
    fn met(self) -> Self {
        self
    }
}

/// Asks until the condition is met, and panics with `what` when it is not within [`PATIENCE`].
#[track_caller]
pub fn until<M: Met>(what: &str, condition: impl FnMut() -> M) -> M::Value {
    within(PATIENCE, what, condition)
}

#[track_caller]
pub fn within<M: Met>(limit: Duration, what: &str, condition: impl FnMut() -> M) -> M::Value {
    match poll(limit, condition) {
        Some(value) => value,
        None => panic!("{what}: not within {limit:?}"),
    }
}

/// For what must not happen: panics when the condition fails at any moment of `span`.
#[track_caller]
pub fn throughout(span: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while started.elapsed() < span {
        assert!(condition(), "{what}: no longer after {:?}", started.elapsed());
        thread::sleep(POLL);
    }
}

/// Asks once more after the limit, so that a long pause of the machine does not count as a no.
pub fn poll<M: Met>(limit: Duration, mut condition: impl FnMut() -> M) -> Option<M::Value> {
    let started = Instant::now();
    loop {
        let late = started.elapsed() >= limit;
        if let Some(value) = condition().met() {
            return Some(value);
        }
        if late {
            return None;
        }
        thread::sleep(POLL);
    }
}
