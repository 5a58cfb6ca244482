use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quarry_engine::status::{Freshness, Residency};

use crate::world::{World, git, write};

/// A project whose folder was moved while Quarry was not running, and where to.
async fn moved(world: &mut World, files: &[(&str, &str)]) -> PathBuf {
    let root = world.project("code", files).await;
    world.close().await;
    let new = world.folder("archive", &[]).join("other-name");
    fs::rename(&root, &new).unwrap();
    world.reopen().await;
    world.until_status("code", "failed", |s| s.residency == Residency::Failed).await;
    new
}

async fn refusal(world: &World, folder: &Path) -> (&'static str, String) {
    let error = world.engine().locate("code", folder, false).await.unwrap_err();
    (error.code(), error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_folder_goes_on_under_its_id_without_being_indexed_anew() {
    let mut world = World::new();
    let new = moved(&mut world, &[("a.rs", "alpha"), ("b.rs", "beta"), ("c.rs", "gamma")]).await;
    let before = world.status("code");
    fs::remove_file(new.join("c.rs")).unwrap();
    write(&new.join("d.rs"), "delta");
    let located = world.engine().locate("code", &new, false).await.unwrap();
    assert_eq!((located.id, located.name.as_str()), (before.id, "code"));
    let status = world.until_fresh("code").await;
    assert_eq!(status.root, new.to_str().unwrap());
    assert_eq!(world.found("alpha").await, ["a.rs"]);
    assert_eq!(world.found("delta").await, ["d.rs"], "what changed on the way is found");
    assert_eq!(world.found("gamma").await, [""; 0]);
    write(&new.join("a.rs"), "epsilon");
    world.until_found("epsilon", &["a.rs"]).await;

    world.reopen().await;
    let status = world.until_fresh("code").await;
    assert_eq!(status.root, new.to_str().unwrap(), "it is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_known_again_whatever_was_checked_out_since() {
    let mut world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "first"]);
    world.add(&root).await;
    world.close().await;
    let new = world.path("elsewhere/code");
    fs::create_dir_all(new.parent().unwrap()).unwrap();
    fs::rename(&root, &new).unwrap();
    git(&new, &["rm", "-q", "a.rs"]);
    write(&new.join("b.rs"), "beta");
    git(&new, &["add", "."]);
    git(&new, &["commit", "-qm", "second"]);
    world.reopen().await;
    world.until_status("code", "failed", |s| s.residency == Residency::Failed).await;
    world.engine().locate("code", &new, false).await.unwrap();
    world.until_found("beta", &["b.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_in_its_place_does_not_make_a_checkout_unknown() {
    let mut world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "first"]);
    world.add(&root).await;
    world.until_fresh("code").await;
    world.close().await;
    let new = world.folder("elsewhere", &[]).join("code");
    fs::rename(&root, &new).unwrap();
    // As the place of a volume that is not mounted.
    fs::create_dir(&root).unwrap();
    world.reopen().await;
    let is_doubted = |s: &quarry_engine::status::ProjectStatus| s.freshness == Freshness::Failing;
    world.until_status("code", "doubted", is_doubted).await;
    world.close().await;
    fs::remove_dir(&root).unwrap();
    write(&new.join("a.rs"), "beta");
    world.reopen().await;
    world.until_status("code", "failed", |s| s.residency == Residency::Failed).await;
    world.engine().locate("code", &new, false).await.unwrap();
    world.until_found("beta", &["a.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_no_projects_folder_is_refused_with_a_sentence() {
    let mut world = World::new();
    world.project("other", &[("x.rs", "other")]).await;
    moved(&mut world, &[("a.rs", "alpha")]).await;
    let file = world.folder("loose", &[("file", "x")]).join("file");
    let cases = [
        (file, "only folders"),
        (world.path("nowhere"), "does not exist"),
        (world.path("other"), "is registered already, as other"),
        (world.options.data_dir.join("indexes"), "keeps its own data"),
        ("/".into(), "whole file system"),
    ];
    for (folder, words) in cases {
        let (code, sentence) = refusal(&world, &folder).await;
        assert_eq!(code, "Refused", "{sentence}");
        assert!(sentence.contains(words), "{sentence}");
    }
    let unknown = world.engine().locate("nobody", &world.path("other"), false).await;
    assert_eq!(unknown.unwrap_err().code(), "NotFound");
    assert_eq!(world.status("code").residency, Residency::Failed, "nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_looks_like_another_is_taken_only_if_the_user_insists() {
    let mut world = World::new();
    let files: Vec<(String, String)> =
        (0..40).map(|at| (format!("f{at}.rs"), format!("alpha{at}"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    moved(&mut world, &files).await;
    let unlike = world.folder("unlike", &[("f1.rs", "alpha1"), ("z.rs", "zeta")]);
    let (code, sentence) = refusal(&world, &unlike).await;
    assert_eq!(code, "Doubtful");
    assert!(sentence.contains("of 40 indexed files, 1 are there"), "{sentence}");
    assert_eq!(world.status("code").residency, Residency::Failed);

    world.engine().locate("code", &unlike, true).await.unwrap();
    world.until_found("zeta", &["z.rs"]).await;
    let status = world.until_fresh("code").await;
    assert_eq!(status.files, 2, "what is not there is forgotten, as the user said");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_renamed_in_its_place_is_followed_by_itself() {
    let mut world = World::with(|options| options.moved_after = Duration::from_millis(200));
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    let hot = world.path("renamed-while-open");
    fs::rename(&root, &hot).unwrap();
    let is_at = |at: &Path| {
        let at = at.to_str().unwrap().to_owned();
        move |s: &quarry_engine::status::ProjectStatus| {
            s.root == at && s.freshness == Freshness::Fresh && s.residency == Residency::Hot
        }
    };
    world.until_status("code", "followed", is_at(&hot)).await;
    write(&hot.join("c.rs"), "gamma");
    world.until_found("gamma", &["c.rs"]).await;

    world.close().await;
    let closed = world.path("renamed-while-closed");
    fs::rename(&hot, &closed).unwrap();
    world.reopen().await;
    world.until_status("code", "followed", is_at(&closed)).await;
    assert_eq!(world.found("gamma").await, ["c.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_folder_in_the_old_ones_place_is_not_taken_for_it() {
    let mut world = World::with(|options| options.moved_after = Duration::from_millis(50));
    let new = moved(&mut world, &[("a.rs", "alpha")]).await;
    // A copy beside the old place: the same files, another folder.
    world.folder("copy", &[("a.rs", "alpha")]);
    // A folder with the old one's number, as a file system gives it out again, and other files.
    let reborn = world.path("reborn");
    fs::rename(&new, &reborn).unwrap();
    write(&reborn.join("a.rs"), "something else");
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_millis(800) {
        assert_eq!(world.status("code").residency, Residency::Failed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
