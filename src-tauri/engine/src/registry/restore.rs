//! Opens projects: the tasks between `Cold` and `Hot`, and what follows when they fail.

use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::disk::Place;
use super::failure::{Cause, Failure, Fault, Next, unanswered};
use super::keeper::{self, Upkeep};
use super::residency::{Loaded, Restore, Urge, Working};
use super::roots::UNANSWERED;
use super::slot::Slot;
use super::volume::VolumeId;
use super::{Hot, Opened, Registry, Shared, blocking};
use crate::catalogue::{Identity, ProjectId};
use crate::status::Freshness;

/// A root that is missing is looked for this often: asking costs one system call.
const ROOT_CHECK: Duration = Duration::from_secs(2);

/// Carries out one restore, whoever waits for it or has left.
pub(super) async fn restore(registry: Registry, id: ProjectId, restore: Restore) {
    let Some(project) = registry.project(&id) else { return };
    let (disk, root) = (Arc::clone(&registry.shared.disk), project.root.clone());
    // A dead disk may hold this for ever, and nobody else has to wait for that.
    let mut place = pin!(blocking(move || disk.place(&root)));
    let place = match tokio::time::timeout(UNANSWERED, &mut place).await {
        Ok(place) => place,
        Err(_) => {
            registry.note_silence(&id, restore.attempt, &project.root);
            place.await
        }
    };
    let place = place.unwrap_or_else(panicked);
    // After a failure, too: the next attempt would not know of it.
    if let Some(behind) = restore.behind {
        behind.wait().await;
    }
    let place = match place {
        Ok(place) => place,
        Err(fault) => return registry.conclude(&id, restore.attempt, Err(fault)),
    };
    let Some(working) = registry.begin_opening(&id, restore.attempt) else { return };
    let directory = registry.index_directory(&id);
    let disk = Arc::clone(&registry.shared.disk);
    let opened = blocking(move || disk.open(&project, &directory)).await.unwrap_or_else(panicked);
    registry.conclude(&id, restore.attempt, opened.map(|opened| (place, opened)));
    registry.shared.room_wanted.notify_one();
    drop(working);
}

fn panicked<T>(words: String) -> Result<T, Fault> {
    let message = format!("Opening the index failed: {words}. Quarry tries again by itself.");
    Err(Fault { cause: Cause::Panicked, message, at_root: false })
}

impl Registry {
    /// `None` where nobody waits for this restore any more.
    fn begin_opening(&self, id: &ProjectId, attempt: u64) -> Option<Working> {
        self.slots().get_mut(id)?.residency.begin_opening(attempt).ok()
    }

    fn note_silence(&self, id: &ProjectId, attempt: u64, root: &Path) {
        let failure = Failure::after(None, unanswered(root), Instant::now(), Timestamp::now());
        if let Some(slot) = self.slots().get_mut(id) {
            slot.residency.note_silence(attempt, Arc::new(failure));
        }
        self.changed();
    }

    /// Registers the end of a restore; what was opened for a project that is gone is let go of.
    fn conclude(&self, id: &ProjectId, attempt: u64, opened: Result<(Place, Opened), Fault>) {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(id) else { return };
        let Ok(after) = slot.residency.awaits(attempt) else { return };
        let loaded: Loaded<Hot> = match opened {
            Ok((place, opened)) => {
                if let Some(failure) = after {
                    let (name, attempts) = (&slot.project.name, failure.attempts + 1);
                    tracing::info!(project = %name, attempts, "opened after all");
                }
                // One that is known is kept until the folder proves to be the project's.
                if slot.project.identity == Identity::default() {
                    slot.project.identity = place.identity.clone();
                    self.remember_identity(id, place.identity);
                }
                Ok(Arc::new(self.start_keeping(slot, place.volume, opened)))
            }
            Err(fault) => {
                if after.as_ref().is_none_or(|failure| failure.cause != fault.cause) {
                    let Fault { cause, message, .. } = &fault;
                    tracing::warn!(project = %slot.project.name, cause = cause.word(), message);
                }
                let (now, clock) = (Instant::now(), Timestamp::now());
                let failure = Arc::new(Failure::after(after.as_deref(), fault, now, clock));
                let again = try_again(Arc::downgrade(&self.shared), id.clone(), failure.clone());
                tokio::spawn(again);
                Err(failure)
            }
        };
        let is_missing =
            loaded.as_ref().err().is_some_and(|failure| failure.cause == Cause::RootMissing);
        // It is awaited: that was asked under this same lock.
        let _ = slot.residency.loaded(attempt, loaded);
        drop(slots);
        self.changed();
        if is_missing {
            self.look_for_moved_root(id);
        }
    }

