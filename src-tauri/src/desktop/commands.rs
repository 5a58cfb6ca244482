//! What the pages may ask for. Each command takes its arguments apart, hands them on, and turns
//! the error into one that a page can show.

mod files;
mod meaning;
mod projects;
mod settings;

use std::path::PathBuf;
use std::sync::PoisonError;

use jiff::Timestamp;
use quarry_engine::engine::{EngineError, LikeRequest, Preview};
use quarry_engine::index::language;
use quarry_engine::search::{SearchAnswer, SearchRequest};
use quarry_engine::status::{ProjectAction, Snapshot};
use serde::Serialize;
use tauri::ipc::{Channel, Invoke};
use tauri::{AppHandle, Manager, State, WebviewWindow, Wry};
use tauri_plugin_dialog::FilePath;
use tokio::sync::{mpsc, oneshot};
use ts_rs::TS;

use super::adding::{self, AddOutcome};
use super::editor::EditorError;
use super::popup::DialogOpen;
use super::shell::{Shell, ShellState};
use super::windows::{self, View};
use super::{locating, popup, quitting};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct CommandError {
    pub code: String,
    /// A sentence with cause and remedy.
    pub message: String,
    pub retryable: bool,
    pub project_id: Option<String>,
}

/// One of the answers to a request of the page; each is complete for what was searched so far.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export)]
pub struct SearchUpdate {
    pub seq: u64,
    /// Nothing more comes for this request.
    pub done: bool,
    pub answer: SearchAnswer,
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        Self {
            code: error.code().to_owned(),
            retryable: error.retryable(),
            message: error.to_string(),
            project_id: None,
        }
    }
}

impl From<EditorError> for CommandError {
    fn from(error: EditorError) -> Self {
        Self::new("Editor", error.to_string())
    }
}

impl CommandError {
    /// Of something that the person can mend and ask for again.
    fn new(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), message, retryable: true, project_id: None }
    }

    fn of(project: &str) -> impl FnOnce(EngineError) -> Self {
        let project_id = Some(project.to_owned());
        move |error| Self { project_id, ..error.into() }
    }
}

/// Answers before the first update waits: the page takes them as fast as they come.
const ANSWERS_AHEAD: usize = 4;

pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        search,
        more_like,
        preview,
        languages,
        snapshot,
        shell_state,
        open_hit,
        reveal_hit,
        add_folders,
        pick_folders,
        project_action,
        locate_project,
        popup_ready,
        hide_popup,
        show_projects,
        show_settings,
        take_view_wish,
        meaning::meaning,
        meaning::retry_meaning,
        meaning::published_models,
        meaning::pick_model_folder,
        meaning::fetch_model,
        meaning::cancel_fetch,
        meaning::model_fetch,
        files::offered_files,
        files::pin_file,
        projects::skipped_files,
        projects::exclude,
        projects::exclude_folder,
        projects::stop_excluding,
        projects::project_log,
        projects::remove_project,
        projects::restore_project,
        projects::open_project,
        projects::suggest_folders,
        projects::export_projects,
        projects::import_projects,
        settings::settings,
        settings::change_setting,
        settings::suspend_hotkey,
        settings::open_settings_file,
        settings::recent_queries,
        settings::remember_query,
        settings::clear_recent_queries,
        quit
    ]
}

#[tauri::command]
async fn search(
    window: WebviewWindow<Wry>,
    shell: State<'_, Shell>,
    query: String,
    seq: u64,
    limit: usize,
    updates: Channel<SearchUpdate>,
) -> Result<(), CommandError> {
    let newer = shell.begin_search(window.label());
    let opened = shell.opened.habits(Timestamp::now());
    let request = SearchRequest { query, limit, opened, ..SearchRequest::default() };
    let (sender, mut answers) = mpsc::channel(ANSWERS_AHEAD);
    let send = |done, answer| {
        // A page that has gone reads nothing.
        let _ = updates.send(SearchUpdate { seq, done, answer });
    };
    let searched = async {
        let forward = async {
            while let Some(answer) = answers.recv().await {
                send(false, answer);
            }
        };
        tokio::join!(shell.engine.search_streaming(request, sender), forward).0
    };
    tokio::select! {
        () = newer.cancelled() => Ok(()),
        outcome = searched => {
            send(true, outcome?);
            Ok(())
        }
    }
}

/// What is nearest in meaning to a place, in all projects.
#[tauri::command]
async fn more_like(
    shell: State<'_, Shell>,
    project: String,
    path: String,
    line: u64,
    limit: usize,
) -> Result<SearchAnswer, CommandError> {
    let request = LikeRequest { project: project.clone(), path, line, projects: Vec::new(), limit };
    shell.engine.more_like(request).await.map_err(CommandError::of(&project))
}

