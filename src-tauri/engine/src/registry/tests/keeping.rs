//! What becomes of an open project in the hands of its keeper.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_panics_is_seen_and_another_one_watches_the_project() {
    let world = World::new(&["a"]);
    let id = ProjectId::from("a");
    world.disk.decide("a", Verdict::Well);
    drop(world.registry.resolve(&id, LONG).await.unwrap());
    world.until_fresh("a").await;
    world.registry.slots()[&id].hot().unwrap().tell(Control::Panic);
    world.until_shown("a", Shown::Failed).await;
    let error = world.registry.status(&id).unwrap().error.unwrap();
    assert_eq!((error.cause.as_str(), error.attempts), ("Panicked", 1));
    assert!(error.message.contains("upside down") && error.next_retry.is_some(), "{error:?}");
    world.until_fresh("a").await;
    std::fs::write(world.root("a").join("b.rs"), "fn more() {}").unwrap();
    until(|| world.registry.status(&id).unwrap().files == 2).await;
    assert_eq!(world.registry.status(&id).unwrap().error, None);
}
