//! Looks for the roots of all open projects now and then, beside what watchers hear: a volume that
//! is mounted, or a folder above that is renamed, makes no event there. All are looked for at the
//! same moment, so that a machine at rest wakes once and not once a project; volume by volume, so
//! that a dead disk holds up only its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};

use super::disk::Disk;
use super::volume::VolumeId;

/// How often the roots are looked for.
const EVERY: Duration = Duration::from_millis(1500);

/// What is at the root's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootSeen {
    Missing,
    There {
        /// Nothing is in it: it may be the place of a volume that is not mounted.
        empty: bool,
        /// The file system that holds it, where the system tells.
        volume: VolumeId,
        /// It was not written to as long as these are the same: its number, and the time.
        written: (u64, Option<SystemTime>),
    },
}

impl RootSeen {
    fn volume(self) -> VolumeId {
        match self {
            RootSeen::Missing => None,
            RootSeen::There { volume, .. } => volume,
        }
    }
}

/// Looks at the root, which was `before` at the last look; waits for its disk.
pub fn look(root: &Path, before: Option<RootSeen>) -> RootSeen {
    let Ok(metadata) = root.metadata() else {
        return RootSeen::Missing;
    };
    if !metadata.is_dir() {
        return RootSeen::Missing;
    }
    #[cfg(unix)]
    let (volume, number) = {
        use std::os::unix::fs::MetadataExt;
        (Some(metadata.dev()), metadata.ino())
    };
    #[cfg(not(unix))]
    let (volume, number) = (None, 0);
    let now = (number, metadata.modified().ok());
    let empty = match before {
        // Most roots are as they were: that is asked with one system call.
        Some(RootSeen::There { empty, volume: same, written })
            if (same, written) == (volume, now) && now.1.is_some() =>
        {
            empty
        }
        _ => std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none()),
    };
    RootSeen::There { empty, volume, written: now }
}

/// The roots that are looked for.
#[derive(Default)]
pub struct Roots {
    followed: Mutex<Vec<Weak<Followed>>>,
    added: Notify,
}

/// One root; it is looked for as long as this exists.
pub struct Followed {
    root: PathBuf,
    seen: watch::Sender<Option<RootSeen>>,
    /// A look is under way. A dead disk may hold it for minutes: never a second one beside it.
    looking: AtomicBool,
    /// The next look is reported even if it sees what the last one saw.
    stale: AtomicBool,
}

impl Roots {
    pub fn follow(&self, root: &Path) -> Arc<Followed> {
        let followed = Arc::new(Followed {
            root: root.to_owned(),
            seen: watch::Sender::new(None),
            looking: AtomicBool::new(false),
            stale: AtomicBool::new(false),
        });
        lock(&self.followed).push(Arc::downgrade(&followed));
        self.added.notify_one();
        followed
    }

    /// Those that nobody looks for at this moment (or of these the new ones), by volume. A root
    /// that is not there is on none: it may be that of a disk which does not answer.
    fn due(&self, new_alone: bool) -> Vec<Vec<Arc<Followed>>> {
        let mut followed = lock(&self.followed);
        followed.retain(|followed| followed.strong_count() > 0);
        let mut volumes: BTreeMap<u64, Vec<Arc<Followed>>> = BTreeMap::new();
        let mut due = Vec::new();
        for followed in followed.iter().filter_map(Weak::upgrade) {
            if new_alone && followed.seen.borrow().is_some() {
                continue;
            }
            if followed.looking.swap(true, Ordering::Relaxed) {
                continue;
            }
            let volume = followed.seen.borrow().and_then(RootSeen::volume);
            match volume {
                Some(volume) => volumes.entry(volume).or_default().push(followed),
                None => due.push(vec![followed]),
            }
        }
        due.extend(volumes.into_values());
        due
    }
}

impl Followed {
    /// Gets what is seen whenever it is something else than before.
    pub fn subscribe(&self) -> watch::Receiver<Option<RootSeen>> {
        self.seen.subscribe()
    }

    /// Has the next look reported, whatever it sees.
    pub fn report_again(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }

