//! What the windows, the tray and the commands share.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use quarry_engine::engine::Engine;
use serde::Serialize;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_autostart::ManagerExt;
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use super::editor::{Editor, Surroundings};
use super::hotkey;
use super::popup::PopupState;
use super::quitting::Ending;
use super::tray::{self, Tray};
use crate::place::Place;
use crate::settings::{Settings, SettingsError};

/// What a page shows of the program around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ShellState {
    pub version: String,
    pub hotkey: String,
    /// A sentence, where the hotkey does not work.
    pub hotkey_error: Option<String>,
    pub data_dir: String,
    /// None where the system chooses what opens a file.
    pub editor: Option<String>,
    /// A sentence on the settings, the tray or the editor, where one of them is not as it should
    /// be.
    #[ts(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

pub struct Shell {
    pub engine: Engine,
    pub place: Place,
    pub settings: Settings,
    pub popup: PopupState,
    pub ending: Ending,
    settings_problem: Option<String>,
    hotkey_error: OnceLock<String>,
    tray: OnceLock<Result<Mutex<Tray>, String>>,
    /// The search of each window that is under way.
    searches: Mutex<HashMap<String, CancellationToken>>,
}

impl Shell {
    pub fn new(
        engine: Engine,
        place: Place,
        settings: Settings,
        settings_problem: Option<SettingsError>,
    ) -> Self {
        Self {
            engine,
            place,
            settings,
            popup: PopupState::default(),
            ending: Ending::default(),
            settings_problem: settings_problem.map(|problem| problem.to_string()),
            hotkey_error: OnceLock::new(),
            tray: OnceLock::new(),
            searches: Mutex::default(),
        }
    }

    pub fn state(&self) -> ShellState {
        // An editor may come and go, and the settings may be mended, while the program runs.
        let (editor, editor_problem) = match self.editor() {
            Ok(editor) => (editor.name().map(str::to_owned), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let tray_problem = self.tray.get().and_then(|tray| tray.as_ref().err().cloned());
        let problems: Vec<String> = [self.settings_problem.clone(), tray_problem, editor_problem]
            .into_iter()
            .flatten()
            .collect();
        ShellState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hotkey: self.settings.hotkey.clone(),
            hotkey_error: self.hotkey_error().map(str::to_owned),
            data_dir: self.place.data_dir.display().to_string(),
            editor,
            problem: (!problems.is_empty()).then(|| problems.join(" ")),
        }
    }

    pub fn hotkey_error(&self) -> Option<&str> {
        self.hotkey_error.get().map(String::as_str)
    }

    pub fn tray(&self) -> Option<&Mutex<Tray>> {
        self.tray.get()?.as_ref().ok()
    }

    /// The editor as the settings are now.
    pub fn editor(&self) -> Result<Editor, super::editor::EditorError> {
        let (settings, _) = Settings::read(&self.place.settings_file);
        Editor::choose(&settings, &self.place.settings_file, &Surroundings::of_this_process())
    }

    /// Cancels the window's earlier search; the token is cancelled by its next one.
    pub fn begin_search(&self, window: &str) -> CancellationToken {
        let token = CancellationToken::new();
        let mut searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = searches.insert(window.to_owned(), token.clone()) {
            earlier.cancel();
        }
        token
    }
}

/// Hotkey, tray and start at login; the program lives without each of them.
pub fn prepare(app: &AppHandle<Wry>) {
    let shell = app.state::<Shell>();
    if let Err(error) = hotkey::register(app, &shell.settings.hotkey, &shell.place) {
        tracing::warn!(%error, "no hotkey");
        let _ = shell.hotkey_error.set(error.to_string());
    }
    let model = tray::model_of(&shell, &shell.engine.snapshot());
    let tray = Tray::create(app, model).map(Mutex::new).map_err(|error| {
        tracing::warn!(%error, "no tray");
        error.to_string()
    });
    let _ = shell.tray.set(tray);
    let autostart = app.autolaunch();
    let started = match shell.settings.start_at_login {
        Some(true) => autostart.enable(),
        Some(false) if autostart.is_enabled().unwrap_or(true) => autostart.disable(),
        _ => Ok(()),
    };
    if let Err(error) = started {
        tracing::warn!(%error, "starting at login was not changed");
    }
}
