//! Whether there is a screen to show windows on, and what it allows.

use crate::owner::protocol::Problem;

/// Asks the toolkit itself, as a variable may name a display that is gone. On the main thread.
#[cfg(target_os = "linux")]
pub fn check() -> Result<(), Problem> {
    gtk::init().map_err(|_| {
        let named = ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .find_map(|variable| std::env::var(variable).ok().filter(|value| !value.is_empty()));
        let cause = match named {
            Some(display) => format!("the display {display} cannot be opened"),
            None => "there is no display".to_owned(),
        };
        Problem::new(
            "NoDisplay",
            format!(
                "Quarry cannot show windows: {cause}. `quarry --headless` runs without any, and \
                 the commands (`quarry add`, `quarry search`) need none."
            ),
        )
    })
}

#[cfg(not(target_os = "linux"))]
pub fn check() -> Result<(), Problem> {
    Ok(())
}

/// Whether a mouse button is down, wherever the pointer is: perhaps something is being dragged
/// towards the popup. On the main thread. Not known on every system.
#[cfg(target_os = "linux")]
pub fn button_is_down() -> bool {
    use gtk::gdk::{Display, ModifierType, Screen};
    use gtk::prelude::SeatExt;

    let pointer = Display::default().and_then(|display| display.default_seat()?.pointer());
    let root = Screen::default().and_then(|screen| screen.root_window());
    let (Some(pointer), Some(root)) = (pointer, root) else { return false };
    let (_, _, _, state) = root.device_position(&pointer);
    state.contains(ModifierType::BUTTON1_MASK)
}

#[cfg(not(target_os = "linux"))]
pub fn button_is_down() -> bool {
    false
}

/// Whether a menu of ours is open, as a right click in a box opens one: it has the focus. On the
/// main thread. Elsewhere than on Linux a menu leaves the focus where it was.
#[cfg(target_os = "linux")]
pub fn menu_is_open() -> bool {
    gtk::grab_get_current().is_some()
}

#[cfg(not(target_os = "linux"))]
pub fn menu_is_open() -> bool {
    false
}