#[tauri::command]
async fn preview(
    shell: State<'_, Shell>,
    project: String,
    path: String,
    line: u64,
    context: usize,
) -> Result<Preview, CommandError> {
    let shown = shell.engine.preview(&project, &path, line, context).await;
    shown.map_err(CommandError::of(&project))
}

/// What may follow `lang:`.
#[tauri::command]
fn languages() -> Vec<&'static str> {
    language::all()
}

#[tauri::command]
fn snapshot(shell: State<'_, Shell>) -> Snapshot {
    shell.engine.snapshot().as_ref().clone()
}

#[tauri::command]
async fn shell_state(app: AppHandle<Wry>) -> Result<ShellState, CommandError> {
    on_disk(&app, Shell::state).await
}

#[tauri::command]
async fn open_hit(
    app: AppHandle<Wry>,
    project: String,
    path: String,
    line: u64,
) -> Result<(), CommandError> {
    let shell = app.state::<Shell>();
    let file = shell.engine.file_path(&project, &path).await.map_err(CommandError::of(&project))?;
    let editor = on_disk(&app, Shell::editor).await??;
    editor.open(&file, line, &shell.place.settings_file).await?;
    let remember =
        move |shell: &Shell| shell.opened.remember(&project, &path, line, Timestamp::now());
    if let Err(error) = on_disk(&app, remember).await? {
        tracing::warn!(%error, "an opened file was not remembered");
    }
    Ok(())
}

/// Shows the file in the system's file manager.
#[tauri::command]
async fn reveal_hit(
    app: AppHandle<Wry>,
    project: String,
    path: String,
) -> Result<(), CommandError> {
    let file = app.state::<Shell>().engine.file_path(&project, &path).await;
    let file = file.map_err(CommandError::of(&project))?;
    let reveal = move |_: &Shell| {
        tauri_plugin_opener::reveal_item_in_dir(&file).map_err(|error| {
            let sentence = format!("No file manager could show {}: {error}.", file.display());
            CommandError::new("FileManager", sentence)
        })
    };
    on_disk(&app, reveal).await?
}

#[tauri::command]
async fn add_folders(
    shell: State<'_, Shell>,
    paths: Vec<PathBuf>,
) -> Result<Vec<AddOutcome>, CommandError> {
    Ok(adding::add_all(&shell.engine, paths).await)
}

#[tauri::command]
async fn pick_folders(window: WebviewWindow<Wry>) -> Result<Vec<AddOutcome>, CommandError> {
    Ok(adding::pick(window.app_handle(), Some(window.label())).await)
}

#[tauri::command]
async fn project_action(
    shell: State<'_, Shell>,
    project: String,
    action: ProjectAction,
) -> Result<(), CommandError> {
    shell.engine.act(&project, action).await.map_err(CommandError::of(&project))
}

/// Asks for the folder in a dialog; a sentence, unless the person cancels.
#[tauri::command]
async fn locate_project(
    window: WebviewWindow<Wry>,
    project: String,
) -> Result<Option<String>, CommandError> {
    let located = locating::locate(window.app_handle(), Some(window.label()), &project).await;
    located.map_err(CommandError::of(&project))
}

#[tauri::command]
fn popup_ready(app: AppHandle<Wry>) {
    popup::page_ready(&app);
}

#[tauri::command]
fn hide_popup(app: AppHandle<Wry>) {
    popup::hide(&app);
}

#[tauri::command]
fn show_projects(app: AppHandle<Wry>) {
    windows::show_view(&app, View::Projects);
}

#[tauri::command]
fn show_settings(app: AppHandle<Wry>) {
    windows::show_view(&app, View::Settings);
}

/// What the Projects window is to show; asked once for each wish.
#[tauri::command]
fn take_view_wish(shell: State<'_, Shell>) -> Option<View> {
    shell.view_wanted.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[tauri::command]
fn quit(app: AppHandle<Wry>) {
    quitting::quit(&app);
}

/// Waits for what a person chooses in a dialog; none where they cancel.
async fn ask(
    app: &AppHandle<Wry>,
    open: impl FnOnce(Box<dyn FnOnce(Option<FilePath>) + Send>),
) -> Option<PathBuf> {
    let _open = DialogOpen::new(app);
    let (answer, chosen) = oneshot::channel();
    open(Box::new(move |path| {
        let _ = answer.send(path);
    }));
    chosen.await.ok()??.into_path().ok()
}

/// What `work` gives, which may wait for a disk: nothing else waits with it.
async fn on_disk<T: Send + 'static>(
    app: &AppHandle<Wry>,
    work: impl FnOnce(&Shell) -> T + Send + 'static,
) -> Result<T, CommandError> {
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || work(&app.state::<Shell>()));
    done.await.map_err(|error| CommandError::new("Unavailable", format!("It failed: {error}.")))
}
