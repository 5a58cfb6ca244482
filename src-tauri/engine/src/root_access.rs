//! Who reads files below a project's root at this moment. A disk that does not answer holds whoever
//! reads from it for minutes or for ever. So once a read takes too long, no other one begins below
//! its root before it has ended, and nobody else waits for whoever is held.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A read that takes longer is that of a disk which does not answer. Where it was only slow, some
/// hits lack their line for a moment.
const OVERDUE: Duration = Duration::from_secs(2);
/// How often whoever waits for a read looks whether it is overdue.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The reads below one root.
#[derive(Debug, Default)]
pub struct RootAccess {
    under_way: Mutex<Vec<UnderWay>>,
    readers: AtomicU64,
    #[cfg(test)]
    stalled: Stalled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnderWay {
    reader: u64,
    begun: Instant,
}

impl UnderWay {
    fn is_overdue(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.begun) > OVERDUE
    }
}

/// Somebody who reads files below a root. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct RootReader {
    root: Arc<RootAccess>,
    number: u64,
}

/// A read that is under way until this is dropped.
#[must_use]
pub struct Read<'a> {
    root: &'a RootAccess,
    this: UnderWay,
}

impl RootAccess {
    pub fn reader(self: &Arc<Self>) -> RootReader {
        let number = self.readers.fetch_add(1, Ordering::Relaxed);
        RootReader { root: Arc::clone(self), number }
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RootReader {
    /// To be asked for before a file is opened. `None` while the root's disk does not answer.
    pub fn begin(&self) -> Option<Read<'_>> {
        let this = UnderWay { reader: self.number, begun: Instant::now() };
        {
            let mut under_way = self.root.under_way();
            if under_way.iter().any(|read| read.is_overdue(this.begun)) {
                return None;
            }
            under_way.push(this);
        }
        #[cfg(test)]
        self.root.stalled.wait();
        Some(Read { root: &self.root, this })
    }

    /// Whether a read of this very reader is held by its disk.
    fn is_held(&self) -> bool {
        let now = Instant::now();
        let under_way = self.root.under_way();
        under_way.iter().any(|read| read.reader == self.number && read.is_overdue(now))
    }
}

impl Drop for Read<'_> {
    fn drop(&mut self) {
        let mut under_way = self.root.under_way();
        if let Some(at) = under_way.iter().position(|read| *read == self.this) {
            under_way.swap_remove(at);
        }
    }
}

/// What `work` gives, or `None` once its disk holds one of the `readers` that it uses. It goes on
/// then, and nobody hears of its end.
pub async fn unless_held<T>(readers: &[RootReader], work: impl Future<Output = T>) -> Option<T> {
    let held = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if readers.iter().any(RootReader::is_held) {
                return;
            }
        }
    };
    tokio::select! {
        done = work => Some(done),
        () = held => None,
    }
}

/// The seam at which tests decide that a disk does not answer.
#[cfg(test)]
#[derive(Debug, Default)]
struct Stalled {
    is: Mutex<bool>,
    over: std::sync::Condvar,
}

#[cfg(test)]
impl Stalled {
    fn wait(&self) {
        drop(self.over.wait_while(self.is.lock().unwrap(), |stalled| *stalled).unwrap());
    }
}

/// Lets the disk answer when it is dropped, so that a test that fails ends.
#[cfg(test)]
pub struct Stall(Arc<RootAccess>);

#[cfg(test)]
impl Drop for Stall {
    fn drop(&mut self) {
        *self.0.stalled.is.lock().unwrap() = false;
        self.0.stalled.over.notify_all();
    }
}

#[cfg(test)]
impl RootAccess {
    /// Whoever reads waits until what is returned is dropped.
    pub fn stall(self: &Arc<Self>) -> Stall {
        *self.stalled.is.lock().unwrap() = true;
        Stall(Arc::clone(self))
    }

    /// Reads that have begun and not ended.
    pub fn count(&self) -> usize {
        self.under_way().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_reads_while_a_read_is_overdue_and_who_waits_for_another_waits_on() {
        let root = Arc::new(RootAccess::default());
        let (held, other) = (root.reader(), root.reader());
        let first = held.begin().unwrap();
        let second = other.begin().unwrap();
        drop(second);
        let never = std::future::pending::<()>();
        assert_eq!(unless_held(std::slice::from_ref(&held), never).await, None);
        assert!(other.begin().is_none() && held.begin().is_none());
        let slow = tokio::time::sleep(4 * LOOK_EVERY);
        assert_eq!(unless_held(std::slice::from_ref(&other), slow).await, Some(()));
        drop(first);
        assert!(other.begin().is_some());
        assert_eq!(root.count(), 0);
    }
}
