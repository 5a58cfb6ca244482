//! `quarry mcp` and the owner of the data directory: another process, or itself.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::account::{Account, Started};
use crate::harness::assistant::{Assistant, text};
use crate::harness::processes;
use crate::harness::quarry::Ran;
use crate::harness::wait::until;

fn account_with_a_project() -> Account {
    let account = Account::new();
    account.write("code/one/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    account
}

fn needle() -> Value {
    json!({ "query": "needle" })
}

#[track_caller]
fn assert_found(result: &Value) {
    assert_eq!(result["structuredContent"]["results"][0]["path"], "main.rs", "{result:#}");
}

fn owns(server: &Started) -> bool {
    !processes::listening(server.pid).is_empty()
}

/// How many sockets it has open, of whatever kind.
fn sockets(server: &Started) -> usize {
    let entries = fs::read_dir(format!("/proc/{}/fd", server.pid)).into_iter().flatten().flatten();
    let targets = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// A search that waits for an owner which does not answer; the first call there is.
#[track_caller]
fn ask_of_a_stopped(owner: &Started, assistant: &Assistant<'_>) -> u64 {
    let idle = sockets(&assistant.server);
    processes::signal(owner.pid, Signal::STOP);
    let asked = assistant.ask_tool("search", needle());
    until("the call waits for the owner", || sockets(&assistant.server) > idle);
    asked
}

/// It ended in order, and the data directory is free.
#[track_caller]
fn assert_gone(account: &Account, ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    until("no process of it is left", || account.program_processes().is_empty());
    let next = account.start_headless();
    assert!(account.runs(&next), "the next one owns the directory");
}

#[test]
fn the_end_of_its_input_ends_it_and_frees_the_directory() {
    let account = account_with_a_project();
    let assistant = Assistant::connected(&account);
    assert_found(&assistant.call("search", needle()));
    assert!(owns(&assistant.server), "there was nobody else");
    let sockets = processes::listening(assistant.server.pid);
    let ran = assistant.hang_up();
    assert!(sockets.iter().all(|socket| !socket.exists()), "it has cleared up");
    assert_gone(&account, &ran);
}

#[test]
fn the_end_of_its_input_before_the_handshake_is_no_failure() {
    let account = Account::new();
    let ran = Assistant::start(&account).hang_up();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn what_was_asked_before_the_end_of_its_input_is_answered() {
    let account = account_with_a_project();
    let assistant = Assistant::connected(&account);
    let asked = assistant.ask_tool("search", needle());
    let (reply, ran) = assistant.hang_up_awaiting(asked);
    assert_found(&reply["result"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_signal_ends_it_in_order_while_a_call_waits() {
    let account = account_with_a_project();
    let owner = account.start_headless();
    let assistant = Assistant::connected(&account);
    ask_of_a_stopped(&owner, &assistant);
    processes::signal(assistant.server.pid, Signal::TERM);
    let ran = assistant.ended();
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn an_owner_that_is_there_is_asked_and_no_second_one_made() {
    let account = account_with_a_project();
    let owner = account.start_headless();
    let assistant = Assistant::connected(&account);
    assert_found(&assistant.call("search", needle()));
    assert!(!owns(&assistant.server));
    account.write("code/one/more.rs", "fn later() {}\n");
    until("what the owner has indexed meanwhile is found", || {
        let found = assistant.call("search", json!({ "query": "later" }));
        found["structuredContent"]["results"][0]["path"] == "more.rs"
    });
    assert_eq!(assistant.hang_up().code, Some(0));
    assert!(account.runs(&owner));
}

#[test]
fn what_changes_between_calls_is_found_where_nobody_else_owns_the_directory() {
    let account = account_with_a_project();
    let assistant = Assistant::connected(&account);
    assert_found(&assistant.call("search", needle()));
    account.write("code/one/more.rs", "fn later() {}\n");
    until("the new file is found, with nothing left to compare", || {
        let found = assistant.call("search", json!({ "query": "later" }));
        let found = &found["structuredContent"];
        found["results"][0]["path"] == "more.rs" && found["searched"]["stale"] == 0
    });
    assert!(owns(&assistant.server), "it is watched all the time");
    assert_eq!(account.projects().len(), 1, "other commands ask it");
}

#[test]
fn an_edit_of_the_settings_counts_where_nobody_else_owns_the_directory() {
    let account = Account::new();
    account.write("data/settings.toml", "file_size_limit = 1\n");
    account.write("code/one/large.txt", &"needle\n".repeat(200_000));
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    let assistant = Assistant::connected(&account);
    let skipped = || {
        let listed = assistant.call("projects", json!({}));
        listed["structuredContent"]["projects"][0]["skipped"].as_u64()
    };
    assert_eq!(skipped(), Some(1));
    account.write("data/settings.toml", "file_size_limit = 2\n");
    until("the file is indexed", || {
        assistant.call("search", needle());
        skipped() == Some(0)
    });
}

#[test]
fn a_call_outlives_an_owner_that_is_killed_over_it() {
    let account = account_with_a_project();
    let owner = account.start_headless();
    let assistant = Assistant::connected(&account);
    let asked = ask_of_a_stopped(&owner, &assistant);
    account.kill(&owner);
    assert_found(&assistant.reply(asked)["result"]);
    assert_found(&assistant.call("search", needle()));
    assert_gone(&account, &assistant.hang_up());
}

#[test]
fn it_leaves_the_directory_to_a_quarry_that_stays() {
    let account = account_with_a_project();
    let assistant = Assistant::connected(&account);
    assert_found(&assistant.call("search", needle()));
    assert!(owns(&assistant.server));
    let headless = account.start_headless();
    assert!(!owns(&assistant.server) && owns(&headless));
    assert_found(&assistant.call("search", needle()));
    assert!(!owns(&assistant.server) && account.runs(&headless));
}

#[test]
fn a_cancelled_call_waits_no_longer() {
    let account = account_with_a_project();
    let owner = account.start_headless();
    let assistant = Assistant::connected(&account);
    let idle = sockets(&assistant.server);
    let asked = ask_of_a_stopped(&owner, &assistant);
    assistant.notify("notifications/cancelled", json!({ "requestId": asked }));
    until("it has hung up", || sockets(&assistant.server) == idle);
    processes::signal(owner.pid, Signal::CONT);
    let projects = assistant.call("projects", json!({}));
    assert!(text(&projects).contains("one: "), "{projects:#}");
}
