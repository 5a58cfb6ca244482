//! What a project leaves out of its index by its own patterns, and how large its files may be.

use quarry_engine::engine::EngineError;
use quarry_engine::index::Limits;
use quarry_engine::registry::Room;
use quarry_engine::status::{Freshness, ProjectAction, Residency};

use crate::registry::system::watched_below;
use crate::world::{World, git, until, write};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_leaves_the_index_with_its_watches_and_comes_back() {
    let world = World::new();
    let files = [("a.rs", "needle"), ("vendor/b.rs", "needle"), ("vendor/deep/c.rs", "needle")];
    let root = world.project("code", &files).await;
    let all = ["a.rs", "vendor/b.rs", "vendor/deep/c.rs"];
    world.until_found("needle", &all).await;
    until("all folders are watched", || async { (watched_below(&root) == 3).then_some(()) }).await;

    let engine = world.engine();
    let pattern = engine.exclude_directory("code", "vendor").await.unwrap().unwrap();
    assert_eq!(world.status("code").excludes, ["/vendor/"]);
    assert_eq!(engine.exclude("code", &pattern).await.unwrap(), None, "it is there already");
    world.until_found("needle", &["a.rs"]).await;
    until("one folder is watched", || async { (watched_below(&root) == 1).then_some(()) }).await;
    world.until_fresh("code").await;
    let before = engine.activity("code").unwrap();
    write(&root.join("vendor/b.rs"), "other needle");
    write(&root.join("vendor/new/d.rs"), "needle");
    write(&root.join("e.rs"), "needle");
    world.until_found("needle", &["a.rs", "e.rs"]).await;
    world.until_fresh("code").await;
    assert_eq!(engine.activity("code").unwrap().read - before.read, 1, "e.rs alone");

    engine.stop_excluding("code", &pattern).await.unwrap();
    let all = ["a.rs", "e.rs", "vendor/b.rs", "vendor/deep/c.rs", "vendor/new/d.rs"];
    world.until_found("needle", &all).await;
    until("all folders are watched", || async { (watched_below(&root) == 4).then_some(()) }).await;
    write(&root.join("vendor/b.rs"), "nothing");
    world.until_found("nothing", &["vendor/b.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_files_are_found_once_they_are_included() {
    let world = World::new();
    let files =
        [(".gitignore", "*.gen\nout/\n"), ("a.gen", "needle"), ("node_modules/m.js", "needle")];
    let root = world.folder("code", &files);
    git(&root, &["init", "-q"]);
    write(&root.join("out/b.rs"), "needle");
    world.add(&root).await;
    world.until_found("needle", &[]).await;

    let engine = world.engine();
    engine.act("code", ProjectAction::IgnoredOn).await.unwrap();
    assert!(world.status("code").include_ignored);
    world.until_found("needle", &["a.gen", "node_modules/m.js", "out/b.rs"]).await;
    world.until_fresh("code").await;
    // They are watched as well, and git's own data is not searched.
    write(&root.join("out/c.rs"), "needle");
    world.until_found("needle", &["a.gen", "node_modules/m.js", "out/b.rs", "out/c.rs"]).await;
    assert!(world.found("repositoryformatversion").await.is_empty());

    engine.exclude("code", "node_modules/").await.unwrap();
    world.until_found("needle", &["a.gen", "out/b.rs", "out/c.rs"]).await;
    engine.act("code", ProjectAction::IgnoredOff).await.unwrap();
    world.until_found("needle", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_pattern_is_refused_by_name_and_changes_nothing() {
    let world = World::new();
    world.project("code", &[("a.rs", "needle")]).await;
    let refused = world.engine().exclude("code", "src/[a-").await.unwrap_err();
    assert!(matches!(refused, EngineError::BadPattern(_)));
    assert!(refused.to_string().contains("\"src/[a-\""), "{refused}");
    assert!(world.status("code").excludes.is_empty());
    assert_eq!(world.found("needle").await, ["a.rs"]);
}

/// Files that are left out on purpose are not lost, however many they are.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_out_most_of_a_project_needs_no_confirmation() {
    let mut world = World::new();
    let root = world.folder("code", &[("a.rs", "needle")]);
    for at in 0..100 {
        write(&root.join(format!("vendor/f{at}.rs")), "needle");
        write(&root.join(format!("third/f{at}.rs")), "needle");
    }
    world.add(&root).await;
    world.engine().exclude("code", "/vendor/").await.unwrap();
    world.until_status("code", "smaller", |status| status.files == 101).await;
    world.until_fresh("code").await;

    // Neither while nobody compares: there is only the comparison when it is opened.
    world.engine().act("code", ProjectAction::Pause).await.unwrap();
    world.engine().exclude("code", "/third/").await.unwrap();
    world.close().await;
    world.reopen().await;
    assert_eq!(world.status("code").excludes, ["/vendor/", "/third/"]);
    world.engine().act("code", ProjectAction::Resume).await.unwrap();
    let status = world.until_status("code", "smaller", |status| status.files == 1).await;
    assert_eq!(status.error, None);

    // What is lost beside that still is suspicious.
    for at in 0..100 {
        write(&root.join(format!("own/f{at}.rs")), "needle");
    }
    world.until_status("code", "larger", |status| status.files == 101).await;
    world.until_fresh("code").await;
    world.close().await;
    std::fs::remove_dir_all(root.join("own")).unwrap();
    world.reopen().await;
    world.found("needle").await;
    let failing = |status: &_| matches!(status, Freshness::Failing);
    let status = world.until_status("code", "suspicious", |one| failing(&one.freshness)).await;
    assert_eq!(status.error.unwrap().cause, "Shrunk");
    assert_eq!(status.files, 101);

    // Whoever leaves them out has answered the question.
    world.engine().exclude("code", "/own/").await.unwrap();
    world.until_status("code", "smaller", |status| status.files == 1).await;
    world.until_fresh("code").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_brought_back_leaves_out_what_it_left_out() {
    let world = World::new();
    world.project("code", &[("a.rs", "needle"), ("b.c", "needle")]).await;
    let engine = world.engine();
    engine.exclude("code", "*.c").await.unwrap();
    engine.act("code", ProjectAction::IgnoredOn).await.unwrap();
    engine.act("code", ProjectAction::MeaningOff).await.unwrap();
    world.until_found("needle", &["a.rs"]).await;
    let id = engine.set_aside("code").await.unwrap();
    engine.bring_back(&id).await.unwrap();
    world.until_fresh("code").await;
    let mut world = world;
    world.reopen().await;
    let status = world.status("code");
    assert_eq!((status.include_ignored, status.meaning), (true, false));
    assert_eq!(status.excludes, ["*.c"]);
    assert_eq!(world.found("needle").await, ["a.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_limit_of_size_decides_anew_about_files_that_did_not_change() {
    let world = World::new();
    let long = "needle ".repeat(1000);
    world.project("code", &[("short.rs", "needle"), ("long.rs", &long)]).await;
    world.until_found("needle", &["long.rs", "short.rs"]).await;
    let engine = world.engine();
    engine.set_limits(Limits { file_bytes: 1000 });
    world.until_found("needle", &["short.rs"]).await;
    world.until_status("code", "told", |status| status.skipped == 1).await;
    world.until_fresh("code").await;
    let read = engine.activity("code").unwrap().read;
    engine.set_limits(Limits::default());
    world.until_found("needle", &["long.rs", "short.rs"]).await;
    world.until_status("code", "whole", |status| status.skipped == 0).await;
    assert_eq!(engine.activity("code").unwrap().read - read, 1, "the other one is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn less_room_closes_what_was_used_least_and_its_index_follows_its_patterns_all_the_same() {
    let world = World::new();
    world.project("first", &[("a.rs", "needle")]).await;
    world.project("second", &[("a.rs", "needle")]).await;
    world.until_fresh("first").await;
    world.until_fresh("second").await;
    assert_eq!(world.found("needle project:second").await, ["a.rs"]);
    let bytes = world.status("second").index_bytes;
    world.engine().set_room(Room { bytes: bytes * 3 / 2, ..world.options.room });
    world.until_status("first", "closed", |status| status.residency == Residency::Cold).await;
    assert_eq!(world.status("second").residency, Residency::Hot);

    // What is left out of a project that is closed leaves its index all the same.
    world.engine().exclude("first", "*.rs").await.unwrap();
    world.until_status("first", "empty", |status| status.files == 0).await;
}
