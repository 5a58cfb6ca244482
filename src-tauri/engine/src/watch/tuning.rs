//! The times and amounts that the watcher goes by.

use std::time::Duration;

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
