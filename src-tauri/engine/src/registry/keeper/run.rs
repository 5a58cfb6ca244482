//! One run: on a thread of its own, cancelled from outside, its panic handed on as a panic.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Coverage, Surroundings};
use crate::catalogue::Held;
use crate::index::{
    Counts, DirectoryListener, IndexError, Progress, ProjectIndex, Report, Run, Scope,
};
use crate::watch::{Adapter, Changes, Order};

/// What indexing adds to its threads' niceness: whoever types comes first.
#[cfg(target_os = "linux")]
const RUN_NICENESS: i32 = 10;

pub(super) struct OngoingRun {
    pub task: JoinHandle<Result<Outcome, IndexError>>,
    pub cancel: CancellationToken,
    pub progress: Arc<Progress>,
    pub adds_layers: bool,
}

/// A keeper that panics leaves no run behind.
impl Drop for OngoingRun {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// What a run that succeeded leaves behind.
pub(super) struct Outcome {
    pub report: Report,
    pub counts: Counts,
    pub held: Held,
    pub complete: bool,
    /// No segment is to be merged.
    pub tidy: bool,
    /// The whole tree was compared.
    pub whole: bool,
}

pub(super) async fn finished(
    run: &mut Option<OngoingRun>,
) -> Result<Result<Outcome, IndexError>, tokio::task::JoinError> {
    match run {
        Some(run) => (&mut run.task).await,
        None => std::future::pending().await,
    }
}

pub(super) async fn carry_out(
    order: Order,
    index: Arc<ProjectIndex>,
    coverage: Coverage,
    around: Arc<Surroundings>,
    adapter: Option<Arc<Adapter>>,
    cancel: CancellationToken,
    progress: Arc<Progress>,
) -> Result<Outcome, IndexError> {
    let scope = match order.changes {
        Changes::Everything => {
            Scope::Everything { expect_loss: order.expect_loss, removed: order.removed }
        }
        Changes::Paths(paths) => Scope::Paths { paths, removed: order.removed },
        Changes::Nothing => Scope::Layers,
    };
    let whole = matches!(scope, Scope::Everything { .. });
    let comparisons = || Arc::clone(&around.comparisons);
    let permit = match whole.then(|| comparisons().try_acquire_owned()) {
        None => None,
        Some(Ok(permit)) => Some(permit),
        Some(Err(_)) => {
            let _waiting = progress.wait();
            tokio::select! {
                permit = comparisons().acquire_owned() => permit.ok(),
                () = cancel.cancelled() => return Err(IndexError::Cancelled),
                () = beat(&progress) => None,
            }
        }
    };
    let alive = Arc::clone(&progress);
    let listening = adapter.clone();
    let on_directory: DirectoryListener = Arc::new(move |directory: &Path| {
        alive.beat();
        if let Some(adapter) = &listening {
            adapter.watch_directory(directory);
        }
    });
    let work = move || {
        let sweeping = adapter.filter(|_| whole);
        if let Some(adapter) = &sweeping {
            adapter.start_sweep();
        }
        let run = Run {
            rules: &coverage.rules,
            scope,
            force: order.force,
            limits: coverage.limits,
            cancel: &cancel,
            progress: &progress,
            gate: &around.gate,
            on_directory,
        };
        if whole {
            index.verify(Timestamp::now(), &cancel, &progress)?;
            progress.beat();
        }
        let plan = index.plan(&run)?;
        if let Some(adapter) = &sweeping {
            adapter.finish_sweep();
        }
        // Others may compare while this one writes.
        drop(permit);
        let report = index.update(&run, &plan)?;
        let counts = index.counts()?;
        let held = held_of(counts, &index);
        let (tidy, complete) = (index.is_tidy(), index.is_complete());
        Ok(Outcome { report, counts, held, complete, tidy, whole })
    };
    let (sender, outcome) = oneshot::channel();
    let thread = std::thread::Builder::new().name("quarry-run".to_owned()).spawn(move || {
        yield_to_people();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // A keeper that has ended wants no result.
        let _ = sender.send(result);
    });
    if let Err(source) = thread {
        return Err(IndexError::Io { path: "a thread to index with".into(), source });
    }
    match outcome.await {
        Ok(Ok(result)) => result,
        // The keeper sees the panic as its own task's.
        Ok(Err(payload)) => std::panic::resume_unwind(payload),
        Err(_) => Err(IndexError::Cancelled),
    }
}

/// Lowers the priority of the calling thread, and of those that it starts.
fn yield_to_people() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(RUN_NICENESS) {
        tracing::debug!(%error, "indexing keeps its normal priority");
    }
}

/// Shows that a run which waits for its turn is alive.
async fn beat(progress: &Progress) {
    loop {
        progress.beat();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What the index holds now.
pub fn held(index: &ProjectIndex) -> Result<Held, IndexError> {
    Ok(held_of(index.counts()?, index))
}

pub(super) fn held_of(counts: Counts, index: &ProjectIndex) -> Held {
    let Counts { files, chunks, skipped, symbols, .. } = counts;
    Held { files, chunks, skipped, symbols, bytes: index.size() }
}

/// What a panic said, if it said anything.
pub fn panic_words(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("an unknown fault")
}
