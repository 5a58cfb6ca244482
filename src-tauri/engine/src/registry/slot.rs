//! One project in the registry: its residency, what is known of it, and how that is shown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::failure::{self, Cause, Failure, Next};
use super::history::History;
use super::keeper::Upkeep;
use super::read::{Reader, Reading};
use super::residency::{Residency, State};
use super::room::LastUse;
use super::{Embedding, Hot};
use crate::catalogue::{Held, Project};
use crate::rel_path;
use crate::root_access::RootAccess;
use crate::status::{Activity, Freshness, ProjectStatus, Residency as Shown, WatchMode};

/// The catalogue remembers searches and counts at most this often a project.
const STAMP_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Slot {
    pub project: Project,
    pub residency: Residency<Hot, Reader>,
    /// Opens the index for searches alone, at this moment.
    pub reading: Option<Reading>,
    /// Whoever reads its files.
    pub access: Arc<RootAccess>,
    /// What the keeper said last; of a project that is not hot, what remains true of it.
    pub upkeep: Upkeep,
    /// What people should know of what happened to its index.
    pub notice: Option<String>,
    /// … and its damaged index was set aside since it was opened: that there is none is no news.
    pub set_aside: bool,
    /// By people, since Quarry was started.
    pub last_used: Option<Instant>,
    /// Why it could not stay open, when it was open last.
    pub relapse: Option<Arc<Failure>>,
    /// `None` until its texts were counted.
    pub embedding: Option<Embedding>,
    /// Its folder is being looked for.
    pub followed: bool,
    pub history: History,
    searched_stamp: Option<Instant>,
    indexed_stamp: Option<Instant>,
}

/// What an index holds since when.
pub(super) struct News {
    pub at: Timestamp,
    pub held: Held,
}

impl Slot {
    pub(super) fn new(project: Project) -> Slot {
        let upkeep = Upkeep {
            freshness: Freshness::Pending,
            watch_mode: mode_at_rest(project.paused),
            watch_reason: None,
            held: project.held,
            last_indexed: project.last_indexed,
            pending: 0,
            progress: None,
            error: None,
            complete: false,
            deep: false,
            compared: false,
            damaged: false,
            unanswered: false,
            activity: Activity::default(),
        };
        Slot {
            project,
            residency: Residency::cold(),
            reading: None,
            access: Arc::default(),
            upkeep,
            notice: None,
            set_aside: false,
            last_used: None,
            relapse: None,
            embedding: None,
            followed: false,
            history: History::default(),
            searched_stamp: None,
            indexed_stamp: None,
        }
    }

    pub(super) fn is_hot(&self) -> bool {
        self.hot().is_some()
    }

    pub(super) fn hot(&self) -> Option<&Arc<Hot>> {
        match self.residency.state() {
            State::Hot(hot) => Some(hot),
            _ => None,
        }
    }

    pub(super) fn is_loading(&self) -> bool {
        matches!(self.residency.state(), State::Loading { .. })
    }

    /// Its folder is not where it was.
    pub(super) fn misses_root(&self) -> bool {
        match self.residency.state() {
            State::Hot(_) => self.upkeep.freshness == Freshness::RootMissing,
            State::Failed { failure, .. } => failure.cause == Cause::RootMissing,
            _ => false,
        }
    }

    /// The failure of an open project whose root is missing: what it says once it is closed.
    pub(super) fn missing_root(&self, now: Instant, clock: Timestamp) -> Option<Failure> {
        if !self.is_hot() || !self.misses_root() {
            return None;
        }
        let failure = Failure::after(None, failure::missing(&self.project.root), now, clock);
        let first_at = self.upkeep.error.as_ref().map_or(clock, |error| error.first_at);
        Some(Failure { first_at, ..failure })
    }

