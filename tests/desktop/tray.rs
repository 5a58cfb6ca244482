//! The tray's menu, read and clicked over the session bus as a panel does it.

use std::fs;
use std::os::unix::net::UnixStream;

use rustix::process::Signal;

use crate::harness::desktop::Desktop;
use crate::harness::processes;
use crate::harness::tray::TrayHost;
use crate::harness::wait::until;
use crate::hotkey::POPUP;

fn popup_has_the_keys(desktop: &Desktop) -> bool {
    desktop.active().is_some_and(|window| window.title == POPUP)
}

#[track_caller]
fn nothing_is_left(desktop: &Desktop) {
    until("no process of Quarry is left", || desktop.account.program_processes().is_empty());
    until("no window is left", || desktop.windows().is_empty());
}

#[test]
fn the_menu_opens_the_popup_with_its_first_entry_and_quits_with_its_last() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "--wait", "text", "code/alpha"]).done();
    let quarry = desktop.start_quarry();
    let item = host.item(quarry.pid);
    let menu = item.menu();
    assert!(menu.first().is_some_and(|entry| entry.label.starts_with("Search")), "{menu:?}");
    assert!(menu.last().is_some_and(|entry| entry.label == "Quit"), "{menu:?}");

    item.click("Search");
    until("the popup has the keys", || popup_has_the_keys(&desktop));
    // A second window, so that two web views have to go.
    item.click("Projects");
    until("the Projects window is there", || desktop.windows().iter().any(|w| w.title != POPUP));

    let sockets = processes::listening(quarry.pid);
    assert!(!sockets.is_empty());
    item.click("Quit");
    let status = until("Quit ends the program", || desktop.account.exit(&quarry));
    assert_eq!(status.code(), Some(0), "{}", desktop.account.stderr(&quarry));
    nothing_is_left(&desktop);
    for socket in sockets {
        assert!(UnixStream::connect(&socket).is_err(), "{} still answers", socket.display());
    }
}

#[test]
fn the_menu_has_a_line_for_each_project_with_its_state() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    let gone = desktop.account.write("code/beta/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "--wait", "text", "code/alpha", "code/beta"]).done();
    let quarry = desktop.start_quarry();
    let item = host.item(quarry.pid);
    until("the menu says that both are well", || {
        ["alpha", "beta"].iter().all(|name| item.entry(name).label.contains("fresh"))
    });
    desktop.keep("tray-menu.txt", &item.text());
    let icon = until("the tray has an icon", || item.icon());

    fs::remove_dir_all(gone.parent().unwrap()).unwrap();
    until("the menu says that a folder is missing", || {
        item.entry("beta").label.contains("folder missing")
    });
    assert!(item.entry("alpha").label.contains("fresh"), "the other one stays well");
    until("the icon calls for attention", || item.icon().is_some_and(|now| now != icon));
    desktop.keep("tray-menu-in-trouble.txt", &item.text());

    desktop.account.quarry(["remove", "beta"]).done();
    until("a removed project leaves the menu", || !item.text().contains("beta"));
}

#[test]
fn ctrl_q_and_a_signal_quit_like_the_menu() {
    let desktop = Desktop::start();
    let quarry = desktop.start_quarry();
    until("the popup has the keys", || popup_has_the_keys(&desktop));
    let status = until("Ctrl+Q ends the program", || {
        // The page may not listen yet.
        desktop.key("ctrl+q");
        desktop.account.exit(&quarry)
    });
    assert_eq!(status.code(), Some(0));
    nothing_is_left(&desktop);

    let quarry = desktop.start_quarry();
    processes::signal(quarry.pid, Signal::TERM);
    let status = until("SIGTERM ends the program", || desktop.account.exit(&quarry));
    assert_eq!(status.code(), Some(0));
    nothing_is_left(&desktop);
}
