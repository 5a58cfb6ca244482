//! Folders that come in by a drop, a dialog or the clipboard, and what becomes of each.

use std::path::{Path, PathBuf};

use quarry_engine::engine::Engine;
use serde::Serialize;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;
use ts_rs::TS;

use super::popup::{self, DialogOpen};
use super::repositories;
use super::shell::Shell;
use super::windows;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct AddOutcome {
    pub path: String,
    #[ts(inline)]
    pub outcome: Outcome,
    /// The project's id, if there is one now.
    pub project: Option<String>,
    /// A sentence for people.
    pub message: String,
    /// The repositories in it, where it was added and holds several: each could be a project.
    pub repositories: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub enum Outcome {
    Added,
    Already,
    Refused,
}

/// Files and folders over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DragPhase {
    #[ts(inline)]
    pub phase: Phase,
    pub count: usize,
    /// How many of them are folders; null while that is not known.
    pub folders: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub enum Phase {
    Enter,
    Leave,
    Drop,
}

impl AddOutcome {
    pub fn problem(sentence: &str) -> Self {
        Self {
            path: String::new(),
            outcome: Outcome::Refused,
            project: None,
            message: sentence.to_owned(),
            repositories: Vec::new(),
        }
    }
}

pub async fn add_all(engine: &Engine, paths: Vec<PathBuf>) -> Vec<AddOutcome> {
    let mut outcomes = Vec::with_capacity(paths.len());
    for path in paths {
        outcomes.push(add(engine, &path).await);
    }
    outcomes
}

async fn add(engine: &Engine, path: &Path) -> AddOutcome {
    let path = &at_home(path);
    let shown = path.display().to_string();
    if !path.is_absolute() {
        let sentence = format!("{shown} is no absolute path");
        return AddOutcome { path: shown, ..AddOutcome::problem(&sentence) };
    }
    match engine.add(path, None).await {
        Err(error) => AddOutcome { path: shown, ..AddOutcome::problem(&error.to_string()) },
        Ok(added) => {
            let name = added.project.name;
            let (outcome, message) = if added.already {
                (Outcome::Already, format!("{shown} is registered already, as {name}."))
            } else {
                (Outcome::Added, format!("{name} is registered and being indexed."))
            };
            let repositories = match outcome {
                Outcome::Added => repositories_in(path).await,
                _ => Vec::new(),
            };
            let project = Some(added.project.id);
            AddOutcome { path: shown, outcome, project, message, repositories }
        }
    }
}

/// A path that begins with `~`, as people write and copy them, is below the home folder.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_owned(),
    }
}

async fn repositories_in(folder: &Path) -> Vec<String> {
    let folder = folder.to_owned();
    let found = tokio::task::spawn_blocking(move || repositories::directly_in(&folder)).await;
    let paths = found.unwrap_or_default();
    paths.iter().filter_map(|path| path.to_str().map(str::to_owned)).collect()
}

/// Asks for folders in a dialog and registers them; none where the person cancels.
pub async fn pick(app: &AppHandle<Wry>, above: Option<&str>) -> Vec<AddOutcome> {
    let open = DialogOpen::new(app);
    let (answer, picked) = oneshot::channel();
    let mut dialog = app.dialog().file().set_title("Folders to search");
    let window = above.and_then(|label| app.get_webview_window(label));
    if let Some(window) = &window {
        dialog = dialog.set_parent(window);
    }
    dialog.pick_folders(move |folders| {
        let _ = answer.send(folders.unwrap_or_default());
    });
    let folders = picked.await.unwrap_or_default();
    drop(open);
    // Not every window manager gives the focus back.
    if let Some(Err(error)) = window.map(|window| window.set_focus()) {
        tracing::warn!(%error, "no focus after a dialog");
    }
    let paths = folders.into_iter().filter_map(|folder| folder.into_path().ok()).collect();
    add_all(&app.state::<Shell>().engine, paths).await
}

/// "Add folder…" where no window is open yet to say what became of it.
pub async fn from_tray(app: &AppHandle<Wry>) {
    let outcomes = pick(app, None).await;
    if !outcomes.is_empty() {
        popup::show(app);
        windows::tell(app, popup::LABEL, &outcomes);
    }
}
