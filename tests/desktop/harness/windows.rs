//! The windows that a person sees, and the keys they press.

use super::desktop::Desktop;
use super::processes::tool;
use super::wait::until;

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

    /// `None` for a window that is gone by now.
    pub fn place(&self, window: &Window) -> Option<Place> {
        let id = window.id.to_string();
        let xwininfo = tool("xwininfo", "x11-utils");
        let facts = self.output(self.account.command(xwininfo).args(["-id", &id]));
        let fact = |name: &str| {
            let value = facts.lines().find_map(|line| line.trim().strip_prefix(name))?;
            value.trim_start_matches(':').trim().parse().ok()
        };
        Some(Place {
            x: fact("Absolute upper-left X")?,
            y: fact("Absolute upper-left Y")?,
            width: fact("Width")?,
            height: fact("Height")?,
        })
    }

    /// Gives a window's content this size, and waits until it has it.
    pub fn arrange(&self, window: &Window, (x, y): (i32, i32), (width, height): (i32, i32)) {
        let id = window.id.to_string();
        let numbers = [width, height, x, y].map(|number| number.to_string());
        let [width_text, height_text, x, y] = numbers.each_ref().map(String::as_str);
        self.xdotool(&["windowsize", &id, width_text, height_text, "windowmove", &id, x, y]);
        until("a window has the size it was given", || {
            let place = self.place(window)?;
            (place.width == width && place.height == height).then_some(())
        });
    }

    /// How many colours a part of a window shows; one while nothing is drawn there.
    pub fn colours(&self, window: &Window, (x, y): (i32, i32), size: i32) -> u32 {
        let mut import = self.account.command(tool("import", "imagemagick"));
        import.args(["-silent", "-window", &window.id.to_string()]);
        import.args(["-crop", &format!("{size}x{size}+{x}+{y}"), "-format", "%k", "info:-"]);
        self.output(&mut import).trim().parse().unwrap_or_default()
    }

    /// From 0, black, to 255, white.
    pub fn brightness(&self, window: &Window, (x, y): (i32, i32)) -> u32 {
        let mut import = self.account.command(tool("import", "imagemagick"));
        import.args(["-silent", "-window", &window.id.to_string(), "-colorspace", "Gray"]);
        import.args(["-crop", &format!("1x1+{x}+{y}"), "-format", "%[fx:round(255*u)]", "info:-"]);
        self.output(&mut import).trim().parse().unwrap_or(u32::MAX)
    }

    /// The same for the same pixels of a window.
    pub fn fingerprint(&self, window: &Window) -> String {
        let mut import = self.account.command(tool("import", "imagemagick"));
        import.args(["-silent", "-window", &window.id.to_string(), "-format", "%#", "info:-"]);
        self.output(&mut import)
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
