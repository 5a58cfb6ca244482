//! Indexes to search. A project that is open is searched as it is; of one that is closed the index
//! is opened for reading alone, without a watcher and without comparing it with its folder: a
//! search over a thousand projects opens files, and nothing that would have to be closed again.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::failure::Cause;
use super::residency::{Readable, is_readable};
use super::slot::Slot;
use super::{Lease, Registry, ResolveError, Shared, blocking};
use crate::catalogue::{Project, ProjectId};
use crate::index::ProjectIndex;
use crate::root_access::RootAccess;

/// Segments of closed projects that stay open for the next search. Each takes about a quarter of a
/// megabyte, and is six files mapped into memory, of which Linux gives a process 65,530.
/// The first ones stay: were the last ones kept, a search over more would find none of its own.
const KEPT_SEGMENTS: usize = 1200;
/// Readings that may be under way at once. Each holds a thread, dead disks hold theirs for minutes,
/// and everything else that waits for a disk has to find some left: tokio has 512.
pub(super) const READINGS: usize = 128;

/// The index of a closed project, kept for the next search.
#[derive(Clone)]
pub(super) struct Reader {
    index: Arc<ProjectIndex>,
    segments: usize,
}

/// What comes of a reading: an index, or nothing to read. Nothing as long as it is under way.
pub(super) type Reading = watch::Receiver<Option<Option<Arc<ProjectIndex>>>>;

/// An index to search. Its project is not closed for want of room while this exists.
pub struct Searchable {
    pub id: ProjectId,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
    /// Whoever reads its files asks here first.
    pub access: Arc<RootAccess>,
    /// The index has been compared with the whole folder since it was opened. Without that, files
    /// may be missing.
    pub compared: bool,
    /// `None` where it is open for reading alone.
    open: Option<Lease>,
}

enum Look {
    Found(Searchable),
    Unread(Project, Arc<RootAccess>),
    /// It has to be opened to be kept fresh, or has failed.
    Unreadable,
}

impl Searchable {
    pub fn is_hot(&self) -> bool {
        self.open.is_some()
    }
}

impl Registry {
    /// The project's index as it is now, if it can be searched without waiting.
    pub fn readable_now(&self, id: &ProjectId) -> Option<Searchable> {
        match self.look(id)? {
            Look::Found(searchable) => Some(searchable),
            _ => None,
        }
    }

    /// The project's index, within `patience`.
    ///
    /// # Errors
    /// As [`Registry::resolve`]: a project that has nothing to be read is opened as there.
    pub async fn read(
        &self,
        id: &ProjectId,
        patience: Duration,
    ) -> Result<Searchable, ResolveError> {
        if let Some(searchable) = self.read_closed(id, patience).await? {
            return Ok(searchable);
        }
        match self.resolve(id, patience).await {
            // It is hot now, unless it was closed or removed in the same moment.
            Ok(_lease) => self.readable_now(id).ok_or_else(|| ResolveError::NotFound(id.clone())),
            Err(ResolveError::Failed(failure)) if is_readable(&failure) => {
                let read = self.read_closed(id, patience).await?;
                read.ok_or(ResolveError::Failed(failure))
            }
            Err(error) => Err(error),
        }
    }

    /// The project's index as it is, without opening the project. `None` where there is nothing to
    /// be read so.
    async fn read_closed(
        &self,
        id: &ProjectId,
        patience: Duration,
    ) -> Result<Option<Searchable>, ResolveError> {
        let not_found = || ResolveError::NotFound(id.clone());
        let (project, access) = match self.look(id).ok_or_else(not_found)? {
            Look::Found(searchable) => return Ok(Some(searchable)),
            Look::Unread(project, access) => (project, access),
            Look::Unreadable => return Ok(None),
        };
        let mut reading = self.reading(id).ok_or_else(not_found)?;
        let read = tokio::time::timeout(patience, reading.wait_for(Option::is_some));
        let retry_after = Duration::from_secs(1);
        let read = read.await.map_err(|_| ResolveError::Loading { retry_after })?;
        let index = read.ok().and_then(|read| read.clone().flatten());
        Ok(index.map(|index| closed(&project, index, access)))
    }

