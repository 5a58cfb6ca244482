//! `quarry search --json`.

use serde_json::{Value, json};

use crate::harness::account::Account;

use super::shapes::{ANSWER, assert_shape};

/// Letters of two and four bytes before the match.
const LINE: &str = "    // für 𝄞 und alle: quarry_marker, Quarry_Marker";

fn account_with_two_projects() -> Account {
    let account = Account::new();
    let content = format!("fn before() {{}}\n\n{LINE}\nfn after() {{}}\n");
    account.write("code/one/src/deep/marked.rs", &content);
    account.write("code/one/README.md", "# One\n\nNothing here.\n");
    account.write("code/two/notes.txt", "quarry_marker\n");
    account.quarry(["add", "--wait", "text", "code/one", "code/two"]).done();
    account
}

fn found<'a>(answer: &'a Value, path: &str) -> &'a Value {
    let results = answer["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["path"] == path);
    found.unwrap_or_else(|| panic!("{path} is not among {answer:#}"))
}

#[track_caller]
fn check_marked_line(account: &Account, answer: &Value) {
    assert_shape(answer, ANSWER);
    assert_eq!(answer["query"], "quarry_marker");
    let searched = &answer["searched"];
    assert_eq!((&searched["total"], &searched["hot"]), (&json!(2), &json!(2)));
    assert_eq!((&searched["loading"], &searched["failed"]), (&json!(0), &json!([])));
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(2), "{answer:#}");
    let hit = found(answer, "src/deep/marked.rs");
    assert_eq!(hit["project"], account.project("one")["id"]);
    assert_eq!(hit["stale"], false);
    assert_eq!(hit["lang"], "rust");
    let lines = hit["line_start"].as_u64().unwrap()..=hit["line_end"].as_u64().unwrap();
    assert!(lines.contains(&3), "{hit:#}");
    assert_eq!(hit["snippet"]["line"], 3);
    let text = hit["snippet"]["text"].as_str().unwrap();
    assert_eq!(text, LINE);
    let bound = |range: &Value, end: usize| usize::try_from(range[end].as_u64().unwrap()).unwrap();
    let ranges = hit["snippet"]["highlights"].as_array().unwrap();
    let marked: Vec<&str> =
        ranges.iter().map(|range| &text[bound(range, 0)..bound(range, 1)]).collect();
    assert_eq!(marked, ["quarry_marker", "Quarry_Marker"]);
}

#[test]
fn a_line_is_found_with_its_highlights_with_an_owner_and_without() {
    let account = account_with_two_projects();
    let search = || account.quarry(["search", "quarry_marker", "--json"]).done().json();
    check_marked_line(&account, &search());
    account.start_headless();
    check_marked_line(&account, &search());
}

#[test]
fn a_search_keeps_to_its_project_and_its_limit() {
    let account = account_with_two_projects();
    let search = |options: &[&str]| {
        let arguments = ["search", "quarry_marker", "--json"].iter().chain(options);
        let answer = account.quarry(arguments).done().json();
        assert_shape(&answer, ANSWER);
        answer
    };
    let answer = search(&["--project", "two"]);
    assert_eq!(answer["searched"]["total"], 1);
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1));
    found(&answer, "notes.txt");
    let answer = search(&["--project", "two", "--project", "one"]);
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(2));
    let answer = search(&["--limit", "1"]);
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1));
    for mode in ["auto", "text"] {
        assert_eq!(search(&["--mode", mode])["mode"], mode);
    }
}

#[test]
fn finding_nothing_is_an_answer_and_a_bad_pattern_is_not() {
    let account = account_with_two_projects();
    let nothing = account.quarry(["search", "absent_everywhere", "--json"]).done().json();
    assert_shape(&nothing, ANSWER);
    assert_eq!(nothing["results"], json!([]));
    assert_eq!(nothing["searched"]["hot"], 2);
    let ran = account.quarry(["search", "/(unclosed/", "--json"]);
    super::usage::assert_refused(&ran);
}

#[test]
fn a_project_that_cannot_be_searched_is_named_in_the_answer() {
    let account = account_with_two_projects();
    account.write("code/three/notes.txt", "quarry_marker\n");
    account.quarry(["add", "code/three"]).done();
    std::fs::remove_dir_all(account.home().join("code/three")).unwrap();
    let answer = account.quarry(["search", "quarry_marker", "--json"]).done().json();
    assert_shape(&answer, ANSWER);
    assert_eq!(answer["searched"]["total"], 3);
    assert_eq!(answer["searched"]["failed"][0]["cause"], "RootMissing");
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(2));
}

#[test]
fn people_read_a_line_a_result() {
    let account = account_with_two_projects();
    let ran = account.quarry(["search", "quarry_marker", "--project", "two"]).done();
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    for part in ["two", "notes.txt:1", "quarry_marker"] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
}
