//! What removed projects leave behind.

use std::path::Path;

use quarry_engine::embed::inventory::{ChunkTexts, FileStamp, FileTexts, Inventory};
use quarry_engine::embed::model::Model;
use quarry_engine::embed::store::segment::CAPACITY;
use quarry_engine::embed::store::{Key, Store};
use quarry_engine::status::{ProjectAction, Residency};

use super::{FILES, embedded, filling, vector_files};
use crate::embedding::options;
use crate::world::{World, until};

/// How many files of the project are listed, as somebody else reads it.
fn listed(world: &World, id: &str) -> usize {
    let list = Inventory::open(&world.options.data_dir.join("texts.sqlite")).unwrap();
    list.stamps(id).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_of_the_last_project() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    let id = embedded(&world, "code").await.id;
    assert_eq!((listed(&world, &id), vector_files(&world).len()), (3, 1));
    world.engine().act("code", ProjectAction::Remove).await.unwrap();
    assert_eq!(listed(&world, &id), 0);
    until("its vectors are freed", async || vector_files(&world).is_empty().then_some(())).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_had_that_was_removed_by_mistake_is_there_when_it_comes_back() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    let id = embedded(&world, "code").await.id;
    let stray = ChunkTexts { line_start: 1, defines: true, keys: vec![Key(1)] };
    let stray = FileTexts { stamp: FileStamp { hash: 1, deep: true }, chunks: vec![stray] };
    let list = Inventory::open(&world.options.data_dir.join("texts.sqlite")).unwrap();
    list.put("stray", &[("a.rs".to_owned(), stray)]).unwrap();
    world.project("other", &[("a.rs", "fn other() {}\n")]).await;
    embedded(&world, "other").await;
    world.engine().set_aside("code").await.unwrap();
    // What follows from it is not kept for the one that may come back.
    world.engine().act("other", ProjectAction::Remove).await.unwrap();
    until("what nobody has is gone", async || (listed(&world, "stray") == 0).then_some(())).await;
    assert_eq!(listed(&world, &id), 3);
    world.engine().pause_meaning(true);
    world.engine().bring_back(&id).await.unwrap();
    assert_eq!(embedded(&world, "code").await.vectors, 3, "without a model");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_project_without_texts_keeps_nothing_from_being_freed() {
    let mut world = filling(options());
    world.options.room.projects = 1;
    world.reopen().await;
    world.project("papers", &[("LICENSE", "Do what you like.\n")]).await;
    assert_eq!(embedded(&world, "papers").await.vectors_wanted, Some(0));
    world.project("code", &FILES).await;
    world.engine().act("code", ProjectAction::Pin).await.unwrap();
    embedded(&world, "code").await;
    world.until_status("papers", "closed", |it| it.residency == Residency::Cold).await;
    world.close().await;
    let model = Model::locate(None, Path::new(&options().program)).unwrap();
    let store = Store::open(&world.options.data_dir, &model.id).unwrap();
    let vector = [1.0; 384].map(|value: f32| value / 384_f32.sqrt());
    for key in 0..CAPACITY {
        store.put(Key(key as u128), &vector).unwrap();
    }
    drop(store);
    assert_eq!(vector_files(&world).len(), 2);
    world.reopen().await;
    until("what nobody has is freed", async || (vector_files(&world).len() == 1).then_some(()))
        .await;
    assert_eq!(world.status("papers").residency, Residency::Cold);
    world.close().await;
}