    fn look(&self, id: &ProjectId) -> Option<Look> {
        let slots = self.slots();
        let slot = slots.get(id)?;
        Some(match slot.residency.readable() {
            Readable::Hot(hot) => Look::Found(Searchable {
                id: id.clone(),
                root: hot.root.clone(),
                index: Arc::clone(&hot.index),
                access: Arc::clone(&slot.access),
                compared: slot.upkeep.compared,
                open: Some(self.lease(hot)),
            }),
            Readable::Reader(reader) => {
                Look::Found(closed(&slot.project, reader.index, Arc::clone(&slot.access)))
            }
            Readable::Unread if slot.project.held.files > 0 => {
                Look::Unread(slot.project.clone(), Arc::clone(&slot.access))
            }
            Readable::Unread | Readable::Neither => Look::Unreadable,
        })
    }

    /// The reading of the project's index that is under way, or a new one. It goes on when nobody
    /// waits for it any more. A dead disk may hold it for minutes: never a second one beside it.
    fn reading(&self, id: &ProjectId) -> Option<Reading> {
        let mut slots = self.slots();
        let slot = slots.get_mut(id)?;
        if let Some(reading) = &slot.reading {
            return Some(reading.clone());
        }
        let (outcome, reading) = watch::channel(None);
        slot.reading = Some(reading.clone());
        tokio::spawn(read(Arc::downgrade(&self.shared), slot.project.clone(), outcome));
        Some(reading)
    }

    /// Keeps what was read for the next search, if the project still has the root that it was read
    /// for.
    fn end_reading(&self, id: &ProjectId, reading: &Reading, index: Option<&Arc<ProjectIndex>>) {
        let mut slots = self.slots();
        let kept: usize = slots.values().map(Slot::kept_segments).sum();
        let Some(slot) = slots.get_mut(id) else { return };
        if slot.reading.take_if(|present| present.same_channel(reading)).is_none() {
            return;
        }
        let reader = |index: &Arc<ProjectIndex>| Reader {
            segments: index.segments(),
            index: Arc::clone(index),
        };
        if let Some(reader) = index.map(reader)
            && kept + reader.segments <= KEPT_SEGMENTS
        {
            slot.residency.keep_reader(reader);
        }
    }
}

async fn read(
    shared: Weak<Shared>,
    project: Project,
    outcome: watch::Sender<Option<Option<Arc<ProjectIndex>>>>,
) {
    let registry = || shared.upgrade().map(|shared| Registry { shared });
    let Some((disk, directory, readings)) = registry().map(|registry| {
        let Shared { disk, readings, .. } = &*registry.shared;
        (Arc::clone(disk), registry.index_directory(&project.id), Arc::clone(readings))
    }) else {
        return;
    };
    let permit = readings.acquire_owned().await;
    let id = project.id.clone();
    let reading = blocking(move || {
        let _permit = permit;
        let root = disk.check_root(&project.root).map_err(|fault| fault.cause);
        match root {
            Ok(()) => (disk.read(&project, &directory), true),
            // The index lies elsewhere.
            Err(Cause::RootMissing) => (disk.read(&project, &directory), false),
            Err(_) => (None, true),
        }
    });
    // A panic over a damaged file is damage too: opening it to keep it sees to that.
    let (index, has_root) = reading.await.unwrap_or((None, true));
    if let Some(registry) = registry() {
        registry.end_reading(&id, &outcome.subscribe(), index.as_ref());
        if !has_root {
            // Opening it fails, and so people hear of it.
            let _ = registry.wake(&id);
        }
    }
    outcome.send_replace(Some(index));
}

impl Slot {
    fn kept_segments(&self) -> usize {
        self.residency.reader().map_or(0, |reader| reader.segments)
    }
}

fn closed(project: &Project, index: Arc<ProjectIndex>, access: Arc<RootAccess>) -> Searchable {
    let (id, root) = (project.id.clone(), project.root.clone());
    Searchable { id, root, index, access, compared: false, open: None }
}
