//! Starts a keeper as a task of its own, and ends it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::root::RootHistory;
use super::{Control, Coverage, Keeper, Surroundings, Upkeep};
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
        index,
        coverage,
        machine: Machine::new(around.tuning, seed, paused, Instant::now()),
        root: RootHistory::new(around.volume),
        adapter: None,
        hearing: Arc::default(),
        events: mpsc::channel(adapter::QUEUE),
        run: None,
        failing_since: None,
        last_cause: None,
        upkeep: first.clone(),
        reported: first,
        around,
    };
    let task = tokio::spawn(keeper.keep(orders, cancel.clone()));
    Handle { control, cancel: cancel.drop_guard(), task: Mutex::new(Some(task)) }
}
