//! Disks that do not answer until they are told to.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_a_closed_project_on_a_dead_disk_wait_for_one_look_at_it() {
    let (world, id) = closed("a").await;
    world.disk.die(&world.root("a"));
    let before = world.disk.state.lock().unwrap().looks;
    for _ in 0..20 {
        let read = world.registry.read(&id, Duration::from_millis(1)).await;
        assert!(matches!(read, Err(ResolveError::Loading { .. })));
    }
    let looks = || world.disk.state.lock().unwrap().looks - before;
    until(|| looks() > 0).await;
    assert_eq!(looks(), 1);
    let waiting = {
        let (registry, id) = (world.registry.clone(), id.clone());
        tokio::spawn(async move { registry.read(&id, LONG).await })
    };
    world.disk.revive();
    assert!(!waiting.await.unwrap().unwrap().is_hot(), "whoever still waits gets it");
    assert!(world.registry.readable_now(&id).is_some(), "it is kept for the next search");
    assert_eq!(looks(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_was_moved_off_a_dead_disk_is_read_at_its_new_root() {
    let (world, id) = closed("a").await;
    world.disk.die(&world.root("a"));
    assert!(world.registry.read(&id, Duration::from_millis(1)).await.is_err());
    let moved = world.base.path().join("moved");
    std::fs::create_dir(&moved).unwrap();
    std::fs::write(moved.join("a.rs"), "fn needle() {}").unwrap();
    assert!(world.registry.relink(&id, moved.clone()).await.unwrap());
    world.until_shown("a", Shown::Cold).await;
    assert_eq!(world.registry.read(&id, LONG).await.unwrap().root, moved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_a_dead_disk_keeps_from_opening_goes_on_at_its_new_root() {
    let world = World::new(&["a", "b"]);
    let id = ProjectId::from("a");
    ["a", "b"].iter().for_each(|name| world.disk.die(&world.root(name)));
    ["a", "b"].iter().for_each(|name| drop(world.registry.wake(&ProjectId::from(*name))));
    until(|| world.disk.state.lock().unwrap().looking == 2).await;
    let moved = world.base.path().join("moved");
    std::fs::rename(world.root("a"), &moved).unwrap();
    world.disk.decide("a", Verdict::Well);
    assert!(world.registry.relink(&id, moved.clone()).await.unwrap());
    world.until_fresh("a").await;
    assert_eq!(world.registry.resolve(&id, LONG).await.unwrap().root, moved);
    assert!(world.registry.remove(&ProjectId::from("b")).await.is_some(), "nor is it kept");
    // Late, and of no consequence any more.
    world.disk.revive();
    until(|| world.disk.state.lock().unwrap().looking == 0).await;
    world.until_fresh("a").await;
    assert_eq!(world.disk.opens(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_waits_for_hung_ones_is_pending() {
    let world = World::new(&["a"]);
    let volume = world.registry.shared.volumes.get(RealDisk.volume(&world.root("a")));
    let hung: Vec<_> =
        std::iter::from_fn(|| volume.comparisons.clone().try_acquire_owned().ok()).collect();
    world.disk.decide("a", Verdict::Well);
    let id = ProjectId::from("a");
    let _ = world.registry.wake(&id);
    let freshness = || world.registry.status(&id).unwrap().freshness;
    world.until_shown("a", Shown::Hot).await;
    until(|| freshness() == Freshness::Pending).await;
    assert!(!world.registry.upkeep(&id).unwrap().complete);
    drop(hung);
    world.until_fresh("a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_disks_leave_threads_for_everything_else() {
    let names: Vec<String> = (0..read::READINGS + 20).map(|at| format!("p{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let room = Room { bytes: u64::MAX, projects: 0 };
    let world = World::with(&names, room, |project| project.held.files = 1);
    names.iter().for_each(|name| world.disk.die(&world.root(name)));
    let read = |name: &&str| {
        let (registry, id) = (world.registry.clone(), ProjectId::from(*name));
        tokio::spawn(async move { registry.read(&id, Duration::from_secs(1)).await.is_err() })
    };
    for read in names.iter().map(read).collect::<Vec<_>>() {
        assert!(read.await.unwrap());
    }
    let looking = world.disk.state.lock().unwrap().looking;
    assert!((1..=read::READINGS).contains(&looking), "{looking}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_disk_delays_nobody_else_at_the_start() {
    let world = World::with(&["dead", "live"], Room { bytes: u64::MAX, projects: 9 }, |project| {
        // The dead one is the first in line.
        project.last_searched = (project.name == "dead").then(Timestamp::now);
    });
    world.disk.die(&world.root("dead"));
    for name in ["dead", "live"] {
        world.disk.decide(name, Verdict::Well);
    }
    world.registry.warm();
    world.until_fresh("live").await;
    assert_eq!(world.disk.opens(), ["live"]);
    world.disk.revive();
    world.until_fresh("dead").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_opens_what_is_well_again_although_a_look_at_it_never_ends() {
    let (world, id) = closed("a").await;
    let root = world.root("a");
    world.disk.die(&root);
    assert!(world.registry.read(&id, Duration::from_millis(1)).await.is_err());
    let waiting = {
        let (registry, id) = (world.registry.clone(), id.clone());
        tokio::spawn(async move { registry.resolve(&id, LONG).await })
    };
    let looking = || world.disk.state.lock().unwrap().looking;
    until(|| looking() == 2).await;
    until(|| world.registry.status(&id).unwrap().error.is_some()).await;
    let status = world.registry.status(&id).unwrap();
    assert_eq!((status.residency, status.freshness), (Shown::Loading, Freshness::Failing));
    let error = status.error.unwrap();
    assert_eq!(error.cause, "VolumeUnavailable");
    assert!(error.message.contains(root.to_str().unwrap()), "{error:?}");

    world.disk.unmount(&root);
    world.registry.retry(&id);
    let lease = waiting.await.unwrap().unwrap();
    assert_eq!(world.registry.status(&id).unwrap().error, None, "whoever waited waits on");
    drop(lease);
    world.until_shown("a", Shown::Cold).await;
    assert!(!world.registry.read(&id, LONG).await.unwrap().is_hot());
    assert_eq!(looking(), 2, "the first ones are still held");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_project_says_that_its_disk_does_not_answer_until_it_does() {
    let world = World::new(&["a", "b"]);
    let id = ProjectId::from("a");
    for name in ["a", "b"] {
        world.disk.decide(name, Verdict::Well);
        let _ = world.registry.wake(&ProjectId::from(name));
        world.until_fresh(name).await;
    }
    let root = world.root("a");
    let error = || world.registry.status(&id).unwrap().error;
    for revive in [false, true] {
        world.disk.die(&root);
        until(|| error().is_some()).await;
        let status = world.registry.status(&id).unwrap();
        assert_eq!((status.residency, status.freshness), (Shown::Hot, Freshness::Failing));
        assert_eq!(error().unwrap().cause, "VolumeUnavailable");
        assert!(!world.registry.slots()[&id].may_close(), "nobody could read it any more");
        world.until_fresh("b").await;
        if revive {
            world.disk.revive();
        } else {
            // The look that is held stays so, and Retry has another one made.
            world.disk.unmount(&root);
            world.registry.retry(&id);
        }
        world.until_fresh("a").await;
        assert_eq!(error(), None);
    }
}
