//! The windows that a person sees, and the keys they press.

use super::desktop::Desktop;
use super::processes::tool;

/// A window on the screen, as the window manager has it: not a hidden one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    id: u32,
    pub title: String,
    pub pid: Option<u32>,
}

/// Where a window's content is, in pixels of the screen.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Place {
    pub fn middle(self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

impl Desktop {
    pub fn windows(&self) -> Vec<Window> {
        let list = self.xprop(&["-root", "_NET_CLIENT_LIST"]);
        let ids = list.split_once('#').map_or("", |(_, ids)| ids);
        ids.split(',').filter_map(|id| self.describe(id.trim())).collect()
    }

    pub fn window(&self, title: &str) -> Option<Window> {
        self.windows().into_iter().find(|window| window.title == title)
    }

    /// The window that the keys go to.
    pub fn active(&self) -> Option<Window> {
        let line = self.xprop(&["-root", "_NET_ACTIVE_WINDOW"]);
        self.describe(line.split_once('#')?.1.trim())
    }

    pub fn place(&self, window: &Window) -> Place {
        let id = window.id.to_string();
        let shell = self.xdotool(&["getwindowgeometry", "--shell", &id]);
        let value = |name: &str| {
            let line = shell.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{name}: {shell}"))
        };
        Place { x: value("X"), y: value("Y"), width: value("WIDTH"), height: value("HEIGHT") }
    }

    /// Puts it there and waits for nothing: ask for its [`place`](Self::place).
    pub fn arrange(&self, window: &Window, place: Place) {
        let id = window.id.to_string();
        let numbers = [place.x, place.y, place.width, place.height].map(|n| n.to_string());
        let [x, y, width, height] = numbers.each_ref().map(String::as_str);
        self.xdotool(&["windowsize", &id, width, height, "windowmove", &id, x, y]);
    }

    pub fn activate(&self, window: &Window) {
        self.xdotool(&["windowactivate", &window.id.to_string()]);
    }

    /// Presses a key or a chord, such as `ctrl+shift+space`.
    pub fn key(&self, chord: &str) {
        self.xdotool(&["key", chord]);
    }

    pub fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "12", "--", text]);
    }

    pub fn xdotool(&self, args: &[&str]) -> String {
        self.output(self.account.command(tool("xdotool", "xdotool")).args(args))
    }

    pub fn xprop(&self, args: &[&str]) -> String {
        self.output(self.account.command(tool("xprop", "x11-utils")).args(args))
    }

    /// `None` for a window that is gone by now.
    fn describe(&self, id: &str) -> Option<Window> {
        let number = u32::from_str_radix(id.strip_prefix("0x")?, 16).ok()?;
        let lines = self.xprop(&["-id", id, "-notype", "_NET_WM_NAME", "_NET_WM_PID"]);
        let value = |name| lines.lines().find_map(|line| line.strip_prefix(name)?.split_once("= "));
        let title = value("_NET_WM_NAME")?.1.trim_matches('"').to_owned();
        let pid = value("_NET_WM_PID").and_then(|(_, pid)| pid.trim().parse().ok());
        Some(Window { id: number, title, pid })
    }
}
