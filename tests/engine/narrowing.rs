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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_is_left_out_as_it_was_typed_and_by_name_too() {
    let world = World::new();
    let files = [
        ("config.py", "value = a->b\n"),
        ("test_config.py", "value = a, b\n"),
        ("config_latest.py", "value = a => b\n"),
    ];
    world.project("code", &files).await;
    assert_eq!(names(&world, "config -test").await, ["config.py", "config_latest.py"]);
    assert_eq!(names(&world, "config -\"test_config.p\"").await, ["config.py", "config_latest.py"]);
    assert_eq!(world.found("value -\"a->b\"").await, ["config_latest.py", "test_config.py"]);
    assert_eq!(world.found("value -\"=>\"").await, ["config.py", "test_config.py"]);
    assert_eq!(world.found("value -a").await, [""; 0]);
    assert_eq!(world.found("value case:yes -\"A->b\"").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_text_is_left_out_of_the_uses_of_a_name() {
    let world = World::new();
    let text = "fn one() {\n    get(1, 2);\n}\n\nfn two() {\n    get(1);\n    get(2);\n}\n";
    world.project("code", &[("a.rs", text)]).await;
    let lines = async |query: &str| {
        let answer = world.search(query).await;
        answer.results.iter().map(|hit| hit.line_start).collect::<Vec<_>>()
    };
    assert_eq!(lines("callers:get").await, [2, 6, 7]);
    assert_eq!(lines("callers:get -\"1, 2\"").await, [6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_also_excludes() {
    let world = World::new();
    let files = [
        ("a.c", "int needle(void) { return 1; }\n"),
        ("b.rs", "fn other() { needle(); }\n"),
        ("c.py", "def needle():\n    pass\n"),
    ];
    world.project("alpha", &files).await;
    world.project("beta", &[("d.rs", "// needle\n")]).await;
    world.engine().wait("alpha", LaneName::Symbols).await.unwrap();
    assert_eq!(world.found("needle -lang:c").await, ["b.rs", "c.py", "d.rs"]);
    assert_eq!(world.found("needle -lang:c -lang:python").await, ["b.rs", "d.rs"]);
    assert_eq!(world.found("needle -project:beta").await, ["a.c", "b.rs", "c.py"]);
    assert_eq!(world.found("needle -sym:needle").await, ["b.rs", "d.rs"]);
    assert_eq!(auto(&world, "/need/ -sym:needle").await, ["b.rs", "d.rs"]);
    assert_eq!(auto(&world, "/need/ -lang:rust").await, ["a.c", "c.py"]);
    assert_eq!(names(&world, "rs -project:alpha").await, ["d.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_goes_by_its_name_and_by_the_endings_of_its_files() {
    let world = World::new();
    let files = [("a.py", "needle"), ("b.js", "needle"), ("c.hpp", "needle"), ("d.rs", "needle")];
    world.project("code", &files).await;
    for (typed, path) in [
        ("python", "a.py"),
        ("py", "a.py"),
        ("JS", "b.js"),
        ("c++", "c.hpp"),
        ("cpp", "c.hpp"),
        ("rs", "d.rs"),
    ] {
        assert_eq!(world.found(&format!("needle lang:{typed}")).await, [path], "{typed}");
        assert_eq!(names(&world, &format!("{path} lang:{typed}")).await, [path], "{typed}");
    }
    let kin = [("a.ts", "needle"), ("b.tsx", "needle"), ("c.h", "needle"), ("d.c", "needle")];
    world.project("kin", &kin).await;
    for (filter, found) in [
        ("lang:ts", &["a.ts", "b.tsx"][..]),
        ("lang:tsx", &["b.tsx"]),
        ("-lang:ts -lang:c project:kin", &[]),
        ("lang:cpp project:kin", &["c.h"]),
        ("lang:c", &["c.h", "d.c"]),
        ("-lang:cpp project:kin", &["a.ts", "b.tsx", "c.h", "d.c"]),
    ] {
        assert_eq!(world.found(&format!("needle {filter}")).await, found, "{filter}");
        let by_name: Vec<String> = names(&world, &format!("c.h {filter}")).await;
        let has_header = found.contains(&"c.h");
        assert_eq!(by_name.contains(&"c.h".to_owned()), has_header, "{filter}");
    }
    for query in ["needle lang:nonsense", "needle -lang:nonsense", "/needle/ lang:nonsense"] {
        let error = refused(&world, query).await.unwrap();
        assert_eq!(error.code(), "BadQuery");
        assert!(error.to_string().contains("nonsense"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_a_slash_before_it_begins_at_the_root() {
    let world = World::new();
    let files = [
        ("src/watch/machine.rs", "needle"),
        ("src/watch.rs", "needle"),
        ("src/watcher/a.rs", "needle"),
        ("lib/src/watch/b.rs", "needle"),
        ("my docs/x/c.rs", "needle"),
        ("my docs/x_gen.rs", "needle"),
    ];
    world.project("code", &files).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    let all = || files.iter().map(|(path, _)| (*path).to_owned());
    for (filter, inside) in [
        ("/src/watch/", &["src/watch/machine.rs"][..]),
        ("/src/watch", &["src/watch/machine.rs"]),
        ("/src/watch.rs", &["src/watch.rs"]),
        ("/src/watch.rs/", &[]),
        ("/src/wat", &[]),
        ("/watch/", &[]),
        ("\"/my docs/x/\"", &["my docs/x/c.rs"]),
        ("/src", &["src/watch.rs", "src/watch/machine.rs", "src/watcher/a.rs"]),
    ] {
        let mut outside: Vec<String> = all().filter(|path| !inside.contains(&&**path)).collect();
        outside.sort();
        for typed in ["needle", "/nee+dle/", "\"eedl\""] {
            assert_eq!(auto(&world, &format!("{typed} path:{filter}")).await, inside, "{filter}");
            assert_eq!(auto(&world, &format!("{typed} -path:{filter}")).await, outside, "{filter}");
        }
        assert_eq!(names(&world, &format!("rs path:{filter}")).await, inside, "{filter}");
        assert_eq!(names(&world, &format!("rs -path:{filter}")).await, outside, "{filter}");
    }
    assert_eq!(auto(&world, "needle path:/src -path:/src/watch/").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_counts_in_the_name_of_a_definition_too() {
    let world = World::new();
    let text = "struct Pool {\n    pool: u8,\n}\n";
    let files = [("a.rs", text), ("b.rs", "fn pool() {}\n"), ("c.rs", "fn my_pool() {}\n")];
    world.project("code", &files).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    assert_eq!(auto(&world, "@Pool").await, ["a.rs", "b.rs", "c.rs"]);
    assert_eq!(auto(&world, "case:yes @Pool").await, ["a.rs"]);
    let answer = world.search("case:yes @pool").await;
    let mut names: Vec<&str> =
        answer.results.iter().filter_map(|hit| hit.symbol.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["my_pool", "pool"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_may_want_more_than_there_is() {
    let world = World::new();
    world.project("code", &[("a.rs", "fn needle() {}\n"), ("b.rs", "needle();\n")]).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    for (mode, query, found) in [
        (Mode::Auto, "needle", 2),
        (Mode::Text, "\"needle()\"", 2),
        (Mode::Symbols, "needle", 1),
        (Mode::Names, "rs", 2),
        (Mode::Regex, "needle", 2),
    ] {
        let request =
            SearchRequest { query: query.into(), mode, limit: usize::MAX, ..Default::default() };
        let answer = world.engine().search(request).await.unwrap();
        assert_eq!(answer.searched.failed, [], "{mode:?}");
        assert_eq!(answer.results.len(), found, "{mode:?}");
    }
}
