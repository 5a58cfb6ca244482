//! The end of the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tauri::{AppHandle, Manager, Wry};

use super::shell::Shell;
use crate::owner::server::Server;

/// Together under the two seconds that quitting may take.
const CALLS_END: Duration = Duration::from_millis(300);
const ENGINE_ENDS: Duration = Duration::from_millis(1500);

#[derive(Default)]
pub struct Ending {
    begun: AtomicBool,
    server: Mutex<Option<Server>>,
}

/// Keeps the server until the program ends.
pub fn keep(app: &AppHandle<Wry>, server: Server) {
    let shell = app.state::<Shell>();
    *shell.ending.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
}

/// Hides everything at once and ends the process when the indexes are closed.
pub fn quit(app: &AppHandle<Wry>) {
    let shell = app.state::<Shell>();
    if shell.ending.begun.swap(true, Ordering::SeqCst) {
        return;
    }
    for window in app.webview_windows().values() {
        if let Err(error) = window.hide() {
            tracing::warn!(%error, "a window was not hidden");
        }
    }
    let server = shell.ending.server.lock().unwrap_or_else(PoisonError::into_inner).take();
    let engine = shell.engine.clone();
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tracing::debug!("quitting");
        if let Some(server) = server {
            server.stop(CALLS_END).await;
        }
        if tokio::time::timeout(ENGINE_ENDS, engine.close()).await.is_err() {
            tracing::warn!("the engine did not close in time");
        }
        tracing::debug!("everything is closed");
        app.exit(0);
    });
}
