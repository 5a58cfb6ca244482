//! The symbol graph: who uses a name, who calls it, and what it calls, over real files.

use quarry_engine::search::{Hit, Mode, SearchRequest};
use quarry_engine::status::LaneName;

use crate::world::{World, until, write};

const FILES: [(&str, &str); 6] = [
    (
        "src/pool.rs",
        "pub struct Pool;\n\nimpl Pool {\n    pub fn get(&self) -> u8 {\n        refill(self);\n        check()\n    }\n}\n\nfn refill(_: &Pool) {\n    // get is not called here\n    format_size(1);\n}\n\nfn check() -> u8 {\n    1\n}\n",
    ),
    (
        "src/size.rs",
        "pub fn format_size(bytes: u64) -> String {\n    unknown_elsewhere(bytes)\n}\n",
    ),
    (
        "src/main.rs",
        "use pool::Pool;\n\nfn main() {\n    let pool = Pool;\n    pool.get();\n    let handler = format_size;\n    check();\n}\n\nfn check() {}\n",
    ),
    ("tests/pool.rs", "#[test]\nfn a_pool_gives() {\n    Pool.get();\n}\n"),
    ("web/size.ts", "export function format_size(bytes: number) {\n  return bytes;\n}\n"),
    ("notes.txt", "Pool.get() is called from main.\n"),
];

async fn world() -> World {
    let world = World::new();
    world.project("code", &FILES).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    world
}

/// Path and line of each hit, and the definition around it.
async fn places(world: &World, query: &str) -> Vec<String> {
    let answer = world.ask(query, Mode::Auto).await;
    let shown = |hit: Hit| {
        let line = hit.snippet.map_or(hit.line_start, |snippet| snippet.line);
        format!("{}:{line} in {}", hit.path, hit.symbol.unwrap_or_default())
    };
    answer.results.into_iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_the_calls_and_not_the_mentions() {
    let world = world().await;
    assert_eq!(
        places(&world, "callers:get").await,
        ["src/main.rs:5 in main", "tests/pool.rs:3 in a_pool_gives"],
        "neither the comment nor the prose nor the definition, and tests last"
    );
    assert_eq!(places(&world, "callers:format_size").await, ["src/pool.rs:12 in refill"]);
    assert_eq!(
        places(&world, "refs:format_size").await,
        ["src/main.rs:6 in main", "src/pool.rs:12 in refill"],
        "a function that is passed on is used"
    );
    assert_eq!(places(&world, "callers:get path:tests").await.len(), 1);
    assert_eq!(places(&world, "callers:get -path:tests").await.len(), 1);
    assert_eq!(places(&world, "callers:nobody").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn callees_are_the_nearest_definitions_in_the_order_of_the_calls() {
    let world = world().await;
    assert_eq!(
        places(&world, "callees:get").await,
        ["src/pool.rs:10 in refill", "src/pool.rs:15 in check"],
        "check of the same file and not the one of main.rs"
    );
    assert_eq!(
        places(&world, "callees:refill").await,
        ["src/size.rs:1 in format_size"],
        "the one in the same language"
    );
    assert_eq!(places(&world, "callees:Pool::get").await.len(), 2);
    assert_eq!(places(&world, "callees:Other::get").await.len(), 0);
    let request = SearchRequest {
        query: "callees:format_size lang:rust".to_owned(),
        limit: 10,
        ..SearchRequest::default()
    };
    let answer = world.engine().search(request).await.unwrap();
    let notes: Vec<String> = answer.lanes.into_iter().filter_map(|lane| lane.note).collect();
    assert_eq!(notes, ["Not defined in the same project: unknown_elsewhere."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_any_project_calls_and_defines_is_not_said_to_be_undefined() {
    let world = world().await;
    let text = "pub fn format_size() {\n    unknown_elsewhere();\n}\n\nfn unknown_elsewhere() {}\n";
    world.project("other", &[("a.rs", text)]).await;
    world.engine().wait("other", LaneName::Symbols).await.unwrap();
    let answer = world.search("callees:format_size").await;
    let found: Vec<&str> = answer.results.iter().filter_map(|hit| hit.symbol.as_deref()).collect();
    assert_eq!(found, ["unknown_elsewhere"]);
    assert!(answer.lanes.iter().all(|lane| lane.note.is_none()), "{:?}", answer.lanes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_moves_the_graph_with_the_file() {
    let world = world().await;
    write(
        &world.path("code").join("src/size.rs"),
        "pub fn format_size(bytes: u64) -> u8 {\n    Pool.get()\n}\n",
    );
    let moved = "src/size.rs:2 in format_size".to_owned();
    until("the new call is found", async || {
        places(&world, "callers:get").await.contains(&moved).then_some(())
    })
    .await;
    assert_eq!(places(&world, "callers:unknown_elsewhere").await.len(), 0);
}
