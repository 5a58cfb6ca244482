//! A project that cannot be opened, as seen in what the program says of it.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::account::Account;
use crate::harness::processes;
use crate::harness::wait::within;

/// The second pause is four seconds long.
const RETRIES: Duration = Duration::from_secs(60);

#[test]
fn a_failing_project_is_tried_again_with_pauses_and_logged_once() {
    let account = Account::new();
    account.write("code/alpha/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/alpha"]).done();
    let id = account.project("alpha")["id"].as_str().unwrap().to_owned();
    let index = account.data_dir().join("indexes").join(id);
    fs::remove_dir_all(&index).unwrap();
    fs::write(&index, "a file in the place of a directory").unwrap();

    let owner = account.start_headless();
    within(RETRIES, "it was tried three times", || {
        let error = account.project("alpha")["error"].clone();
        error["cause"] == "Io" && error["attempts"].as_u64() >= Some(3)
    });
    let failed = account.quarry(["search", "--json", "needle"]).done().json();
    assert_eq!(failed["searched"]["failed"][0]["cause"], "Io");
    fs::remove_file(&index).unwrap();
    within(RETRIES, "it is opened by itself", || account.project("alpha")["freshness"] == "Fresh");
    let found = account.quarry(["search", "--json", "needle"]).done().json();
    assert_eq!(found["results"][0]["path"], "main.rs");

    processes::signal(owner.pid, Signal::TERM);
    let (status, _, log) = account.finish(&owner);
    assert!(status.success());
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
}
