//! What becomes of vectors that nobody needs any more.

use std::path::Path;
use std::time::Duration;

use quarry_engine::embed::embedder;
use quarry_engine::embed::model::Model;
use quarry_engine::embed::store::segment::CAPACITY;
use quarry_engine::embed::store::{Key, Store};
use quarry_engine::search::Mode;

use super::{FILES, QUESTION, ask, embedded, filling, paths, vector_files};
use crate::embedding::{copied_model, options, workers};
use crate::world::{World, until, write};

fn models(world: &World) -> Vec<String> {
    let folders = std::fs::read_dir(world.options.data_dir.join("vectors")).unwrap();
    folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect()
}

/// Makes another model of it, for whoever looks.
fn change(model: &Path) {
    let path = model.join("model.json");
    let mut said: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    said["max_tokens"] = 100.into();
    write(&path, &said.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_of_an_earlier_model_go_once_everything_is_embedded_with_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let idle = Duration::from_millis(200);
    let chosen = Some(model.clone());
    let mut world = filling(embedder::Options { model: chosen, idle, ..options() });
    world.project("code", &FILES).await;
    embedded(&world, "code").await;
    let earlier = models(&world);
    world.engine().pause_meaning(true);
    until("the worker ends", async || workers(&model).is_empty().then_some(())).await;

    change(&model);
    world.engine().retry_meaning();
    world.until_status("code", "counted anew", |status| status.vectors == 0).await;
    assert!(models(&world).contains(&earlier[0]), "nothing is embedded with the new one yet");
    world.engine().pause_meaning(false);
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    until("the earlier ones are gone", async || {
        (!models(&world).contains(&earlier[0])).then_some(())
    })
    .await;
    assert_eq!(models(&world).len(), 1);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_of_texts_that_no_project_has_are_freed() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    embedded(&world, "code").await;
    world.close().await;
    let model = Model::locate(None, Path::new(&options().program)).unwrap();
    let store = Store::open(&world.options.data_dir, &model.id).unwrap();
    let vector = [1.0; 384].map(|value: f32| value / 384_f32.sqrt());
    for key in 0..2 * CAPACITY {
        store.put(Key(key as u128), &vector).unwrap();
    }
    drop(store);
    assert_eq!(vector_files(&world).len(), 3);
    world.reopen().await;
    until("they are freed", async || (vector_files(&world).len() == 1).then_some(())).await;
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
}
