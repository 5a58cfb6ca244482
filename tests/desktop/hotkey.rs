//! The hotkey, and the popup that it shows.

use crate::harness::desktop::Desktop;
use crate::harness::tray::TrayHost;
use crate::harness::wait::{QUIET, throughout, until};

pub const HOTKEY: &str = "ctrl+shift+space";
pub const POPUP: &str = "Quarry";

/// Something registered, so that the first start stays in the tray.
fn register_a_project(desktop: &Desktop) {
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
}

fn popup_has_the_keys(desktop: &Desktop) -> bool {
    desktop.active().is_some_and(|window| window.title == POPUP)
}

#[test]
fn the_first_start_shows_the_popup_and_a_later_one_stays_in_the_tray() {
    let desktop = Desktop::start();
    let quarry = desktop.start_quarry();
    let popup = until("the popup is there at the first start", || desktop.window(POPUP));
    until("the popup is not blank", || desktop.colours(&popup, (200, 100), 350) > 1);
    desktop.screenshot("first-start");
    desktop.account.kill(&quarry);
    register_a_project(&desktop);
    desktop.start_quarry();
    throughout(QUIET, "no window at a later start", || desktop.windows().is_empty());
}

#[test]
fn the_hotkey_shows_the_popup_with_the_keys_in_its_box_and_hides_it_again() {
    let desktop = Desktop::start();
    register_a_project(&desktop);
    let page = desktop.start_driven();
    assert_eq!(desktop.window(POPUP), None, "no popup before the hotkey");

    desktop.key(HOTKEY);
    let popup = until("the popup is there", || desktop.window(POPUP));
    assert_eq!(popup.pid, Some(page.pid));
    until("the popup has the keys", || popup_has_the_keys(&desktop));
    until("the box has the keys", || page.box_is_focused());
    desktop.type_text("needle");
    until("the keys arrive in the box", || page.query() == "needle");

    desktop.key(HOTKEY);
    until("the hotkey hides the popup", || desktop.window(POPUP).is_none());
    desktop.key(HOTKEY);
    until("the hotkey shows it again", || popup_has_the_keys(&desktop));
    until("the box is empty again", || page.query().is_empty() && page.box_is_focused());
}

#[test]
fn escape_empties_the_box_and_then_hides_the_popup() {
    let desktop = Desktop::start();
    register_a_project(&desktop);
    let page = desktop.start_driven();
    desktop.key(HOTKEY);
    until("the popup has the keys", || popup_has_the_keys(&desktop) && page.box_is_focused());
    desktop.type_text("ab");
    until("the keys arrive in the box", || page.query() == "ab");

    desktop.key("Escape");
    until("Escape empties the box", || page.query().is_empty());
    assert!(desktop.window(POPUP).is_some(), "the popup stays at the first Escape");
    desktop.key("Escape");
    until("Escape hides the popup", || desktop.window(POPUP).is_none());
}

#[test]
fn the_popup_hides_when_another_window_is_chosen() {
    let desktop = Desktop::start();
    register_a_project(&desktop);
    desktop.start_quarry();
    let other = desktop.open_file_manager(&desktop.account.home().join("code"), (20, 700));
    desktop.key(HOTKEY);
    until("the popup has the keys", || popup_has_the_keys(&desktop));
    desktop.activate(other.window());
    until("the popup is left and hides", || desktop.window(POPUP).is_none());
}

#[test]
fn the_settings_choose_another_hotkey() {
    let desktop = Desktop::start();
    register_a_project(&desktop);
    desktop.account.write("data/settings.toml", "hotkey = \"ctrl+alt+k\"\n");
    desktop.start_quarry();
    desktop.key(HOTKEY);
    throughout(QUIET, "the default hotkey does nothing", || desktop.windows().is_empty());
    desktop.key("ctrl+alt+k");
    until("the popup has the keys", || popup_has_the_keys(&desktop));
}

#[test]
fn a_hotkey_that_another_program_has_is_said_and_quarry_lives() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    register_a_project(&desktop);
    let mut first = desktop.account.quarry_command(["--data-dir", "other-data"]);
    let first = desktop.account.start(&mut first, "first");
    until("the other Quarry shows its popup", || popup_has_the_keys(&desktop));
    desktop.account.quarry(["--data-dir", "other-data", "toggle"]).done();
    until("the other Quarry hides its popup", || desktop.windows().is_empty());

    let page = desktop.start_driven();
    desktop.account.quarry(["toggle"]).done();
    until("the popup has the keys", || {
        desktop.active().is_some_and(|window| window.pid == Some(page.pid))
    });
    until("the popup says that the hotkey is taken", || {
        let footer = page.footer();
        footer.contains("Ctrl+Shift+Space") && footer.contains("taken")
    });
    desktop.screenshot("hotkey-taken");
    let entry = host.item(page.pid).entry("Search");
    assert!(entry.label.contains("no hotkey"), "the tray says it too: {}", entry.label);

    desktop.account.quarry(["toggle"]).done();
    until("the popup is hidden", || desktop.windows().is_empty());
    desktop.key(HOTKEY);
    until("the hotkey is still the other's", || {
        desktop.active().is_some_and(|window| window.pid == Some(first.pid))
    });
}
