//! Looks for the roots of all open projects now and then, beside what watchers hear: a volume that
//! is mounted, or a folder above that is renamed, makes no event there. All are looked for at the
//! same moment, so that a machine at rest wakes once and not once a project; volume by volume, one
//! root after the other. A look that its disk does not answer holds up its own root alone: those
//! behind it are taken by the next round.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, watch};

use super::disk::Disk;
use super::volume::VolumeId;

/// How often the roots are looked for.
const EVERY: Duration = Duration::from_millis(1500);
/// A look that takes longer is that of a disk which does not answer.
pub const UNANSWERED: Duration = Duration::from_secs(5);

/// What is at the root's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootSeen {
    Missing,
    /// Its disk does not answer.
    Unanswered,
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
            RootSeen::Missing | RootSeen::Unanswered => None,
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
    look: Mutex<Look>,
    /// The next look is reported even if it sees what the last one saw.
    stale: AtomicBool,
}

/// A dead disk may hold a look for minutes: no second one begins beside it.
#[derive(Debug, Default)]
struct Look {
    /// Of the last one that was begun. One that is given up finds that another is the last.
    number: u64,
    /// When the one that is under way was begun.
    since: Option<Instant>,
}

impl Look {
    /// The number of the look that begins at `now`; `None` while another one is under way.
    fn begin(&mut self, now: Instant) -> Option<u64> {
        if self.since.is_some() {
            return None;
        }
        self.number += 1;
        self.since = Some(now);
        Some(self.number)
    }

    /// Whether what this look saw is wanted.
    fn end(&mut self, number: u64) -> bool {
        let wanted = self.since.is_some() && self.number == number;
        if wanted {
            self.since = None;
        }
        wanted
    }

    fn is_overdue(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.saturating_duration_since(since) > UNANSWERED)
    }

    fn give_up(&mut self) {
        self.since = None;
    }
}

