//! "Locate…": asks where a project's folder went, and once more where that looks like another.

use std::path::PathBuf;

use quarry_engine::engine::EngineError;
use tauri::{AppHandle, Manager, WebviewWindow, Wry};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tokio::sync::oneshot;

use super::popup::DialogOpen;
use super::shell::Shell;
use super::windows;

/// What came of it as a sentence; `None` where the person thinks better of it.
///
/// # Errors
/// What [`quarry_engine::engine::Engine::locate`] refuses.
pub async fn locate(
    app: &AppHandle<Wry>,
    above: Option<&str>,
    project: &str,
) -> Result<Option<String>, EngineError> {
    let engine = app.state::<Shell>().engine.clone();
    let name = engine.status(project)?.name;
    let above = above.and_then(|label| app.get_webview_window(label));
    let Some(folder) = pick(app, above.as_ref(), &name).await else { return Ok(None) };
    let located = match engine.locate(project, &folder, false).await {
        Err(doubt @ EngineError::Doubtful { .. }) => {
            if !insists(app, above.as_ref(), &doubt).await {
                return Ok(None);
            }
            engine.locate(project, &folder, true).await?
        }
        other => other?,
    };
    Ok(Some(format!("{} goes on in {}.", located.name, located.root)))
}

/// From a menu: what went wrong is said in the popup, and what went well by the project's state.
pub fn from_tray(app: &AppHandle<Wry>, project: String) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = locate(&app, None, &project).await {
            windows::say_in_popup(&app, &error.to_string());
        }
    });
}

async fn pick(
    app: &AppHandle<Wry>,
    above: Option<&WebviewWindow<Wry>>,
    name: &str,
) -> Option<PathBuf> {
    let open = DialogOpen::new(app);
    let (answer, picked) = oneshot::channel();
    let mut dialog = app.dialog().file().set_title(format!("Where is the folder of {name} now?"));
    if let Some(window) = above {
        dialog = dialog.set_parent(window);
    }
    dialog.pick_folder(move |folder| {
        // Whoever asked may be gone with its window.
        let _ = answer.send(folder);
    });
    let folder = picked.await.ok().flatten();
    drop(open);
    folder.and_then(|folder| folder.into_path().ok())
}

async fn insists(
    app: &AppHandle<Wry>,
    above: Option<&WebviewWindow<Wry>>,
    doubt: &EngineError,
) -> bool {
    let open = DialogOpen::new(app);
    let (answer, answered) = oneshot::channel();
    let mut dialog = app
        .dialog()
        .message(format!("{doubt} What is not in it is forgotten."))
        .title("Another folder?")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom("Use it".to_owned(), "Cancel".to_owned()));
    if let Some(window) = above {
        dialog = dialog.parent(window);
    }
    dialog.show(move |confirmed| {
        let _ = answer.send(confirmed);
    });
    let confirmed = answered.await.unwrap_or(false);
    drop(open);
    confirmed
}
