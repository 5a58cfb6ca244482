//! What comes first: cases that must never get worse, whatever the weights become.

use std::time::{Duration, SystemTime};

use quarry_engine::search::habits::Opened;
use quarry_engine::search::{Hit, Mode, SearchRequest};
use quarry_engine::status::LaneName;

use crate::world::{World, write};

/// A small project with the usual parts, and the usual ambiguities.
const FILES: [(&str, &str); 17] = [
    (
        "src/http/body_stream.rs",
        "//! Bodies that arrive in pieces.\n\n/// Reads a request's body piece by piece.\npub struct HttpBodyStream {\n    buffer: Vec<u8>,\n}\n\nimpl HttpBodyStream {\n    /// The next piece, or nothing at the end.\n    pub fn next_chunk(&mut self) -> Option<Vec<u8>> {\n        self.fill_buffer();\n        None\n    }\n\n    fn fill_buffer(&mut self) {}\n}\n",
    ),
    (
        "src/http/server.rs",
        "use super::body_stream::HttpBodyStream;\n\npub fn serve(stream: HttpBodyStream) {\n    let mut stream = stream;\n    while let Some(piece) = stream.next_chunk() {\n        log(\"could not bind to the address\");\n        drop(piece);\n    }\n}\n\nfn log(_: &str) {}\n",
    ),
    (
        "src/registry/loader.rs",
        "pub fn load_project(name: &str) -> Result<(), LoadError> {\n    retry_with_backoff(|| open(name))\n}\n\npub enum LoadError {\n    Missing,\n    Locked,\n}\n\nfn open(_: &str) -> Result<(), LoadError> {\n    Err(LoadError::Missing)\n}\n",
    ),
    (
        "src/retry.rs",
        "use std::time::Duration;\n\n/// Calls again after pauses that double.\npub fn retry_with_backoff<T>(call: impl Fn() -> T) -> T {\n    call()\n}\n\npub const FIRST_PAUSE: Duration = Duration::from_millis(500);\n",
    ),
    (
        "tests/retry_test.rs",
        "#[test]\nfn retry_with_backoff_doubles_its_pauses() {\n    retry_with_backoff(|| 1);\n    retry_with_backoff(|| 2);\n    retry_with_backoff(|| 3);\n}\n",
    ),
    (
        "README.md",
        "# Example\n\nUse `retry_with_backoff` and `HttpBodyStream`.\n\n## Configuration\n\nSet `max_connections`.\n",
    ),
    ("docs/configuration.md", "# Configuration\n\nAll settings, one by one.\n"),
    (
        "src/config.py",
        "MAX_CONNECTIONS = 10\n\n\nclass ConfigParser:\n    def parse(self, text):\n        \"\"\"Parses the settings.\"\"\"\n        return text.split('=')\n\n    def max_connections(self):\n        return MAX_CONNECTIONS\n",
    ),
    (
        "src/pool.py",
        "from config import ConfigParser\n\n\ndef open_connections(parser):\n    for _ in range(parser.max_connections()):\n        connect()\n\n\ndef connect():\n    raise ConnectionError('connection refused by peer')\n",
    ),
    (
        "net/tcp.c",
        "#include \"tcp.h\"\n\nint tcp_sendmsg_locked(struct sock *sk, struct msghdr *msg)\n{\n\treturn 0;\n}\n\nint tcp_sendmsg(struct sock *sk, struct msghdr *msg)\n{\n\tint ret;\n\n\tlock_sock(sk);\n\tret = tcp_sendmsg_locked(sk, msg);\n\trelease_sock(sk);\n\treturn ret;\n}\n",
    ),
    (
        "net/tcp.h",
        "int tcp_sendmsg_locked(struct sock *sk, struct msghdr *msg);\nint tcp_sendmsg(struct sock *sk, struct msghdr *msg);\n",
    ),
    (
        "net/mptcp.c",
        "int mptcp_push(struct sock *ssk)\n{\n\ttcp_sendmsg_locked(ssk, 0);\n\ttcp_sendmsg_locked(ssk, 1);\n\treturn tcp_sendmsg_locked(ssk, 2);\n}\n",
    ),
    ("vendor/lib/retry.rs", "pub fn retry_with_backoff() {}\n"),
    (
        "web/app.ts",
        "export function renderList(items: string[]): string {\n  return items.map(renderItem).join(\"\");\n}\n\nfunction renderItem(item: string): string {\n  return `<li>${item}</li>`;\n}\n",
    ),
    (
        "web/app.js",
        "export function renderList(items) {\n  return items.map(renderItem).join(\"\");\n}\n\nfunction renderItem(item) {\n  return `<li>${item}</li>`;\n}\n",
    ),
    ("Makefile", "all: build\n\nbuild:\n\tcargo build\n"),
    ("src/main.rs", "mod config;\n\nfn main() {\n    println!(\"hello\");\n}\n"),
];

