//! The Projects window, worked by keyboard. Its page cannot be asked: what it shows is copied, and
//! put into the popup's box.

use super::desktop::Desktop;
use super::page::Page;
use super::tray::TrayHost;
use super::wait::{PATIENCE, poll, until};
use super::windows::Window;

pub const TITLE: &str = "Quarry: projects";
/// The buttons above the content: Projects, Settings, Add folder….
pub const HEADER: u32 = 3;
/// A window without content has fewer colours.
const PLAIN: u32 = 8;

pub struct ProjectsWindow<'d> {
    desktop: &'d Desktop,
    pub window: Window,
}

impl Desktop {
    /// Opens it with this entry of the tray's menu, ready for keys.
    #[track_caller]
    pub fn open_projects(&self, host: &TrayHost, pid: u32, entry: &str) -> ProjectsWindow<'_> {
        // A menu that is made anew at this moment hears no click.
        let window = until("the Projects window is there", || {
            host.item(pid).click(entry);
            poll(PATIENCE / 6, || self.window(TITLE))
        });
        until("it has the keys", || self.active().is_some_and(|active| active.title == TITLE));
        until("it is painted", || self.colours(&window, (0, 0), 400) > PLAIN);
        ProjectsWindow { desktop: self, window }
    }
}

impl ProjectsWindow<'_> {
    /// Goes on by so many controls.
    pub fn tab(&self, times: u32) {
        for _ in 0..times {
            self.desktop.key("Tab");
        }
    }

    /// Opens the Settings, with the focus on the last button above them.
    #[track_caller]
    pub fn show_settings(&self) {
        self.tab(HEADER - 1);
        let before = self.desktop.colours(&self.window, (0, 100), 500);
        self.desktop.key("Return");
        until("the settings are painted", || {
            self.desktop.colours(&self.window, (0, 100), 500) != before
        });
    }

    /// Whether it shows this, among what can be copied from it. Takes the keys to the popup.
    #[track_caller]
    pub fn shows(&self, page: &Page, text: &str) -> bool {
        self.desktop.activate(&self.window);
        until("it has the keys", || self.desktop.active().as_ref() == Some(&self.window));
        self.desktop.key("ctrl+a");
        self.desktop.key("ctrl+c");
        self.desktop.account.quarry(["toggle"]).done();
        until("the popup has the keys", || page.box_is_focused());
        self.desktop.key("ctrl+a");
        self.desktop.key("ctrl+v");
        let shown = poll(PATIENCE / 6, || page.query().contains(text)).is_some();
        self.desktop.key("Escape");
        until("the box is empty", || page.query().is_empty());
        self.desktop.key("Escape");
        until("the popup hides", || !page.box_is_focused());
        shown
    }
}
