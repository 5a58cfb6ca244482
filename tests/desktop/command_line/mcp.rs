//! `quarry mcp`: what a program that helps with code is answered.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::harness::account::Account;
use crate::harness::assistant::{Assistant, text};
use crate::harness::tree::grow;
use crate::harness::wait::until;

const LINE: &str = "fn quarry_marker(depth: usize) {}";

/// Takes longer to index than a search takes to answer.
const FILES: u64 = 1500;
const LINES: u64 = 60;

fn account_with_two_projects() -> Account {
    let account = Account::new();
    account.write("code/one/src/deep/marked.rs", &format!("// One\n\n{LINE}\n"));
    account.write("code/two/notes.txt", "quarry_marker\n");
    account.quarry(["add", "--wait", "symbols", "code/one", "code/two"]).done();
    account
}

fn remarks(result: &Value) -> String {
    let remarks = result["structuredContent"]["remarks"].as_array().unwrap();
    let remarks: Vec<&str> = remarks.iter().map(|remark| remark.as_str().unwrap()).collect();
    remarks.iter().for_each(|remark| assert!(text(result).contains(remark), "{result:#}"));
    remarks.join("\n")
}

fn results(result: &Value) -> &Vec<Value> {
    result["structuredContent"]["results"].as_array().unwrap()
}

#[test]
fn the_handshake_names_the_program_and_no_tool_changes_anything() {
    let account = Account::new();
    let assistant = Assistant::start(&account);
    let server = assistant.initialize();
    assert_eq!(server["serverInfo"]["name"], "quarry");
    assert_eq!(server["protocolVersion"], "2025-06-18");
    assert!(server["capabilities"]["tools"].is_object(), "{server:#}");
    assert!(server["instructions"].as_str().unwrap().contains("`search`"), "{server:#}");

    let listed = assistant.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search", "similar", "read", "projects"]);
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool:#}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool:#}");
        for field in tool["inputSchema"]["properties"].as_object().unwrap().values() {
            assert!(field["description"].is_string() && field["type"].is_string(), "{tool:#}");
        }
    }
}

#[test]
fn a_line_is_found_and_read_with_an_owner_and_without() {
    let account = account_with_two_projects();
    let check = || {
        let assistant = Assistant::connected(&account);
        let found = assistant.call("search", json!({ "query": "quarry_marker" }));
        assert_eq!(results(&found).len(), 2, "{found:#}");
        let hit = &results(&found)[0];
        assert_eq!((&hit["project"], &hit["path"]), (&json!("one"), &json!("src/deep/marked.rs")));
        assert_eq!((&hit["line"], &hit["text"]), (&json!(3), &json!(LINE)));
        assert_eq!(hit["symbol"], "quarry_marker");
        assert!(text(&found).contains(&format!("one src/deep/marked.rs:3: {LINE}")), "{found:#}");
        let searched = &found["structuredContent"]["searched"];
        assert_eq!((&searched["total"], &searched["hot"]), (&json!(2), &json!(2)));
        let lanes = found["structuredContent"]["lanes"].as_array().unwrap();
        assert!(lanes.contains(&json!("text")), "{found:#}");

        let place = json!({ "project": hit["project"], "path": hit["path"], "line": hit["line"] });
        let read = assistant.call("read", place);
        assert!(text(&read).contains(&format!("\n3\t{LINE}\n")), "{read:#}");
        let absolute = account.home().join("code/one/src/deep/marked.rs");
        let read = assistant.call("read", json!({ "path": absolute, "count": 1 }));
        assert!(text(&read).contains("\n1\t// One\n") && !text(&read).contains(LINE), "{read:#}");
        assert!(text(&read).contains("line 2"), "it says that there is more: {read:#}");

        let narrowed = json!({ "query": "quarry_marker", "projects": ["two"], "mode": "text" });
        assert_eq!(results(&assistant.call("search", narrowed)).len(), 1);
        let first = assistant.call("search", json!({ "query": "quarry_marker", "limit": 1 }));
        assert_eq!(results(&first).len(), 1);
        assert!(remarks(&first).contains("There may be more"), "{first:#}");
    };
    check();
    account.start_headless();
    check();
}

#[test]
fn callers_and_callees_are_found() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn low() {}\n\nfn high() {\n    low();\n}\n");
    account.quarry(["add", "--wait", "symbols", "code/one"]).done();
    let assistant = Assistant::connected(&account);
    let lines = |query: &str| {
        let found = assistant.call("search", json!({ "query": query }));
        let lines = results(&found).iter().map(|hit| hit["line"].as_u64().unwrap());
        lines.collect::<Vec<u64>>()
    };
    assert_eq!(lines("callers:low"), [4]);
    assert_eq!(lines("callees:high"), [1]);
}

#[test]
fn code_for_the_same_purpose_is_found_in_another_project() {
    let account = Account::new();
    let sum = "fn sum(numbers: &[i64]) -> i64 {\n    numbers.iter().sum()\n}\n";
    let add = "def add_up(values):\n    total = 0\n    for value in values:\n        total += \
               value\n    return total\n";
    account.write("code/one/sum.rs", sum);
    account.write("code/two/add.py", add);
    account.write("code/two/close.py", "def close_window(window):\n    window.destroy()\n");
    account.start_headless();
    account.quarry(["add", "--wait", "meaning", "code/one", "code/two"]).done();
    let assistant = Assistant::connected(&account);
    let place = json!({ "project": "one", "path": "./sum.rs", "line": 2, "limit": 1 });
    let found = assistant.call("similar", place);
    assert_eq!(results(&found)[0]["path"], "add.py", "{found:#}");
    assert_eq!(results(&found)[0]["project"], "two", "{found:#}");
}

