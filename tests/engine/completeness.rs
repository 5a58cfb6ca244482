//! What is there is found, whatever else is found beside it.

use quarry_engine::search::{Hit, Mode, SearchRequest};
use quarry_engine::status::LaneName;

use crate::world::{World, paths};

async fn limited(world: &World, query: &str, mode: Mode, limit: usize) -> Vec<Hit> {
    let request = SearchRequest { query: query.into(), mode, limit, ..SearchRequest::default() };
    world.engine().search(request).await.unwrap().results
}

async fn lines(world: &World, query: &str, mode: Mode) -> Vec<(String, u64)> {
    let hits = limited(world, query, mode, 20).await;
    hits.into_iter().map(|hit| (hit.path, hit.snippet.map_or(0, |snippet| snippet.line))).collect()
}

fn line(path: &str, line: u64) -> (String, u64) {
    (path.to_owned(), line)
}

async fn indexed(world: &World, name: &str, files: &[(&str, &str)]) {
    world.project(name, files).await;
    for lane in [LaneName::Regex, LaneName::Symbols] {
        world.engine().wait(name, lane).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_shown_already_take_the_place_of_no_other() {
    let world = World::new();
    let body = "zork here, and there\n".repeat(6);
    let names: Vec<String> = (0..20).map(|number| format!("a{number:02}.txt")).collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), body.as_str())).collect();
    let far = format!("{body}{}here xxzorkyy inside\n", "nothing at all\n".repeat(400));
    files.extend([("far.txt", far.as_str()), ("z.txt", "class xxZorkyy\n")]);
    indexed(&world, "code", &files).await;
    let found = limited(&world, "zork", Mode::Auto, 50).await;
    assert!(paths(&found).contains(&"z.txt".to_owned()), "{found:?}");
    let far = found.iter().filter(|hit| hit.path == "far.txt").count();
    assert_eq!(far, 2, "its beginning, and the line far below: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_definitions_that_are_left_out_take_the_place_of_no_other() {
    let world = World::new();
    let files = [
        ("a.rs", "fn main() {\n    zqx();\n}\n"),
        ("b.rs", "fn other() {\n    zqx();\n}\n"),
        ("c.rs", "mod inner {\n    fn deep() {\n        zqx();\n    }\n}\n"),
    ];
    indexed(&world, "code", &files).await;
    let one = limited(&world, "zqx -sym:main", Mode::Regex, 1).await;
    assert_eq!(paths(&one), ["b.rs"]);
    assert_eq!(paths(&limited(&world, "refs:zqx -sym:main", Mode::Auto, 1).await), ["b.rs"]);
    let within = async |query: &str| lines(&world, query, Mode::Auto).await;
    assert_eq!(within("/zqx/ sym:other").await, [line("b.rs", 2)]);
    assert_eq!(within("/zqx/ sym:inner").await, [line("c.rs", 3)], "whatever stands in it");
    assert_eq!(within("/zqx/ -sym:inner").await, [line("a.rs", 2), line("b.rs", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_shows_lines_of_every_project() {
    let world = World::new();
    let body = "let needle = 1;\n".repeat(10);
    for name in ["one", "three", "two"] {
        indexed(&world, name, &[("src/a.rs", &body), ("src/b.rs", &body)]).await;
    }
    for query in ["/nee.le/", "refs:needle"] {
        let hits = limited(&world, query, Mode::Auto, 40).await;
        for name in ["one", "three", "two"] {
            let id = world.status(name).id;
            assert!(hits.iter().any(|hit| hit.project == id), "{query} in {name}: {hits:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_case_counts_the_line_with_the_word_as_typed_is_shown() {
    let world = World::new();
    let text = "foo lower\nnone\nFoo upper\nFOO shout\n";
    indexed(&world, "code", &[("case.txt", text)]).await;
    for (typed, number) in [("foo", 1), ("Foo", 3), ("FOO", 4)] {
        let found = lines(&world, &format!("case:yes {typed}"), Mode::Text).await;
        assert_eq!(found, [line("case.txt", number)], "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_words_do_not_lead_to_is_found_as_it_stands() {
    let world = World::new();
    let names: Vec<String> = (0..300).map(|number| format!("n{number:03}.txt")).collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "foo bar qux\n")).collect();
    files.push(("z.txt", "foo-bar Qux\nfoo_bar baz\n"));
    indexed(&world, "code", &files).await;
    for (query, number) in [("\"foo-bar\"", 1), ("case:yes Qux", 1), ("\"ar baz\"", 2)] {
        assert_eq!(lines(&world, query, Mode::Text).await, [line("z.txt", number)], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_filter_is_where_words_begin_and_as_it_was_typed() {
    let world = World::new();
    let files = [
        ("src/networking/n.py", "print(needle, 1)\n"),
        ("src/net/core.py", "print(needle, 2)\n"),
        ("net/x/src.py", "print(needle, 3)\n"),
        ("tests/unit.py", "print(needle, 4)\n"),
        ("src/latest.py", "print(needle, 5)\n"),
    ];
    indexed(&world, "code", &files).await;
    for (filter, expected) in [
        ("path:networ", &["src/networking/n.py"][..]),
        ("path:src/net", &["src/net/core.py", "src/networking/n.py"]),
        ("path:/src/*/core.py", &["src/net/core.py"]),
        ("-path:test -path:src/net", &["net/x/src.py", "src/latest.py"]),
        ("path:*.py -path:net", &["src/latest.py", "tests/unit.py"]),
    ] {
        for typed in ["needle", "/need.e/", "refs:needle", "eedle"] {
            let query = format!("{typed} {filter}");
            let mut found = paths(&limited(&world, &query, Mode::Auto, 20).await);
            found.sort();
            assert_eq!(found, expected, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_of_code_in_a_query_leave_nothing_out() {
    let world = World::new();
    indexed(
        &world,
        "code",
        &[("b.rs", "impl Foo {\n    fn bar(&self) -> u8 {\n        -1\n    }\n}\n")],
    )
    .await;
    for query in ["fn bar -> u8", "bar -1"] {
        assert_eq!(paths(&limited(&world, query, Mode::Auto, 5).await), ["b.rs"], "{query}");
    }
}
