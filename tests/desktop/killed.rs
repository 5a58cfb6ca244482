//! SIGKILL in the middle of indexing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::harness::account::{Account, Started};
use crate::harness::tree::grow;
use crate::harness::wait::within;

/// Takes some seconds in a debug build.
const FILES: u64 = 3000;
/// Takes so long that a part is committed before the end, with `QUARRY_LONG`.
const MANY_FILES: u64 = 16_000;
/// When to kill, in hundredths of the files.
const KILLS: [u64; 3] = [5, 40, 75];
const LONGEST_INDEXING: Duration = Duration::from_secs(120);
const LINES: u64 = 200;
/// Patterns: their lines are the same whatever layers of the index are there.
const QUERIES: [&str; 5] =
    ["rare_needle_17", "module_59", "word77", "needle.*file", r"begin\s+word7"];
/// More than any of the queries finds.
const LIMIT: &str = "10000";

/// Which lines every query finds.
fn findings(account: &Account) -> Vec<BTreeSet<(String, u64)>> {
    let find = |query: &str| {
        let answer = account
            .quarry(["search", "--mode", "regex", "--json", "--limit", LIMIT, query])
            .done()
            .json();
        let results = answer["results"].as_array().unwrap();
        let line = |hit: &Value| {
            let line = hit["snippet"]["line"].as_u64().or(hit["line_start"].as_u64());
            (hit["path"].as_str().unwrap().to_owned(), line.unwrap())
        };
        results.iter().map(line).collect()
    };
    QUERIES.iter().map(|query| find(query)).collect()
}

/// Kills the owner in the middle of its indexing, at the moment that `now` chooses by the files
/// that are committed and the hundredths that are done.
fn kill_when(account: &Account, owner: &Started, now: impl Fn(u64, u64) -> bool) {
    within(LONGEST_INDEXING, "the moment for the kill", || {
        let project = account.project("large");
        let progress = &project["progress"];
        let ended = project["last_indexed"].is_string() && progress.is_null();
        assert!(!ended, "the indexing was over before it could be killed: {project}");
        let (done, total) = (progress["done"].as_u64(), progress["total"].as_u64());
        let percent = done.unwrap_or(0) * 100 / total.filter(|&total| total > 0)?;
        now(project["files"].as_u64()?, percent).then_some(())
    });
    account.kill(owner);
}

#[test]
fn kills_while_indexing_leave_a_catalogue_that_ends_with_the_same_results() {
    let account = Account::new();
    let long = std::env::var_os("QUARRY_LONG").is_some();
    let files = if long { MANY_FILES } else { FILES };
    grow(&account.home().join("code/large"), files, LINES);
    let owner = account.start_headless();
    account.quarry(["add", "code/large"]).done();
    let registered = account.project("large");
    kill_when(&account, &owner, |_, percent| percent >= KILLS[0]);
    for kill in &KILLS[1..] {
        let owner = account.start_headless();
        kill_when(&account, &owner, |_, percent| percent >= *kill);
    }
    if long {
        let owner = account.start_headless();
        kill_when(&account, &owner, |committed, _| committed > 0);
    }

    account.start_headless();
    assert_eq!(account.projects().len(), 1);
    let restored = account.project("large");
    for field in ["id", "name", "root"] {
        assert_eq!(restored[field], registered[field], "the catalogue is intact");
    }
    account.quarry(["add", "--wait", "text", "code/large"]).done();
    let project = account.project("large");
    assert_eq!(project["files"], files);
    assert!(project["error"].is_null(), "{project}");
    let disturbed = findings(&account);

    account.quarry(["--data-dir", "undisturbed", "add", "--wait", "text", "code/large"]).done();
    account.set("QUARRY_DATA_DIR", account.home().join("undisturbed"));
    let undisturbed = findings(&account);
    for ((query, disturbed), undisturbed) in QUERIES.iter().zip(&disturbed).zip(&undisturbed) {
        assert!(!undisturbed.is_empty(), "{query} finds something");
        let differing: Vec<_> = disturbed.symmetric_difference(undisturbed).take(5).collect();
        assert!(differing.is_empty(), "{query}: {differing:?}");
    }
}
