//! One project in the registry: its state, what is known of it, and how that is shown.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::watch;

use super::failure::{Cause, Failure};
use super::keeper::Upkeep;
use super::{Hot, Loaded};
use crate::catalogue::{Catalogue, Held, Project, ProjectId};
use crate::rel_path;
use crate::status::{Activity, Freshness, ProjectStatus, Residency, WatchMode};

pub(super) enum State {
    Cold,
    /// The receiver gets the outcome; it stays `None` when the project was removed meanwhile.
    Loading {
        outcome: watch::Receiver<Option<Loaded>>,
        after: Option<Arc<Failure>>,
    },
    Hot(Arc<Hot>),
    /// The receiver's sender is dropped when everything has been let go of.
    Unloading(watch::Receiver<()>),
    Failed(Arc<Failure>),
}

pub(super) struct Slot {
    pub project: Project,
    pub state: State,
    /// What the keeper said last; of a project that is not hot, what remains true of it.
    pub upkeep: Upkeep,
    pub last_used: Instant,
    pub searched_stamp: Option<Instant>,
    pub indexed_stamp: Option<Instant>,
}

impl Project {
    pub(super) fn last_use(&self) -> Option<Timestamp> {
        self.last_searched.max(self.last_indexed)
    }
}

impl Slot {
    pub(super) fn new(project: Project) -> Slot {
        let upkeep = Upkeep {
            freshness: Freshness::Pending,
            watch_mode: if project.paused { WatchMode::Paused } else { WatchMode::Off },
            watch_reason: None,
            held: project.held,
            last_indexed: project.last_indexed,
            pending: 0,
            progress: None,
            error: None,
            complete: false,
            deep: false,
            symbols: 0,
            damaged: false,
            activity: Activity::default(),
        };
        Slot {
            project,
            state: State::Cold,
            upkeep,
            last_used: Instant::now(),
            searched_stamp: None,
            indexed_stamp: None,
        }
    }

    /// Takes the open project out, so that it can be closed; whoever wants it meanwhile waits until
    /// the sender is dropped. `None` where it is not open.
    pub(super) fn unload(&mut self) -> Option<(Arc<Hot>, watch::Sender<()>)> {
        let State::Hot(hot) = &self.state else { return None };
        let hot = Arc::clone(hot);
        let (end, ended) = watch::channel(());
        self.state = State::Unloading(ended);
        Some((hot, end))
    }

    /// What the index holds, if the catalogue has not heard of it and nothing is being written.
    pub(super) fn take_news(&mut self, now: Instant) -> Option<News> {
        let Upkeep { held, last_indexed, progress, .. } = self.upkeep;
        let known = held == self.project.held && last_indexed == self.project.last_indexed;
        if known || progress.is_some() || !matches!(self.state, State::Hot(_)) {
            return None;
        }
        self.indexed_stamp = Some(now);
        self.project.held = held;
        self.project.last_indexed = last_indexed;
        last_indexed.map(|at| News { at, held })
    }

    /// Nobody searches it, nothing is being written, and its user has not pinned it.
    pub(super) fn may_close(&self) -> bool {
        let State::Hot(hot) = &self.state else {
            return false;
        };
        let busy = self.upkeep.progress.is_some()
            || self.upkeep.pending > 0
            || matches!(self.upkeep.freshness, Freshness::Indexing | Freshness::Reconciling);
        !self.project.pinned && !busy && Arc::strong_count(hot) == 1
    }

    pub(super) fn status(&self) -> ProjectStatus {
        let Slot { project, upkeep, .. } = self;
        let (residency, error) = match &self.state {
            State::Cold => (Residency::Cold, None),
            State::Loading { after, .. } => {
                (Residency::Loading, after.as_ref().map(|failure| failure.report()))
            }
            State::Hot(_) => (Residency::Hot, upkeep.error.clone()),
            State::Unloading(_) => (Residency::Unloading, None),
            State::Failed(failure) => (Residency::Failed, Some(failure.report())),
        };
        let freshness = match &self.state {
            State::Failed(failure) if failure.cause == Cause::RootMissing => Freshness::RootMissing,
            State::Failed(failure) if failure.next.is_some() => Freshness::Retrying,
            State::Failed(_) => Freshness::Failing,
            // Whether files changed while it was closed shows when it is opened.
            State::Cold | State::Unloading(_) => Freshness::Pending,
            State::Loading { .. } => Freshness::Reconciling,
            State::Hot(_) => upkeep.freshness,
        };
        ProjectStatus {
            id: project.id.to_string(),
            name: project.name.clone(),
            root: rel_path::encode(&project.root),
            residency,
            freshness,
            watch_mode: upkeep.watch_mode,
            files: upkeep.held.files,
            chunks: upkeep.held.chunks,
            symbols: upkeep.symbols,
            vectors: 0,
            pending: upkeep.pending,
            skipped: upkeep.held.skipped,
            index_bytes: upkeep.held.bytes,
            last_indexed: upkeep.last_indexed,
            progress: upkeep.progress,
            watch_reason: upkeep.watch_reason.clone(),
            error,
            pinned: project.pinned,
        }
    }
}

/// What an index holds since when.
pub(super) struct News {
    at: Timestamp,
    held: Held,
}

pub(super) fn remember(catalogue: &Catalogue, id: &ProjectId, news: News) {
    if let Err(error) = catalogue.stamp_indexed(id, news.at, news.held) {
        tracing::warn!(%error, "what an index holds was not noted");
    }
}
