//! Whether one project's index is open, and on its way to what: a state machine without I/O, tasks
//! or a clock. What a step returns has to be carried out by whoever took it.
//!
//! ```text
//!          demand              loaded(Ok)           unload
//! Cold ────────────▶ Loading ────────────▶ Hot ────────────▶ Unloading ──▶ Cold
//!                    ▲     │ loaded(Err)                          │ unloaded
//!     demand, if due │     ▼                                      │
//!                    └── Failed            Loading ◀──────────────┘ demand
//! ```
//! `Unloading` ends in `Failed` where what was closed cannot be opened as it is.
//! From every state `close` leads to `Closed`, which is the end.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::failure::{Cause, Failure, Next};

/// What all who wait for one restore get.
pub type Loaded<H> = Result<Arc<H>, Arc<Failure>>;
/// Gets the outcome of a restore; its sender is dropped without one if the project is closed.
pub type Outcome<H> = watch::Receiver<Option<Loaded<H>>>;

/// `H`: an open project. `R`: an index that is open for reading only.
pub struct Residency<H, R> {
    state: State<H, R>,
    attempts: u64,
}

pub enum State<H, R> {
    /// The reader serves searches, and may be let go of at any time.
    Cold {
        reader: Option<R>,
    },
    Loading {
        attempt: u64,
        outcome: watch::Sender<Option<Loaded<H>>>,
        /// What has hold of the index's files: whoever opens them, and before that what has to let
        /// go of them first.
        holder: Option<Ended>,
        /// The failure that this restore is a retry of.
        after: Option<Arc<Failure>>,
        /// What keeps it waiting, once that takes too long.
        silence: Option<Arc<Failure>>,
    },
    /// Whoever clones the `Arc` keeps the project from being closed for want of room.
    Hot(Arc<H>),
    Unloading(Ended),
    Failed {
        failure: Arc<Failure>,
        /// As in `Cold`, where the index can be read all the same.
        reader: Option<R>,
    },
    Closed,
}

/// How urgently a project is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urge {
    /// A failed one only when its next attempt is due.
    IfDue,
    /// The root was seen: a failure that waits for it is due.
    RootBack,
    /// Whatever the last attempt said; the pauses begin anew.
    AtOnce,
}

pub enum Demanded<H> {
    Hot(Arc<H>),
    /// The outcome is on its way. With a `restore` it is the caller's to carry out.
    Loading {
        outcome: Outcome<H>,
        restore: Option<Restore>,
    },
    Failed(Arc<Failure>),
    Closed,
}

/// A restore to carry out, and then to conclude with [`Residency::loaded`].
#[must_use]
pub struct Restore {
    pub attempt: u64,
    /// What has to end before the index is opened, with [`Residency::begin_opening`], or that is
    /// given up.
    pub behind: Option<Ended>,
}

/// What a search may read.
pub enum Readable<H, R> {
    Hot(Arc<H>),
    Reader(R),
    /// On disk only: open a reader and keep it with [`Residency::keep_reader`].
    Unread,
    /// It has to be demanded.
    Neither,
}

/// What is left to stop and to wait for once a project is closed.
#[must_use]
pub struct Remains<H> {
    pub hot: Option<Arc<H>>,
    pub task: Option<Ended>,
}

/// Held by a task for as long as it has hold of a project's files.
#[derive(Debug)]
pub struct Working {
    _end: watch::Sender<()>,
}

/// The other side of [`Working`].
#[derive(Clone, Debug)]
pub struct Ended(watch::Receiver<()>);

impl Ended {
    pub async fn wait(mut self) {
        // Nothing is ever sent: the only change is the end.
        while self.0.changed().await.is_ok() {}
    }

    #[cfg(test)]
    pub fn is_over(&self) -> bool {
        self.0.has_changed().is_err()
    }
}

fn work() -> (Working, Ended) {
    let (end, ended) = watch::channel(());
    (Working { _end: end }, Ended(ended))
}

