//! What the pages may ask about the settings and the recent queries.

use serde::Serialize;
use tauri::{AppHandle, Manager, Wry};
use ts_rs::TS;

use super::{CommandError, on_disk};
use crate::desktop::applying::{self, ChangeError};
use crate::desktop::editor::{self, DetectedEditor, Surroundings};
use crate::desktop::shell::Shell;
use crate::settings::Theme;
use crate::settings::edit::{self, EditError, ModelChoice, SettingChange};

/// The settings as they are in effect, and what may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SettingsView {
    pub hotkey: String,
    /// A sentence, where the hotkey does not work.
    pub hotkey_error: Option<String>,
    /// The command that the file names; null where Quarry chooses.
    pub editor: Option<String>,
    /// Those that are installed.
    pub editors: Vec<DetectedEditor>,
    pub theme: Theme,
    pub hide_on_blur: bool,
    pub start_at_login: bool,
    pub meaning: ModelChoice,
    pub embed_on_battery: bool,
    /// In percent of the time.
    pub embedding_share: u8,
    pub embedding_paused: bool,
    /// In megabytes, as the next one.
    pub hot_limit: u32,
    pub file_size_limit: u32,
    /// Where they are kept.
    pub file: String,
}

impl From<ChangeError> for CommandError {
    fn from(error: ChangeError) -> Self {
        let code = match &error {
            ChangeError::Hotkey(_) => "Hotkey",
            ChangeError::Login(_) | ChangeError::File(_) => "Settings",
        };
        Self::new(code, error.to_string())
    }
}

impl From<EditError> for CommandError {
    fn from(error: EditError) -> Self {
        ChangeError::from(error).into()
    }
}

#[tauri::command]
pub async fn settings(app: AppHandle<Wry>) -> Result<SettingsView, CommandError> {
    let handle = app.clone();
    on_disk(&app, move |_| view(&handle)).await
}

#[tauri::command]
pub async fn change_setting(
    app: AppHandle<Wry>,
    change: SettingChange,
) -> Result<SettingsView, CommandError> {
    let handle = app.clone();
    let changed = on_disk(&app, move |_| {
        applying::change(&handle, &change)?;
        Ok::<_, ChangeError>(view(&handle))
    });
    Ok(changed.await??)
}

/// While the page hears the keys of a new hotkey.
#[tauri::command]
pub async fn suspend_hotkey(app: AppHandle<Wry>, suspended: bool) -> Result<(), CommandError> {
    let handle = app.clone();
    on_disk(&app, move |_| applying::suspend_hotkey(&handle, suspended)).await
}

/// In the editor of the settings, which shows that it works.
#[tauri::command]
pub async fn open_settings_file(app: AppHandle<Wry>) -> Result<(), CommandError> {
    let shell = app.state::<Shell>();
    let file = &shell.place.settings_file;
    on_disk(&app, |shell| edit::create(&shell.place.settings_file)).await??;
    let editor = on_disk(&app, Shell::editor).await??;
    Ok(editor.open(file, 1, file).await?)
}

#[tauri::command]
pub async fn recent_queries(app: AppHandle<Wry>) -> Result<Vec<String>, CommandError> {
    on_disk(&app, |shell| shell.recent.list()).await
}

#[tauri::command]
pub async fn remember_query(app: AppHandle<Wry>, query: String) -> Result<(), CommandError> {
    if let Err(error) = on_disk(&app, move |shell| shell.recent.remember(&query)).await? {
        tracing::warn!(%error, "a query was not remembered");
    }
    Ok(())
}

#[tauri::command]
pub async fn clear_recent_queries(app: AppHandle<Wry>) -> Result<(), CommandError> {
    let cleared =
        on_disk(&app, |shell| shell.recent.clear().and_then(|()| shell.opened.clear())).await?;
    cleared.map_err(|error| {
        CommandError::new("Unavailable", format!("They cannot be forgotten: {error}."))
    })
}

fn view(app: &AppHandle<Wry>) -> SettingsView {
    let shell = app.state::<Shell>();
    let applied = shell.applying.applied();
    let starts = applying::starts_at_login(app).or(applied.settings.start_at_login);
    SettingsView {
        hotkey: applied.hotkey_to_show().to_owned(),
        hotkey_error: applied.hotkey_error,
        editor: applied.settings.editor,
        editors: editor::detected(&Surroundings::of_this_process()),
        theme: applied.settings.theme,
        hide_on_blur: applied.settings.hide_on_blur,
        start_at_login: starts.unwrap_or(false),
        meaning: ModelChoice::from(&applied.settings.meaning),
        embed_on_battery: applied.settings.embed_on_battery,
        embedding_share: applied.settings.embedding_share,
        embedding_paused: applied.settings.embedding_paused,
        hot_limit: applied.settings.hot_limit,
        file_size_limit: applied.settings.file_size_limit,
        file: shell.place.settings_file.display().to_string(),
    }
}
