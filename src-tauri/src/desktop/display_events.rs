//! Keeps what is on screen up to date: windows by events, the tray by its model.

use std::time::Duration;

use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager, Wry};

use super::shell::Shell;
use super::{main_thread, tray};

/// A menu of many projects takes the main thread long, and while they are indexed all at once it is
/// another one all the time.
const TRAY_PAUSE: Duration = Duration::from_secs(1);

/// Until the program ends. The engine says how often: at most ten times a second. A main thread
/// that is busy gets the newest state when it is done, and never a heap of them.
pub fn publish(app: &AppHandle<Wry>) {
    let engine = &app.state::<Shell>().engine;
    let (to_windows, mut changes) = (app.clone(), engine.subscribe());
    tauri::async_runtime::spawn(async move {
        loop {
            let snapshot = changes.borrow_and_update().clone();
            let tell = move |app: &_| tell_visible(app, "snapshot", snapshot.as_ref());
            let told = main_thread::ask(&to_windows, tell).await;
            if told.is_none() || changes.changed().await.is_err() {
                return;
            }
        }
    });
    let (to_tray, mut changes) = (app.clone(), engine.subscribe());
    tauri::async_runtime::spawn(async move {
        loop {
            let snapshot = changes.borrow_and_update().clone();
            let shown = main_thread::ask(&to_tray, move |app| tray::update(app, &snapshot)).await;
            if shown.is_none() || changes.changed().await.is_err() {
                return;
            }
            tokio::time::sleep(TRAY_PAUSE).await;
        }
    });
}

/// What search by meaning is doing, until the program ends.
pub fn publish_meaning(app: &AppHandle<Wry>) {
    let app = app.clone();
    let mut changes = app.state::<Shell>().engine.subscribe_to_meaning();
    tauri::async_runtime::spawn(async move {
        while changes.next().await {
            let show = |app: &AppHandle<Wry>| {
                let engine = &app.state::<Shell>().engine;
                tray::update(app, &engine.snapshot());
                tell_visible(app, "meaning", &engine.meaning());
            };
            if main_thread::ask(&app, show).await.is_none() {
                return;
            }
        }
    });
}

/// A hidden page paints nothing; it gets the state when it is shown.
fn tell_visible<T: Serialize + Clone>(app: &AppHandle<Wry>, event: &str, payload: &T) {
    for (label, window) in app.webview_windows() {
        if window.is_visible().unwrap_or(false)
            && let Err(error) = app.emit_to(&label, event, payload)
        {
            tracing::warn!(%error, label, event, "a window was not told of a change");
        }
    }
}

/// What a window may have missed while it was hidden. The state of the program comes a moment
/// later: editors are looked for on disk, which the main thread does not wait for.
pub fn refresh(app: &AppHandle<Wry>, label: &str) {
    let shell = app.state::<Shell>();
    let told = app
        .emit_to(label, "snapshot", shell.engine.snapshot().as_ref())
        .and_then(|()| app.emit_to(label, "meaning", shell.engine.meaning()));
    let warn = |error, label: &str| tracing::warn!(%error, label, "a window was not refreshed");
    if let Err(error) = told {
        warn(error, label);
    }
    let (app, label) = (app.clone(), label.to_owned());
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = app.emit_to(&label, "shell_state", app.state::<Shell>().state()) {
            warn(error, &label);
        }
    });
}
