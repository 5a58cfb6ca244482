//! A removal that is taken back.

use quarry_engine::status::{LaneName, ProjectAction};

use crate::world::{World, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_brought_back_is_as_it_was_and_is_not_indexed_again() {
    let world = World::new();
    let root =
        world.project("code", &[("a.rs", "fn needle() {}\n"), ("b.rs", "fn b() {}\n")]).await;
    let engine = world.engine();
    engine.wait("code", LaneName::Symbols).await.unwrap();
    engine.act("code", ProjectAction::Pin).await.unwrap();
    let before = engine.status("code").unwrap();
    let id = engine.set_aside("code").await.unwrap();
    assert!(engine.status("code").is_err(), "it is forgotten at once");
    assert_eq!(world.search("needle").await.results.len(), 0);
    // What changes meanwhile is found like any change while it was closed.
    write(&root.join("b.rs"), "fn needle_too() {}\n");
    engine.bring_back(&id).await.unwrap();
    let status = engine.wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!((&status.id, status.pinned, status.files), (&before.id, true, before.files));
    assert_eq!(world.search("needle").await.results.len(), 2);
    assert_eq!(engine.activity("code").unwrap().written, 1, "only what has changed");
    assert!(engine.bring_back(&id).await.is_err(), "it is there already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_registered_anew_is_not_registered_twice() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "fn needle() {}\n")]).await;
    let engine = world.engine();
    write(&world.index_directory().with_extension("damaged").join("meta.json"), "rubbish");
    let id = engine.set_aside("code").await.unwrap();
    let again = world.add(&root).await;
    assert!(engine.bring_back(&id).await.is_err());
    assert_eq!(engine.status("code").unwrap().id, again.id);
    assert!(engine.status(&id).is_err());
    let indexes = world.options.data_dir.join("indexes");
    assert_eq!(std::fs::read_dir(indexes).unwrap().count(), 1, "the old index is deleted");
}
