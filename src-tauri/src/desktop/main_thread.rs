//! Asking the main thread, which alone may touch windows, tray and toolkit.

use tauri::{AppHandle, Wry};
use tokio::sync::oneshot;

/// What `work` gives once the main thread has come to it; `None` where the program ends.
pub async fn ask<T: Send + 'static>(
    app: &AppHandle<Wry>,
    work: impl FnOnce(&AppHandle<Wry>) -> T + Send + 'static,
) -> Option<T> {
    let (answer, answered) = oneshot::channel();
    let handle = app.clone();
    app.run_on_main_thread(move || {
        let _ = answer.send(work(&handle));
    })
    .ok()?;
    answered.await.ok()
}
