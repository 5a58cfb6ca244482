//! Starts a keeper as a task of its own, and ends it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::root::RootHistory;
use super::{Control, Coverage, Keeper, Surroundings, Upkeep, panic_words};
use crate::index::ProjectIndex;
use crate::watch::{Machine, adapter};

/// A running keeper.
pub struct Handle {
    pub control: mpsc::UnboundedSender<Control>,
    /// Dropping the handle ends the keeper too.
    cancel: DropGuard,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Handle {
    /// Ends the keeper: its run is cancelled, its watches are gone when this returns.
    pub async fn stop(&self) {
        self.cancel.token().cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "a keeper ended badly");
        }
    }
}

/// Starts to keep `index`; the first thing is to compare it with its tree.
pub fn start(
    index: Arc<ProjectIndex>,
    coverage: Coverage,
    surroundings: Surroundings,
    first: Upkeep,
    paused: bool,
    seed: u64,
) -> Handle {
    let (control, orders) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let around = Arc::new(surroundings);
    let keeper = Keeper {
        index: Arc::clone(&index),
        coverage,
        machine: Machine::new(around.tuning, seed, paused, Instant::now()),
        root: RootHistory::new(around.volume),
        around: Arc::clone(&around),
        adapter: None,
        hearing: Arc::default(),
        events: mpsc::channel(adapter::QUEUE),
        run: None,
        failing_since: None,
        last_cause: None,
        upkeep: first.clone(),
        reported: first,
    };
    let task = tokio::spawn(guard(keeper.keep(orders, cancel.clone()), index, around));
    Handle { control, cancel: cancel.drop_guard(), task: Mutex::new(Some(task)) }
}

/// Carries out a keeper's work, and says so if that ends in a panic.
async fn guard(
    keeping: impl Future<Output = ()>,
    index: Arc<ProjectIndex>,
    around: Arc<Surroundings>,
) {
    if let Err(payload) = AssertUnwindSafe(keeping).catch_unwind().await {
        let _ = tokio::task::spawn_blocking(move || index.close()).await;
        (around.panicked)(panic_words(payload.as_ref()));
    }
}
