//! Closes projects: for want of room, because their index is damaged, or for good.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::disk::damage_notice;
use super::failure::{Cause, Failure, Fault};
use super::leftovers::set_aside;
use super::residency::{Remains, Working};
use super::restore::try_again;
use super::room::Tenant;
use super::slot::{News, Slot};
use super::{Hot, Registry, Shared, blocking};
use crate::catalogue::{Project, ProjectId};
use crate::index::ProjectIndex;

impl Registry {
    /// Closes the least recently used projects while too much is open.
    fn make_room(&self) {
        let (now, clock, room) = (Instant::now(), Timestamp::now(), self.room());
        let closed: Vec<_> = {
            let mut slots = self.slots();
            let open: Vec<Tenant<ProjectId>> =
                slots.values().filter(|slot| slot.is_hot()).map(tenant).collect();
            let surplus = room.surplus(&open);
            let close = |id: ProjectId| {
                let slot = slots.get_mut(&id)?;
                let missed = slot.missing_root(now, clock);
                let news = slot.take_news(now);
                let (hot, working) = slot.residency.unload()?;
                Some(Closing { id, hot, news, missed, working })
            };
            surplus.into_iter().filter_map(close).collect()
        };
        if closed.is_empty() {
            return;
        }
        self.changed();
        for closing in closed {
            tokio::spawn(close_one(self.clone(), closing));
        }
    }

    /// Opens the projects, the first ones first, as far as no other one has to be closed for it.
    pub fn wake_while_room(&self, ids: &[ProjectId]) {
        let room = self.room();
        let fitting: Vec<&ProjectId> = {
            let slots = self.slots();
            let taken = slots.values().filter(|slot| slot.is_hot() || slot.is_loading());
            let mut open: Vec<Tenant<ProjectId>> = taken.map(tenant).collect();
            let fits = |id: &&ProjectId| {
                let slot = slots.get(*id).filter(|slot| !slot.is_hot() && !slot.is_loading());
                let tenant = slot.map(tenant);
                let fits = |tenant: &Tenant<_>| room.fits(&open, tenant.bytes);
                let tenant = tenant.filter(fits);
                open.extend(tenant.clone());
                tenant.is_some()
            };
            ids.iter().filter(fits).collect()
        };
        for id in fitting {
            let _ = self.wake(id);
        }
    }

    /// Closes the project if `damaged` is still its index, moves that aside and opens it anew.
    pub fn replace_damaged(&self, id: &ProjectId, damaged: &Arc<ProjectIndex>) {
        let unloading = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else { return };
            slot.residency.drop_reader();
            match slot.hot() {
                Some(hot) if Arc::ptr_eq(&hot.index, damaged) => slot.residency.unload(),
                _ => None,
            }
        };
        self.changed();
        match unloading {
            Some((hot, working)) => {
                tokio::spawn(reopen(self.clone(), id.clone(), hot, working));
            }
            // Read for a search alone: opening it to keep it looks at the damage.
            None => drop(self.wake(id)),
        }
    }

    /// Closes a project whose keeper has panicked, with these words: nobody watches it. It is
    /// opened anew after a pause.
    pub(super) fn end_unkept(&self, id: &ProjectId, words: &str) {
        let unloading = self.slots().get_mut(id).and_then(|slot| slot.residency.unload());
        let Some((hot, working)) = unloading else { return };
        self.changed();
        let message =
            format!("Keeping it up to date failed: {words}. Quarry opens it again by itself.");
        let fault = Fault { cause: Cause::Panicked, message, at_root: false };
        let (registry, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            hot.keeper.stop().await;
            drop(hot);
            if let Some(failure) = registry.note_relapse(&id, fault) {
                registry.fail_unload(&id, failure);
            }
            drop(working);
        });
    }

    /// Forgets the project and closes it. Its index directory can be deleted afterwards.
    pub async fn remove(&self, id: &ProjectId) -> Option<Project> {
        let mut slot = self.slots().remove(id)?;
        let remains = slot.residency.close();
        self.publish();
        end(remains).await;
        Some(slot.project)
    }

    /// Closes every project, for good.
    pub async fn close(&self) {
        let now = Instant::now();
        let mut news = Vec::new();
        let mut remains = Vec::new();
        for slot in self.slots().values_mut() {
            news.extend(slot.take_news(now).map(|held| (slot.project.id.clone(), held)));
            remains.push(slot.residency.close());
        }
        self.changed();
        let remembered = self.remember_news(news);
        // All at once: each may wait for its run. Restores find themselves closed when they end;
        // one that hangs on a dead disk is not waited for.
        let hot = remains.into_iter().filter_map(|remains| remains.hot);
        futures_util::future::join_all(hot.map(|hot| async move { hot.keeper.stop().await })).await;
        remembered.await;
    }
}

