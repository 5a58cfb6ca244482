//! The registry over a disk that takes as long as a test wants it to.

mod dead_disks;
mod keeping;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::disk::{Disk, Opened, RealDisk};
use super::failure::{Cause, Fault};
use super::roots::RootSeen;
use super::volume::{VolumeId, Volumes};
use super::*;
use jiff::Timestamp;

use crate::catalogue::{Held, Identity, roots};
use crate::status::{Freshness, Residency as Shown};

const DEADLINE: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Verdict {
    Well,
    Fails(Cause),
    Panics,
}

/// Opens an index when the test says what comes of it, and not before.
#[derive(Default)]
struct HeldDisk {
    state: Mutex<Waiting>,
    decided: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Names of the projects that were asked for, in order.
    opens: Vec<String>,
    verdicts: HashMap<String, Verdict>,
    /// Roots on a disk that does not answer.
    dead: HashSet<PathBuf>,
    /// How often all disks were made to answer: whoever was held goes on then, and not before.
    revivals: usize,
    /// Looks at a root that wait for their disk, and all there were.
    looking: usize,
    looks: usize,
}

impl HeldDisk {
    fn decide(&self, project: &str, verdict: Verdict) {
        self.state.lock().unwrap().verdicts.insert(project.to_owned(), verdict);
        self.decided.notify_all();
    }

    fn decide_again(&self, project: &str) {
        self.state.lock().unwrap().verdicts.remove(project);
    }

    fn opens(&self) -> Vec<String> {
        self.state.lock().unwrap().opens.clone()
    }

    fn die(&self, root: &Path) {
        self.state.lock().unwrap().dead.insert(root.to_owned());
    }

    /// The root is well from now on. Whoever was held stays so.
    fn unmount(&self, root: &Path) {
        self.state.lock().unwrap().dead.remove(root);
    }

    fn revive(&self) {
        let mut state = self.state.lock().unwrap();
        state.dead.clear();
        state.revivals += 1;
        self.decided.notify_all();
    }

    /// Returns when the root's disk answers.
    fn ask<'a>(&'a self, state: MutexGuard<'a, Waiting>, root: &Path) -> MutexGuard<'a, Waiting> {
        if !state.dead.contains(root) {
            return state;
        }
        let revivals = state.revivals;
        self.decided.wait_while(state, |state| state.revivals == revivals).unwrap()
    }
}

impl Disk for HeldDisk {
    fn volume(&self, root: &Path) -> VolumeId {
        drop(self.ask(self.state.lock().unwrap(), root));
        RealDisk.volume(root)
    }

    fn look(&self, root: &Path, before: Option<RootSeen>) -> RootSeen {
        drop(self.ask(self.state.lock().unwrap(), root));
        RealDisk.look(root, before)
    }

    fn check_root(&self, root: &Path) -> Result<(), Fault> {
        let mut state = self.state.lock().unwrap();
        state.looking += 1;
        state.looks += 1;
        let mut state = self.ask(state, root);
        state.looking -= 1;
        drop(state);
        RealDisk.check_root(root)
    }

    fn open(&self, project: &Project, directory: &Path) -> Result<Opened, Fault> {
        let name = &project.name;
        let mut state = self.state.lock().unwrap();
        state.opens.push(name.clone());
        let waits = |state: &mut Waiting| {
            state.dead.contains(&project.root) || !state.verdicts.contains_key(name)
        };
        let verdict = self.decided.wait_while(state, waits).unwrap().verdicts[name];
        match verdict {
            Verdict::Well => RealDisk.open(project, directory),
            Verdict::Fails(cause) => {
                Err(Fault { cause, message: "It does not open.".into(), at_root: false })
            }
            Verdict::Panics => panic!("the disk is upside down"),
        }
    }
}

struct World {
    base: tempfile::TempDir,
    disk: Arc<HeldDisk>,
    registry: Registry,
}