    fn look(&self, disk: &dyn Disk) {
        let before = *self.seen.borrow();
        let stale = self.stale.swap(false, Ordering::Relaxed);
        let now = disk.look(&self.root, before);
        self.looking.store(false, Ordering::Relaxed);
        self.seen.send_if_modified(|seen| {
            let changed = *seen != Some(now) || stale;
            *seen = Some(now);
            changed
        });
    }
}

/// Looks for all roots for as long as there are `roots`.
pub async fn look_for_roots(roots: Weak<Roots>, disk: Arc<dyn Disk>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut new_alone = false;
    loop {
        let Some(present) = roots.upgrade() else { return };
        for volume in present.due(new_alone) {
            let disk = Arc::clone(&disk);
            tokio::task::spawn_blocking(move || {
                volume.iter().for_each(|followed| followed.look(disk.as_ref()));
            });
        }
        let added = present.added.notified();
        let none = lock(&present.followed).is_empty();
        new_alone = match none {
            // Now and then unasked, so that a registry which nobody uses any more can end.
            true => tokio::time::timeout(10 * EVERY, added).await.is_ok(),
            false => tokio::select! {
                _ = ticks.tick() => false,
                () = added => true,
            },
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RealDisk;

    #[test]
    fn a_root_is_reported_when_it_changed_or_when_that_is_asked_for() {
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("root");
        let roots = Roots::default();
        let followed = roots.follow(&root);
        let mut seen = followed.subscribe();
        let mut reported = || {
            assert_eq!(roots.due(false).len(), 1);
            followed.look(&RealDisk);
            seen.has_changed().unwrap().then(|| seen.borrow_and_update().unwrap())
        };
        assert_eq!(reported(), Some(RootSeen::Missing));
        assert_eq!(reported(), None);
        std::fs::create_dir(&root).unwrap();
        assert!(matches!(reported(), Some(RootSeen::There { empty: true, .. })));
        assert_eq!(reported(), None);
        followed.report_again();
        assert!(reported().is_some());
        std::fs::write(root.join("file"), "").unwrap();
        assert!(matches!(reported(), Some(RootSeen::There { empty: false, .. })));
        // Another folder in its place, as empty as the first.
        std::fs::remove_dir_all(&root).unwrap();
        std::fs::create_dir(&root).unwrap();
        assert!(matches!(reported(), Some(RootSeen::There { empty: true, .. })));
        drop((followed, seen));
        assert_eq!(roots.due(false).len(), 0);
    }

    /// Does not answer for roots that are called dead until the other side is dropped.
    struct HalfDead(Mutex<std::sync::mpsc::Receiver<()>>);

    impl Disk for HalfDead {
        fn look(&self, root: &Path, before: Option<RootSeen>) -> RootSeen {
            if root.ends_with("dead") {
                let _ = lock(&self.0).recv();
            }
            look(root, before)
        }
    }

    #[tokio::test]
    async fn a_root_whose_disk_does_not_answer_holds_up_no_other() {
        let base = tempfile::tempdir().unwrap();
        let roots = Arc::new(Roots::default());
        let (dead, well) =
            (roots.follow(&base.path().join("dead")), roots.follow(&base.path().join("well")));
        let (held, waits) = std::sync::mpsc::channel();
        let disk = Arc::new(HalfDead(Mutex::new(waits)));
        tokio::spawn(look_for_roots(Arc::downgrade(&roots), disk));
        let mut seen = well.subscribe();
        seen.wait_for(Option::is_some).await.unwrap();
        std::fs::create_dir(base.path().join("well")).unwrap();
        let there = |seen: &Option<RootSeen>| matches!(seen, Some(RootSeen::There { .. }));
        tokio::time::timeout(Duration::from_secs(60), seen.wait_for(there)).await.unwrap().unwrap();
        assert_eq!(*dead.subscribe().borrow(), None);
        drop(held);
        let mut seen = dead.subscribe();
        seen.wait_for(|seen| *seen == Some(RootSeen::Missing)).await.unwrap();
    }
}