    fn start_keeping(&self, slot: &mut Slot, on: VolumeId, opened: Opened) -> Hot {
        let Shared { settings, volumes, roots, searches, .. } = &*self.shared;
        let project = &slot.project;
        let said = slot.notice.take();
        slot.notice = match std::mem::take(&mut slot.set_aside) {
            true => said.or(opened.notice),
            false => opened.notice.or(said),
        };
        slot.upkeep = Upkeep {
            freshness: Freshness::Reconciling,
            held: opened.held,
            complete: opened.index.is_complete(),
            compared: false,
            error: None,
            damaged: false,
            unanswered: false,
            activity: Default::default(),
            ..slot.upkeep.clone()
        };
        let volume = volumes.get(on);
        let (weak, id) = (Arc::downgrade(&self.shared), project.id.clone());
        let (weakly, key) = (weak.clone(), id.clone());
        let report = move |upkeep| {
            if let Some(shared) = weak.upgrade() {
                Registry { shared }.take_report(&id, upkeep);
            }
        };
        let panicked = move |words: &str| {
            if let Some(shared) = weakly.upgrade() {
                Registry { shared }.end_unkept(&key, words);
            }
        };
        let surroundings = keeper::Surroundings {
            tuning: settings.tuning,
            comparisons: volume.comparisons,
            gate: volume.gate,
            root: roots.follow(&project.root),
            volume: on,
            report: Box::new(report),
            panicked: Box::new(panicked),
        };
        let seed = Timestamp::now().subsec_nanosecond().unsigned_abs().into();
        let index = opened.index;
        index.yield_to(searches);
        let keeper = keeper::start(
            Arc::clone(&index),
            self.coverage(project),
            surroundings,
            slot.upkeep.clone(),
            project.paused,
            seed,
        );
        Hot { id: project.id.clone(), root: project.root.clone(), index, keeper }
    }

    /// Whether the project is still in this very failure.
    fn is_in(&self, id: &ProjectId, failure: &Arc<Failure>) -> bool {
        let slots = self.slots();
        let present = slots.get(id).and_then(Slot::failure);
        present.is_some_and(|present| Arc::ptr_eq(present, failure))
    }
}

/// Sees to the next attempt after `failure`.
pub(super) async fn try_again(shared: Weak<Shared>, id: ProjectId, failure: Arc<Failure>) {
    let registry = || shared.upgrade().map(|shared| Registry { shared });
    match failure.next {
        Next::Asked => {}
        Next::At(at, _) => {
            tokio::time::sleep_until(at.into()).await;
            if let Some(registry) = registry() {
                registry.wake(&id);
            }
        }
        Next::RootBack => loop {
            tokio::time::sleep(ROOT_CHECK).await;
            let Some(registry) = registry().filter(|registry| registry.is_in(&id, &failure)) else {
                return;
            };
            let Some(project) = registry.project(&id) else { return };
            let disk = Arc::clone(&registry.shared.disk);
            drop(registry);
            // A dead disk may hold the check for minutes: never a second one beside it.
            let check = blocking(move || disk.check_root(&project.root)).await;
            if matches!(check, Ok(Ok(())))
                && let Some(shared) = shared.upgrade()
            {
                let _ = Registry { shared }.demand(&id, Urge::RootBack);
                return;
            }
        },
    }
}
