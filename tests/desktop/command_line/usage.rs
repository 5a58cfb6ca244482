//! Exit codes, and what is said where.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::harness::account::Account;
use crate::harness::quarry::Ran;

/// Refused or failed: a sentence on standard error, nothing on standard output.
#[track_caller]
pub fn assert_refused(ran: &Ran) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stdout, "", "{ran:?}");
    assert!(ran.stderr.split_whitespace().count() > 3, "a sentence: {ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

#[test]
fn wrong_usage_has_the_exit_code_2() {
    let account = Account::new();
    let wrong: [&[&str]; 8] = [
        &["dance"],
        &["add"],
        &["add", "code", "--wait", "forever"],
        &["remove"],
        &["search"],
        &["search", "x", "--mode", "guess"],
        &["search", "x", "--limit", "0"],
        &["list", "--yaml"],
    ];
    for arguments in wrong {
        let ran = account.quarry(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    }
    assert!(!account.data_dir().join("socket").exists(), "nothing was started for these");
}

#[test]
fn forbidden_roots_are_refused_with_a_sentence_by_an_owner_and_without_one() {
    let account = Account::new();
    let file = account.write("code/file.txt", "x\n");
    let dead = account.home().join("code/dead");
    symlink(account.home().join("nowhere"), &dead).unwrap();
    let absent = account.home().join("absent");
    let data = account.data_dir().join("indexes");
    let refused = [Path::new("/"), account.home(), &file, &dead, &absent, &data];
    let refuse_all = || {
        for root in refused {
            let ran = account.quarry([Path::new("add"), root]);
            assert_refused(&ran);
            let named = root == data || ran.stderr.contains(root.to_str().unwrap());
            assert!(named, "the folder is named: {ran:?}");
        }
        assert_eq!(account.projects().len(), 0);
    };
    refuse_all();
    account.start_headless();
    refuse_all();
}

#[test]
fn of_several_folders_those_that_can_be_registered_are() {
    let account = Account::new();
    account.write("code/one/a.txt", "x\n");
    account.write("code/two/b.txt", "x\n");
    let ran = account.quarry(["add", "code/one", "code/nowhere", "code/two"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("code/nowhere"), "{ran:?}");
    assert_eq!(account.projects().len(), 2);
}

#[test]
fn what_names_no_project_is_refused() {
    let account = Account::new();
    account.start_headless();
    let commands: [&[&str]; 9] = [
        &["remove", "nobody"],
        &["status", "nobody"],
        &["status", "nobody", "--json"],
        &["reindex", "nobody"],
        &["retry", "nobody"],
        &["pause", "nobody"],
        &["pin", "nobody"],
        &["search", "x", "--project", "nobody"],
        &["search", "x", "--project", "nobody", "--json"],
    ];
    for arguments in commands {
        let ran = account.quarry(arguments);
        assert_refused(&ran);
        assert!(ran.stderr.contains("nobody"), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn toggle_needs_a_running_quarry_with_windows() {
    let account = Account::new();
    assert_refused(&account.quarry(["toggle"]));
    account.start_headless();
    assert_refused(&account.quarry(["toggle"]));
}

#[test]
fn a_start_without_a_display_is_refused() {
    let account = Account::new();
    let ran = account.quarry(None::<&str>);
    assert_refused(&ran);
    assert!(ran.stderr.contains("--headless"), "it says what works instead: {ran:?}");
}

#[test]
fn a_model_that_cannot_be_fetched_is_refused_with_the_cause_and_what_to_do() {
    let account = Account::new();
    let unknown = account.quarry(["meaning", "fetch", "gpt"]);
    assert_refused(&unknown);
    assert!(unknown.stderr.contains("BGESmallENV15"), "the known ones are named: {unknown:?}");

    let mut command = account.quarry_command(["meaning", "fetch", "bgesmallenv15"]);
    // Nobody listens there.
    let hub = "http://127.0.0.1:9";
    let output = command.env("HF_ENDPOINT", hub).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    assert!(said.contains(hub) && said.contains("`quarry meaning fetch BGESmallENV15`"), "{said}");
    assert!(!account.data_dir().join("models/BGESmallENV15").exists());

    account.write("data/settings.toml", "meaning = \"BGESmallENV15\"\n");
    let doctor = account.quarry(["doctor"]);
    assert!(doctor.stdout.contains("quarry meaning fetch BGESmallENV15"), "{doctor:?}");
}