impl<H, R: Clone> Residency<H, R> {
    pub fn cold() -> Self {
        Residency { state: State::Cold { reader: None }, attempts: 0 }
    }

    pub fn state(&self) -> &State<H, R> {
        &self.state
    }

    /// The open project, the outcome of the restore that is under way, or a restore to carry out.
    pub fn demand(&mut self, urge: Urge, now: Instant) -> Demanded<H> {
        let (after, behind) = match &self.state {
            State::Hot(hot) => return Demanded::Hot(Arc::clone(hot)),
            State::Loading { outcome, .. } => {
                return Demanded::Loading { outcome: outcome.subscribe(), restore: None };
            }
            State::Closed => return Demanded::Closed,
            State::Failed { failure, .. } => {
                let due = match urge {
                    Urge::AtOnce => true,
                    Urge::RootBack => failure.next == Next::RootBack,
                    Urge::IfDue => failure.is_due(now),
                };
                if !due {
                    return Demanded::Failed(Arc::clone(failure));
                }
                ((urge != Urge::AtOnce).then(|| Arc::clone(failure)), None)
            }
            State::Unloading(ended) => (None, Some(ended.clone())),
            State::Cold { .. } => (None, None),
        };
        self.attempts += 1;
        let attempt = self.attempts;
        let (sender, outcome) = watch::channel(None);
        let holder = behind.clone();
        self.state = State::Loading { attempt, outcome: sender, holder, after, silence: None };
        Demanded::Loading { outcome, restore: Some(Restore { attempt, behind }) }
    }

    /// From now on the restore `attempt` has hold of the index's files, until nothing of it is left
    /// but what is hot: then what is returned is dropped. Until now it had hold of nothing, and
    /// whatever it waited for holds up nobody who does not want its outcome.
    pub fn begin_opening(&mut self, attempt: u64) -> Result<Working, Closed> {
        self.awaits(attempt)?;
        let (working, ended) = work();
        if let State::Loading { holder, silence, .. } = &mut self.state {
            *holder = Some(ended);
            *silence = None;
        }
        Ok(working)
    }

    /// Notes what keeps the restore `attempt` waiting, if it is still awaited.
    pub fn note_silence(&mut self, attempt: u64, failure: Arc<Failure>) {
        if let State::Loading { attempt: awaited, silence, .. } = &mut self.state
            && *awaited == attempt
        {
            *silence = Some(failure);
        }
    }

    /// Gives up a restore that has hold of nothing yet: what it waits for may never come. Whoever
    /// waits for its outcome has to demand the project again.
    pub fn give_up_waiting(&mut self) {
        if let State::Loading { holder: None, .. } = self.state {
            self.state = State::Cold { reader: None };
        }
    }

    /// What the restore `attempt` is a retry of. `Err` when the project was closed meanwhile, and
    /// what was opened is to be let go of.
    pub fn awaits(&self, attempt: u64) -> Result<Option<Arc<Failure>>, Closed> {
        match &self.state {
            State::Loading { attempt: awaited, after, .. } if *awaited == attempt => {
                Ok(after.clone())
            }
            _ => Err(Closed),
        }
    }

    /// Ends the restore `attempt`: all who wait get what came of it.
    pub fn loaded(&mut self, attempt: u64, loaded: Loaded<H>) -> Result<(), Closed> {
        self.awaits(attempt)?;
        let next = match &loaded {
            Ok(hot) => State::Hot(Arc::clone(hot)),
            Err(failure) => State::Failed { failure: Arc::clone(failure), reader: None },
        };
        if let State::Loading { outcome, .. } = std::mem::replace(&mut self.state, next) {
            outcome.send_replace(Some(loaded));
        }
        Ok(())
    }

    /// Takes the open project out to be closed. Whoever demands it meanwhile waits for the end of
    /// that. `None` where it is not open.
    pub fn unload(&mut self) -> Option<(Arc<H>, Working)> {
        let State::Hot(hot) = &self.state else { return None };
        let hot = Arc::clone(hot);
        let (working, ended) = work();
        self.state = State::Unloading(ended);
        Some((hot, working))
    }