async fn world() -> World {
    let world = World::new();
    world.project("code", &FILES).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    world
}

fn first(hits: &[Hit]) -> String {
    let shown = |hit: &Hit| {
        let name = hit.symbol.as_deref().filter(|_| hit.lanes.contains(&LaneName::Symbols));
        name.map_or_else(|| hit.path.clone(), |name| format!("{} {name}", hit.path))
    };
    hits.first().map_or_else(|| "nothing".to_owned(), shown)
}

/// What was typed, and the path that comes first, with the name of the definition if it is one.
const CASES: [(&str, &str); 36] = [
    // Names of files.
    ("main.rs", "src/main.rs"),
    ("Makefile", "Makefile"),
    ("makefile", "Makefile"),
    ("body_stream.rs", "src/http/body_stream.rs"),
    ("reg/load", "src/registry/loader.rs"),
    ("http/server", "src/http/server.rs"),
    ("configuration.md", "docs/configuration.md"),
    ("net/tcp.c", "net/tcp.c"),
    ("tcp.h", "net/tcp.h"),
    ("src/retry.rs:4", "src/retry.rs"),
    // Names of definitions, whole.
    ("retry_with_backoff", "src/retry.rs retry_with_backoff"),
    ("HttpBodyStream", "src/http/body_stream.rs HttpBodyStream"),
    ("httpbodystream", "src/http/body_stream.rs HttpBodyStream"),
    ("tcp_sendmsg_locked", "net/tcp.c tcp_sendmsg_locked"),
    ("tcp_sendmsg", "net/tcp.c tcp_sendmsg"),
    ("LoadError", "src/registry/loader.rs LoadError"),
    ("FIRST_PAUSE", "src/retry.rs FIRST_PAUSE"),
    ("renderList", "web/app.ts renderList"),
    ("ConfigParser", "src/config.py ConfigParser"),
    // … begun, in other words, by their first letters.
    ("HttpBody", "src/http/body_stream.rs HttpBodyStream"),
    ("retry_w", "src/retry.rs retry_with_backoff"),
    ("hbs", "src/http/body_stream.rs HttpBodyStream"),
    ("htbodst", "src/http/body_stream.rs HttpBodyStream"),
    ("tcsenlo", "net/tcp.c tcp_sendmsg_locked"),
    ("http body stream", "src/http/body_stream.rs HttpBodyStream"),
    ("retry with backoff", "src/retry.rs retry_with_backoff"),
    ("load project", "src/registry/loader.rs load_project"),
    ("@load_project", "src/registry/loader.rs load_project"),
    ("sym:connect", "src/pool.py connect"),
    // Text.
    ("could not bind to the address", "src/http/server.rs"),
    ("\"connection refused by peer\"", "src/pool.py"),
    ("lock_sock(sk)", "net/tcp.c"),
    // Questions.
    ("pauses that double after a failure", "src/retry.rs"),
    ("where are the settings parsed", "src/config.py parse"),
    ("how many connections are opened", "src/pool.py open_connections"),
    ("reading the body of a request in pieces", "src/http/body_stream.rs"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_meant_comes_first() {
    let world = world().await;
    let mut wrong = Vec::new();
    for (typed, expected) in CASES {
        let answer = world.search(typed).await;
        let got = first(&answer.results);
        // A case that names no definition asks for the file alone.
        let fits = got == expected || got.split(' ').next() == Some(expected);
        if !fits {
            let top: Vec<(&str, f32)> =
                answer.results.iter().take(3).map(|hit| (hit.path.as_str(), hit.score)).collect();
            wrong.push(format!("{typed}: {got} instead of {expected}; {top:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_asked_for_with_a_line_opens_there() {
    let world = world().await;
    let answer = world.search("retry.rs:4").await;
    let hit = &answer.results[0];
    assert_eq!((hit.path.as_str(), hit.line_start, hit.kind.as_str()), ("src/retry.rs", 4, "file"));
    assert!(hit.snippet.as_ref().unwrap().text.starts_with("pub fn retry_with_backoff"));
    let marked: String = hit.path_highlights.iter().map(|&(a, b)| &hit.path[a..b]).collect();
    assert_eq!(marked, "retry.rs");
    let beyond = &world.search("retry.rs:500").await.results[0];
    assert_eq!((beyond.path.as_str(), beyond.line_start), ("src/retry.rs", 8), "the last line");
    assert!(beyond.snippet.as_ref().unwrap().text.starts_with("pub const FIRST_PAUSE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_finding_can_be_asked_for_alone() {
    let world = world().await;
    let lanes = async |query: &str, mode: Mode| {
        let answer = world.ask(query, mode).await;
        assert!(!answer.results.is_empty(), "{query}");
        let mut lanes: Vec<LaneName> =
            answer.results.iter().flat_map(|hit| hit.lanes.clone()).collect();
        lanes.sort();
        lanes.dedup();
        lanes
    };
    assert_eq!(lanes("retry", Mode::Names).await, [LaneName::Names]);
    assert_eq!(lanes("retr.*off", Mode::Regex).await, [LaneName::Regex]);
    assert!(lanes("retry_with_backoff", Mode::Symbols).await.contains(&LaneName::Symbols));
    assert!(lanes("call", Mode::Text).await.contains(&LaneName::Text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_name_is_found_by_its_first_letter_among_thousands_that_begin_alike() {
    let world = World::new();
    let mut text = String::new();
    // In more chunks than are weighed.
    for at in 0..10_000 {
        text += &format!("pub fn sample_number_{at:04}() {{}}\n");
    }
    text += "pub fn szyx() {}\n\npub fn sample() {}\n";
    world.project("code", &[("src/lib.rs", &text)]).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    for (typed, name) in [("s", "szyx"), ("sz", "szyx"), ("sample", "sample")] {
        let answer = world.ask(typed, Mode::Symbols).await;
        assert_eq!(answer.results[0].symbol.as_deref(), Some(name), "{typed}");
    }
    let answer = world.ask("sample_number_49", Mode::Symbols).await;
    let names: Vec<&str> = answer.results.iter().filter_map(|hit| hit.symbol.as_deref()).collect();
    assert!(names.contains(&"sample_number_4900"), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_alone_are_found_by_several_words_and_behind_what_they_belong_to() {
    let world = world().await;
    let first_of = async |typed: &str, mode: Mode| first(&world.ask(typed, mode).await.results);
    for (typed, expected) in [
        ("http body", "src/http/body_stream.rs HttpBodyStream"),
        ("sendmsg locked", "net/tcp.c tcp_sendmsg_locked"),
        ("ConfigParser::parse", "src/config.py parse"),
        ("ConfigParser.max_connections", "src/config.py max_connections"),
    ] {
        assert_eq!(first_of(typed, Mode::Symbols).await, expected, "{typed}");
    }
    for (typed, expected) in [
        ("sym:ConfigParser::max_connections", "src/config.py max_connections"),
        ("sym:HttpBodyStream#next_chunk()", "src/http/body_stream.rs next_chunk"),
        ("sym:configparser.parse", "src/config.py parse"),
    ] {
        assert_eq!(first_of(typed, Mode::Auto).await, expected, "{typed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_letters_find_the_names_in_which_they_stand_side_by_side() {
    let world = world().await;
    let names = async |query: &str| {
        let answer = world.ask(query, Mode::Names).await;
        answer.results.into_iter().map(|hit| hit.path).collect::<Vec<_>>()
    };
    assert_eq!(names("py").await, ["src/config.py", "src/pool.py"]);
    assert_eq!(names("Ma").await[..2], ["src/main.rs", "Makefile"]);
    assert_eq!(names("zq").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_is_deleted_is_gone_and_its_neighbours_stay() {
    let world = world().await;
    let root = std::path::PathBuf::from(world.status("code").root);
    let names = async |query: &str| {
        let answer = world.ask(query, Mode::Symbols).await;
        let mut names: Vec<String> =
            answer.results.into_iter().filter_map(|hit| hit.symbol).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(names("tcp_sendmsg").await, ["tcp_sendmsg", "tcp_sendmsg_locked"]);
    let before = world.status("code").symbols;
    write(
        &root.join("src/registry/loader.rs"),
        "pub enum LoadError {\n    Missing,\n    Locked,\n}\n",
    );
    let fewer = |status: &quarry_engine::status::ProjectStatus| status.symbols == before - 2;
    world.until_status("code", "without two functions", fewer).await;
    assert_eq!(names("load_project").await, [""; 0]);
    assert_eq!(names("LoadError").await, ["LoadError"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn among_equals_the_file_that_was_edited_or_opened_lately_comes_first() {
    let world = World::new();
    let text = "pub fn convert(amount: u64) -> u64 {\n    amount * 2\n}\n";
    let files = ["a/money.rs", "b/money.rs", "c/money.rs"].map(|path| (path, text));
    let root = world.folder("code", &files);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for (path, _) in &files {
        let file = std::fs::File::options().write(true).open(root.join(path)).unwrap();
        file.set_modified(if path.starts_with('b') { SystemTime::now() } else { long_ago })
            .unwrap();
    }
    let project = world.add(&root).await.id;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    for query in ["convert", "money.rs", "amount"] {
        let order = |hits: &[Hit]| hits.iter().map(|hit| hit.path.clone()).collect::<Vec<_>>();
        let answer = world.ask(query, Mode::Auto).await;
        assert_eq!(order(&answer.results), ["b/money.rs", "a/money.rs", "c/money.rs"], "{query}");
        let often = Opened {
            project: project.clone(),
            path: "c/money.rs".into(),
            times: 9,
            seconds_ago: 0,
        };
        let request = SearchRequest {
            query: query.to_owned(),
            limit: 10,
            opened: vec![often],
            ..SearchRequest::default()
        };
        let answer = world.engine().search(request).await.unwrap();
        assert_eq!(order(&answer.results)[2], "a/money.rs", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn among_equals_the_source_comes_before_what_lies_beside_it() {
    let world = World::new();
    let text = "pub fn convert(amount: u64) -> u64 {\n    amount * 2\n}\n";
    let beside = [".ci", "docs", "scripts", "source/deprecated", "source/legacy", "a/docs/b"];
    for directory in beside {
        let path = format!("{directory}/money.rs");
        let files = [(path.as_str(), text), ("source/money.rs", text)];
        let name = directory.replace(['/', '.'], "-");
        world.project(&name, &files).await;
        world.engine().wait(&name, LaneName::Symbols).await.unwrap();
        for query in ["convert", "what is it that doubles the amount to convert it"] {
            let request = SearchRequest {
                query: query.to_owned(),
                projects: vec![name.clone()],
                limit: 10,
                ..SearchRequest::default()
            };
            let answer = world.engine().search(request).await.unwrap();
            let order: Vec<&str> = answer.results.iter().map(|hit| hit.path.as_str()).collect();
            assert_eq!(order, ["source/money.rs", &path], "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_that_answer_a_question_are_one_place_and_those_with_a_word_are_two() {
    let told = "The ledger balances its accounts before it writes them.";
    let lines_with = |count: u64, told_at: &[u64]| -> String {
        let line =
            |at| if told_at.contains(&at) { told } else { "So it goes, line after line, on." };
        (1..=count).map(|at| format!("{} {at}\n", line(at))).collect()
    };
    let world = World::new();
    let near = lines_with(80, &[5, 70]);
    let apart = lines_with(100, &[5, 95]);
    let many = lines_with(400, &(1..=400).step_by(10).collect::<Vec<_>>());
    let files = [("near.cfg", &*near), ("apart.cfg", &*apart), ("many.cfg", &*many)];
    world.project("code", &files).await;
    world.engine().wait("code", LaneName::Symbols).await.unwrap();
    let places = async |words: &str, path: &str| {
        let answer = world.ask(&format!("{words} path:{path}"), Mode::Auto).await;
        let mut lines: Vec<(u64, u64)> =
            answer.results.iter().map(|hit| (hit.line_start, hit.line_end)).collect();
        lines.sort_unstable();
        lines
    };
    let question = "how are accounts of the ledger balanced before it writes";
    assert_eq!(places(question, "near.cfg").await, [(1, 80)]);
    assert_eq!(places("ledger", "near.cfg").await.len(), 2);
    assert_eq!(places(question, "apart.cfg").await.len(), 2);
    let of_many = places(question, "many.cfg").await;
    assert!(of_many.iter().all(|(first, last)| last - first < 100), "{of_many:?}");
    assert!(of_many.windows(2).all(|pair| pair[0].1 < pair[1].0), "{of_many:?}");
    assert!(of_many.len() < places("ledger", "many.cfg").await.len());
}
