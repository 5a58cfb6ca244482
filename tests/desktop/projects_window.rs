//! The Projects window and its Settings, worked by keyboard in the real window.

use std::fs;
use std::path::PathBuf;

use crate::harness::desktop::Desktop;
use crate::harness::projects_window::HEADER;
use crate::harness::quarry::binary;
use crate::harness::tray::TrayHost;
use crate::harness::wait::until;

/// The controls of a project that is well before its Remove: Reindex, Pause, Pin, Settings.
const BEFORE_REMOVE: u32 = 4;
/// Those of the Settings before the editor's test button: the hotkey, the list of editors.
const BEFORE_TEST: u32 = 2;
/// And from that to the switch for the start at login: the editor's command, the theme, the popup.
const FROM_TEST_TO_START: u32 = 4;

fn autostart_entry(desktop: &Desktop) -> Option<PathBuf> {
    let folder = desktop.account.home().join(".config/autostart");
    let mut entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries.next().map(|entry| entry.path())
}

#[test]
fn a_removed_project_comes_back_with_undo() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    let account = &desktop.account;
    account.write("code/alpha/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/alpha"]).done();
    let before = account.project("alpha");
    let quarry = desktop.start_quarry();
    let projects = desktop.open_projects(&host, quarry.pid, "Projects");
    until("it is well", || account.project("alpha")["residency"] == "Hot");

    projects.tab(HEADER + BEFORE_REMOVE + 1);
    desktop.key("Return");
    until("it is removed", || account.projects().is_empty());
    desktop.screenshot("projects-removed");
    desktop.key("ctrl+z");
    until("it is there again", || !account.projects().is_empty());
    let after = account.project("alpha");
    assert_eq!((&after["id"], &after["root"]), (&before["id"], &before["root"]));
    until("it is found in again", || {
        let found = account.quarry(["search", "--json", "needle"]).done().json();
        found["results"][0]["path"] == "main.rs"
    });
}

#[test]
fn the_files_that_are_skipped_are_listed_with_their_reasons() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    desktop.account.write("code/alpha/config/secrets/.env", "PASSWORD=1\n");
    desktop.account.quarry(["add", "--wait", "text", "code/alpha"]).done();
    assert_eq!(desktop.account.project("alpha")["skipped"], 1);
    let page = desktop.start_driven();
    let projects = desktop.open_projects(&host, page.pid, "Projects");
    until("it is well", || desktop.account.project("alpha")["residency"] == "Hot");
    assert!(
        !projects.shows(&page, "config/secrets/.env"),
        "they are shown when they are asked for"
    );

    desktop.activate(&projects.window);
    projects.tab(HEADER + BEFORE_REMOVE + 2);
    desktop.key("Return");
    until("the file is listed", || projects.shows(&page, "config/secrets/.env"));
    assert!(projects.shows(&page, "may hold passwords"));
    desktop.screenshot("projects-skipped");
}

#[test]
fn the_settings_open_in_the_editor_to_test_it_and_switch_the_start_at_login() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    let account = &desktop.account;
    account.write("code/alpha/main.rs", "fn main() {}\n");
    account.quarry(["add", "code/alpha"]).done();
    let opened = account.home().join("opened");
    let script = format!("printf '%s\\n' \"$@\" > {}\n", opened.display());
    let stub = account.write("bin/stub", &script);
    let editor = format!("editor = \"/bin/sh {} {{line}} {{file}}\"\n", stub.display());
    let settings = account.write("data/settings.toml", &editor);
    let quarry = desktop.start_quarry();
    let projects = desktop.open_projects(&host, quarry.pid, "Projects");
    projects.show_settings();

    projects.tab(1 + BEFORE_TEST + 1);
    desktop.key("Return");
    let wanted = format!("1\n{}\n", settings.display());
    until("the editor is started with the settings", || {
        fs::read_to_string(&opened).is_ok_and(|arguments| arguments == wanted)
    });

    desktop.activate(&projects.window);
    assert_eq!(autostart_entry(&desktop), None);
    projects.tab(FROM_TEST_TO_START);
    desktop.key("space");
    let entry = until("the session starts Quarry", || autostart_entry(&desktop));
    let program = binary().canonicalize().unwrap();
    until("the entry names this program and its data", || {
        let text = fs::read_to_string(&entry).unwrap_or_default();
        let data_dir = account.data_dir();
        let words = [program.to_str().unwrap(), "--data-dir", data_dir.to_str().unwrap()];
        text.contains(&words.map(|word| format!("\"{word}\"")).join(" "))
    });
    until("it is kept", || {
        fs::read_to_string(&settings).is_ok_and(|kept| kept.contains("start_at_login = true"))
    });
    desktop.screenshot("settings-start-at-login");
    desktop.key("space");
    until("the session does not start it any more", || autostart_entry(&desktop).is_none());
}

#[test]
fn a_start_at_login_that_the_session_does_not_take_is_said_and_not_kept() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/alpha"]).done();
    desktop.account.write(".config/autostart", "a file in the place of a directory");
    let page = desktop.start_driven();
    let projects = desktop.open_projects(&host, page.pid, "Projects");
    projects.show_settings();
    projects.tab(1 + BEFORE_TEST + FROM_TEST_TO_START + 1);
    desktop.key("space");
    until("it is said", || projects.shows(&page, "starts at login cannot be changed"));
    desktop.screenshot("settings-no-start-at-login");
    let settings = desktop.account.home().join("data/settings.toml");
    let kept = fs::read_to_string(settings).unwrap_or_default();
    assert!(!kept.lines().any(|line| line.starts_with("start_at_login")), "{kept}");
}

#[test]
fn a_missing_model_has_a_line_in_the_tray_that_leads_to_its_cause() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/alpha"]).done();
    desktop.account.write("data/settings.toml", "meaning = \"/nowhere/model\"\n");
    let page = desktop.start_driven();
    let settings = desktop.open_projects(&host, page.pid, "Search by meaning has no model");
    until("the settings say what is missing", || settings.shows(&page, "/nowhere/model"));
    desktop.screenshot("settings-meaning-missing");
}

#[test]
fn a_pause_of_embedding_outlives_the_program() {
    let desktop = Desktop::start();
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/alpha"]).done();
    let quarry = desktop.start_quarry();
    desktop.account.quarry(["meaning", "pause"]).done();
    let kept = || {
        let path = desktop.account.home().join("data/settings.toml");
        fs::read_to_string(path).unwrap_or_default()
    };
    assert!(kept().lines().any(|line| line == "embedding_paused = true"), "{}", kept());
    desktop.account.kill(&quarry);
    desktop.start_quarry();
    let said = desktop.account.quarry(["meaning"]).done().stdout;
    assert!(said.starts_with("paused"), "{said}");
    desktop.account.quarry(["meaning", "resume"]).done();
    let said = desktop.account.quarry(["meaning"]).done().stdout;
    assert!(!said.starts_with("paused"), "{said}");
    assert!(kept().lines().any(|line| line == "embedding_paused = false"), "{}", kept());
}
