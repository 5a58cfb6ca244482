//! What the pages may ask about search by meaning and its model. It is paused by a setting, and the
//! model is chosen by one.

use quarry_engine::embed::published::Published;
use quarry_engine::status::MeaningStatus;
use serde::Serialize;
use tauri::{AppHandle, Manager, State, WebviewWindow, Wry};
use tauri_plugin_dialog::DialogExt;
use ts_rs::TS;

use super::{CommandError, ask, on_disk};
use crate::desktop::model_fetch::{self, Busy, ModelFetch};
use crate::desktop::shell::Shell;
use crate::{embedding, fetching};

/// A model that has a name and can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PublishedModel {
    pub name: String,
    /// What it is made for, in its makers' words.
    pub about: String,
    /// Of its vectors.
    pub dimensions: usize,
    /// Where it is fetched from.
    pub address: String,
    pub fetched: bool,
}

impl From<Busy> for CommandError {
    fn from(busy: Busy) -> Self {
        Self::new("Busy", busy.to_string())
    }
}

#[tauri::command]
pub fn meaning(shell: State<'_, Shell>) -> MeaningStatus {
    shell.engine.meaning()
}

/// Looks for the model again; what comes of it is pushed like every change.
#[tauri::command]
pub fn retry_meaning(shell: State<'_, Shell>) {
    shell.engine.retry_meaning();
}

/// All that have a name.
#[tauri::command]
pub async fn published_models(app: AppHandle<Wry>) -> Result<Vec<PublishedModel>, CommandError> {
    on_disk(&app, |shell| {
        let hub = fetching::hub();
        let view = |model: Published| PublishedModel {
            address: format!("{hub}/{}", model.repository),
            fetched: model.is_fetched(&shell.place.data_dir),
            name: model.name,
            about: model.about,
            dimensions: model.dimensions,
        };
        Published::all().into_iter().map(view).collect()
    })
    .await
}

/// Asks for the folder of a model in a dialog; null where the person cancels.
#[tauri::command]
pub async fn pick_model_folder(window: WebviewWindow<Wry>) -> Result<Option<String>, CommandError> {
    let app = window.app_handle();
    let dialog = app.dialog().file().set_title("Folder of a model").set_parent(&window);
    let chosen = ask(app, |answer| dialog.pick_folder(answer)).await;
    let Some(folder) = chosen else { return Ok(None) };
    let path = folder.to_str().map(str::to_owned).ok_or_else(|| {
        let sentence = format!("{} has no name that is text.", folder.display());
        CommandError::new("Model", sentence)
    })?;
    // Its files may have to be read as a whole.
    let checked = tokio::task::spawn_blocking(move || embedding::check_folder(&folder)).await;
    let checked = checked.unwrap_or_else(|error| Err(format!("{error}.")));
    checked.map_err(|sentence| CommandError::new("Model", sentence))?;
    Ok(Some(path))
}

/// Begins to fetch the model of this name. Nothing else makes Quarry use the network.
#[tauri::command]
pub fn fetch_model(app: AppHandle<Wry>, name: String) -> Result<ModelFetch, CommandError> {
    let unknown = |error| CommandError::new("NotFound", format!("{error}."));
    let model = Published::named(&name).map_err(|error| unknown(error.to_string()))?;
    Ok(model_fetch::start(&app, model)?)
}

#[tauri::command]
pub fn cancel_fetch(shell: State<'_, Shell>) {
    shell.fetching.cancel();
}

/// The last one since the start; null where there was none.
#[tauri::command]
pub fn model_fetch(shell: State<'_, Shell>) -> Option<ModelFetch> {
    shell.fetching.status()
}
