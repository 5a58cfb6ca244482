//! The settings: changed in their window, changed by hand, kept over a restart.

use std::fs;
use std::time::Duration;

use quarry_tests::hub::{Hub, NAME};

use crate::harness;
use crate::harness::desktop::Desktop;
use crate::harness::tray::TrayHost;
use crate::harness::wait::{QUIET, poll, throughout, until};
use crate::hotkey::{HOTKEY, POPUP};

/// A popup that is shown on a busy machine has the keys by then: the next press would hide it.
const BETWEEN_KEYS: Duration = Duration::from_secs(5);
const OTHER_HOTKEY: &str = "ctrl+alt+k";

fn settings_file(desktop: &Desktop) -> String {
    fs::read_to_string(desktop.account.home().join("data/settings.toml")).unwrap_or_default()
}

fn popup_has_the_keys(desktop: &Desktop) -> bool {
    desktop.active().is_some_and(|window| window.title == POPUP)
}

/// Presses the hotkey until it shows the popup: it works a moment after it was chosen.
fn show_with(desktop: &Desktop, hotkey: &str) {
    until("the hotkey shows the popup", || {
        desktop.key(hotkey);
        poll(BETWEEN_KEYS, || popup_has_the_keys(desktop))
    });
}

fn popup_hidden(desktop: &Desktop) -> bool {
    desktop.window(POPUP).is_none()
}

#[test]
fn a_hotkey_recorded_in_the_settings_works_at_once_and_after_a_restart() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let quarry = desktop.start_quarry();
    desktop.open_projects(&host, quarry.pid, "Projects").show_settings();
    desktop.screenshot("settings");
    desktop.key("Tab");
    desktop.key("Tab");
    desktop.key("Return");
    throughout(QUIET, "the window waits for keys", || popup_hidden(&desktop));
    desktop.screenshot("settings-recording");
    // The present hotkey reaches the window while it records, and is kept.
    desktop.key(HOTKEY);
    throughout(QUIET, "no popup while a hotkey is recorded", || popup_hidden(&desktop));
    until("the hotkey is written down", || {
        settings_file(&desktop).lines().any(|line| line == "hotkey = \"Ctrl+Shift+Space\"")
    });
    throughout(QUIET, "the window has the hotkey back", || popup_hidden(&desktop));
    desktop.key("Return");
    throughout(QUIET, "the window waits for keys again", || popup_hidden(&desktop));
    desktop.key(OTHER_HOTKEY);
    until("another one is written down", || {
        settings_file(&desktop).lines().any(|line| line == "hotkey = \"Ctrl+Alt+K\"")
    });
    desktop.screenshot("settings-recorded");
    show_with(&desktop, OTHER_HOTKEY);
    desktop.account.quarry(["toggle"]).done();
    until("the popup hides", || popup_hidden(&desktop));
    desktop.key(HOTKEY);
    throughout(QUIET, "the old one does nothing", || popup_hidden(&desktop));

    desktop.account.kill(&quarry);
    desktop.start_quarry();
    show_with(&desktop, OTHER_HOTKEY);
}

#[test]
fn an_edit_of_the_file_works_at_once_and_a_mistake_is_said_with_its_line() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let page = desktop.start_driven();
    desktop.account.write("data/settings.toml", "# mine\nhotkey = \"ctrl+alt+k\"\n");
    show_with(&desktop, OTHER_HOTKEY);
    desktop.account.write(
        "data/settings.toml",
        "# mine\nhotkey = \"ctrl+alt+k\"\ntheme = \"dark\"\nhide_on_blur = 3\n",
    );
    until("the mistake is said with its line", || {
        let footer = page.footer();
        footer.contains("hide_on_blur") && footer.contains("line 4")
    });
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    until("the theme is dark", || page.holds(dark));
    // An editor that saves by itself: half a line.
    desktop.account.write("data/settings.toml", "# mine\nhotkey = \"ctrl+alt+");
    until("what has no effect is said", || page.footer().contains("everything stays as it was"));
    assert!(page.holds(dark), "the theme stays");
    until("the popup hides", || {
        desktop.key(OTHER_HOTKEY);
        poll(BETWEEN_KEYS, || popup_hidden(&desktop))
    });
    show_with(&desktop, OTHER_HOTKEY);
    desktop.screenshot("popup-dark-empty");
    until("the box has the keys", || page.box_is_focused());
    desktop.type_text("main");
    until("it is found", || !page.hits().is_empty());
    until("the preview is there", || !page.texts("[data-testid=preview-line]").is_empty());
    desktop.screenshot("popup-dark");
}

#[test]
fn another_limit_of_size_in_the_file_indexes_what_was_too_large() {
    let desktop = Desktop::start();
    desktop.account.write("data/settings.toml", "file_size_limit = 1\n");
    desktop.account.write("code/one/large.txt", &"needle\n".repeat(200_000));
    desktop.account.quarry(["add", "--wait", "text", "code/one"]).done();
    let skipped = || desktop.account.project("one")["skipped"].as_u64();
    assert_eq!(skipped(), Some(1));
    desktop.start_quarry();
    desktop.account.write("data/settings.toml", "file_size_limit = 2\n");
    until("the file is indexed", || skipped() == Some(0));
    desktop.account.write("data/settings.toml", "file_size_limit = 1\n");
    until("the file is left out", || skipped() == Some(1));
}

/// From the last button above the settings, by Tab, where a model is to be fetched.
const FETCH: u32 = 10;

#[test]
fn a_model_is_fetched_once_that_is_pressed_and_is_used_at_once() {
    let own = harness::quarry::binary().with_file_name("model");
    let own = if own.is_dir() { own } else { harness::quarry::workspace().join("target/model") };
    let (hub, address) = Hub::serving(&own);
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.set("HF_ENDPOINT", address);
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "--wait", "text", "code/one"]).done();
    let quarry = desktop.start_quarry();
    desktop.account.write("data/settings.toml", &format!("meaning = \"{NAME}\"  # mine\n"));
    let meaning = || desktop.account.quarry(["meaning"]).stdout;
    until("the model is missing, without a restart", || meaning().contains(NAME));
    let window = desktop.open_projects(&host, quarry.pid, "Projects");
    window.show_settings();
    window.tab(FETCH);
    desktop.screenshot("settings-model");
    assert!(hub.asked().is_empty(), "nothing is fetched before it is pressed");
    desktop.key("Return");
    let fetched = desktop.account.data_dir().join("models").join(NAME).join("model.json");
    until("the model is there", || fetched.is_file());
    until("it is used", || meaning().starts_with("working"));
    assert!(hub.asked().contains(&"model.onnx".to_owned()));
    assert_eq!(settings_file(&desktop), format!("meaning = \"{NAME}\"  # mine\n"));
}

#[test]
fn the_popup_stays_when_it_is_left_if_the_settings_say_so() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    desktop.account.write("data/settings.toml", "hide_on_blur = false\n");
    desktop.start_quarry();
    let other = desktop.open_file_manager(&desktop.account.home().join("code"), (20, 700));
    desktop.key(HOTKEY);
    until("the popup has the keys", || popup_has_the_keys(&desktop));
    desktop.activate(other.window());
    until("the other window has the keys", || !popup_has_the_keys(&desktop));
    throughout(QUIET, "the popup stays", || desktop.window(POPUP).is_some());
}
