use quarry_engine::search::SearchRequest;
use quarry_engine::status::Residency;

use super::system::watched_below;
use crate::world::{World, paths, until, write};

const PROJECTS: usize = 40;
const OPEN: usize = 4;

async fn world() -> World {
    let world = World::with(|options| options.room.projects = OPEN);
    for at in 0..PROJECTS {
        world.project(&format!("p{at}"), &[("a.rs", &format!("needle only{at}"))]).await;
    }
    world
}

fn hot(world: &World) -> usize {
    let snapshot = world.engine().snapshot();
    snapshot.projects.iter().filter(|p| p.residency == Residency::Hot).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_over_many_closed_projects_reads_all_and_opens_few() {
    let world = world().await;
    for _ in 0..3 {
        let answer = world.search("needle").await;
        assert_eq!((answer.searched.total, answer.searched.hot), (PROJECTS, PROJECTS));
        assert_eq!((answer.results.len(), answer.searched.loading), (PROJECTS, 0));
        assert_eq!(answer.searched.failed, []);
        assert!(answer.searched.stale >= PROJECTS - 3 * OPEN, "{:?}", answer.searched);
        until("few are open", || async { (hot(&world) <= OPEN).then_some(()) }).await;
    }
    until("few folders are watched", || async {
        let of = |at| watched_below(&world.path(&format!("p{at}")));
        let watched: usize = (0..PROJECTS).map(of).sum();
        (watched <= OPEN).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_project_that_is_asked_for_is_opened_and_catches_up() {
    let world = world().await;
    until("few are open", || async { (hot(&world) <= OPEN).then_some(()) }).await;
    let snapshot = world.engine().snapshot();
    let cold = snapshot.projects.iter().find(|p| p.residency == Residency::Cold).unwrap();
    write(&world.path(&cold.name).join("new.rs"), "recent");
    let request = SearchRequest {
        query: "recent".into(),
        projects: vec![cold.name.clone()],
        limit: 10,
        ..SearchRequest::default()
    };
    let first = world.engine().search(request.clone()).await.unwrap();
    assert_eq!((first.searched.total, first.searched.hot), (1, 1));
    assert!(first.searched.stale == 1 || !first.results.is_empty(), "{first:?}");
    until("what changed while it was closed is found", || async {
        let answer = world.engine().search(request.clone()).await.unwrap();
        (paths(&answer.results) == ["new.rs"] && answer.searched.stale == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_project_whose_folder_is_gone_is_searched_as_it_was_and_says_so() {
    let world = world().await;
    until("few are open", || async { (hot(&world) <= OPEN).then_some(()) }).await;
    let snapshot = world.engine().snapshot();
    let cold = snapshot.projects.iter().find(|p| p.residency == Residency::Cold).unwrap();
    std::fs::remove_dir_all(world.path(&cold.name)).unwrap();
    let answer = world.search("needle").await;
    let searched = answer.searched;
    assert_eq!((searched.total, searched.hot), (PROJECTS, PROJECTS));
    let hit = answer.results.iter().find(|hit| hit.project == cold.id).unwrap();
    assert!(hit.stale && hit.snippet.is_none(), "{hit:?}");
    let status = world
        .until_status(&cold.name, "failed", |status| status.residency == Residency::Failed)
        .await;
    assert_eq!(status.error.unwrap().cause, "RootMissing");
}