impl World {
    fn new(names: &[&str]) -> World {
        World::with(names, Room { bytes: u64::MAX, projects: 100 }, |_| ())
    }

    fn with(names: &[&str], room: Room, change: impl Fn(&mut Project)) -> World {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        let catalogue = Arc::new(Catalogue::open(&at("catalogue.sqlite")).unwrap());
        let mut projects = Vec::new();
        for name in names {
            let root = at("roots").join(name);
            std::fs::create_dir_all(&root).unwrap();
            std::fs::write(root.join("a.rs"), "fn needle() {}").unwrap();
            let mut project = Project {
                id: ProjectId::from(*name),
                name: roots::name_for(&root, &|_| false),
                root,
                pinned: false,
                paused: false,
                meaning: true,
                excludes: Vec::new(),
                include_ignored: false,
                last_searched: None,
                last_indexed: None,
                held: Held::default(),
                identity: Identity::default(),
            };
            change(&mut project);
            catalogue.insert(&project).unwrap();
            projects.push(project);
        }
        let settings = Settings {
            indexes: at("indexes"),
            excluded: Vec::new(),
            limits: Limits::default(),
            tuning: Tuning::default(),
            room,
            moved_after: LONG,
        };
        let disk = Arc::new(HeldDisk::default());
        let registry = Registry::new(settings, Arc::clone(&disk) as _, catalogue, projects);
        World { base, disk, registry }
    }

    fn root(&self, name: &str) -> PathBuf {
        self.base.path().join("roots").join(name)
    }

    fn shown(&self, name: &str) -> Shown {
        self.registry.status(&ProjectId::from(name)).unwrap().residency
    }

    async fn until_shown(&self, name: &str, residency: Shown) {
        until(|| self.shown(name) == residency).await;
    }

    async fn until_fresh(&self, name: &str) {
        let fresh = || {
            let status = self.registry.status(&ProjectId::from(name)).unwrap();
            (status.residency, status.freshness) == (Shown::Hot, Freshness::Fresh)
        };
        until(fresh).await;
    }

    /// Callers that are all waiting, and the disk has been asked.
    async fn callers(&self, name: &str, count: usize) -> Vec<Waiter> {
        let before = self.disk.opens().len();
        let waiters = (0..count).map(|_| {
            let (registry, id) = (self.registry.clone(), ProjectId::from(name));
            tokio::spawn(async move { registry.resolve(&id, LONG).await })
        });
        let waiters = waiters.collect();
        until(|| self.disk.opens().len() > before).await;
        waiters
    }
}

/// A test that fails ends, although the runtime waits for whoever waits for the disk.
impl Drop for World {
    fn drop(&mut self) {
        self.disk.revive();
        let mut state = self.disk.state.lock().unwrap();
        for name in state.opens.clone() {
            state.verdicts.entry(name).or_insert(Verdict::Fails(Cause::Io));
        }
        self.disk.decided.notify_all();
    }
}

type Waiter = tokio::task::JoinHandle<Result<Lease, ResolveError>>;

