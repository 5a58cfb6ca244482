use std::fs;
use std::path::PathBuf;

use quarry_engine::search::SearchAnswer;
use quarry_engine::status::{Freshness, ProjectStatus, Residency};

use crate::world::{World, paths};

fn misses_its_folder(status: &ProjectStatus) -> bool {
    let said = status.error.as_ref().is_some_and(|error| error.cause == "RootMissing");
    said && (status.residency, status.freshness) == (Residency::Failed, Freshness::RootMissing)
}

/// Searched as it was indexed, and said to be so.
fn check(answer: &SearchAnswer) {
    assert_eq!(paths(&answer.results), ["a.rs"], "{answer:?}");
    assert!(answer.results.iter().all(|hit| hit.stale && hit.snippet.is_none()), "{answer:?}");
    assert_eq!((answer.searched.hot, answer.searched.stale), (1, 1));
    assert!(answer.searched.failed.is_empty(), "{answer:?}");
    let said = |note: &String| note.contains("is not there: shown as it was indexed");
    assert!(answer.lanes.iter().any(|lane| lane.note.as_ref().is_some_and(said)), "{answer:?}");
}

fn move_away(world: &World, root: &PathBuf) -> PathBuf {
    let away = world.folder("elsewhere", &[]).join("code");
    fs::rename(root, &away).unwrap();
    away
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_its_folder_is_searched_after_it_was_closed_and_still_says_so() {
    let world = World::with(|options| options.room.projects = 1);
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    world.until_fresh("code").await;
    let away = move_away(&world, &root);
    let is_missed = |status: &ProjectStatus| status.freshness == Freshness::RootMissing;
    let first_at = world.until_status("code", "missed", is_missed).await.error.unwrap().first_at;
    world.project("other", &[("b.rs", "beta")]).await;
    let status = world.until_status("code", "closed", misses_its_folder).await;
    assert_eq!((status.files, status.error.unwrap().first_at), (1, first_at));
    for _ in 0..2 {
        check(&world.search("alpha project:code").await);
        assert!(misses_its_folder(&world.status("code")));
    }
    fs::rename(&away, &root).unwrap();
    let is_well = |status: &ProjectStatus| status.error.is_none() && status.files == 1;
    world.until_status("code", "well", is_well).await;
    let answer = world.search("alpha project:code").await;
    assert!(answer.results.iter().all(|hit| !hit.stale && hit.snippet.is_some()), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_whose_folder_is_away_at_the_start_is_searched_at_once() {
    for room in [0, 1] {
        let mut world = World::with(|options| options.room.projects = room);
        let root = world.project("code", &[("a.rs", "alpha")]).await;
        world.close().await;
        move_away(&world, &root);
        world.reopen().await;
        check(&world.search("alpha").await);
        // Whoever had no room to open it says so all the same.
        world.until_status("code", "missed", misses_its_folder).await;
        check(&world.search("alpha").await);
    }
}
