use std::time::Instant;

use quarry_engine::status::Residency;

use super::system::{open_below, watched_below};
use crate::world::{World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_closed_for_want_of_room_leaves_no_watch_and_no_open_file() {
    let world = World::with(|options| options.room.projects = 1);
    let files = [("a.rs", "alpha"), ("one/b.rs", "alpha"), ("one/two/c.rs", "alpha")];
    let root = world.project("first", &files).await;
    let index = world.index_directory();
    until("every folder is watched", || async { (watched_below(&root) == 3).then_some(()) }).await;
    assert!(open_below(&index) > 0);
    world.project("second", &[("d.rs", "beta")]).await;
    world.until_status("first", "closed", |s| s.residency == Residency::Cold).await;
    let started = Instant::now();
    until("it lets go of everything", || async {
        (watched_below(&root) + open_below(&index) == 0).then_some(())
    })
    .await;
    println!("let go of after {:?}", started.elapsed());
    // Searched all the same, and what is opened for that is no watch.
    assert_eq!(world.found("alpha project:second").await, [""; 0]);
    assert_eq!(world.search("alpha").await.searched.hot, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_being_indexed_is_not_closed() {
    let world = World::with(|options| options.room.projects = 0);
    let root = world.folder("code", &[]);
    for at in 0..3000 {
        crate::world::write(&root.join(format!("f{at}.rs")), &"fn needle() {}\n".repeat(20));
    }
    world.engine().add(&root, None).await.unwrap();
    let mut closed_early = false;
    world
        .until_status("code", "closed", |status| {
            let closed = matches!(status.residency, Residency::Cold | Residency::Unloading);
            closed_early |= closed && status.files < 3000;
            closed
        })
        .await;
    assert!(!closed_early);
    assert_eq!(world.status("code").files, 3000);
}
