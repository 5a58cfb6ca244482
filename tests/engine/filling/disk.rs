//! What is embedded, and a disk that does not take it.

use quarry_engine::search::Mode;
use quarry_engine::status::{MeaningState, MeaningStatus, ProjectStatus};

use super::order::short;
use super::{FILES, QUESTION, ask, borrowed, embedded, filling, note, paths, refused};
use crate::confined::{MOUNTS, Turn, confined, run};
use crate::embedding::options;
use crate::world::{DEADLINE, World, until, write};

/// Until it is said that what is embedded cannot be kept.
async fn until_failed(world: &World) -> MeaningStatus {
    until("it is said", async || {
        let meaning = world.engine().meaning();
        (meaning.state == MeaningState::Failed).then_some(meaning)
    })
    .await
}

async fn until_embedded(world: &World, count: u64) {
    let whole = |it: &ProjectStatus| (it.vectors, it.vectors_wanted) == (count, Some(count));
    world.until_status("code", "embedded", whole).await;
    until("nothing is in its way any more", async || {
        (world.engine().meaning().state == MeaningState::Working).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_that_do_not_fit_are_not_counted_and_come_when_there_is_room() {
    const TEST: &str =
        "filling::disk::vectors_that_do_not_fit_are_not_counted_and_come_when_there_is_room";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let mut world = World::with(|all| {
        all.embedder = Some(options());
        all.pacing.on_battery = true;
        let vectors = all.data_dir.join("vectors");
        std::fs::create_dir_all(&vectors).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=40k", "none", vectors.to_str().unwrap()]);
    });
    let root = world.folder("code", &borrowed(&short(0..200)));
    let mut snapshots = world.engine().subscribe();
    world.add(&root).await;
    let most = tokio::spawn(async move {
        let mut most = 0;
        while snapshots.changed().await.is_ok() {
            let vectors = snapshots.borrow_and_update().projects[0].vectors;
            most = most.max(vectors);
            if vectors == 200 {
                break;
            }
        }
        most
    });
    let meaning = until_failed(&world).await;
    let sentence = meaning.sentence.unwrap();
    assert!(sentence.contains("vectors") && sentence.contains("No space left"), "{sentence}");
    assert!(meaning.next_retry.is_some());
    let refused = refused(&world, "code").await;
    assert!(refused.contains("No space left"), "{refused}");
    assert!(!most.is_finished(), "it never says that all are there");
    let answer = ask(&world, QUESTION, Mode::Meaning).await;
    assert!(note(&answer).unwrap().contains("No space left"), "{:?}", note(&answer));

    let vectors = world.options.data_dir.join("vectors");
    run("mount", &["-o", "remount,size=100m", vectors.to_str().unwrap()]);
    world.engine().retry_meaning();
    until_embedded(&world, 200).await;
    assert_eq!(most.await.unwrap(), 200);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_for_vectors_that_is_none_is_said_until_it_is_one() {
    let mut world = World::with(|all| {
        all.embedder = Some(options());
        all.pacing.on_battery = true;
        write(&all.data_dir.join("vectors"), "no folder");
    });
    world.project("code", &FILES).await;
    let sentence = until_failed(&world).await.sentence.unwrap();
    let refused = refused(&world, "code").await;
    assert!(refused.contains("vectors"), "{refused}");
    let answer = ask(&world, QUESTION, Mode::Meaning).await;
    assert_eq!(note(&answer), Some(sentence.as_str()));
    std::fs::remove_file(world.options.data_dir.join("vectors")).unwrap();
    world.engine().retry_meaning();
    until_embedded(&world, 3).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_opened_is_said_and_opened_once_it_can() {
    let mut world = World::with(|all| {
        all.embedder = Some(options());
        all.pacing.on_battery = true;
        std::fs::create_dir_all(all.data_dir.join("texts.sqlite")).unwrap();
    });
    let mut changes = world.engine().subscribe_to_meaning();
    world.project("code", &FILES).await;
    let hears = async {
        while world.engine().meaning().state != MeaningState::Failed {
            assert!(changes.next().await);
        }
    };
    tokio::time::timeout(DEADLINE, hears).await.expect("whoever listens hears of it");
    let refused = refused(&world, "code").await;
    assert!(refused.contains("texts.sqlite"), "{refused}");
    std::fs::remove_dir(world.options.data_dir.join("texts.sqlite")).unwrap();
    // By itself, and without a restart.
    until_embedded(&world, 3).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_vectors_that_was_deleted_is_made_anew() {
    let mut world = filling(options());
    let root = world.project("code", &FILES).await;
    embedded(&world, "code").await;
    std::fs::remove_dir_all(world.options.data_dir.join("vectors")).unwrap();
    write(&root.join("more.rs"), "fn more() { again(); }\n");
    world.until_found("more", &["more.rs"]).await;
    assert_eq!(embedded(&world, "code").await.vectors, 4);
    assert_eq!(super::vector_files(&world).len(), 1);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
}
