//! The watcher over real folders.

mod events;
mod git;
mod limits;
mod root;

use std::time::Instant;

use quarry_engine::status::{Freshness, ProjectAction, ProjectStatus, Residency, WatchMode};

use crate::world::{World, git, until, write};

#[tokio::test(flavor = "multi_thread")]
async fn saves_new_files_renames_and_deletions_are_followed() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("dir/b.rs", "beta")]).await;
    assert_eq!(world.status("code").watch_mode, WatchMode::Native);

    write(&root.join("a.rs"), "gamma");
    world.until_found("gamma", &["a.rs"]).await;
    assert_eq!(world.found("alpha").await, [""; 0]);

    write(&root.join("new/deep/c.rs"), "delta");
    world.until_found("delta", &["new/deep/c.rs"]).await;
    // A directory that is new is watched as well.
    write(&root.join("new/deep/d.rs"), "epsilon");
    world.until_found("epsilon", &["new/deep/d.rs"]).await;

    std::fs::rename(root.join("new"), root.join("moved")).unwrap();
    world.until_found("delta", &["moved/deep/c.rs"]).await;
    write(&root.join("moved/deep/e.rs"), "zeta");
    world.until_found("zeta", &["moved/deep/e.rs"]).await;

    std::fs::remove_dir_all(root.join("moved")).unwrap();
    world.until_found("epsilon", &[]).await;
    // Made again under the old name: watched anew.
    write(&root.join("moved/deep/c.rs"), "eta");
    world.until_found("eta", &["moved/deep/c.rs"]).await;
    write(&root.join("moved/deep/c.rs"), "theta");
    world.until_found("theta", &["moved/deep/c.rs"]).await;

    std::fs::remove_file(root.join("dir/b.rs")).unwrap();
    world.until_found("beta", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_replaced_as_editors_do_is_followed() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    write(&root.join(".a.rs.swp"), "beta");
    std::fs::rename(root.join(".a.rs.swp"), root.join("a.rs")).unwrap();
    world.until_found("beta", &["a.rs"]).await;
    assert_eq!(world.found("alpha").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_files_and_same_bytes_write_nothing() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), (".gitignore", "*.o\nout/\n")]).await;
    git(&root, &["init", "-q"]);
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_fresh("code").await;
    let before = world.status("code").last_indexed;

    for at in 0..200 {
        write(&root.join(format!("out/{at}.rs")), "ignored");
        write(&root.join(format!("{at}.o")), "ignored");
    }
    write(&root.join("a.rs"), "alpha");
    world.until_status("code", "pending", |status| status.pending > 0).await;
    let status = world.until_fresh("code").await;
    assert_eq!(status.last_indexed, before, "nothing was written");
    assert_eq!(world.found("ignored").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_root_keeps_its_index_and_comes_back_by_itself() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    let away = world.path("away");
    let started = Instant::now();
    std::fs::rename(&root, &away).unwrap();
    let status = world
        .until_status("code", "missing", |status| status.freshness == Freshness::RootMissing)
        .await;
    println!("root missing after {:?}", started.elapsed());
    assert_eq!(status.residency, Residency::Hot);
    assert_eq!(status.error.unwrap().cause, "RootMissing");
    assert_eq!(status.files, 2, "nothing is deleted from the index");
    assert!(!root.exists(), "the root is not made again");
    let answer = world.search("alpha").await;
    assert!(answer.results[0].stale, "it is searchable, and said to be stale");

    write(&away.join("c.rs"), "gamma");
    let started = Instant::now();
    std::fs::rename(&away, &root).unwrap();
    world.until_found("gamma", &["c.rs"]).await;
    println!("back after {:?}", started.elapsed());
    write(&root.join("a.rs"), "delta");
    world.until_found("delta", &["a.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_lost_most_of_its_files_keeps_its_index_until_retry() {
    let mut world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..100 {
        write(&root.join(format!("f{at}.rs")), "needle");
    }
    world.add(&root).await;
    world.close().await;
    for at in 0..90 {
        std::fs::remove_file(root.join(format!("f{at}.rs"))).unwrap();
    }
    world.reopen().await;
    let status = world
        .until_status("code", "failing", |status| status.freshness == Freshness::Failing)
        .await;
    assert_eq!(status.files, 100);
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_fresh("code").await;
    assert_eq!(world.status("code").files, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_saved_by_renaming_explains_no_other_files_that_are_missing() {
    let mut world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..100 {
        write(&root.join(format!("f{at}.rs")), "needle");
    }
    world.add(&root).await;
    world.close().await;
    for at in 0..90 {
        std::fs::remove_file(root.join(format!("f{at}.rs"))).unwrap();
    }
    world.reopen().await;
    let failing = |status: &ProjectStatus| status.freshness == Freshness::Failing;
    world.until_status("code", "failing", failing).await;
    let runs = world.engine().activity("code").unwrap().runs;
    let (file, backup) = (root.join("f99.rs"), root.join("f99.rs~"));
    std::fs::rename(&file, &backup).unwrap();
    write(&file, "saved");
    std::fs::remove_file(backup).unwrap();
    until("another run has ended", || async {
        let activity = world.engine().activity("code").unwrap();
        (activity.runs > runs && !activity.at_work).then_some(())
    })
    .await;
    let status = world.until_status("code", "failing", failing).await;
    assert_eq!((status.files, status.error.unwrap().cause.as_str()), (100, "Shrunk"));
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_fresh("code").await;
    assert_eq!(world.status("code").files, 10);
    assert_eq!(world.found("saved").await, ["f99.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_project_is_left_alone_until_it_is_resumed() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    world.engine().act("code", ProjectAction::Pause).await.unwrap();
    world.until_status("code", "paused", |s| s.watch_mode == WatchMode::Paused).await;
    write(&root.join("a.rs"), "beta");
    assert_eq!(world.found("beta").await, [""; 0]);
    world.engine().act("code", ProjectAction::Resume).await.unwrap();
    world.until_found("beta", &["a.rs"]).await;
    assert_eq!(world.status("code").watch_mode, WatchMode::Native);
}
