//! Who owns the data directory, and what becomes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::account::Account;
use crate::harness::processes;
use crate::harness::wait::until;

use super::usage::assert_refused;

/// How long quitting may take.
const QUITTING: Duration = Duration::from_secs(2);

#[test]
fn two_commands_at_once_without_an_owner_both_succeed() {
    let account = Account::new();
    for round in 0..5 {
        let names = [format!("left{round}"), format!("right{round}")];
        let started = names.clone().map(|name| {
            account.write(&format!("code/{name}/main.rs"), "fn main() {}\n");
            account.start_quarry(["add", "--wait", "text", &format!("code/{name}")])
        });
        for quarry in &started {
            account.ran(quarry).done();
        }
        for name in names {
            assert_eq!(account.project(&name)["files"], 1);
        }
    }
}

#[test]
fn an_owner_without_windows_serves_and_ends_with_sigterm() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn needle() {}\n");
    let headless = account.start_headless();
    let sockets = processes::listening(headless.pid);
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    // A file saved now is found without any command in between: it is watched.
    account.write("code/one/more.rs", "fn second_needle() {}\n");
    until("the watched file is found", || {
        let answer = account.quarry(["search", "second_needle", "--json"]).done().json();
        answer["results"][0]["path"] == "more.rs"
    });
    assert_refused(&account.quarry(["--headless"]));

    let asked = Instant::now();
    processes::signal(headless.pid, Signal::TERM);
    let ran = account.ran(&headless);
    let took = asked.elapsed();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(took <= QUITTING, "it took {took:?}");
    until("nothing of it is left", || account.program_processes().is_empty());
    for socket in sockets {
        assert!(std::os::unix::net::UnixStream::connect(socket).is_err());
    }
    assert_eq!(account.projects().len(), 1, "the next command owns the directory");
}

#[test]
fn a_killed_owner_is_in_nobodys_way() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    let killed = account.start_headless();
    account.kill(&killed);
    assert_eq!(account.projects().len(), 1);
    let next = account.start_headless();
    let answer = account.quarry(["search", "needle", "--json"]).done().json();
    assert_eq!(answer["results"][0]["path"], "main.rs");
    assert!(account.runs(&next));
}

#[test]
fn a_command_with_an_owner_on_another_data_directory_does_not_meet_it() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn main() {}\n");
    account.start_headless();
    account.quarry(["add", "code/one", "--data-dir", "elsewhere"]).done();
    assert_eq!(account.projects().len(), 0);
    let listing = account.quarry(["--data-dir", "elsewhere", "list", "--json"]).done().json();
    assert_eq!(listing["projects"].as_array().map(Vec::len), Some(1));
}

#[test]
fn no_other_user_enters_the_data_directory() {
    let account = Account::new();
    fs::set_permissions(account.data_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let headless = account.start_headless();
    for socket in processes::listening(headless.pid) {
        let folder = fs::metadata(socket.parent().unwrap()).unwrap();
        assert_eq!(folder.permissions().mode() & 0o077, 0);
    }
    let data = fs::metadata(account.data_dir()).unwrap();
    assert_eq!(data.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_data_directory_behind_a_link_serves_like_any_other() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn main() {}\n");
    let elsewhere = account.home().join("elsewhere");
    fs::rename(account.data_dir(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, account.data_dir()).unwrap();
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    account.start_headless();
    assert_eq!(account.projects().len(), 1);
    let real = account.quarry(["--data-dir", "elsewhere", "list", "--json"]).done().json();
    assert_eq!(real["projects"].as_array().map(Vec::len), Some(1), "it is the same one");
    assert_refused(&account.quarry(["--headless", "--data-dir", "elsewhere"]));
}

#[test]
fn a_command_that_goes_on_leaves_the_directory_to_a_quarry_that_stays() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn main() {}\n");
    let watch = account.start_quarry(["status", "--watch"]);
    account.wait_until_it_serves(&watch);
    let headless = account.start_headless();
    until("it watches by way of the new owner", || processes::listening(watch.pid).is_empty());
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    until("the watch shows the project", || account.stdout(&watch).contains("one"));
    assert!(account.runs(&watch) && account.runs(&headless));
    assert_refused(&account.quarry(["--headless"]));
}

#[test]
fn an_owner_without_windows_takes_an_edit_of_the_settings_behind_a_link_at_once() {
    let account = Account::new();
    let settings = account.write("dotfiles/quarry.toml", "file_size_limit = 1\n");
    std::os::unix::fs::symlink(settings, account.data_dir().join("settings.toml")).unwrap();
    account.write("code/one/large.txt", &"needle\n".repeat(200_000));
    account.start_headless();
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    let skipped = || account.project("one")["skipped"].as_u64();
    assert_eq!(skipped(), Some(1));
    account.write("dotfiles/quarry.toml", "file_size_limit = 2\nhotkey = \"");
    account.write("dotfiles/quarry.toml", "file_size_limit = 2\n");
    until("the file is indexed", || skipped() == Some(0));
}

#[test]
fn a_pause_of_embedding_outlives_the_owner_and_needs_none() {
    let account = Account::new();
    account.write("data/settings.toml", "# mine\n");
    let settings = || fs::read_to_string(account.data_dir().join("settings.toml")).unwrap();
    account.quarry(["meaning", "pause"]).done();
    assert!(settings().contains("# mine") && settings().contains("embedding_paused = true"));
    account.start_headless();
    assert!(account.quarry(["meaning"]).done().stdout.starts_with("paused"));
    account.quarry(["meaning", "resume"]).done();
    assert!(settings().contains("embedding_paused = false"));
    assert!(!account.quarry(["meaning"]).done().stdout.starts_with("paused"));
}

#[test]
fn more_than_an_owner_takes_at_once_is_refused_in_words() {
    let account = Account::new();
    account.write("code/one/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/one"]).done();
    account.start_headless();
    let word = "needle".repeat(10_000);
    let words = std::iter::repeat_n(word.as_str(), 20);
    let ran = account.quarry(std::iter::once("search").chain(words));
    assert_refused(&ran);
    assert!(ran.stderr.contains("1,024 KB"), "{ran:?}");
    account.quarry(["search", "needle", "--json"]).done();
}
