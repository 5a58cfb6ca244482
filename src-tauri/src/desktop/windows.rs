//! The windows, and what happens to them.

use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use tauri::{
    AppHandle, DragDropEvent, Emitter, Manager, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent, Wry,
};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

use quarry_engine::status::ProjectAction;
use serde::Serialize;
use ts_rs::TS;

use super::adding::{self, AddOutcome, DragPhase, Phase};
use super::popup::{self, DialogOpen};
use super::shell::Shell;
use super::{applying, display_events, theme, tray};

const PROJECTS: &str = "projects";

/// What a page needs besides its own code: the quit key, and no menu of a browser's.
const PAGE_SCRIPT: &str = include_str!("windows/page.js");

pub fn create_popup(app: &AppHandle<Wry>) -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    theme::hold(app);
    let window = create(app, popup::LABEL)?;
    #[cfg(target_os = "linux")]
    super::painting::hurry(&window)?;
    popup::remember_size(&window)?;
    popup::expect_page(app);
    Ok(())
}

/// What the Projects window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum View {
    Projects,
    Settings,
}

/// In the Projects window, which is made when it is first wanted: a web view takes tens of megabytes.
/// Its page may not be there yet: it asks for the view once it hears or begins.
pub fn show_view(app: &AppHandle<Wry>, view: View) {
    let wanted = &app.state::<Shell>().view_wanted;
    *wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(view);
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        if let Err(error) = reveal_projects(&handle) {
            tracing::warn!(%error, "the Projects window was not shown");
        }
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "the Projects window was not reached");
    }
    if let Err(error) = app.emit_to(PROJECTS, "view_wanted", ()) {
        tracing::warn!(%error, ?view, "the view was not shown");
    }
}

fn reveal_projects(app: &AppHandle<Wry>) -> tauri::Result<()> {
    let window = match app.get_webview_window(PROJECTS) {
        Some(window) => window,
        None => create(app, PROJECTS)?,
    };
    // It stays above all others.
    popup::hide(app);
    window.show()?;
    window.unminimize()?;
    display_events::refresh(app, PROJECTS);
    let handle = app.clone();
    tauri::async_runtime::spawn(async move {
        let again = handle.clone();
        let _ = handle.run_on_main_thread(move || {
            if let Some(window) = again.get_webview_window(PROJECTS) {
                let _ = window.set_focus();
            }
        });
    });
    Ok(())
}

fn create(app: &AppHandle<Wry>, label: &str) -> tauri::Result<WebviewWindow<Wry>> {
    let config = app.config().app.windows.iter().find(|window| window.label == label).cloned();
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    let shell = app.state::<Shell>();
    let data = shell.place.data_dir.join("webview");
    let window = WebviewWindowBuilder::from_config(app, &config)?
        // A window that is made later does not have what the others were given.
        .theme(theme::chosen(app))
        .data_directory(data)
        .initialization_script(PAGE_SCRIPT)
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .build()?;
    theme::paint_new(&window)?;
    Ok(window)
}

pub fn on_event(window: &Window<Wry>, event: &WindowEvent) {
    let app = window.app_handle();
    let is_popup = window.label() == popup::LABEL;
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            if is_popup {
                popup::hide(app);
            } else if let Err(error) = window.hide() {
                tracing::warn!(%error, "a window was not hidden");
            }
        }
        WindowEvent::Focused(focused) if is_popup => popup::focus_changed(app, *focused),
        // Whoever leaves the Settings while they hear keys has the hotkey back.
        WindowEvent::Focused(false) => {
            let app = app.clone();
            tauri::async_runtime::spawn_blocking(move || applying::suspend_hotkey(&app, false));
        }
        WindowEvent::ThemeChanged(now) => {
            if let Some(window) = app.get_webview_window(window.label()) {
                let _ = theme::paint(&window, *now);
            }
        }
        WindowEvent::DragDrop(event) => dragged(window, event),
        _ => {}
    }
}

fn dragged(window: &Window<Wry>, event: &DragDropEvent) {
    let app = window.app_handle();
    let (phase, paths) = match event {
        DragDropEvent::Enter { paths, .. } => (Phase::Enter, paths.as_slice()),
        DragDropEvent::Drop { paths, .. } => (Phase::Drop, paths.as_slice()),
        DragDropEvent::Leave => (Phase::Leave, &[][..]),
        _ => return,
    };
    if window.label() == popup::LABEL {
        app.state::<Shell>().popup.set_dragging(phase == Phase::Enter);
    }
    show_drag(app, window.label(), DragPhase { phase, count: paths.len(), folders: None });
    let turn = app.state::<Shell>().drags.fetch_add(1, Ordering::SeqCst) + 1;
    if phase == Phase::Enter {
        count_folders(app, window.label(), paths.to_vec(), turn);
    }
    if let DragDropEvent::Drop { paths, .. } = event {
        // The file manager has the focus, and what becomes of the folders is said here.
        if let Err(error) = window.set_focus() {
            tracing::warn!(%error, "no focus after a drop");
        }
        let (app, label, paths) = (app.clone(), window.label().to_owned(), paths.clone());
        tauri::async_runtime::spawn(async move {
            let outcomes = adding::add_all(&app.state::<Shell>().engine, paths).await;
            tell(&app, &label, &outcomes);
        });
    }
}

/// Says how many of the dragged things are folders, unless the drag is over by then: a disk that
/// does not answer holds up nothing.
fn count_folders(app: &AppHandle<Wry>, label: &str, paths: Vec<PathBuf>, turn: u64) {
    let (app, label) = (app.clone(), label.to_owned());
    tauri::async_runtime::spawn_blocking(move || {
        let folders = paths.iter().filter(|path| path.is_dir()).count();
        if app.state::<Shell>().drags.load(Ordering::SeqCst) == turn {
            let folders = Some(folders);
            show_drag(&app, &label, DragPhase { phase: Phase::Enter, count: paths.len(), folders });
        }
    });
}

fn show_drag(app: &AppHandle<Wry>, label: &str, phase: DragPhase) {
    if let Err(error) = app.emit_to(label, "drag", phase) {
        tracing::warn!(%error, "a drag was not shown");
    }
}

/// What became of folders, in the window with this label.
pub fn tell(app: &AppHandle<Wry>, label: &str, outcomes: &[AddOutcome]) {
    if let Err(error) = app.emit_to(label, "added", outcomes) {
        tracing::warn!(%error, "an outcome was not shown");
    }
}

/// A sentence for a person who is looking at no window.
pub fn say_in_popup(app: &AppHandle<Wry>, sentence: &str) {
    popup::show(app);
    tell(app, popup::LABEL, &[AddOutcome::problem(sentence)]);
}

/// Deletes the project's index only once the person has said yes.
pub fn confirm_removal(app: &AppHandle<Wry>, id: String) {
    let Ok(project) = app.state::<Shell>().engine.status(&id) else { return };
    let open = DialogOpen::new(app);
    let handle = app.clone();
    app.dialog()
        .message(format!(
            "Quarry forgets {} and deletes its index. The folder {} is not touched.",
            project.name, project.root
        ))
        .title("Remove a project")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom("Remove".to_owned(), "Cancel".to_owned()))
        .show(move |confirmed| {
            drop(open);
            if confirmed {
                tray::act(&handle, id, ProjectAction::Remove);
            }
        });
}
