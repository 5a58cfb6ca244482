//! Whether the windows are dark, on a desktop that says what it prefers.

use crate::harness::desktop::Desktop;
use crate::harness::portal::{Portal, Scheme};
use crate::harness::projects_window::TITLE;
use crate::harness::tray::TrayHost;
use crate::harness::wait::{QUIET, throughout, until};

const IS_DARK: &str = "matchMedia('(prefers-color-scheme: dark)').matches";
const IS_LIGHT: &str = "matchMedia('(prefers-color-scheme: light)').matches";

/// A desktop that prefers `scheme`, with settings that ask for `theme`.
fn desktop_with(scheme: Scheme, theme: &str) -> (Desktop, Portal) {
    let desktop = Desktop::start();
    let portal = Portal::start(&desktop, scheme);
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.write("data/settings.toml", &format!("theme = \"{theme}\"\n"));
    desktop.account.quarry(["add", "code/one"]).done();
    (desktop, portal)
}

#[test]
fn a_window_that_is_opened_later_has_the_theme_of_the_settings() {
    let (desktop, _portal) = desktop_with(Scheme::Light, "dark");
    let host = TrayHost::start(&desktop);
    let quarry = desktop.start_quarry();
    let window = desktop.open_projects(&host, quarry.pid, "Projects").window;
    until("its background is dark", || desktop.brightness(&window, (4, 400)) < 80);
    desktop.screenshot("projects-dark");
}

#[test]
fn a_theme_that_was_chosen_stays_whatever_the_desktop_prefers() {
    let (desktop, portal) = desktop_with(Scheme::Light, "dark");
    let page = desktop.start_driven();
    until("the popup is dark", || page.holds(IS_DARK));
    desktop.account.quarry(["toggle"]).done();
    until("the box has the keys", || page.box_is_focused());
    desktop.key("ctrl+p");
    until("the projects are shown", || desktop.window(TITLE).is_some());
    throughout(QUIET, "the popup stays dark", || page.holds(IS_DARK));
    portal.change(Scheme::Dark);
    portal.change(Scheme::Light);
    throughout(QUIET, "the popup stays dark", || page.holds(IS_DARK));
}

#[test]
fn without_a_choice_the_windows_are_what_the_desktop_prefers() {
    let (desktop, portal) = desktop_with(Scheme::Dark, "light");
    let page = desktop.start_driven();
    until("the popup is light", || page.holds(IS_LIGHT));
    desktop.account.write("data/settings.toml", "theme = \"system\"\n");
    until("the popup is dark", || page.holds(IS_DARK));
    portal.change(Scheme::Light);
    until("the popup is light", || page.holds(IS_LIGHT));
    portal.change(Scheme::Dark);
    until("the popup is dark again", || page.holds(IS_DARK));
}
