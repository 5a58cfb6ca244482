//! A root that goes and comes back.

use std::path::Path;

use quarry_engine::status::{Freshness, ProjectAction, ProjectStatus};

use crate::confined::{MOUNTS, Turn, confined, run};
use crate::world::{World, write};

async fn until_missing(world: &World) -> ProjectStatus {
    let missing = |status: &ProjectStatus| status.freshness == Freshness::RootMissing;
    world.until_status("code", "missing", missing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_deleted_and_made_again_is_compared_and_watched_anew() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    std::fs::remove_dir_all(&root).unwrap();
    let status = until_missing(&world).await;
    assert_eq!(status.files, 2, "what was indexed stays");
    assert!(world.search("alpha").await.results[0].stale);
    assert!(!root.exists(), "the root is not made again");

    // An empty folder says nothing about what was in it.
    std::fs::create_dir(&root).unwrap();
    write(&root.join("a.rs"), "gamma");
    world.until_found("gamma", &["a.rs"]).await;
    world.until_fresh("code").await;
    assert_eq!(world.status("code").files, 1);
    write(&root.join("sub/c.rs"), "delta");
    world.until_found("delta", &["sub/c.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_replaced_at_once_is_followed() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let next = world.folder("next", &[("b.rs", "beta")]);
    std::fs::rename(&root, world.path("last")).unwrap();
    std::fs::rename(&next, &root).unwrap();
    world.until_found("beta", &["b.rs"]).await;
    world.until_found("alpha", &[]).await;
    write(&root.join("c.rs"), "gamma");
    world.until_found("gamma", &["c.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_is_unmounted_and_mounted_again_loses_nothing() {
    const TEST: &str = "watching::root::a_volume_that_is_unmounted_and_mounted_again_loses_nothing";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let mut world = World::new();
    let (root, volume) = (world.folder("code", &[]), world.folder("volume", &[]));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    run("mount", &["-t", "tmpfs", "-o", "size=8m", "none", &path(&volume)]);
    write(&volume.join("a.rs"), "alpha");
    write(&volume.join("sub/b.rs"), "beta");
    let mount = || run("mount", &["--bind", &path(&volume), &path(&root)]);
    let unmount = || run("umount", &["--lazy", &path(&root)]);
    mount();
    world.add(&root).await;
    assert_eq!(world.found("beta").await, ["sub/b.rs"]);

    // Its place is still there, and empty.
    unmount();
    let status = until_missing(&world).await;
    assert_eq!(status.files, 2, "what was indexed stays");
    write(&volume.join("c.rs"), "gamma");
    mount();
    world.until_found("gamma", &["c.rs"]).await;
    world.until_fresh("code").await;
    write(&root.join("sub/b.rs"), "delta");
    world.until_found("delta", &["sub/b.rs"]).await;

    // Unmounted while Quarry was closed: the empty place is not believed either.
    world.close().await;
    unmount();
    world.reopen().await;
    let status = world
        .until_status("code", "suspicious", |status| {
            matches!(status.freshness, Freshness::Failing | Freshness::RootMissing)
        })
        .await;
    assert_eq!(status.files, 3, "{status:?}");
    assert!(status.error.is_some());
    mount();
    world.until_fresh("code").await;
    write(&root.join("d.rs"), "epsilon");
    world.until_found("epsilon", &["d.rs"]).await;
    world.until_status("code", "complete", |status| status.files == 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_emptied_meanwhile_is_forgotten_on_the_users_word() {
    let mut world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    world.close().await;
    std::fs::remove_file(root.join("a.rs")).unwrap();
    std::fs::remove_file(root.join("b.rs")).unwrap();
    world.reopen().await;
    let status = world
        .until_status("code", "failing", |status| status.freshness == Freshness::Failing)
        .await;
    assert_eq!(status.files, 2);
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_fresh("code").await;
    assert_eq!(world.status("code").files, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_file_may_be_deleted_where_that_is_seen() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    std::fs::remove_file(root.join("a.rs")).unwrap();
    world.until_status("code", "empty", |status| status.files == 0).await;
    world.until_fresh("code").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_system_that_ends_under_its_watches_is_missed_and_met_again() {
    const TEST: &str =
        "watching::root::a_file_system_that_ends_under_its_watches_is_missed_and_met_again";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let world = World::new();
    let root = world.folder("code", &[]);
    let mount = |text: &str| {
        run("mount", &["-t", "tmpfs", "-o", "size=8m", "none", root.to_str().unwrap()]);
        write(&root.join("sub/a.rs"), text);
    };
    mount("alpha");
    world.add(&root).await;
    assert_eq!(world.found("alpha").await, ["sub/a.rs"]);
    run("umount", &[root.to_str().unwrap()]);
    assert_eq!(until_missing(&world).await.files, 1);
    mount("beta");
    world.until_found("beta", &["sub/a.rs"]).await;
    world.until_fresh("code").await;
    write(&root.join("sub/a.rs"), "gamma");
    world.until_found("gamma", &["sub/a.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_unmounted_inside_of_the_root_takes_no_files_along_unasked() {
    const TEST: &str =
        "watching::root::a_volume_unmounted_inside_of_the_root_takes_no_files_along_unasked";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    let volume = world.folder("code/volume", &[]);
    let mount = || {
        run("mount", &["-t", "tmpfs", "-o", "size=8m", "none", volume.to_str().unwrap()]);
        for at in 0..100 {
            write(&volume.join(format!("d{}/f{at}.rs", at % 10)), "needle");
        }
    };
    mount();
    world.add(&root).await;
    world.until_fresh("code").await;
    run("umount", &[volume.to_str().unwrap()]);
    let failing = |status: &ProjectStatus| status.freshness == Freshness::Failing;
    let status = world.until_status("code", "suspicious", failing).await;
    assert_eq!((status.files, status.error.unwrap().cause.as_str()), (101, "Shrunk"));

    mount();
    write(&root.join("b.rs"), "beta");
    world.until_found("beta", &["b.rs"]).await;
    world.until_fresh("code").await;
    write(&volume.join("d0/f0.rs"), "gamma");
    world.until_found("gamma", &["volume/d0/f0.rs"]).await;
    assert_eq!(world.status("code").files, 102);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_folder_whose_files_look_the_same_is_read() {
    let world = World::new();
    let root = world.folder("code", &[("dep/v.rs", "version1"), ("next/v.rs", "version2")]);
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for file in ["dep/v.rs", "next/v.rs"] {
        std::fs::File::open(root.join(file)).unwrap().set_modified(long_ago).unwrap();
    }
    world.add(&root).await;
    world.until_fresh("code").await;
    std::fs::rename(root.join("dep"), world.path("gone")).unwrap();
    std::fs::rename(root.join("next"), root.join("dep")).unwrap();
    world.until_found("version2", &["dep/v.rs"]).await;
    world.until_found("version1", &[]).await;
}
