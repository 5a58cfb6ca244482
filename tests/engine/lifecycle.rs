use std::path::Path;

use quarry_engine::engine::{Engine, Options};
use quarry_engine::status::{Freshness, ProjectAction, Residency};

use crate::world::{World, until, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_root_is_not_registered_twice() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    std::os::unix::fs::symlink(&root, world.path("link")).unwrap();
    for path in [root.clone(), root.join("../code"), world.path("link")] {
        assert!(world.engine().add(&path, None).await.unwrap().already, "{}", path.display());
    }
    assert_eq!(world.engine().snapshot().projects.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_made_while_closed_are_found_at_the_next_start() {
    let mut world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    world.close().await;
    write(&root.join("a.rs"), "gamma");
    std::fs::remove_file(root.join("b.rs")).unwrap();
    write(&root.join("c.rs"), "delta");
    world.reopen().await;
    world.until_found("gamma", &["a.rs"]).await;
    world.until_found("delta", &["c.rs"]).await;
    world.until_found("beta", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_project_leaves_its_folder_and_no_index() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let index = world.index_directory();
    let damaged = index.with_extension("damaged");
    write(&damaged.join("meta.json"), "rubbish");
    assert!(world.engine().act("CODE", ProjectAction::Remove).await.is_err(), "as it is written");
    world.engine().act("code", ProjectAction::Remove).await.unwrap();
    assert!(!index.exists());
    assert!(!damaged.exists(), "nor one that was damaged");
    assert!(root.join("a.rs").exists());
    assert_eq!(world.engine().status("code").unwrap_err().code(), "NotFound");
    assert_eq!(world.search("alpha").await.searched.total, 0);
    // It can be added again at once.
    world.add(&root).await;
    assert_eq!(world.found("alpha").await, ["a.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_removed_while_it_is_indexed_stays_removed() {
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..3000 {
        write(&root.join(format!("f{at}.rs")), &"fn x() {}\n".repeat(20));
    }
    world.engine().add(&root, None).await.unwrap();
    world.engine().act("code", ProjectAction::Remove).await.unwrap();
    assert_eq!(world.engine().status("code").unwrap_err().code(), "NotFound");
    assert_eq!(std::fs::read_dir(world.options.data_dir.join("indexes")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_root_fails_its_project_alone_and_heals_by_itself() {
    let mut world = World::new();
    let root = world.project("gone", &[("a.rs", "alpha")]).await;
    world.project("here", &[("b.rs", "alpha")]).await;
    world.close().await;
    // Not beside its place, where it would be followed.
    let away = world.folder("elsewhere", &[]).join("gone");
    std::fs::rename(&root, &away).unwrap();
    world.reopen().await;
    let status = world.until_status("gone", "failed", |s| s.residency == Residency::Failed).await;
    assert_eq!(status.freshness, Freshness::RootMissing);
    let error = status.error.unwrap();
    // Not a matter of time: it goes on when the folder is back.
    assert_eq!((error.cause.as_str(), error.next_retry), ("RootMissing", None));

    let answer = world.search("alpha").await;
    assert_eq!((answer.searched.total, answer.searched.hot), (2, 2));
    let stale: Vec<_> = answer.results.iter().map(|hit| (hit.path.as_str(), hit.stale)).collect();
    assert!(stale.contains(&("a.rs", true)) && stale.contains(&("b.rs", false)), "{answer:?}");

    std::fs::rename(&away, &root).unwrap();
    world.until_fresh("gone").await;
    assert_eq!(world.found("alpha").await, ["a.rs", "b.rs"]);

    // What happened is told in order, and of the project that it happened to.
    let lines = |name| world.engine().log(name).unwrap().into_iter().map(|line| line.text);
    let gone: Vec<String> = lines("gone").collect();
    let at = |what: &str| gone.iter().position(|line| line.contains(what));
    let (failed, opened) = (at("The folder"), at("Opened."));
    assert!(failed.is_some() && failed < opened, "{gone:?}");
    assert!(lines("here").all(|line| line == "Opened."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_moved_aside_and_made_anew() {
    for damage in ["meta.json", ".fast", ".term", ".idx"] {
        let mut world = World::new();
        world.project("code", &[("a.rs", "fn alpha() {}"), ("b.rs", "fn beta() {}")]).await;
        world.close().await;
        let index = world.index_directory();
        for entry in std::fs::read_dir(&index).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with(damage) {
                let bytes = std::fs::read(&path).unwrap();
                std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            }
        }
        world.reopen().await;
        until(damage, || async { (world.found("alpha").await == ["a.rs"]).then_some(()) }).await;
        world.until_fresh("code").await;
        assert!(index.with_extension("damaged").exists(), "{damage}: kept for a look");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_a_newer_version_is_refused_and_kept() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha")]).await;
    world.close().await;
    let meta = world.index_directory().join("meta.json");
    let text = std::fs::read_to_string(&meta).unwrap();
    let newer = text.replace(r#"\"version\":"#, r#"\"version\":99"#);
    assert_ne!(newer, text);
    std::fs::write(&meta, &newer).unwrap();
    world.reopen().await;
    let status =
        world.until_status("code", "refused", |status| status.residency == Residency::Failed).await;
    assert_eq!(status.error.unwrap().cause, "SchemaTooNew");
    assert_eq!(std::fs::read_to_string(&meta).unwrap(), newer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_owner() {
    let world = World::new();
    let second = Engine::open(world.options.clone());
    assert_eq!(second.err().unwrap().code(), "AlreadyOwned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_cannot_be_read_is_left_as_it_is() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha")]).await;
    world.close().await;
    let path = world.options.data_dir.join("catalogue.sqlite");
    let rubbish = "rubbish ".repeat(1000);
    std::fs::write(&path, &rubbish).unwrap();
    let opened = until("the data directory is free", || async {
        match Engine::open(Options { ..world.options.clone() }) {
            Err(error) if error.code() == "AlreadyOwned" => None,
            other => Some(other.err().map(|error| error.code())),
        }
    })
    .await;
    assert_eq!(opened, Some("Unavailable"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), rubbish);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_was_emptied_takes_no_index_with_it() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha")]).await;
    world.close().await;
    std::fs::write(world.options.data_dir.join("catalogue.sqlite"), "").unwrap();
    world.reopen().await;
    assert_eq!(world.engine().snapshot().projects.len(), 0);
    let kept = std::fs::read_dir(world.options.data_dir.join("indexes")).unwrap().count();
    assert_eq!(kept, 1, "it may come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_projects_than_may_be_open_are_all_searched() {
    let world = World::with(|options| options.room.projects = 2);
    for at in 0..6 {
        world.project(&format!("p{at}"), &[("a.rs", &format!("needle n{at}"))]).await;
    }
    for _ in 0..3 {
        let answer = world.search("needle").await;
        assert_eq!((answer.searched.hot, answer.results.len()), (6, 6));
        assert_eq!(answer.searched.failed, []);
    }
    let hot = || {
        let snapshot = world.engine().snapshot();
        snapshot.projects.iter().filter(|p| p.residency == Residency::Hot).count()
    };
    until("the rest is closed", || async { (hot() <= 2).then_some(()) }).await;
    assert_eq!(world.engine().snapshot().projects.len(), 6, "none is left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn reindexing_makes_the_same_index() {
    let world = World::new();
    world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    let before = world.status("code");
    world.engine().act("code", ProjectAction::Reindex).await.unwrap();
    let after =
        world.until_status("code", "indexed again", |s| s.last_indexed > before.last_indexed).await;
    assert_eq!((after.files, after.chunks), (before.files, before.chunks));
    assert_eq!(world.found("alpha").await, ["a.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_directory_is_never_indexed() {
    let world = World::new();
    let base: &Path = world.options.data_dir.parent().unwrap();
    write(&base.join("a.rs"), "alpha");
    let status = world.add(base).await;
    assert_eq!(status.files, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_something_sees_it_at_once() {
    let world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.project(name, &[("x.rs", "fn x() {}\n")]).await;
    }
    let engine = world.engine();
    for (gone, name) in (1..).zip(["a", "b", "c", "d"]) {
        engine.act(name, ProjectAction::Remove).await.unwrap();
        assert_eq!(engine.snapshot().projects.len(), 4 - gone);
    }
}
