//! A second start, `quarry toggle`, and windows that are closed.

use std::time::{Duration, Instant};

use crate::harness::desktop::Desktop;
use crate::harness::projects_window::TITLE as PROJECTS;
use crate::harness::tray::TrayHost;
use crate::harness::wait::{QUIET, throughout, until};
use crate::hotkey::POPUP;

/// When a key that had no effect is pressed again.
const AGAIN: Duration = Duration::from_secs(3);

fn desktop_with_a_project() -> Desktop {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    desktop
}

fn has_the_keys(desktop: &Desktop, title: &str) -> bool {
    desktop.active().is_some_and(|window| window.title == title)
}

#[test]
fn a_second_start_shows_the_popup_of_the_first_and_ends() {
    let desktop = desktop_with_a_project();
    let first = desktop.start_quarry();
    assert_eq!(desktop.windows(), []);
    let second = desktop.account.quarry(None::<&str>);
    assert_eq!((second.code, second.stdout.as_str()), (Some(0), ""), "{second:?}");
    until("the popup has the keys", || has_the_keys(&desktop, POPUP));
    assert_eq!(desktop.window(POPUP).and_then(|popup| popup.pid), Some(first.pid));

    let third = desktop.account.quarry(None::<&str>);
    assert_eq!(third.code, Some(0), "{third:?}");
    throughout(QUIET, "the popup stays", || desktop.window(POPUP).is_some());
}

#[test]
fn a_start_while_a_command_is_at_work_takes_over_and_the_command_goes_on() {
    let desktop = desktop_with_a_project();
    let watch = desktop.account.start_quarry(["status", "--watch"]);
    desktop.account.wait_until_it_serves(&watch);
    desktop.start_quarry();
    desktop.account.quarry(["toggle"]).done();
    until("the popup has the keys", || has_the_keys(&desktop, POPUP));
    assert!(desktop.account.runs(&watch));
}

#[test]
fn toggle_shows_and_hides_the_popup() {
    let desktop = desktop_with_a_project();
    desktop.start_quarry();
    for _ in 0..2 {
        desktop.account.quarry(["toggle"]).done();
        until("toggle shows the popup", || has_the_keys(&desktop, POPUP));
        desktop.account.quarry(["toggle"]).done();
        until("toggle hides the popup", || desktop.windows().is_empty());
    }
}

/// Presses the window manager's key until it has an effect: a busy one may drop it.
fn close(desktop: &Desktop) {
    let mut pressed: Option<Instant> = None;
    until("the window is closed", || {
        if pressed.is_none_or(|at| at.elapsed() > AGAIN) && !desktop.windows().is_empty() {
            desktop.key("alt+F4");
            pressed = Some(Instant::now());
        }
        desktop.windows().is_empty()
    });
}

#[test]
fn closing_a_window_hides_it_and_quarry_lives() {
    let desktop = desktop_with_a_project();
    let host = TrayHost::start(&desktop);
    let quarry = desktop.start_quarry();
    for title in [PROJECTS, PROJECTS, POPUP, POPUP] {
        if title == POPUP {
            desktop.account.quarry(["toggle"]).done();
        } else {
            host.item(quarry.pid).click("Projects");
        }
        until("the window has the keys", || has_the_keys(&desktop, title));
        if title == PROJECTS {
            desktop.screenshot("projects-window");
        }
        close(&desktop);
        throughout(QUIET, "Quarry lives", || desktop.account.runs(&quarry));
        assert_eq!(desktop.account.projects().len(), 1);
    }
}

#[test]
fn a_wayland_session_is_told_what_to_bind_to_a_key_and_that_works() {
    let desktop = Desktop::start();
    desktop.account.set("XDG_SESSION_TYPE", "wayland");
    let page = desktop.start_driven();
    until("the first start shows the popup", || page.box_is_focused());
    let command = until("the command is shown", || page.texts("[data-testid=bind-key] code").pop());
    assert!(command.ends_with(" toggle"), "{command}");
    desktop.screenshot("popup-wayland");
    desktop.key("ctrl+shift+space");
    throughout(QUIET, "no hotkey is taken", || desktop.window(POPUP).is_some());
    let bound = || {
        let mut shell = desktop.account.command("/bin/sh");
        desktop.account.mark_program(&mut shell);
        assert!(shell.args(["-c", &command]).status().unwrap().success(), "{command}");
    };
    bound();
    until("the command hides the popup", || desktop.window(POPUP).is_none());
    bound();
    until("the command shows it again", || has_the_keys(&desktop, POPUP));
}
