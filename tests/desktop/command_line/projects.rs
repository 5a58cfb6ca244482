//! `add`, `list`, `status` and `remove`.

use std::fs;
use std::path::Path;

use crate::harness::account::Account;
use crate::harness::tree::grow;
use crate::harness::wait::until;

use super::shapes::{LISTING, PROJECT, assert_shape};
use super::usage::assert_refused;

/// Takes longer to index than a command takes to start.
const FILES: u64 = 1500;
const LINES: u64 = 60;

#[test]
fn list_and_status_have_the_shape_of_the_contract_with_an_owner_and_without() {
    let account = Account::new();
    let empty = account.quarry(["list", "--json"]).done().json();
    assert_eq!(empty, serde_json::json!({ "projects": [] }));

    account.write("code/one/main.rs", "fn main() {}\n");
    account.write("code/two/main.rs", "fn main() {}\n");
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    account.quarry(["add", "code/two"]).done();
    fs::remove_dir_all(account.home().join("code/two")).unwrap();
    let check = |arguments: &[&str], count: usize| {
        let listing = account.quarry(arguments).done().json();
        assert_shape(&listing, LISTING);
        let projects = listing["projects"].as_array().unwrap();
        assert_eq!(projects.len(), count, "{arguments:?}");
        projects.iter().for_each(|project| assert_shape(project, PROJECT));
        projects.clone()
    };
    check(&["list", "--json"], 2);
    check(&["status", "--json"], 2);
    let one = check(&["status", "one", "--json"], 1).remove(0);
    assert_eq!((&one["name"], &one["files"]), (&"one".into(), &1.into()));

    account.start_headless();
    let lost = until("the missing folder is reported", || {
        let lost = check(&["status", "two", "--json"], 1).remove(0);
        (!lost["error"].is_null()).then_some(lost)
    });
    assert_eq!(lost["error"]["cause"], "RootMissing");
    check(&["list", "--json"], 2);
    let by_id = check(&["status", one["id"].as_str().unwrap(), "--json"], 1).remove(0);
    assert_eq!(by_id["name"], "one");
}

#[test]
fn add_waits_until_the_text_is_searchable() {
    let account = Account::new();
    grow(&account.home().join("code/one"), FILES, LINES);
    account.start_headless();
    let added = account.quarry(["add", "code/one", "--wait", "text", "--name", "the one"]).done();
    let project = account.project("the one");
    assert!(added.stdout.contains("the one"), "{added:?}");
    assert_eq!(project["root"], account.home().join("code/one").to_str().unwrap());
    assert_eq!((&project["files"], &project["residency"]), (&FILES.into(), &"Hot".into()));
    assert_ne!(project["progress"]["lane"], "text", "{project}");
    assert!(project["last_indexed"].is_string(), "{project}");
    let answer = account.quarry(["search", "rare_needle_20", "--json"]).done().json();
    assert_eq!(answer["results"][0]["path"], "part6/group8/file1000.rs");
}

#[test]
fn adding_a_registered_folder_again_says_so_and_exits_0() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn main() {}\n");
    account.quarry(["add", "code/one"]).done();
    let before = account.projects();
    let with_and_without_an_owner = || {
        for path in ["code/one", "code/../code/one/"] {
            let again = account.quarry(["add", path, "--wait", "text"]).done();
            assert!(again.stdout.contains("already"), "{again:?}");
        }
        let now = account.projects();
        assert_eq!(now.len(), 1);
        assert_eq!(now[0]["id"], before[0]["id"]);
        assert_eq!(now[0]["files"], 1, "--wait works on a folder already registered");
    };
    with_and_without_an_owner();
    account.start_headless();
    with_and_without_an_owner();
}

#[test]
fn what_is_excluded_is_not_found_until_that_is_taken_back_with_an_owner_and_without() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn needle() {}\n");
    account.write("code/one/vendor/copy.rs", "fn needle() {}\n");
    account.write("code/one/.ignore", "made.rs\n");
    account.write("code/one/made.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    let found = |count: usize| {
        let answer = account.quarry(["search", "needle", "--mode", "text", "--json"]).done().json();
        answer["results"].as_array().unwrap().len() == count
    };
    let with_and_without_an_owner = || {
        until("all but the ignored file is found", || found(2));
        account.quarry(["exclude", "one", "/vendor/", "*.tmp"]).done();
        until("the vendored file is not found", || found(1));
        assert_eq!(account.quarry(["exclude", "one"]).done().stdout, "/vendor/\n*.tmp\n");
        let broken = account.quarry(["exclude", "one", "a[b"]);
        assert_refused(&broken);
        assert!(broken.stderr.contains("\"a[b\""), "{broken:?}");
        account.quarry(["exclude", "one", "--undo", "/vendor/", "*.tmp"]).done();
        account.quarry(["ignored", "on", "one"]).done();
        until("all files are found", || found(3));
        account.quarry(["ignored", "off", "one"]).done();
    };
    with_and_without_an_owner();
    account.start_headless();
    with_and_without_an_owner();
}

#[test]
fn remove_forgets_the_project_and_its_index_and_leaves_the_folder() {
    let account = Account::new();
    let file = account.write("code/one/main.rs", "fn main() {}\n");
    account.write("code/two/main.rs", "fn main() {}\n");
    account.quarry(["add", "--wait", "text", "code/one", "code/two"]).done();
    let projects = account.projects();
    let id = |name: &str| {
        let project = projects.iter().find(|project| project["name"] == name).unwrap();
        project["id"].as_str().unwrap().to_owned()
    };
    assert!(!traces(&account.data_dir(), &id("one")).is_empty(), "an index bears its project's id");

    account.quarry(["remove", "one"]).done();
    assert_eq!(account.projects().len(), 1);
    assert_eq!(traces(&account.data_dir(), &id("one")), [""; 0]);
    account.start_headless();
    account.quarry(["remove", &id("two")]).done();
    assert_eq!(account.projects().len(), 0);
    until("the index is deleted", || traces(&account.data_dir(), &id("two")).is_empty());
    assert_eq!(fs::read_to_string(file).unwrap(), "fn main() {}\n");
}

/// What is named for a project below `folder`.
fn traces(folder: &Path, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().contains(id) {
            found.push(path.display().to_string());
        } else if path.is_dir() {
            found.extend(traces(&path, id));
        }
    }
    found
}