/// Looks whether something has to be closed whenever that may be so.
pub(super) async fn keep_room(shared: Weak<Shared>) {
    loop {
        let Some(registry) = shared.upgrade().map(|shared| Registry { shared }) else { return };
        // Now and then unasked: whoever waited for a restore and left held the project as well.
        let wanted = registry.shared.room_wanted.notified();
        let _ = tokio::time::timeout(Duration::from_secs(5), wanted).await;
        registry.make_room();
    }
}

fn tenant(slot: &Slot) -> Tenant<ProjectId> {
    Tenant {
        key: slot.project.id.clone(),
        bytes: slot.upkeep.held.bytes,
        last_used: slot.last_use(),
        may_close: slot.may_close(),
    }
}

async fn end(remains: Remains<Hot>) {
    if let Some(hot) = remains.hot {
        hot.keeper.stop().await;
    }
    if let Some(task) = remains.task {
        task.wait().await;
    }
}

/// A project that is being closed for want of room.
struct Closing {
    id: ProjectId,
    hot: Arc<Hot>,
    news: Option<News>,
    /// Its root is missing: so it still says when it is closed.
    missed: Option<Failure>,
    working: Working,
}

async fn close_one(registry: Registry, closing: Closing) {
    let Closing { id, hot, news, missed, working } = closing;
    hot.keeper.stop().await;
    drop(hot);
    registry.remember_news(news.map(|news| (id.clone(), news)).into_iter().collect()).await;
    match missed {
        Some(failure) => {
            registry.fail_unload(&id, Arc::new(failure));
            registry.look_for_moved_root(&id);
        }
        None => registry.end_unload(&id),
    }
    drop(working);
}

async fn reopen(registry: Registry, id: ProjectId, hot: Arc<Hot>, working: Working) {
    hot.keeper.stop().await;
    drop(hot);
    let directory = registry.index_directory(&id);
    let fault = match blocking(move || set_aside(&directory)).await {
        Ok(Ok(aside)) => {
            if let Some(slot) = registry.slots().get_mut(&id) {
                slot.notice = Some(damage_notice(&aside));
                slot.set_aside = true;
            }
            registry.end_unload(&id);
            drop(working);
            let _ = registry.wake(&id);
            return;
        }
        Ok(Err(error)) => Fault::from(error),
        Err(words) => Fault { cause: Cause::Panicked, message: words, at_root: false },
    };
    let message = format!("Its damaged index could not be moved aside. {}", fault.message);
    if let Some(failure) = registry.note_relapse(&id, Fault { message, ..fault }) {
        registry.fail_unload(&id, failure);
    }
    drop(working);
}

impl Registry {
    fn end_unload(&self, id: &ProjectId) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.residency.unloaded();
            if !slot.is_loading() {
                slot.rest();
            }
        }
        self.changed();
    }

    fn note_relapse(&self, id: &ProjectId, fault: Fault) -> Option<Arc<Failure>> {
        let (now, clock) = (Instant::now(), Timestamp::now());
        let mut slots = self.slots();
        let slot = slots.get_mut(id)?;
        tracing::warn!(project = %slot.project.name, message = fault.message);
        // It opens, and fails once it is open: the pauses grow over both.
        let failure = Arc::new(Failure::after(slot.relapse.as_deref(), fault, now, clock));
        slot.relapse = Some(Arc::clone(&failure));
        Some(failure)
    }

    /// As [`Registry::end_unload`] of a project that cannot be opened as it is.
    fn fail_unload(&self, id: &ProjectId, failure: Arc<Failure>) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.residency.unloaded_in_failure(&failure);
            if !slot.is_loading() {
                slot.rest();
            }
        }
        self.changed();
        tokio::spawn(try_again(Arc::downgrade(&self.shared), id.clone(), failure));
    }
}
