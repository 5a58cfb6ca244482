//! What a query leaves out, and what it is told where it can find nothing.

use quarry_engine::engine::EngineError;
use quarry_engine::search::{Mode, SearchRequest};
use quarry_engine::status::LaneName;

use crate::world::{World, paths};

async fn names(world: &World, query: &str) -> Vec<String> {
    paths(&world.ask(query, Mode::Names).await.results)
}

async fn auto(world: &World, query: &str) -> Vec<String> {
    paths(&world.search(query).await.results)
}

async fn refused(world: &World, query: &str) -> Option<EngineError> {
    let request = SearchRequest { query: query.into(), limit: 5, ..SearchRequest::default() };
    world.engine().search(request).await.err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_of_signs_alone_narrows_what_the_words_find() {
    let world = World::new();
    let files = [
        ("a.rs", "match one { _ => two }\n"),
        ("b.rs", "// match nothing\n"),
        ("c.rs", "let x = foo::bar;\n"),
        ("d.rs", "let foo = 1;\n"),
    ];
    world.project("code", &files).await;
    for mode in [Mode::Text, Mode::Auto] {
        let found = async |query: &str| paths(&world.ask(query, mode).await.results);
        assert_eq!(found("match \"=>\"").await, ["a.rs"]);
        assert_eq!(found("foo \"::\"").await, ["c.rs"]);
    }
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!(auto(&world, "atch \"=>\"").await, ["a.rs"], "as a part of a longer word");
    let answer = world.search("\"=>\"").await;
    let notes: Vec<String> = answer.lanes.into_iter().filter_map(|lane| lane.note).collect();
    assert!(answer.results.is_empty());
    assert!(notes.iter().any(|note| note.contains("/=>/")), "{notes:?}");
    assert_eq!(auto(&world, "/=>/").await, ["a.rs"]);
    let answer = world.search("match").await;
    assert!(answer.lanes.iter().all(|lane| lane.note.is_none()), "{:?}", answer.lanes);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_too_are_narrowed_by_a_phrase() {
    let world = World::new();
    let files = [("a.rs", "fn get() -> u8 { 1 }\n"), ("b.rs", "fn get() { 1; }\n")];
    world.project("code", &files).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!(auto(&world, "sym:get").await, ["a.rs", "b.rs"]);
    assert_eq!(auto(&world, "sym:get \"->\"").await, ["a.rs"]);
}