#[test]
fn a_project_that_is_being_indexed_is_said_until_it_is_found_in() {
    let account = Account::new();
    grow(&account.home().join("code/large"), FILES, LINES);
    account.quarry(["add", "code/large"]).done();
    let assistant = Assistant::connected(&account);
    let search = || assistant.call("search", json!({ "query": "rare_needle_7" }));
    let early = search();
    assert!(remarks(&early).contains("large is not indexed yet"), "{early:#}");
    until("it is found, and nothing is missing", || {
        let found = search();
        let hit = results(&found).first().and_then(|hit| hit["text"].as_str());
        hit.is_some_and(|text| text.contains("rare_needle_7"))
            && !remarks(&found).contains("missing")
    });
}

#[test]
fn a_project_whose_folder_is_gone_is_said_with_the_cause() {
    let account = account_with_two_projects();
    account.write("code/three/notes.txt", "quarry_marker\n");
    account.quarry(["add", "code/three"]).done();
    fs::remove_dir_all(account.home().join("code/three")).unwrap();
    let assistant = Assistant::connected(&account);
    let found = assistant.call("search", json!({ "query": "quarry_marker" }));
    assert_eq!(results(&found).len(), 2, "{found:#}");
    let said = remarks(&found);
    assert!(said.contains("three") && said.contains("is not there"), "{found:#}");

    let listed = assistant.call("projects", json!({}));
    let projects = listed["structuredContent"]["projects"].as_array().unwrap();
    assert_eq!(projects.len(), 3, "{listed:#}");
    assert_eq!(projects[0]["name"], "three", "what is in trouble comes first: {listed:#}");
    assert_eq!(projects[0]["error"]["cause"], "RootMissing", "{listed:#}");
    assert!(text(&listed).contains("is not there"), "{listed:#}");
    assert_eq!(projects[1]["files"], 1, "{listed:#}");
    let some = assistant.call("projects", json!({ "filter": "TWO" }));
    assert_eq!(some["structuredContent"]["projects"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_cannot_be_done_is_a_sentence_and_the_server_goes_on() {
    let account = account_with_two_projects();
    let assistant = Assistant::connected(&account);
    for (tool, arguments, said) in [
        ("search", json!({}), "`query`"),
        ("search", json!({ "query": "" }), "`query`"),
        ("search", json!({ "query": "x".repeat(100_000) }), "`query`"),
        ("search", json!({ "query": "x", "limit": 0 }), "`limit`"),
        ("search", json!({ "query": "x", "limit": 1_000_000 }), "`limit`"),
        ("search", json!({ "query": "x", "mode": "guess" }), "`guess`"),
        ("search", json!({ "query": "x", "querry": "x" }), "`querry`"),
        ("search", json!({ "query": "/(unclosed/" }), "unclosed group"),
        ("search", json!({ "query": "x", "projects": ["nobody"] }), "one, two"),
        ("search", json!({ "query": "x lang:klingon" }), "klingon"),
        ("read", json!({ "path": "notes.txt" }), "`project`"),
        ("read", json!({ "project": "nobody", "path": "notes.txt" }), "one, two"),
        ("read", json!({ "project": "two", "path": "absent.txt" }), "absent.txt"),
        ("read", json!({ "project": "two", "path": "notes.txt", "line": 9 }), "1 line"),
        ("similar", json!({ "project": "two", "path": "notes.txt", "line": 1 }), "meaning"),
        ("projects", json!({ "filter": 7 }), "`filter`"),
    ] {
        let sentence = assistant.refused(tool, arguments.clone());
        assert!(sentence.contains(said), "{tool} {arguments}: {sentence}");
    }
    let unknown = assistant.request("tools/call", json!({ "name": "remove", "arguments": {} }));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("remove"), "{unknown:#}");
    assistant.write("{ no JSON\n");
    assert_eq!(results(&assistant.call("search", json!({ "query": "quarry_marker" }))).len(), 2);
}

#[test]
fn nothing_is_read_outside_of_a_project_nor_what_may_be_a_secret() {
    let account = account_with_two_projects();
    let secret = account.write("outside.txt", "SECRET\n");
    account.write("code/one/.env", "SECRET=1\n");
    symlink(&secret, account.home().join("code/one/link.txt")).unwrap();
    let assistant = Assistant::connected(&account);
    for arguments in [
        json!({ "project": "one", "path": "../../outside.txt" }),
        json!({ "project": "one", "path": "link.txt" }),
        json!({ "project": "one", "path": ".env" }),
        json!({ "project": "one", "path": secret }),
        json!({ "path": secret }),
        json!({ "path": account.home().join("code/one/link.txt") }),
    ] {
        let sentence = assistant.refused("read", arguments.clone());
        assert!(!sentence.contains("SECRET"), "{arguments}: {sentence}");
    }
}

#[test]
fn answers_are_small_whatever_the_files_hold() {
    let account = Account::new();
    let long = format!("quarry_marker {}\n", "ü".repeat(800));
    account.write("code/one/long.txt", &long.repeat(400));
    for file in 0..150 {
        account.write(&format!("code/one/file{file}.txt"), &long);
    }
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    let assistant = Assistant::connected(&account);
    let found = assistant.call("search", json!({ "query": "quarry_marker", "limit": 100 }));
    assert_eq!(results(&found).len(), 100);
    assert!(text(&found).len() < 100_000, "{} bytes", text(&found).len());
    let place = json!({ "project": "one", "path": "long.txt", "count": 400 });
    let read = assistant.call("read", place);
    assert!(text(&read).len() < 50_000, "{} bytes", text(&read).len());
    assert!(text(&read).contains("It goes on with line"), "{read:#}");
}
