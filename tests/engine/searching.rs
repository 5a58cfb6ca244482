use quarry_engine::engine::EngineError;
use quarry_engine::search::{Mode, SearchAnswer, SearchRequest};
use tokio::sync::mpsc;

use crate::world::{World, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_has_its_line_and_its_highlights() {
    let world = World::new();
    let text = "use std::io;\r\n\r\nfn größe_of(needle: u32) {\r\n\t// Größe\r\n}\r\n";
    world.project("code", &[("src/lib.rs", text)]).await;
    let answer = world.search("needle").await;
    let hit = &answer.results[0];
    let snippet = hit.snippet.as_ref().unwrap();
    assert_eq!((hit.path.as_str(), snippet.line), ("src/lib.rs", 3));
    assert_eq!(snippet.text, "fn größe_of(needle: u32) {");
    let marked: Vec<&str> = snippet.highlights.iter().map(|&(a, b)| &snippet.text[a..b]).collect();
    assert_eq!(marked, ["needle"]);
    assert_eq!(hit.lang.as_deref(), Some("rust"));
    assert!(!hit.stale);
    assert_eq!((answer.searched.total, answer.searched.hot, answer.searched.loading), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_found_whole_first_and_by_its_parts() {
    let world = World::new();
    world
        .project(
            "code",
            &[
                ("parts.c", "int tcp; int sendmsg; /* tcp sendmsg */\n"),
                ("whole.c", "int tcp_sendmsg(void);\n"),
                ("camel.c", "int tcpSendmsg(void);\n"),
            ],
        )
        .await;
    assert_eq!(world.search("tcp_sendmsg").await.results[0].path, "whole.c");
    assert_eq!(world.found("sendmsg").await, ["camel.c", "parts.c", "whole.c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_stands_everywhere_whole_and_inside_others_is_found() {
    let world = World::new();
    let body: String = (0..30).map(|n| format!("    let idle_{n} = idle + {n};\n")).collect();
    let steps: String =
        (0..12).map(|n| format!("fn step_{n}(idle: u32) {{\n{body}}}\n\n")).collect();
    world.project("code", &[("steps.rs", steps.as_str())]).await;
    for mode in [Mode::Auto, Mode::Text] {
        let answer = world.ask("idle", mode).await;
        assert_eq!((answer.searched.failed.len(), answer.results.is_empty()), (0, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phrases_exclusions_and_filters_narrow_the_answer() {
    let world = World::new();
    world
        .project(
            "alpha",
            &[
                ("net/tcp.c", "struct sock *sk = find(one);\n"),
                ("net/udp.c", "sock struct; find(two);\n"),
                ("fs/file.rs", "struct sock { find: Three }\n"),
            ],
        )
        .await;
    world.project("beta", &[("other.c", "struct sock other; find(four);\n")]).await;
    assert_eq!(
        world.found("\"struct sock\"").await,
        ["fs/file.rs", "net/tcp.c", "other.c"],
        "the words have to stand side by side"
    );
    assert_eq!(world.found("\"struct sock *sk\"").await, ["net/tcp.c"]);
    assert_eq!(world.found("find -struct").await, [""; 0]);
    assert_eq!(world.found("find -one project:alpha").await, ["fs/file.rs", "net/udp.c"]);
    assert_eq!(world.found("find project:beta").await, ["other.c"]);
    assert_eq!(world.found("find path:net").await, ["net/tcp.c", "net/udp.c"]);
    assert_eq!(world.found("find -path:net lang:c").await, ["other.c"]);
    assert_eq!(world.found("case:yes Three").await, ["fs/file.rs"]);
    assert_eq!(world.found("case:yes three").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_projects_do_not_duplicate_results() {
    let world = World::new();
    let root = world.project("outer", &[("inner/a.rs", "needle"), ("b.rs", "needle")]).await;
    world.add(&root.join("inner")).await;
    let answer = world.search("needle").await;
    assert_eq!(answer.searched.total, 2);
    assert_eq!(answer.results.len(), 2, "{:?}", answer.results);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_is_said_to_be_stale() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "fn needle() {}\n")]).await;
    world.engine().act("code", quarry_engine::status::ProjectAction::Pause).await.unwrap();
    world
        .until_status("code", "paused", |status| {
            status.watch_mode == quarry_engine::status::WatchMode::Paused
        })
        .await;
    write(&root.join("a.rs"), "// new\nfn needle() {}\n");
    let answer = world.search("needle").await;
    assert!(answer.results[0].stale);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_cannot_run_say_so() {
    let world = World::new();
    world.project("code", &[("a.rs", "needle")]).await;
    let ask = async |query: &str, mode: Mode| {
        let request =
            SearchRequest { query: query.into(), mode, limit: 5, ..SearchRequest::default() };
        world.engine().search(request).await.map(|_| ()).unwrap_err().code()
    };
    assert_eq!(ask("", Mode::Auto).await, "BadQuery");
    assert_eq!(ask("/x(/", Mode::Auto).await, "BadQuery");
    assert_eq!(ask("\"x\"", Mode::Meaning).await, "BadQuery");
    assert_eq!(ask("x project:absent", Mode::Auto).await, "NotFound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_search_ends_with_the_whole_answer() {
    let mut world = World::new();
    world.project("one", &[("a.rs", "needle")]).await;
    world.project("two", &[("b.rs", "needle")]).await;
    world.reopen().await;
    let (sender, mut updates) = mpsc::channel(16);
    let request = SearchRequest { query: "needle".into(), limit: 10, ..SearchRequest::default() };
    let last = world.engine().search_streaming(request, sender).await.unwrap();
    while let Some(update) = updates.recv().await {
        assert_eq!(update.searched.total, 2);
    }
    assert_eq!((last.searched.hot, last.results.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_words_find_does_not_wait_for_parts_of_longer_words() {
    let world = World::new();
    world.project("code", &[("a.rs", "fn needle() {}"), ("b.rs", "let x = unneedled;")]).await;
    let request = SearchRequest { query: "needle".into(), limit: 10, ..SearchRequest::default() };
    let (sender, mut updates) = mpsc::channel(16);
    let last = world.engine().search_streaming(request, sender).await.unwrap();
    let first = updates.recv().await.unwrap();
    let paths = |answer: &SearchAnswer| -> Vec<String> {
        answer.results.iter().map(|hit| hit.path.clone()).collect()
    };
    assert_eq!(paths(&first), ["a.rs"]);
    assert_eq!(paths(&last), ["a.rs", "b.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_read_for_somebody_who_has_left() {
    let world = World::new();
    world.project("code", &[("a.rs", "fn needle() {}")]).await;
    let request =
        SearchRequest { query: "/nee+dle/".into(), limit: 10, ..SearchRequest::default() };
    let (sender, mut updates) = mpsc::channel(1);
    let there = world.engine().search_streaming(request.clone(), sender.clone()).await.unwrap();
    assert_eq!(there.results.len(), 1);
    updates.close();
    let gone = world.engine().search_streaming(request, sender).await.unwrap();
    assert_eq!(gone.results.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_outside_the_project_is_not_reached() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "needle")]).await;
    write(&world.path("secret.txt"), "x");
    std::os::unix::fs::symlink(world.path("secret.txt"), root.join("link")).unwrap();
    assert_eq!(world.engine().file_path("code", "a.rs").await.unwrap(), root.join("a.rs"));
    for path in ["../secret.txt", "/etc/passwd", "link", "a/../../secret.txt"] {
        let refused = world.engine().file_path("code", path).await;
        assert!(matches!(refused, Err(EngineError::OutsideProject(_))), "{path}");
    }
}
