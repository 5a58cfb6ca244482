//! Patterns and substrings: what Quarry finds beside what ripgrep finds on the same files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use quarry_engine::search::{Mode, SearchAnswer, SearchRequest};
use quarry_engine::status::{LaneName, ProjectAction};

use crate::dice::Dice;
use crate::world::{World, write};

/// Patterns made of what stands in the tree, beside those that are written down.
const DRAWN: usize = 240;
/// More hits than any pattern has.
const ALL: usize = 1_000_000;

/// A path and a line, from 1.
type Place = (String, u64);

fn by_ripgrep(root: &Path, pattern: &str, case_sensitive: bool) -> BTreeSet<Place> {
    let mut command = Command::new("rg");
    command.args(["--no-config", "--line-number", "--no-heading", "--with-filename", "--null"]);
    command.args(["--crlf", "--hidden", "--glob", "!.git"]);
    if !case_sensitive {
        command.arg("--ignore-case");
    }
    let output = command.arg("--regexp").arg(pattern).arg(".").current_dir(root).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{pattern}: {output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let place = |line: &str| {
        let (path, rest) = line.split_once('\0')?;
        let (number, _) = rest.split_once(':')?;
        Some((path.trim_start_matches("./").to_owned(), number.parse().ok()?))
    };
    text.lines().filter_map(place).collect()
}

async fn by_quarry(world: &World, pattern: &str, case_sensitive: bool) -> BTreeSet<Place> {
    let query = if case_sensitive { format!("case:yes {pattern}") } else { pattern.to_owned() };
    let request =
        SearchRequest { query, mode: Mode::Regex, limit: ALL, ..SearchRequest::default() };
    let answer = world.engine().search(request).await.unwrap();
    let lane = &answer.lanes[0];
    assert_eq!((lane.lane, &lane.note), (LaneName::Regex, &None), "{pattern}");
    answer.results.into_iter().map(|hit| (hit.path, hit.line_start)).collect()
}

/// A tree of real sources, with a few files of other kinds.
fn tree(world: &World) -> std::path::PathBuf {
    let root = world.folder("code", &[]);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for part in ["src-tauri/engine/src", "src-tauri/src", "ui/src", "tests/engine"] {
        copy(&sources.join(part), &root.join(part));
    }
    write(&root.join("crlf.txt"), "first line\r\nsecond LINE\r\n\r\nlast");
    write(
        &root.join("unicode.txt"),
        "größe GRÖSSE straße\nΣίσυφος ΣΊΣΥΦΟΣ\n日本語の行\nK\u{212a}k\n",
    );
    write(&root.join("empty.txt"), "");
    write(&root.join("blank.txt"), "\n\n \n\t\n");
    root
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::create_dir_all(to).unwrap();
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

const WRITTEN: [&str; 44] = [
    "fn",
    "fn ",
    r"fn \w+\(",
    r"\bself\b",
    r"^use ",
    r"^\s*$",
    "^$",
    r";$",
    r"\{$",
    "a.c",
    "Option<.*>",
    "(get|set)_[a-z]+",
    "[A-Z]{4,}",
    r"\d{3}",
    "x*",
    r"tokio::(spawn|select)",
    "größe",
    "GRÖ",
    "straße",
    "σίσυφος",
    "日本",
    "[äöü]",
    r"(?i)ERROR",
    r"(?-i:Error)",
    r"impl.*for",
    r"\.unwrap\(\)",
    r#""[^"]*""#,
    r"//.*\?",
    "k",
    "kk",
    "(a|b)c",
    "ab?c",
    "(ab)+",
    "ab{2}",
    r"\w+_\w+_\w+",
    r"match \w+ \{",
    "line$",
    r"\t",
    r"\s\s\s\s\s\s\s\s",
    r"[^ -~]",
    "tantivy|notify|rusqlite",
    "(foo|)bar",
    r"Arc::clone\(&",
    "->",
];

/// Part of a line that stands in the tree, as a pattern: whole, or with some of it made general.
fn drawn(lines: &[String], dice: &mut Dice) -> String {
    let line: Vec<char> = lines[dice.roll(lines.len() as u64) as usize].chars().collect();
    let from = dice.roll(line.len() as u64) as usize;
    let to = (from + 1 + dice.roll(14) as usize).min(line.len());
    let text: String = line[from..to].iter().collect();
    let escaped: String = text
        .trim()
        .chars()
        .map(|c| match dice.roll(8) {
            0 if c.is_alphabetic() => r"\w".to_owned(),
            1 if c.is_alphabetic() => format!("[{c}x]"),
            2 if c.is_alphanumeric() => format!("{c}+"),
            _ if r"\.+*?()|[]{}^$#&-~".contains(c) => format!("\\{c}"),
            _ => c.to_string(),
        })
        .collect();
    if dice.roll(6) == 0 { format!("({escaped}|zq{escaped})") } else { escaped }
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_find_the_lines_that_ripgrep_finds() {
    let world = World::new();
    let root = tree(&world);
    world.add(&root).await;
    world.engine().wait("code", LaneName::Regex).await.unwrap();
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(root.join("src-tauri/engine/src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(path).unwrap();
            lines.extend(text.lines().map(str::to_owned).filter(|line| line.trim().len() > 3));
        }
    }
    let mut dice = Dice::from_environment();
    let mut patterns: Vec<String> = WRITTEN.iter().map(|pattern| (*pattern).to_owned()).collect();
    patterns.extend((0..DRAWN).map(|_| drawn(&lines, &mut dice)).filter(|p| !p.trim().is_empty()));
    let (mut compared, mut found) = (0, 0);
    for (at, pattern) in patterns.iter().enumerate() {
        // A pattern keeps the spaces inside of it; around it they separate it from filters.
        let pattern = pattern.trim();
        let case_sensitive = at % 2 == 0;
        let expected = by_ripgrep(&root, pattern, case_sensitive);
        let got = by_quarry(&world, pattern, case_sensitive).await;
        let missed: Vec<&Place> = expected.difference(&got).take(5).collect();
        let invented: Vec<&Place> = got.difference(&expected).take(5).collect();
        let told = format!("{pattern:?} (case: {case_sensitive}) {missed:?} {invented:?}");
        assert!(missed.is_empty() && invented.is_empty(), "{told}");
        compared += 1;
        found += expected.len();
    }
    println!("{compared} patterns found the same {found} lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_is_searched_before_its_trigrams_are_there() {
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..700 {
        write(&root.join(format!("f{at}.txt")), &format!("needle{at}x\n"));
    }
    world.add(&root).await;
    let answer = world.search("/needle6[0-9]9x/").await;
    assert_eq!(answer.results.len(), 10);
    world.engine().wait("code", LaneName::Regex).await.unwrap();
    assert_eq!(world.ask("needle6[0-9]9x", Mode::Regex).await.results.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_pattern_and_other_words_have_to_be_in_the_file() {
    let world = World::new();
    world
        .project(
            "code",
            &[
                ("net/a.c", "int alpha1; // keep\n"),
                ("net/b.rs", "let alpha2 = 0;\n"),
                ("fs/c.c", "int alpha3;\n"),
            ],
        )
        .await;
    let found = async |query: &str| {
        let answer = world.search(query).await;
        crate::world::paths(&answer.results)
    };
    assert_eq!(found(r"/alpha\d/").await, ["fs/c.c", "net/a.c", "net/b.rs"]);
    assert_eq!(found(r"/alpha\d/ path:net").await, ["net/a.c", "net/b.rs"]);
    assert_eq!(found(r"/alpha\d/ -path:net").await, ["fs/c.c"]);
    assert_eq!(found(r"/alpha\d/ lang:c keep").await, ["net/a.c"]);
    assert_eq!(found(r"/alpha\d/ -keep").await, ["fs/c.c", "net/b.rs"]);
    assert_eq!(found(r"/ALPHA\d/ case:yes").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_word_is_found_when_nothing_else_is() {
    let world = World::new();
    world.project("code", &[("a.c", "int xyzzy_plugh(void);\n"), ("b.c", "int other;\n")]).await;
    let answer = world.search("zzy_plu").await;
    let hit = &answer.results[0];
    assert_eq!(
        (hit.path.as_str(), hit.line_start, &hit.lanes[..]),
        ("a.c", 1, &[LaneName::Regex][..])
    );
    let snippet = hit.snippet.as_ref().unwrap();
    assert_eq!(&snippet.text[snippet.highlights[0].0..snippet.highlights[0].1], "zzy_plu");
    assert_eq!(world.search("\"->\"").await.results.len(), 0);
    assert_eq!(crate::world::paths(&world.search("\"gh(void)\"").await.results), ["a.c"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_took_a_files_place_is_not_read_and_the_answer_says_so() {
    let names = ["file.rs", "gone.rs", "grown.rs", "link.rs", "pipe.rs"];
    let world = World::new();
    let root = world.project("code", &names.map(|name| (name, "fn needle() {}"))).await;
    world.engine().wait("code", LaneName::Regex).await.unwrap();
    world.engine().act("code", ProjectAction::Pause).await.unwrap();
    let secret = world.folder("elsewhere", &[("secret.rs", "fn needle_of_another() {}")]);
    names[1..].iter().for_each(|name| std::fs::remove_file(root.join(name)).unwrap());
    std::fs::File::create(root.join("grown.rs")).unwrap().set_len(1 << 40).unwrap();
    std::os::unix::fs::symlink(secret.join("secret.rs"), root.join("link.rs")).unwrap();
    let pipe = root.join("pipe.rs");
    rustix::fs::mkfifoat(rustix::fs::CWD, pipe, rustix::fs::Mode::RWXU).unwrap();
    let note = |answer: &SearchAnswer| answer.lanes.iter().find_map(|lane| lane.note.clone());
    for query in ["/need.e/", "refs:needle", "needle"] {
        let answer = world.search(query).await;
        let shown = answer.results.iter().filter(|hit| hit.snippet.is_some());
        let shown: Vec<&str> = shown.map(|hit| hit.path.as_str()).collect();
        assert!(["file.rs"].starts_with(&shown), "{query}: {answer:?}");
        if query != "needle" {
            assert_eq!(note(&answer).unwrap(), "4 of 5 files could not be read.");
        }
    }
}