    /// The failure that it is in.
    pub(super) fn failure(&self) -> Option<&Arc<Failure>> {
        match self.residency.state() {
            State::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whoever waits for its root's disk may wait for ever: nobody else waits for them.
    pub(super) fn let_go_of_disk(&mut self) {
        self.reading = None;
        self.access = Arc::default();
    }

    /// The state of a project that has no keeper any more.
    pub(super) fn rest(&mut self) {
        let Upkeep { held, last_indexed, .. } = self.upkeep;
        let fresh = Slot::new(self.project.clone()).upkeep;
        self.upkeep = Upkeep { held, last_indexed, ..fresh };
    }

    pub(super) fn note_use(&mut self) {
        self.last_used = Some(Instant::now());
    }

    pub(super) fn last_use(&self) -> LastUse {
        LastUse { since_start: self.last_used, before: self.project.last_used() }
    }

    /// Notes a search; whether the catalogue should.
    pub(super) fn note_search(&mut self, now: Instant, clock: Timestamp) -> bool {
        self.last_used = Some(now);
        self.project.last_searched = Some(clock);
        let due = is_due(self.searched_stamp, now);
        if due {
            self.searched_stamp = Some(now);
        }
        due
    }

    /// What the catalogue should hear by now of what the index holds.
    pub(super) fn due_news(&mut self, now: Instant) -> Option<News> {
        if is_due(self.indexed_stamp, now) { self.take_news(now) } else { None }
    }

    /// What the index holds, if the catalogue has not heard of it and all files are in it.
    pub(super) fn take_news(&mut self, now: Instant) -> Option<News> {
        let Upkeep { held, last_indexed, .. } = self.upkeep;
        if !self.has_news() || !self.is_hot() {
            return None;
        }
        self.indexed_stamp = Some(now);
        self.project.held = held;
        self.project.last_indexed = last_indexed;
        last_indexed.map(|at| News { at, held })
    }

    /// Layers that are being added to files say nothing against it.
    fn has_news(&self) -> bool {
        let Upkeep { held, last_indexed, complete, .. } = self.upkeep;
        let known = held == self.project.held && last_indexed == self.project.last_indexed;
        // An index that is being made anew must not look as if it had been meant to be that small.
        let partial = held.files < self.project.held.files || self.upkeep.progress.is_some();
        !known && (complete || !partial)
    }

    /// Nobody searches it, nothing is being written, its disk answers, and its user has not pinned
    /// it.
    pub(super) fn may_close(&self) -> bool {
        let busy = self.upkeep.activity.at_work
            || self.upkeep.pending > 0
            // Nobody could read it once it is closed.
            || self.upkeep.unanswered
            || matches!(self.upkeep.freshness, Freshness::Indexing | Freshness::Reconciling);
        !self.project.pinned && !busy && self.residency.is_idle()
    }

    pub(super) fn status(&self) -> ProjectStatus {
        let Slot { project, upkeep, .. } = self;
        let (residency, freshness, error) = match self.residency.state() {
            // Whether files changed while it was closed shows when it is opened.
            State::Cold { .. } => (Shown::Cold, Freshness::Pending, None),
            State::Unloading(_) | State::Closed => (Shown::Unloading, Freshness::Pending, None),
            State::Loading { silence: Some(failure), .. } => {
                (Shown::Loading, Freshness::Failing, Some(failure.report()))
            }
            State::Loading { after, .. } => {
                let error = after.as_ref().map(|failure| failure.report());
                (Shown::Loading, Freshness::Reconciling, error)
            }
            State::Hot(_) => (Shown::Hot, upkeep.freshness, upkeep.error.clone()),
            State::Failed { failure, .. } => {
                (Shown::Failed, freshness_after(failure), Some(failure.report()))
            }
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
            symbols: upkeep.held.symbols,
            vectors: self.embedding.as_ref().map_or(0, |embedding| embedding.done),
            vectors_wanted: self.embedding.as_ref().map(|embedding| embedding.wanted),
            meaning: project.meaning,
            pending: upkeep.pending,
            skipped: upkeep.held.skipped,
            index_bytes: upkeep.held.bytes,
            last_indexed: upkeep.last_indexed,
            progress: upkeep.progress,
            watch_reason: upkeep.watch_reason.clone(),
            error,
            notice: self.notice.clone(),
            pinned: project.pinned,
            excludes: project.excludes.clone(),
            include_ignored: project.include_ignored,
        }
    }
}

/// The watch mode of a project without a watcher.
pub(super) fn mode_at_rest(paused: bool) -> WatchMode {
    if paused { WatchMode::Paused } else { WatchMode::Off }
}

fn freshness_after(failure: &Failure) -> Freshness {
    match (failure.cause, failure.next) {
        (Cause::RootMissing, _) => Freshness::RootMissing,
        (_, Next::At(..)) => Freshness::Retrying,
        (_, Next::RootBack | Next::Asked) => Freshness::Failing,
    }
}

fn is_due(last: Option<Instant>, now: Instant) -> bool {
    last.is_none_or(|last| now.saturating_duration_since(last) >= STAMP_EVERY)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::catalogue::ProjectId;
    use crate::status::LaneName;

    pub fn slot() -> Slot {
        Slot::new(Project {
            id: ProjectId::generate(),
            name: "sample".into(),
            root: "/sample".into(),
            pinned: false,
            paused: false,
            meaning: true,
            excludes: Vec::new(),
            include_ignored: false,
            last_searched: None,
            last_indexed: None,
            held: Held::default(),
            identity: Default::default(),
        })
    }

    #[test]
    fn searches_are_written_down_at_most_once_a_minute() {
        let (mut slot, start) = (slot(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let written: Vec<u64> =
            (0..200).filter(|s| slot.note_search(at(*s), Timestamp::UNIX_EPOCH)).collect();
        assert_eq!(written, [0, 60, 120, 180]);
        assert_eq!(slot.last_used, Some(at(199)), "memory knows of each");
    }

    #[test]
    fn a_project_is_indexing_while_its_files_are_read_and_not_while_that_hangs() {
        let mut status = slot().status();
        status.residency = Shown::Hot;
        let progress = |lane| Some(crate::status::Progress { lane, done: 1, total: 2 });
        let mut is_indexing = |freshness, progress| {
            (status.freshness, status.progress) = (freshness, progress);
            status.is_indexing()
        };
        let reading = progress(LaneName::Symbols);
        assert!(is_indexing(Freshness::Reconciling, None));
        assert!(is_indexing(Freshness::Indexing, None));
        assert!(is_indexing(Freshness::Fresh, reading));
        assert!(!is_indexing(Freshness::Fresh, progress(LaneName::Meaning)));
        assert!(!is_indexing(Freshness::Pending, None), "it waits for its turn");
        // A run that neither moves nor ends still has what it has come to.
        assert!(!is_indexing(Freshness::Stuck, reading));
        assert!(!is_indexing(Freshness::RootMissing, reading));
        status.freshness = Freshness::Reconciling;
        status.watch_mode = WatchMode::Paused;
        assert!(!status.is_indexing());
        status.watch_mode = WatchMode::Native;
        status.residency = Shown::Loading;
        assert!(!status.is_indexing(), "its root may never answer");
    }

    #[test]
    fn what_an_index_holds_is_written_down_once_all_files_are_in_it() {
        let mut slot = slot();
        assert!(!slot.has_news());
        slot.upkeep.held.files = 7;
        slot.upkeep.last_indexed = Some(Timestamp::UNIX_EPOCH);
        slot.upkeep.progress =
            Some(crate::status::Progress { lane: LaneName::Symbols, done: 1, total: 7 });
        assert!(!slot.has_news(), "more files may come");
        slot.upkeep.complete = true;
        assert!(slot.has_news(), "files only gain layers");
        slot.upkeep.complete = false;
        slot.upkeep.progress = None;
        slot.project.held.files = 9;
        assert!(!slot.has_news(), "it is being made anew");
    }

    #[test]
    fn nothing_is_written_down_of_a_project_that_is_not_open() {
        let mut slot = slot();
        slot.upkeep.held.files = 7;
        slot.upkeep.last_indexed = Some(Timestamp::UNIX_EPOCH);
        assert!(slot.take_news(Instant::now()).is_none());
    }
}
