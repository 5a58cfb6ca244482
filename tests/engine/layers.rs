//! The layers of an index: text first, the others when there is time.

use quarry_engine::search::Mode;
use quarry_engine::status::{Freshness, LaneName, ProjectAction};

use crate::world::{World, write};

const FILES: usize = 1200;

fn many(world: &World) -> std::path::PathBuf {
    let root = world.folder("code", &[]);
    for at in 0..FILES {
        let text = format!("/// Number {at}.\npub fn function_{at}() {{\n    shared();\n}}\n");
        write(&root.join(format!("d{}/f{at}.rs", at % 10)), &text);
    }
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_tree_has_its_text_first_and_then_the_rest() {
    let world = World::new();
    let root = many(&world);
    world.engine().add(&root, None).await.unwrap();
    let text = world.engine().wait("code", LaneName::Text).await.unwrap();
    assert_eq!((text.files, text.freshness), (FILES as u64, Freshness::Fresh));
    assert_eq!(world.ask("function_77", Mode::Text).await.results[0].path, "d7/f77.rs");
    let deep = world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!((deep.files, deep.symbols), (FILES as u64, FILES as u64));
    // Its segments may still be merged.
    world.until_status("code", "at rest", |status| status.progress.is_none()).await;
    let hit = &world.ask("function_77", Mode::Symbols).await.results[0];
    assert_eq!((hit.symbol.as_deref(), hit.kind.as_str()), (Some("function_77"), "function"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_goes_before_layers_that_are_missing() {
    let world = World::new();
    let root = many(&world);
    world.engine().add(&root, None).await.unwrap();
    world.engine().wait("code", LaneName::Text).await.unwrap();
    write(&root.join("d0/new.rs"), "fn brand_new() {}\n");
    world.until_found("brand_new", &["d0/new.rs"]).await;
    let deep = world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!((deep.files, deep.symbols), (FILES as u64 + 1, FILES as u64 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_that_a_closed_project_lacks_are_added_when_it_is_opened() {
    let mut world = World::new();
    let root = many(&world);
    world.engine().add(&root, None).await.unwrap();
    world.engine().wait("code", LaneName::Text).await.unwrap();
    world.reopen().await;
    let deep = world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!(deep.symbols, FILES as u64);
    let activity = world.engine().activity("code").unwrap();
    assert_eq!((activity.read, activity.written), (0, 0), "the text was there");
}

#[tokio::test(flavor = "multi_thread")]
async fn indexing_anew_brings_all_layers_back() {
    let world = World::new();
    let root = many(&world);
    world.engine().add(&root, None).await.unwrap();
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    world.engine().act("code", ProjectAction::Reindex).await.unwrap();
    let stripped = |status: &quarry_engine::status::ProjectStatus| status.symbols == 0;
    world.until_status("code", "being indexed anew", stripped).await;
    let deep = world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!((deep.files, deep.symbols), (FILES as u64, FILES as u64));
}