async fn until(mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn failure(outcome: Result<Lease, ResolveError>) -> Arc<Failure> {
    match outcome {
        Err(ResolveError::Failed(failure)) => failure,
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_callers_get_the_one_handle_and_later_ones_ask_no_disk() {
    let world = World::new(&["a"]);
    let waiters = world.callers("a", 30).await;
    assert_eq!(world.shown("a"), Shown::Loading);
    world.disk.decide("a", Verdict::Well);
    let mut handles = Vec::new();
    for waiter in waiters {
        handles.push(waiter.await.unwrap().unwrap());
    }
    assert!(handles.iter().all(|handle| Arc::ptr_eq(&handle.hot, &handles[0].hot)));
    let again = world.registry.resolve(&ProjectId::from("a"), Duration::ZERO).await.unwrap();
    assert!(Arc::ptr_eq(&again.hot, &handles[0].hot));
    assert_eq!(world.disk.opens(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found_and_nothing_is_opened() {
    let world = World::new(&["a"]);
    let unknown = world.registry.resolve(&ProjectId::from("b"), LONG).await;
    assert!(matches!(unknown, Err(ResolveError::NotFound(_))));
    assert!(world.disk.opens().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_goes_on_when_patience_ends_and_when_callers_go_away() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    let impatient = world.registry.resolve(&id, Duration::ZERO).await;
    assert!(matches!(impatient, Err(ResolveError::Loading { .. })));
    for waiter in world.callers_that_join(&id, 5) {
        waiter.abort();
        assert!(waiter.await.is_err_and(|error| error.is_cancelled()));
    }
    world.disk.decide("a", Verdict::Well);
    world.until_shown("a", Shown::Hot).await;
    assert_eq!(world.disk.opens(), ["a"]);
}

impl World {
    fn callers_that_join(&self, id: &ProjectId, count: usize) -> Vec<Waiter> {
        let join = |_| {
            let (registry, id) = (self.registry.clone(), id.clone());
            tokio::spawn(async move { registry.resolve(&id, LONG).await })
        };
        (0..count).map(join).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_reaches_all_waiters_and_later_callers_without_another_attempt() {
    let world = World::new(&["a"]);
    let waiters = world.callers("a", 10).await;
    world.disk.decide("a", Verdict::Fails(Cause::SchemaTooNew));
    let mut failures = Vec::new();
    for waiter in waiters {
        failures.push(failure(waiter.await.unwrap()));
    }
    let later = world.registry.resolve(&ProjectId::from("a"), Duration::ZERO).await;
    failures.push(failure(later));
    assert!(failures.iter().all(|other| Arc::ptr_eq(other, &failures[0])));
    assert_eq!((failures[0].cause, failures[0].attempts), (Cause::SchemaTooNew, 1));
    assert_eq!(world.disk.opens(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_opening_is_a_failure_that_names_it() {
    let world = World::new(&["a", "b"]);
    let waiters = world.callers("a", 3).await;
    world.disk.decide("a", Verdict::Panics);
    for waiter in waiters {
        let failure = failure(waiter.await.unwrap());
        assert_eq!(failure.cause, Cause::Panicked);
        assert!(failure.message.contains("upside down"), "{}", failure.message);
    }
    // Nobody else suffers from it.
    world.disk.decide("b", Verdict::Well);
    world.registry.resolve(&ProjectId::from("b"), LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_failure_heals_by_itself() {
    let world = World::new(&["a"]);
    world.disk.decide("a", Verdict::Fails(Cause::Locked));
    let id = ProjectId::from("a");
    let first = failure(world.registry.resolve(&id, LONG).await);
    assert!(matches!(first.next, failure::Next::At(..)));
    world.disk.decide("a", Verdict::Well);
    world.until_shown("a", Shown::Hot).await;
    assert_eq!(world.disk.opens().len(), 2, "nobody asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_is_one_attempt_at_once_that_is_seen_and_counts_anew() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    world.disk.decide("a", Verdict::Fails(Cause::SchemaTooNew));
    failure(world.registry.resolve(&id, LONG).await);
    world.disk.decide_again("a");
    world.registry.retry(&id);
    world.registry.retry(&id);
    assert_eq!(world.shown("a"), Shown::Loading);
    until(|| world.disk.opens().len() > 1).await;
    world.disk.decide("a", Verdict::Fails(Cause::SchemaTooNew));
    world.until_shown("a", Shown::Failed).await;
    let status = world.registry.status(&id).unwrap();
    assert_eq!(status.error.unwrap().attempts, 1);
    assert_eq!(world.disk.opens().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_removed_while_it_loads_does_not_come_back() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    let waiters = world.callers("a", 3).await;
    let removal = {
        let (registry, id) = (world.registry.clone(), id.clone());
        tokio::spawn(async move { registry.remove(&id).await })
    };
    for waiter in waiters {
        assert!(matches!(waiter.await.unwrap(), Err(ResolveError::NotFound(_))));
    }
    world.disk.decide("a", Verdict::Well);
    assert!(removal.await.unwrap().is_some(), "it ends when the restore has let go");
    assert!(world.registry.status(&id).is_none());
    until(|| world.registry.snapshot().projects.is_empty()).await;
    assert!(matches!(world.registry.resolve(&id, LONG).await, Err(ResolveError::NotFound(_))));
    assert_eq!(world.disk.opens(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_opens_after_the_end() {
    let world = World::new(&["a", "b"]);
    let waiters = world.callers("a", 1).await;
    world.registry.close().await;
    world.disk.decide("a", Verdict::Well);
    world.disk.decide("b", Verdict::Well);
    for waiter in waiters {
        assert!(waiter.await.unwrap().is_err());
    }
    world.registry.retry(&ProjectId::from("a"));
    assert!(world.registry.wake(&ProjectId::from("b")).is_none());
    assert!(world.registry.read(&ProjectId::from("b"), LONG).await.is_err());
    assert_eq!(world.disk.opens(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_state_is_pushed_in_order() {
    let world = World::new(&["a"]);
    let mut snapshots = world.registry.subscribe();
    snapshots.mark_unchanged();
    let mut next = async || {
        tokio::time::timeout(DEADLINE, snapshots.changed()).await.unwrap().unwrap();
        let snapshot = snapshots.borrow_and_update().clone();
        (snapshot.seq, snapshot.projects[0].residency)
    };
    let _ = world.registry.wake(&ProjectId::from("a"));
    let (first, residency) = next().await;
    assert_eq!(residency, Shown::Loading);
    world.disk.decide("a", Verdict::Fails(Cause::SchemaTooNew));
    assert_eq!(next().await, (first + 1, Shown::Failed));
    world.disk.decide_again("a");
    world.registry.retry(&ProjectId::from("a"));
    assert_eq!(next().await, (first + 2, Shown::Loading));
    world.disk.decide("a", Verdict::Well);
    assert_eq!(next().await, (first + 3, Shown::Hot));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pinned_or_searched_stays_open_when_room_is_wanted() {
    let room = Room { bytes: u64::MAX, projects: 0 };
    let world = World::with(&["idle", "pinned", "searched"], room, |project| {
        project.pinned = project.name == "pinned";
    });
    for name in ["idle", "pinned", "searched"] {
        world.disk.decide(name, Verdict::Well);
    }
    let searched = world.registry.read(&ProjectId::from("searched"), LONG).await.unwrap();
    assert!(searched.is_hot(), "it was never indexed, so there is nothing to read yet");
    let _ = world.registry.wake(&ProjectId::from("pinned"));
    let _ = world.registry.wake(&ProjectId::from("idle"));
    world.until_shown("idle", Shown::Hot).await;
    world.until_shown("idle", Shown::Cold).await;
    world.until_fresh("pinned").await;
    world.until_fresh("searched").await;
    world.registry.shared.room_wanted.notify_one();
    tokio::task::yield_now().await;
    assert_eq!(world.shown("searched"), Shown::Hot);
    drop(searched);
    world.until_shown("searched", Shown::Cold).await;
    assert_eq!(world.shown("pinned"), Shown::Hot);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_project_is_read_without_being_opened() {
    let (world, id) = closed("a").await;
    let first = world.registry.read(&id, LONG).await.unwrap();
    assert!(!first.is_hot() && !first.compared);
    let second = world.registry.readable_now(&id).unwrap();
    assert!(Arc::ptr_eq(&first.index, &second.index), "it is kept for the next search");
    assert_eq!(second.index.counts().unwrap().files, 1);
    assert_eq!((world.shown("a"), world.disk.opens().len()), (Shown::Cold, 1));
}

/// An indexed project that is closed.
async fn closed(name: &str) -> (World, ProjectId) {
    let world = World::with(&[name], Room { bytes: u64::MAX, projects: 0 }, |_| ());
    let id = ProjectId::from(name);
    world.disk.decide(name, Verdict::Well);
    let _ = world.registry.wake(&id);
    world.until_shown(name, Shown::Cold).await;
    (world, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_index_that_was_found_damaged_is_replaced() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    world.disk.decide("a", Verdict::Well);
    let damaged = Arc::clone(&world.registry.resolve(&id, LONG).await.unwrap().index);
    world.until_fresh("a").await;
    world.registry.replace_damaged(&id, &damaged);
    until(|| world.disk.opens().len() == 2).await;
    world.until_fresh("a").await;
    let notice = world.registry.status(&id).unwrap().notice;
    assert!(notice.unwrap().contains("damaged"), "people are told");
    let sound = Arc::clone(&world.registry.resolve(&id, LONG).await.unwrap().index);
    assert!(!Arc::ptr_eq(&sound, &damaged));
    // Another search had found the same damage, and says so late.
    world.registry.replace_damaged(&id, &damaged);
    world.until_fresh("a").await;
    let now = Arc::clone(&world.registry.resolve(&id, LONG).await.unwrap().index);
    assert!(Arc::ptr_eq(&sound, &now));
    assert!(world.base.path().join("indexes/a.damaged").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_that_cannot_be_moved_aside_is_a_failure_and_not_opened_over_and_over() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    world.disk.decide("a", Verdict::Well);
    drop(world.registry.resolve(&id, LONG).await.unwrap());
    world.until_fresh("a").await;
    let indexes = world.base.path().join("indexes");
    // No directory, so that it cannot be deleted as one.
    let in_the_way = indexes.join("a.damaged");
    std::fs::write(&in_the_way, "").unwrap();
    // It opens all the same: only its checksum tells.
    for file in std::fs::read_dir(indexes.join("a")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "store") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[0] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
    }
    world.registry.retry(&id);
    world.until_shown("a", Shown::Failed).await;
    let first = world.registry.status(&id).unwrap().error.unwrap();
    assert_eq!((first.cause.as_str(), first.attempts), ("Io", 1));
    // It opens, and is found damaged again.
    until(|| {
        let status = world.registry.status(&id).unwrap();
        status.residency == Shown::Failed && status.error.unwrap().attempts == 2
    })
    .await;
    assert_eq!(world.disk.opens().len(), 2);
    std::fs::remove_file(&in_the_way).unwrap();
    world.registry.retry(&id);
    until(|| in_the_way.is_dir()).await;
    world.until_fresh("a").await;
    assert_eq!(world.registry.status(&id).unwrap().error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_panics_is_said_with_its_words_and_tried_again_with_what_it_had_to_do() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    world.disk.decide("a", Verdict::Well);
    let hot = world.registry.resolve(&id, LONG).await.unwrap();
    world.until_fresh("a").await;
    for fault in [|| panic!("the index is upside down"), || std::panic::panic_any(7)] as [fn(); 2] {
        hot.index.set_fault(Some(fault));
        let files = world.registry.status(&id).unwrap().files;
        std::fs::write(hot.root.join(format!("f{files}.rs")), "fn more() {}").unwrap();
        until(|| world.registry.status(&id).unwrap().error.is_some()).await;
        let error = world.registry.status(&id).unwrap().error.unwrap();
        assert_eq!(error.cause, "Panicked");
        let words = ["the index is upside down", "an unknown fault"];
        assert!(words.iter().any(|words| error.message.contains(words)), "{error:?}");
        // Again and again, and each time with the file that it had to see to.
        until(|| {
            let status = world.registry.status(&id).unwrap();
            status.freshness == Freshness::Failing && status.pending == 1
        })
        .await;
        hot.index.set_fault(None);
        world.registry.retry(&id);
        until(|| world.registry.status(&id).unwrap().files == files + 1).await;
        world.until_fresh("a").await;
        assert_eq!(world.registry.status(&id).unwrap().error, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_recent_projects_are_opened_first_two_at_a_time() {
    let names = ["p0", "p1", "p2", "p3", "p4"];
    let world = World::with(&names, Room { bytes: u64::MAX, projects: 4 }, |project| {
        let at: i64 = project.name[1..].parse().unwrap();
        project.last_searched = Some(Timestamp::from_second(at * 5 % 7).unwrap());
    });
    // Last used at 0, 5, 3, 1, 6: p4, p1, p2, p3, and p0 is one too many.
    let opens = || {
        let mut opens = world.disk.opens();
        opens.sort();
        opens
    };
    world.registry.warm();
    until(|| opens().len() == 2).await;
    assert_eq!(opens(), ["p1", "p4"]);
    world.disk.decide("p4", Verdict::Well);
    until(|| opens().len() == 3).await;
    assert_eq!(opens(), ["p1", "p2", "p4"]);
    for name in names {
        world.disk.decide(name, Verdict::Well);
    }
    for name in ["p1", "p2", "p3", "p4"] {
        world.until_fresh(name).await;
    }
    assert_eq!(world.shown("p0"), Shown::Cold);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_start_no_more_is_opened_than_there_is_room_for_and_what_is_pinned_first() {
    let names = ["p0", "p1", "p2", "p3", "pinned"];
    let room = Room { bytes: 100 << 20, projects: 100 };
    let world = World::with(&names, room, |project| {
        project.pinned = project.name == "pinned";
        let at = project.name[1..].parse().ok();
        project.last_searched = at.map(|at| Timestamp::from_second(at).unwrap());
        // The largest does not fit beside another, and is no reason to leave out the next.
        project.held.bytes = if project.name == "p2" { 90 << 20 } else { 30 << 20 };
    });
    for name in names {
        world.disk.decide(name, Verdict::Well);
    }
    world.registry.warm();
    for name in ["pinned", "p3", "p1"] {
        world.until_fresh(name).await;
    }
    let mut opens = world.disk.opens();
    opens.sort();
    assert_eq!(opens, ["p1", "p3", "pinned"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_least_recently_is_closed_first_whatever_was_opened_first() {
    let names = ["p1", "p2", "p3"];
    let world = World::with(&names, Room { bytes: u64::MAX, projects: 100 }, |project| {
        let at = project.name[1..].parse().unwrap();
        project.last_searched = Some(Timestamp::from_second(at).unwrap());
    });
    let wake = async |name: &str| {
        world.disk.decide(name, Verdict::Well);
        drop(world.registry.wake(&ProjectId::from(name)));
        world.until_fresh(name).await;
    };
    for name in ["p3", "p2", "p1"] {
        wake(name).await;
    }
    let settled = |name: &str| {
        let upkeep = world.registry.upkeep(&ProjectId::from(name)).unwrap();
        upkeep.deep && !upkeep.activity.at_work
    };
    until(|| names.iter().all(|name| settled(name))).await;
    world.registry.set_room(Room { bytes: u64::MAX, projects: 2 });
    until(|| names.iter().any(|name| world.shown(name) == Shown::Cold)).await;
    assert_eq!(names.map(|name| world.shown(name)), [Shown::Cold, Shown::Hot, Shown::Hot]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_pinned_is_opened() {
    let world = World::new(&["a"]);
    world.disk.decide("a", Verdict::Well);
    world.registry.set_pinned(&ProjectId::from("a"), true);
    world.until_shown("a", Shown::Hot).await;
}

#[test]
fn projects_of_one_volume_take_turns_and_those_of_another_do_not_wait() {
    let volumes = Volumes::default();
    let (one, again, other) = (volumes.get(Some(1)), volumes.get(Some(1)), volumes.get(Some(2)));
    let _hung: Vec<_> =
        std::iter::from_fn(|| one.comparisons.clone().try_acquire_owned().ok()).collect();
    assert!(again.comparisons.try_acquire().is_err());
    assert!(other.comparisons.try_acquire().is_ok());
}
