//! The end of the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tauri::{AppHandle, Manager, Wry};
use tokio::runtime::Handle;

use super::shell::Shell;
use crate::owner::server::Server;

/// Together under the two seconds that quitting may take.
const CALLS_END: Duration = Duration::from_millis(300);
const ENGINE_ENDS: Duration = Duration::from_millis(1500);
/// A runtime whose threads all wait for something is not waited for.
const ALL_ENDS: Duration = Duration::from_millis(1900);

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
    let close = async move {
        tracing::debug!("quitting");
        if let Some(server) = server {
            server.stop(CALLS_END).await;
        }
        if tokio::time::timeout(ENGINE_ENDS, engine.close()).await.is_err() {
            tracing::warn!("the engine did not close in time");
        }
        tracing::debug!("everything is closed");
    };
    let runtime = tauri::async_runtime::handle();
    bounded(runtime.inner(), close, ALL_ENDS, move || app.exit(0));
}

/// Has the runtime do `work`, and does `then` on a thread of its own once that is done: after
/// `most` at the latest, whatever the runtime does.
fn bounded(
    runtime: &Handle,
    work: impl Future<Output = ()> + Send + 'static,
    most: Duration,
    then: impl FnOnce() + Send + 'static,
) {
    let (done, ended) = mpsc::channel();
    runtime.spawn(async move {
        work.await;
        let _ = done.send(());
    });
    thread::spawn(move || {
        if let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(most) {
            tracing::warn!("not everything was closed in time");
        }
        then();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    #[test]
    fn the_program_ends_even_if_every_thread_of_the_runtime_hangs() {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let until_ended = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let until_ended = Arc::clone(&until_ended);
            runtime.spawn(async move {
                until_ended.wait();
                until_ended.wait();
            });
        }
        until_ended.wait();
        let (end, ended) = mpsc::channel();
        let then = move || end.send(()).unwrap();
        bounded(runtime.handle(), async {}, Duration::from_millis(100), then);
        let ended = ended.recv_timeout(Duration::from_secs(60));
        // Or the runtime would be waited for.
        until_ended.wait();
        ended.unwrap();
    }

    #[test]
    fn what_is_under_way_is_ended_before_the_program() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let closed = Arc::new(AtomicBool::default());
        let close = Arc::clone(&closed);
        let work = async move {
            tokio::task::yield_now().await;
            close.store(true, Ordering::SeqCst);
        };
        let (end, ended) = mpsc::channel();
        let then = move || end.send(closed.load(Ordering::SeqCst)).unwrap();
        bounded(runtime.handle(), work, Duration::from_secs(60), then);
        assert!(ended.recv_timeout(Duration::from_secs(60)).unwrap());
    }
}
