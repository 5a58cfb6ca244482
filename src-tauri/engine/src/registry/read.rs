//! Indexes to search. A project that is open is searched as it is; of one that is closed the index
//! is opened for reading alone, without a watcher and without comparing it with its folder: a
//! search over a thousand projects opens files, and nothing that would have to be closed again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::residency::{Readable, State};
use super::slot::Slot;
use super::{Lease, Registry, ResolveError, blocking};
use crate::catalogue::{Project, ProjectId};
use crate::index::ProjectIndex;

/// Segments of closed projects that stay open for the next search. Each takes about a quarter of a
/// megabyte, and is six files mapped into memory, of which Linux gives a process 65,530.
/// The first ones stay: were the last ones kept, a search over more would find none of its own.
const KEPT_SEGMENTS: usize = 1200;

/// The index of a closed project, kept for the next search.
#[derive(Clone)]
pub(super) struct Reader {
    index: Arc<ProjectIndex>,
    segments: usize,
}

/// An index to search. Its project is not closed for want of room while this exists.
pub struct Searchable {
    pub id: ProjectId,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
    /// The index has been compared with the whole folder since it was opened. Without that, files
    /// may be missing.
    pub compared: bool,
    /// `None` where it is open for reading alone.
    open: Option<Lease>,
}

enum Look {
    Found(Searchable),
    Unread(Project),
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
        let not_found = || ResolveError::NotFound(id.clone());
        match self.look(id).ok_or_else(not_found)? {
            Look::Found(searchable) => return Ok(searchable),
            Look::Unread(project) => {
                let reading = tokio::time::timeout(patience, self.open_reader(project));
                match reading.await {
                    Ok(Some(searchable)) => return Ok(searchable),
                    Ok(None) => {}
                    Err(_) => {
                        let retry_after = Duration::from_secs(1);
                        return Err(ResolveError::Loading { retry_after });
                    }
                }
            }
            Look::Unreadable => {}
        }
        self.resolve(id, patience).await?;
        // It is hot now, unless it was closed or removed in the same moment.
        self.readable_now(id).ok_or_else(not_found)
    }

    fn look(&self, id: &ProjectId) -> Option<Look> {
        let slots = self.slots();
        let slot = slots.get(id)?;
        Some(match slot.residency.readable() {
            Readable::Hot(hot) => Look::Found(Searchable {
                id: id.clone(),
                root: hot.root.clone(),
                index: Arc::clone(&hot.index),
                compared: slot.upkeep.compared,
                open: Some(self.lease(hot)),
            }),
            Readable::Reader(reader) => Look::Found(closed(&slot.project, reader.index)),
            Readable::Unread if slot.project.held.files > 0 => Look::Unread(slot.project.clone()),
            Readable::Unread | Readable::Neither => Look::Unreadable,
        })
    }

    async fn open_reader(&self, project: Project) -> Option<Searchable> {
        let directory = self.index_directory(&project.id);
        let disk = Arc::clone(&self.shared.disk);
        let opening = project.clone();
        // A panic over a damaged file is damage too: opening it to keep it sees to that.
        let index = blocking(move || disk.read(&opening, &directory)).await.ok().flatten()?;
        let reader = Reader { segments: index.segments(), index: Arc::clone(&index) };
        let mut slots = self.slots();
        let kept: usize = slots.values().map(Slot::kept_segments).sum();
        let slot = slots.get_mut(&project.id)?;
        if kept + reader.segments <= KEPT_SEGMENTS {
            slot.residency.keep_reader(reader);
        }
        Some(closed(&project, index))
    }
}

impl Slot {
    fn kept_segments(&self) -> usize {
        match self.residency.state() {
            State::Cold { reader: Some(reader) } => reader.segments,
            _ => 0,
        }
    }
}

fn closed(project: &Project, index: Arc<ProjectIndex>) -> Searchable {
    let (id, root) = (project.id.clone(), project.root.clone());
    Searchable { id, root, index, compared: false, open: None }
}
