//! What the windows, the tray and the commands share.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError};

use quarry_engine::engine::Engine;
use serde::Serialize;
use tauri::{AppHandle, Manager, Wry};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use super::applying::{self, Applying};
use super::editor::{Editor, Surroundings};
use super::hotkey;
use super::model_fetch::Fetching;
use super::opened::OpenedFiles;
use super::popup::PopupState;
use super::quitting::Ending;
use super::recent::RecentQueries;
use super::tray::{self, Tray};
use super::windows::View;
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
    /// The command that shows and hides the popup, for the person to bind to a key, where this
    /// desktop gives programs no hotkey.
    pub command_to_bind: Option<String>,
    pub data_dir: String,
    /// None where the system chooses what opens a file.
    pub editor: Option<String>,
    /// A sentence on the settings, the start at login, the tray or the editor, where one of them
    /// is not as it should be.
    #[ts(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

pub struct Shell {
    pub engine: Engine,
    pub place: Place,
    pub applying: Applying,
    pub fetching: Fetching,
    pub popup: PopupState,
    pub ending: Ending,
    pub recent: RecentQueries,
    pub opened: OpenedFiles,
    /// Goes up with every drag that comes over a window or ends.
    pub drags: AtomicU64,
    /// What the Projects window is to show, which it does not know yet.
    pub view_wanted: Mutex<Option<View>>,
    tray: OnceLock<Result<Mutex<Tray>, String>>,
    /// The search of each window that is under way.
    searches: Mutex<HashMap<String, CancellationToken>>,
}

impl Shell {
    pub fn new(engine: Engine, place: Place) -> Self {
        Self {
            engine,
            applying: Applying::default(),
            fetching: Fetching::default(),
            popup: PopupState::default(),
            ending: Ending::default(),
            recent: RecentQueries::in_folder(&place.data_dir),
            opened: OpenedFiles::in_folder(&place.data_dir),
            drags: AtomicU64::default(),
            view_wanted: Mutex::default(),
            place,
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
        let applied = self.applying.applied();
        let hotkey = applied.hotkey_to_show().to_owned();
        let problems = [applied.problem, applied.login_error, tray_problem, editor_problem];
        let problems: Vec<String> = problems.into_iter().flatten().collect();
        ShellState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hotkey,
            hotkey_error: applied.hotkey_error,
            command_to_bind: hotkey::possible().is_err().then(|| hotkey::command(&self.place)),
            data_dir: self.place.data_dir.display().to_string(),
            editor,
            problem: (!problems.is_empty()).then(|| problems.join(" ")),
        }
    }

    pub fn tray(&self) -> Option<&Mutex<Tray>> {
        self.tray.get()?.as_ref().ok()
    }

    /// The editor of the settings. Looks for it on disk.
    pub fn editor(&self) -> Result<Editor, super::editor::EditorError> {
        let settings = self.applying.applied().settings;
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

/// Settings and tray; the program lives without each of them.
pub fn prepare(app: &AppHandle<Wry>, settings: Settings, problem: Option<SettingsError>) {
    applying::start(app, settings, problem.map(|problem| problem.to_string()));
    let shell = app.state::<Shell>();
    let model = tray::model_of(&shell, &shell.engine.snapshot());
    let tray = Tray::create(app, model).map(Mutex::new).map_err(|error| {
        tracing::warn!(%error, "no tray");
        error.to_string()
    });
    let _ = shell.tray.set(tray);
}
