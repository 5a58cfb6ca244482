//! The tray's menu, clicked over the session bus as a panel does it.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::desktop::Desktop;
use crate::harness::processes;
use crate::harness::tray::TrayHost;
use crate::harness::wait::until;
use crate::hotkey::POPUP;

/// How long quitting may take.
const QUITTING: Duration = Duration::from_secs(2);

#[test]
fn the_tray_menu_shows_the_projects_opens_the_popup_and_quits() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/alpha/main.rs", "fn main() {}\n");
    let vanishing = desktop.account.write("code/beta/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "--wait", "text", "code/alpha", "code/beta"]).done();
    let quarry = desktop.start_quarry();
    let item = host.item(quarry.pid);

    let menu = item.menu();
    assert!(menu.first().is_some_and(|entry| entry.label.starts_with("Search")), "{menu:?}");
    assert!(menu.last().is_some_and(|entry| entry.label == "Quit"), "{menu:?}");
    std::thread::sleep(Duration::from_secs(4));
    eprintln!("{} {}", item.text(), desktop.account.quarry(["list"]).stdout);
    until("the menu says that a project is well", || {
        item.entry("alpha").label.contains("fresh") && item.entry("beta").label.contains("fresh")
    });
    desktop.keep("tray-menu.txt", &item.text());
    let face = item.icon();
    std::fs::remove_dir_all(vanishing.parent().unwrap()).unwrap();
    until("the menu says that a folder is missing", || {
        item.entry("beta").label.contains("folder missing")
    });
    until("the icon calls for attention", || item.icon() != face);
    desktop.keep("tray-menu-trouble.txt", &item.text());

    item.click("Search");
    until("the popup has the keys", || {
        desktop.active().is_some_and(|window| window.title == POPUP)
    });

    let sockets = processes::listening(quarry.pid);
    let clicked = Instant::now();
    item.click("Quit");
    let status = until("Quit ends the program", || desktop.account.exit(&quarry));
    let took = clicked.elapsed();
    assert_eq!(status.code(), Some(0));
    assert!(took <= QUITTING, "quitting took {took:?}");
    nothing_is_left(&desktop);
    for socket in sockets {
        assert!(std::os::unix::net::UnixStream::connect(&socket).is_err(), "{socket:?} answers");
    }
}

#[test]
fn ctrl_q_and_a_signal_quit_like_the_menu() {
    let desktop = Desktop::start();
    let quarry = desktop.start_quarry();
    until("the popup has the keys", || {
        desktop.active().is_some_and(|window| window.title == POPUP)
    });
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

#[track_caller]
fn nothing_is_left(desktop: &Desktop) {
    until("no process of Quarry is left", || desktop.account.program_processes().is_empty());
    assert_eq!(desktop.windows(), []);
}
