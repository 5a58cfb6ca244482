//! A data directory on a disk that has no room left.

use std::path::Path;
use std::time::Duration;

use quarry_engine::status::{Freshness, ProjectStatus};

use crate::confined::{MOUNTS, Turn, confined, run};
use crate::world::{World, word, write};

/// A world whose data directory is a file system of its own, of this size.
fn world_on_a_small_disk(size: &str) -> World {
    World::with(|options| {
        // By then the pauses would be minutes.
        options.tuning.last_retry = Duration::from_secs(2);
        std::fs::create_dir_all(&options.data_dir).unwrap();
        let place = options.data_dir.to_str().unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "none", place]);
    })
}

async fn until_full(world: &World) -> ProjectStatus {
    let full = |status: &ProjectStatus| {
        status.error.as_ref().is_some_and(|error| error.cause == "DiskFull")
    };
    let status = world.until_status("code", "full", full).await;
    assert!(matches!(status.freshness, Freshness::Retrying | Freshness::Failing), "{status:?}");
    let error = status.error.as_ref().unwrap();
    assert!(error.next_retry.is_some() && error.message.contains("Free some space"), "{error:?}");
    status
}

fn fill(root: &Path, files: usize, lines: usize) {
    for at in 0..files {
        let line = |line: usize| format!("fn {}() {{ shared(); }}\n", word(at * 1000 + line));
        write(&root.join(format!("f{at}.rs")), &(0..lines).map(line).collect::<String>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_index_that_does_not_fit_says_so_and_goes_on_when_there_is_room() {
    const TEST: &str =
        "disk_full::a_first_index_that_does_not_fit_says_so_and_goes_on_when_there_is_room";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let world = world_on_a_small_disk("600k");
    let root = world.folder("code", &[]);
    fill(&root, 1200, 100);
    world.engine().add(&root, None).await.unwrap();
    let status = until_full(&world).await;
    println!("full: {status:?}");
    let data_dir = world.options.data_dir.to_str().unwrap();
    run("mount", &["-o", "remount,size=200m", data_dir]);
    let status = world.until_fresh("code").await;
    assert_eq!((status.files, status.error), (1200, None));
    assert_eq!(world.found(&word(1_199_099)).await, ["f1199.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_without_room_waits_and_nothing_is_lost() {
    const TEST: &str = "disk_full::a_save_without_room_waits_and_nothing_is_lost";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let mut world = world_on_a_small_disk("16m");
    let root = world.folder("code", &[]);
    fill(&root, 100, 100);
    world.add(&root).await;
    let ballast = world.options.data_dir.join("ballast");
    // Writes until nothing fits any more.
    let mut file = std::fs::File::create(&ballast).unwrap();
    while std::io::Write::write(&mut file, &[1; 4096]).is_ok_and(|written| written > 0) {}
    write(&root.join("f7.rs"), "fn changed() {}");
    let status = until_full(&world).await;
    assert_eq!((status.files, status.pending), (100, 1));
    assert_eq!(world.found(&word(8050)).await, ["f8.rs"], "searches go on");
    assert_eq!(world.found(&word(7050)).await, ["f7.rs"], "with what was there before");

    drop(file);
    std::fs::remove_file(&ballast).unwrap();
    world.until_found("changed", &["f7.rs"]).await;
    assert_eq!(world.until_fresh("code").await.error, None);
    world.reopen().await;
    world.until_fresh("code").await;
    assert_eq!(world.found("changed").await, ["f7.rs"]);
    assert_eq!(world.status("code").files, 100);
}
