//! PCManFM, showing a folder with something in it to take hold of.

use std::path::Path;

use super::desktop::Desktop;
use super::processes::tool;
use super::wait::until;
use super::windows::Window;

/// Nothing but the icons, so that the first one is always at the same place.
const SETTINGS: &str = "[ui]\nside_pane_mode=hidden;places\nview_mode=icon\nshow_statusbar=0\n";
const SIZE: (i32, i32) = (400, 300);
/// The middle of the first icon, from the corner of the window's content.
const FIRST_ICON: (i32, i32) = (60, 100);
/// Part of the icon on every side of its middle.
const ICON: i32 = 30;

pub struct FileManager<'d> {
    desktop: &'d Desktop,
    window: Window,
}

impl Desktop {
    /// Opens a window on `folder` at this corner of the screen, out of the way of the others.
    #[track_caller]
    pub fn open_file_manager(&self, folder: &Path, corner: (i32, i32)) -> FileManager<'_> {
        self.account.write("config/pcmanfm/default/pcmanfm.conf", SETTINGS);
        let mut pcmanfm = self.account.command(tool("pcmanfm", "pcmanfm"));
        pcmanfm.args(["--no-desktop", "--new-win"]).arg(folder);
        self.account.start(&mut pcmanfm, "pcmanfm");
        let name = folder.file_name().unwrap().to_str().unwrap();
        let window = until("the file manager has a window", || self.window(name));
        self.arrange(&window, corner, SIZE);
        until("the file manager shows what is in the folder", || {
            let (x, y) = FIRST_ICON;
            self.colours(&window, (x - ICON / 2, y - ICON / 2), ICON) > 1
        });
        FileManager { desktop: self, window }
    }
}

impl FileManager<'_> {
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Selects everything in the folder, so that all of it goes with the first thing.
    pub fn select_all(&self) {
        self.desktop.activate(&self.window);
        until("the file manager has the keys", || {
            self.desktop.active().as_ref() == Some(&self.window)
        });
        let before = self.desktop.fingerprint(&self.window);
        self.desktop.key("ctrl+a");
        until("all of it is selected", || self.desktop.fingerprint(&self.window) != before);
    }

    /// Where to take hold of the first thing in the folder.
    pub fn item(&self) -> (i32, i32) {
        let place = self.desktop.place(&self.window).unwrap();
        (place.x + FIRST_ICON.0, place.y + FIRST_ICON.1)
    }
}
