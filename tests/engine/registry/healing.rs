use std::fs;
use std::path::Path;
use std::time::Instant;

use quarry_engine::status::{Freshness, LaneName, ProjectAction, Residency};

use crate::world::{World, until, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_comes_back_opens_its_project_by_itself() {
    let mut world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    world.close().await;
    let away = world.folder("elsewhere", &[]).join("code");
    fs::rename(&root, &away).unwrap();
    world.reopen().await;
    let failed = |status: &quarry_engine::status::ProjectStatus| {
        (status.residency, status.freshness) == (Residency::Failed, Freshness::RootMissing)
    };
    world.until_status("code", "failed", failed).await;
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    let status = world.until_status("code", "failed again", failed).await;
    assert_eq!(status.error.unwrap().cause, "RootMissing");
    assert_eq!(status.files, 1, "what the index holds is not forgotten");

    let started = Instant::now();
    fs::rename(&away, &root).unwrap();
    world.until_fresh("code").await;
    println!("open again after {:?}", started.elapsed());
    assert_eq!(world.found("alpha").await, ["a.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_another_process_writes_is_waited_for_and_not_taken_for_damaged() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let index = world.index_directory();
    let lock = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(index.join(".tantivy-writer.lock"))
        .unwrap();
    lock.lock().unwrap();
    write(&root.join("a.rs"), "beta");
    let status = world
        .until_status("code", "held up", |s| {
            matches!(s.freshness, Freshness::Retrying | Freshness::Failing)
        })
        .await;
    assert_eq!(status.error.unwrap().cause, "Locked");
    assert_eq!(world.found("alpha").await, ["a.rs"], "it is searched meanwhile");
    drop(lock);
    world.until_found("beta", &["a.rs"]).await;
    let status = world.until_fresh("code").await;
    assert_eq!((status.error, status.notice), (None, None));
    assert!(!index.with_extension("damaged").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_that_a_damaged_index_is_made_anew() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha")]).await;
    world.close().await;
    let index = world.index_directory();
    write(&index.join("meta.json"), "rubbish");
    world.reopen().await;
    let status = world.until_fresh("code").await;
    let notice = status.notice.unwrap();
    assert!(notice.contains(index.with_extension("damaged").to_str().unwrap()), "{notice}");
    assert_eq!(
        fs::read_to_string(index.with_extension("damaged").join("meta.json")).unwrap(),
        "rubbish"
    );
    assert_eq!((status.files, status.error), (1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_is_found_in_use_is_called_damage_and_not_a_loss() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha")]).await;
    // The catalogue knows what it holds.
    world.reopen().await;
    world.until_fresh("code").await;
    let index = world.index_directory();
    for file in fs::read_dir(&index).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "store") {
            let mut bytes = fs::read(&path).unwrap();
            bytes[0] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    let is_anew = |status: &quarry_engine::status::ProjectStatus| {
        status.notice.is_some() && status.freshness == Freshness::Fresh && status.files == 1
    };
    let notice = world.until_status("code", "made anew", is_anew).await.notice.unwrap();
    assert!(notice.contains("was damaged"), "{notice}");
    assert!(notice.contains(index.with_extension("damaged").to_str().unwrap()), "{notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_has_lost_its_files_is_made_anew_and_never_called_fresh() {
    let mut world = World::new();
    world.project("empty", &[]).await;
    let empty = world.index_directory();
    let hollow = world.path("hollow");
    copy(&empty, &hollow);
    world.engine().act("empty", ProjectAction::Remove).await.unwrap();
    world.project("code", &[("a.rs", "alpha"), ("b.rs", "alpha")]).await;
    let index = world.index_directory();
    world.close().await;
    fs::remove_dir_all(&index).unwrap();
    // An index that is whole in itself, with a note that its tree was compared.
    copy(&hollow, &index);

    world.reopen().await;
    let mut fresh_and_empty = false;
    let status = world
        .until_status("code", "whole", |status| {
            fresh_and_empty |= status.freshness == Freshness::Fresh && status.files == 0;
            status.freshness == Freshness::Fresh && status.files == 2
        })
        .await;
    assert!(!fresh_and_empty);
    assert!(status.notice.unwrap().contains("held 2 files and was found empty"));
    assert_eq!(world.found("alpha").await, ["a.rs", "b.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_an_older_layout_is_made_anew_and_called_no_loss() {
    let mut world = World::new();
    world.project("code", &[("a.rs", "alpha"), ("b.rs", "alpha")]).await;
    let index = world.index_directory();
    world.close().await;
    let meta = index.join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let (before, rest) = text.split_once(r#"\"version\":"#).unwrap();
    let (version, after) = rest.split_once(',').unwrap();
    let older = version.parse::<u32>().unwrap() - 1;
    write(&meta, &format!(r#"{before}\"version\":{older},{after}"#));
    let damaged = index.with_extension("damaged");
    write(&damaged.join("meta.json"), "rubbish");

    world.reopen().await;
    let status = world
        .until_status("code", "whole", |status| {
            (status.freshness, status.files) == (Freshness::Fresh, 2)
        })
        .await;
    let notice = status.notice.unwrap();
    assert!(notice.contains("this version of Quarry") && !notice.contains("empty"), "{notice}");
    assert_eq!(fs::read_to_string(damaged.join("meta.json")).unwrap(), "rubbish", "it is kept");
    assert_eq!(world.found("alpha").await, ["a.rs", "b.rs"]);

    world.reopen().await;
    assert_eq!(world.until_fresh("code").await.notice, None, "said once");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_on_a_closed_project() {
    let world = World::with(|options| options.room.projects = 0);
    let root = world.project("code", &[("a.rs", "alpha"), (".env", "secret")]).await;
    let cold = async || {
        let is_cold = |s: &quarry_engine::status::ProjectStatus| s.residency == Residency::Cold;
        world.until_status("code", "closed", is_cold).await
    };
    let engine = world.engine();
    cold().await;
    assert_eq!(world.found("alpha").await, ["a.rs"]);
    assert_eq!(cold().await.files, 1);
    assert_eq!(engine.skipped("code").await.unwrap()[0].path, ".env");
    cold().await;
    assert_eq!(engine.file_path("code", "a.rs").await.unwrap(), root.join("a.rs"));
    let before = cold().await.last_indexed;
    engine.act("code", ProjectAction::Reindex).await.unwrap();
    world.until_status("code", "indexed anew", |s| s.last_indexed > before).await;
    cold().await;
    engine.act("code", ProjectAction::Retry).await.unwrap();
    engine.wait("code", LaneName::Text).await.unwrap();
    cold().await;
    engine.act("code", ProjectAction::Pause).await.unwrap();
    engine.act("code", ProjectAction::Resume).await.unwrap();
    engine.act("code", ProjectAction::Pin).await.unwrap();
    engine.wait("code", LaneName::Text).await.unwrap();
    assert_eq!(world.status("code").residency, Residency::Hot, "pinned");
    engine.act("code", ProjectAction::Unpin).await.unwrap();
    cold().await;
    engine.act("code", ProjectAction::Remove).await.unwrap();
    until("no project is left", || async { engine.snapshot().projects.is_empty().then_some(()) })
        .await;
}
