//! What the pages may ask about one project, or about folders that may become some.

use quarry_engine::engine::EngineError;
use quarry_engine::index::{SkipReason, SkippedFile};
use quarry_engine::status::LogLine;
use serde::Serialize;
use tauri::{AppHandle, Manager, State, WebviewWindow, Wry};
use tauri_plugin_dialog::DialogExt;
use ts_rs::TS;

use super::{CommandError, ask, on_disk};
use crate::desktop::adding::AddOutcome;
use crate::desktop::project_list::{self, ListError};
use crate::desktop::repositories::{self, Suggestion};
use crate::desktop::shell::Shell;

/// More are not shown: their number is.
const MOST_SKIPPED: usize = 500;

/// Files of a project that are known and not searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SkippedView {
    pub total: usize,
    /// The first of them.
    pub files: Vec<SkippedLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SkippedLine {
    pub path: String,
    /// In words.
    pub reason: String,
}

impl From<SkippedFile> for SkippedLine {
    fn from(file: SkippedFile) -> Self {
        let reason = match file.reason {
            SkipReason::Binary => "no text".to_owned(),
            SkipReason::TooLarge => "too large".to_owned(),
            SkipReason::Credential => "may hold passwords or keys".to_owned(),
            SkipReason::Unreadable => format!("cannot be read: {}", file.note),
            SkipReason::NotAFile => "no file".to_owned(),
        };
        Self { path: file.path, reason }
    }
}

#[tauri::command]
pub async fn skipped_files(
    shell: State<'_, Shell>,
    project: String,
) -> Result<SkippedView, CommandError> {
    let skipped = shell.engine.skipped(&project).await.map_err(CommandError::of(&project))?;
    let total = skipped.len();
    let files = skipped.into_iter().take(MOST_SKIPPED).map(SkippedLine::from).collect();
    Ok(SkippedView { total, files })
}

/// Leaves out of the index what the pattern matches. The pattern to take back; null where it is
/// there already.
#[tauri::command]
pub async fn exclude(
    shell: State<'_, Shell>,
    project: String,
    pattern: String,
) -> Result<Option<String>, CommandError> {
    shell.engine.exclude(&project, &pattern).await.map_err(CommandError::of(&project))
}

/// As [`exclude`], for one folder of the project.
#[tauri::command]
pub async fn exclude_folder(
    shell: State<'_, Shell>,
    project: String,
    path: String,
) -> Result<Option<String>, CommandError> {
    shell.engine.exclude_directory(&project, &path).await.map_err(CommandError::of(&project))
}

#[tauri::command]
pub async fn stop_excluding(
    shell: State<'_, Shell>,
    project: String,
    pattern: String,
) -> Result<(), CommandError> {
    shell.engine.stop_excluding(&project, &pattern).await.map_err(CommandError::of(&project))
}

/// What happened to the project's state, the last changes.
#[tauri::command]
pub fn project_log(shell: State<'_, Shell>, project: String) -> Result<Vec<LogLine>, CommandError> {
    shell.engine.log(&project).map_err(CommandError::of(&project))
}

/// Forgets a project so that it can be restored for a while.
#[tauri::command]
pub async fn remove_project(shell: State<'_, Shell>, project: String) -> Result<(), CommandError> {
    shell.engine.set_aside(&project).await.map_err(CommandError::of(&project))?;
    Ok(())
}

#[tauri::command]
pub async fn restore_project(shell: State<'_, Shell>, project: String) -> Result<(), CommandError> {
    shell.engine.bring_back(&project).await.map_err(|error| match error {
        EngineError::NotFound(_) => {
            let sentence = "It is too late to restore it: add its folder again.".to_owned();
            CommandError::new("NotFound", sentence)
        }
        error => CommandError::of(&project)(error),
    })
}

/// Opens the project's folder in the editor.
#[tauri::command]
pub async fn open_project(app: AppHandle<Wry>, project: String) -> Result<(), CommandError> {
    let shell = app.state::<Shell>();
    let status = shell.engine.status(&project).map_err(CommandError::of(&project))?;
    let root = std::path::Path::new(&status.root);
    let editor = on_disk(&app, Shell::editor).await??;
    Ok(editor.open_folder(root, &shell.place.settings_file).await?)
}

/// The folders below the home folder that hold the most repositories: looked for when asked.
#[tauri::command]
pub async fn suggest_folders(app: AppHandle<Wry>) -> Result<Vec<Suggestion>, CommandError> {
    let home = std::env::home_dir();
    on_disk(&app, |_| home.map_or_else(Vec::new, |home| repositories::suggestions(&home))).await
}

impl From<ListError> for CommandError {
    fn from(error: ListError) -> Self {
        Self::new("ProjectList", error.to_string())
    }
}

/// Asks for a file and writes the list of projects there; a sentence, unless the person cancels.
#[tauri::command]
pub async fn export_projects(window: WebviewWindow<Wry>) -> Result<Option<String>, CommandError> {
    let app = window.app_handle();
    let dialog = app.dialog().file().set_file_name("quarry-projects.json").set_parent(&window);
    let chosen = ask(app, |answer| dialog.save_file(answer)).await;
    let Some(file) = chosen else { return Ok(None) };
    let shown = file.display().to_string();
    let export =
        move |shell: &Shell| project_list::export(&shell.engine.snapshot().projects, &file);
    let count = on_disk(app, export).await??;
    Ok(Some(format!("{count} projects are listed in {shown}.")))
}

/// Asks for such a file and registers what it lists.
#[tauri::command]
pub async fn import_projects(window: WebviewWindow<Wry>) -> Result<Vec<AddOutcome>, CommandError> {
    let app = window.app_handle();
    let dialog = app.dialog().file().add_filter("List of projects", &["json"]).set_parent(&window);
    let chosen = ask(app, |answer| dialog.pick_file(answer)).await;
    let Some(file) = chosen else { return Ok(Vec::new()) };
    let list = on_disk(app, move |_| project_list::read(&file)).await??;
    Ok(project_list::import(&app.state::<Shell>().engine, list).await)
}
