//! Whether the windows are dark: as the settings say, or as the system is.

use tauri::utils::config::Color;
use tauri::{AppHandle, Manager, WebviewWindow, Wry};

use super::shell::Shell;
use crate::settings::Theme;

/// The surfaces of the page's two themes, so that a window is never white before it is painted.
const LIGHT: Color = Color(0xfc, 0xfc, 0xfb, 0xff);
const DARK: Color = Color(0x1b, 0x1c, 0x1f, 0xff);

/// The theme that the settings ask for; `None` follows the system.
pub fn chosen(app: &AppHandle<Wry>) -> Option<tauri::Theme> {
    match app.state::<Shell>().applying.applied().settings.theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}

/// Gives all windows the theme that the settings ask for.
pub fn put_into_effect(app: &AppHandle<Wry>) {
    let chosen = chosen(app);
    app.set_theme(chosen);
    #[cfg(target_os = "linux")]
    if chosen.is_none() {
        follow_system(app);
    }
}

/// Gives a new window its background.
pub fn paint_new(window: &WebviewWindow<Wry>) -> tauri::Result<()> {
    paint(window, chosen(window.app_handle()).map_or_else(|| window.theme(), Ok)?)
}

pub fn paint(window: &WebviewWindow<Wry>, theme: tauri::Theme) -> tauri::Result<()> {
    window.set_background_color(Some(if theme == tauri::Theme::Dark { DARK } else { LIGHT }))
}

/// No theme means light to the toolkit, whatever the system's is.
#[cfg(target_os = "linux")]
fn follow_system(app: &AppHandle<Wry>) {
    for window in app.webview_windows().values() {
        // A window without a theme asks the system for its own.
        let system = window.set_theme(None).and_then(|()| window.theme());
        match system {
            Ok(tauri::Theme::Dark) => return app.set_theme(Some(tauri::Theme::Dark)),
            Ok(_) => return,
            Err(error) => tracing::warn!(%error, "the system's theme is not known"),
        }
    }
}

/// The toolkit has one theme for all windows, and takes the system's whenever a window is made or
/// the system changes: what the settings ask for stays nevertheless. To be called once, on the main
/// thread.
#[cfg(target_os = "linux")]
pub fn hold(app: &AppHandle<Wry>) {
    use gtk::prelude::GtkSettingsExt;

    let Some(toolkit) = gtk::Settings::default() else { return };
    let app = app.clone();
    toolkit.connect_gtk_application_prefer_dark_theme_notify(move |toolkit| {
        let is_dark = toolkit.is_gtk_application_prefer_dark_theme();
        let Some(chosen) = chosen(&app) else { return repaint(&app, is_dark) };
        let wanted = chosen == tauri::Theme::Dark;
        if is_dark == wanted {
            repaint(&app, is_dark);
        } else {
            toolkit.set_gtk_application_prefer_dark_theme(wanted);
        }
    });
}

/// Once the toolkit is done: it may just be making a window.
#[cfg(target_os = "linux")]
fn repaint(app: &AppHandle<Wry>, is_dark: bool) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        for window in app.webview_windows().values() {
            let theme = if is_dark { tauri::Theme::Dark } else { tauri::Theme::Light };
            let _ = paint(window, theme);
        }
    });
}