    /// Whether it is open and nobody has hold of it.
    pub fn is_idle(&self) -> bool {
        // Clones are made of this one, under the lock that is held here, or of another clone.
        matches!(&self.state, State::Hot(hot) if Arc::strong_count(hot) == 1)
    }

    /// Nothing is open any more. Comes before the end of the [`Working`] that `unload` returned.
    pub fn unloaded(&mut self) {
        if let State::Unloading(_) = self.state {
            self.state = State::Cold { reader: None };
        }
    }

    /// As [`Residency::unloaded`], and with what is on disk it must not be opened again at once.
    /// Whoever demanded it meanwhile has a restore under way, which finds that out for itself.
    pub fn unloaded_in_failure(&mut self, failure: &Arc<Failure>) {
        if let State::Unloading(_) = self.state {
            self.state = State::Failed { failure: Arc::clone(failure), reader: None };
        }
    }

    pub fn readable(&self) -> Readable<H, R> {
        match &self.state {
            State::Hot(hot) => Readable::Hot(Arc::clone(hot)),
            // Whoever still closes it does not mind another reader.
            State::Unloading(_) => Readable::Unread,
            State::Cold { reader } => readable(reader.as_ref()),
            State::Failed { failure, reader } if is_readable(failure) => readable(reader.as_ref()),
            State::Loading { .. } | State::Failed { .. } | State::Closed => Readable::Neither,
        }
    }

    /// The reader that is kept.
    pub fn reader(&self) -> Option<&R> {
        match &self.state {
            State::Cold { reader } | State::Failed { reader, .. } => reader.as_ref(),
            _ => None,
        }
    }

    /// Keeps a reader for the next search, if the project is still closed.
    pub fn keep_reader(&mut self, opened: R) {
        match &mut self.state {
            State::Cold { reader } => *reader = Some(opened),
            State::Failed { failure, reader } if is_readable(failure) => *reader = Some(opened),
            _ => {}
        }
    }

    pub fn drop_reader(&mut self) {
        if let State::Cold { reader } | State::Failed { reader, .. } = &mut self.state {
            *reader = None;
        }
    }

    /// Gives up what is open or being opened: it is not what is wanted any more. A restore that is
    /// under way finds nobody who awaits it; the next one waits for its end if it has hold of the
    /// index's files. What was open is the caller's to close.
    pub fn abandon(&mut self) -> Option<(Arc<H>, Working)> {
        let next = match &self.state {
            State::Hot(_) => return self.unload(),
            State::Loading { holder: Some(ended), .. } => State::Unloading(ended.clone()),
            State::Loading { holder: None, .. } => State::Cold { reader: None },
            State::Cold { .. } | State::Failed { .. } => State::Cold { reader: None },
            State::Unloading(_) | State::Closed => return None,
        };
        self.state = next;
        None
    }

    /// The end: nothing is opened any more, and those who wait hear that it is gone.
    pub fn close(&mut self) -> Remains<H> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Hot(hot) => Remains { hot: Some(hot), task: None },
            State::Loading { holder, .. } => Remains { hot: None, task: holder },
            State::Unloading(ended) => Remains { hot: None, task: Some(ended) },
            State::Cold { .. } | State::Failed { .. } | State::Closed => {
                Remains { hot: None, task: None }
            }
        }
    }
}

/// Whether nothing is wrong but with the root: the index lies elsewhere.
pub fn is_readable(failure: &Failure) -> bool {
    failure.cause == Cause::RootMissing
}

fn readable<H, R: Clone>(reader: Option<&R>) -> Readable<H, R> {
    reader.map_or(Readable::Unread, |reader| Readable::Reader(reader.clone()))
}

/// The project was closed while its restore was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

#[cfg(test)]
mod tests;
