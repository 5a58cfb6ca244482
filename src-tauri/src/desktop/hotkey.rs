//! The hotkey that shows and hides the popup from anywhere.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use tauri::{AppHandle, Wry};
use tauri_plugin_global_shortcut::{GlobalShortcutExt, Shortcut, ShortcutState};

use super::popup;
use crate::place::Place;

/// How a person without the hotkey shows the popup.
const REMEDY: &str = "bind a key to `quarry toggle` in the keyboard settings of your desktop";

#[derive(Debug, thiserror::Error)]
pub enum HotkeyError {
    #[error("Wayland gives programs no hotkeys: {REMEDY}.")]
    Wayland,
    #[error("{hotkey} in {settings} is no hotkey; write one like Ctrl+Shift+Space.")]
    Unreadable { hotkey: String, settings: String },
    #[error(
        "{hotkey} is taken by another program. Bind a key to `quarry toggle`, or choose another \
         hotkey in {settings}."
    )]
    Taken { hotkey: String, settings: String },
    #[error("The hotkey {hotkey} does not work: {cause}. You can {REMEDY}.")]
    Unavailable { hotkey: String, cause: String },
}

/// What this session says of itself; without an X server a registration would seem to succeed.
pub fn possible() -> Result<(), HotkeyError> {
    possible_with(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn possible_with(variable: impl Fn(&str) -> Option<String>) -> Result<(), HotkeyError> {
    let wayland = variable("WAYLAND_DISPLAY").is_some()
        || variable("XDG_SESSION_TYPE").is_some_and(|kind| kind == "wayland");
    if cfg!(target_os = "linux") && wayland { Err(HotkeyError::Wayland) } else { Ok(()) }
}

/// What starts this program another time: an AppImage runs from a folder that is gone with it.
pub fn program() -> io::Result<PathBuf> {
    std::env::var_os("APPIMAGE").map_or_else(std::env::current_exe, |image| Ok(image.into()))
}

/// What a key is bound to in the settings of the desktop: its words are quoted as a shell, GNOME,
/// KDE and Sway take them apart.
pub fn command(place: &Place) -> String {
    let program = program().map_or_else(|_| "quarry".to_owned(), |path| path.display().to_string());
    let data_dir = place.named.then(|| place.data_dir.display().to_string());
    words_of(&program, data_dir.as_deref())
}

fn words_of(program: &str, data_dir: Option<&str>) -> String {
    let option = data_dir.map(|folder| format!(" --data-dir {}", quoted(folder)));
    format!("{}{} toggle", quoted(program), option.unwrap_or_default())
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@:,=~".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

pub fn register(app: &AppHandle<Wry>, hotkey: &str, place: &Place) -> Result<(), HotkeyError> {
    possible()?;
    let settings = || place.settings_file.display().to_string();
    let shortcut = Shortcut::from_str(hotkey)
        .map_err(|_| HotkeyError::Unreadable { hotkey: hotkey.to_owned(), settings: settings() })?;
    let registered = app.global_shortcut().on_shortcut(shortcut, |app, _, event| {
        if event.state == ShortcutState::Pressed {
            tracing::debug!("the hotkey came");
            popup::toggle(app);
        }
    });
    registered.map_err(|error| {
        let hotkey = hotkey.to_owned();
        let cause = error.to_string();
        // The plugin hands its errors on as text.
        if cause.contains("already registered") {
            HotkeyError::Taken { hotkey, settings: settings() }
        } else {
            HotkeyError::Unavailable { hotkey, cause }
        }
    })
}

/// Gives the hotkey back to the system.
pub fn unregister(app: &AppHandle<Wry>, hotkey: &str) {
    let Ok(shortcut) = Shortcut::from_str(hotkey) else { return };
    // Under X11 what the first call asks for is sent with the question that the next call begins
    // with; until then the keys stay taken.
    for _ in 0..2 {
        if let Err(error) = app.global_shortcut().unregister(shortcut) {
            tracing::warn!(%error, hotkey, "a hotkey was not given back");
        }
    }
}

/// Whether the keys are ours at present.
pub fn is_registered(app: &AppHandle<Wry>, hotkey: &str) -> bool {
    Shortcut::from_str(hotkey).is_ok_and(|keys| app.global_shortcut().is_registered(keys))
}

/// Whether both are the same keys, however they are spelt.
pub fn same(one: &str, other: &str) -> bool {
    match (Shortcut::from_str(one), Shortcut::from_str(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_can_be_read() {
        assert!(Shortcut::from_str(crate::settings::DEFAULT_HOTKEY).is_ok());
    }

    #[test]
    fn keys_are_the_same_however_they_are_spelt() {
        assert!(same("Ctrl+Shift+Space", "shift+control+space"));
        assert!(!same("Ctrl+K", "Ctrl+L"));
        assert!(!same("no key", "no key"));
    }

    #[test]
    fn the_command_to_bind_is_taken_apart_as_it_was_meant() {
        assert_eq!(words_of("/usr/bin/quarry", None), "/usr/bin/quarry toggle");
        assert_eq!(
            words_of("/opt/my apps/quarry", Some("/data/it's mine")),
            r"'/opt/my apps/quarry' --data-dir '/data/it'\''s mine' toggle"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn wayland_has_no_hotkeys_and_says_what_to_do() {
        let only = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| value.to_owned())
        };
        assert!(possible_with(|_| None).is_ok());
        assert!(possible_with(only("XDG_SESSION_TYPE", "x11")).is_ok());
        assert!(possible_with(only("XDG_SESSION_TYPE", "wayland")).is_err());
        let error = possible_with(only("WAYLAND_DISPLAY", "wayland-0")).unwrap_err();
        assert!(error.to_string().contains("quarry toggle"));
    }
}
