//! The popup among windows, menus and monitors.

use crate::harness::desktop::Desktop;
use crate::harness::wait::{QUIET, throughout, until};
use crate::hotkey::{HOTKEY, POPUP};

const PROJECTS: &str = "Quarry: projects";
const RIGHT: &str = "3";

#[test]
fn a_menu_in_the_box_leaves_the_popup_as_it_is() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let page = desktop.start_driven();
    desktop.key(HOTKEY);
    let popup = until("the popup is there", || desktop.window(POPUP));
    until("the box has the keys", || page.box_is_focused());
    desktop.type_text("needle");
    until("the keys arrive in the box", || page.query() == "needle");

    let place = until("the popup has a place", || desktop.place(&popup));
    let before = desktop.fingerprint(&popup);
    desktop.move_pointer((place.x + 100, place.y + 26));
    desktop.xdotool(&["click", RIGHT]);
    until("the menu lies over the popup", || desktop.fingerprint(&popup) != before);
    throughout(QUIET, "the popup stays while its menu is open", || desktop.window(POPUP).is_some());
    desktop.screenshot("popup-menu");
    desktop.key("Escape");
    throughout(QUIET, "the popup stays when its menu is closed", || {
        desktop.window(POPUP).is_some() && page.query() == "needle"
    });
    desktop.key("Escape");
    until("the keys are the popup's again", || page.query().is_empty());
}

#[test]
fn a_popup_that_stays_does_not_cover_the_projects() {
    let desktop = Desktop::start();
    desktop.account.write("data/settings.toml", "hide_on_blur = false\n");
    let page = desktop.start_driven();
    until("the box has the keys", || desktop.window(POPUP).is_some() && page.box_is_focused());
    desktop.key("ctrl+p");
    until("the Projects window has taken its place", || {
        desktop.window(PROJECTS).is_some() && desktop.window(POPUP).is_none()
    });
}

#[test]
fn the_popup_fits_on_a_monitor_of_few_and_dense_pixels() {
    let desktop = Desktop::start();
    desktop.account.set("GDK_SCALE", "2");
    let page = desktop.start_driven();
    let popup = until("the popup is there", || desktop.window(POPUP));
    until("the box has the keys", || page.box_is_focused());
    let place = until("the popup has a place", || desktop.place(&popup));
    assert!(place.x >= 0 && place.x + place.width <= 1400, "{place:?}");
    assert!(place.y >= 0 && place.y + place.height <= 1000, "{place:?}");
    until("its page is as large", || page.texts("footer").concat().len() > 3);
    desktop.screenshot("popup-dense");
}