impl Roots {
    pub fn follow(&self, root: &Path) -> Arc<Followed> {
        let followed = Arc::new(Followed {
            root: root.to_owned(),
            seen: watch::Sender::new(None),
            look: Mutex::default(),
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
            if lock(&followed.look).since.is_some() {
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

    /// Reports the roots whose look is overdue at `now`.
    fn report_unanswered(&self, now: Instant) {
        for followed in lock(&self.followed).iter().filter_map(Weak::upgrade) {
            let look = lock(&followed.look);
            if look.is_overdue(now) {
                // Before the look can end: what it sees is the later news.
                followed.report(RootSeen::Unanswered, false);
            }
        }
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

    /// Lets the next look begin although the last one has not ended, if that one is overdue.
    pub fn look_anew(&self) {
        let mut look = lock(&self.look);
        if look.is_overdue(Instant::now()) {
            look.give_up();
        }
    }

    /// Looks, unless somebody does already.
    fn look(&self, disk: &dyn Disk) {
        let Some(number) = lock(&self.look).begin(Instant::now()) else { return };
        let before = *self.seen.borrow();
        let stale = self.stale.swap(false, Ordering::Relaxed);
        let now = disk.look(&self.root, before);
        let mut look = lock(&self.look);
        if look.end(number) {
            self.report(now, stale);
        } else if stale {
            self.report_again();
        }
    }

    fn report(&self, now: RootSeen, anyway: bool) {
        self.seen.send_if_modified(|seen| {
            let changed = *seen != Some(now) || anyway;
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
        present.report_unanswered(Instant::now());
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

    /// Does not answer for roots that are called dead, while it is `held`.
    #[derive(Default)]
    struct HalfDead {
        held: Mutex<bool>,
        answers: std::sync::Condvar,
    }

    impl HalfDead {
        fn hold(&self, held: bool) {
            *lock(&self.held) = held;
            self.answers.notify_all();
        }
    }

    impl Disk for HalfDead {
        fn look(&self, root: &Path, before: Option<RootSeen>) -> RootSeen {
            if root.ends_with("dead") {
                drop(self.answers.wait_while(lock(&self.held), |held| *held).unwrap());
            }
            look(root, before)
        }
    }

    /// Lets the disk answer in the end, so that a test that fails ends.
    struct Revived(Arc<HalfDead>);

    impl Drop for Revived {
        fn drop(&mut self) {
            self.0.hold(false);
        }
    }

    async fn until_seen(followed: &Followed, fits: impl Fn(RootSeen) -> bool) {
        let mut seen = followed.subscribe();
        let fits = seen.wait_for(|seen| seen.is_some_and(&fits));
        tokio::time::timeout(Duration::from_secs(60), fits).await.unwrap().unwrap();
    }

    fn is_there(seen: RootSeen) -> bool {
        matches!(seen, RootSeen::There { .. })
    }

    #[tokio::test]
    async fn a_root_whose_disk_does_not_answer_holds_up_no_other() {
        let base = tempfile::tempdir().unwrap();
        let roots = Arc::new(Roots::default());
        let (dead, well) =
            (roots.follow(&base.path().join("dead")), roots.follow(&base.path().join("well")));
        let disk = Revived(Arc::default());
        disk.0.hold(true);
        tokio::spawn(look_for_roots(Arc::downgrade(&roots), Arc::clone(&disk.0) as _));
        until_seen(&well, |seen| seen == RootSeen::Missing).await;
        std::fs::create_dir(base.path().join("well")).unwrap();
        until_seen(&well, is_there).await;
        assert_eq!(*dead.subscribe().borrow(), None);
        disk.0.hold(false);
        until_seen(&dead, |seen| seen == RootSeen::Missing).await;
    }

    #[tokio::test]
    async fn a_look_that_hangs_holds_up_none_behind_it_on_the_same_volume() {
        let base = tempfile::tempdir().unwrap();
        let roots = Arc::new(Roots::default());
        let [dead, well] = ["dead", "well"].map(|name| {
            let root = base.path().join(name);
            std::fs::create_dir(&root).unwrap();
            roots.follow(&root)
        });
        let disk = Revived(Arc::default());
        tokio::spawn(look_for_roots(Arc::downgrade(&roots), Arc::clone(&disk.0) as _));
        until_seen(&dead, is_there).await;
        until_seen(&well, is_there).await;
        disk.0.hold(true);
        std::fs::remove_dir(base.path().join("well")).unwrap();
        until_seen(&well, |seen| seen == RootSeen::Missing).await;
    }

    #[test]
    fn a_look_is_the_only_one_until_it_ends_or_is_given_up() {
        let start = Instant::now();
        let mut look = Look::default();
        let hung = look.begin(start).unwrap();
        assert_eq!(look.begin(start), None);
        assert!(!look.is_overdue(start + UNANSWERED));
        assert!(look.is_overdue(start + UNANSWERED + Duration::from_millis(1)));
        look.give_up();
        assert!(!look.end(hung), "nobody waits for it any more");
        let next = look.begin(start).unwrap();
        assert!(!look.end(hung), "it is not the one that is waited for");
        assert!(look.end(next) && !look.is_overdue(start + 2 * UNANSWERED));
    }

    #[test]
    fn a_root_does_not_answer_until_the_look_at_it_ends() {
        let base = tempfile::tempdir().unwrap();
        let roots = Roots::default();
        let followed = roots.follow(base.path());
        followed.look(&RealDisk);
        let seen = || *followed.seen.borrow();
        assert!(seen().is_some_and(is_there));
        let start = Instant::now();
        let hung = lock(&followed.look).begin(start).unwrap();
        roots.report_unanswered(start + UNANSWERED);
        assert!(seen().is_some_and(is_there), "it may only be slow");
        roots.report_unanswered(start + 2 * UNANSWERED);
        assert_eq!(seen(), Some(RootSeen::Unanswered));
        assert!(roots.due(false).is_empty());
        assert!(lock(&followed.look).end(hung));
        assert_eq!(roots.due(false).len(), 1);
        followed.look(&RealDisk);
        assert!(seen().is_some_and(is_there));
    }
}
