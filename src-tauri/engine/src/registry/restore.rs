//! Opens and closes projects: the tasks between the registry's states.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::failure::{self, Cause};
use super::keeper;
use super::slot::{News, Slot, State, remember};
use super::{Hot, Loaded, Registry};
use crate::catalogue::{Held, ProjectId};
use crate::index::{IndexError, ProjectIndex};
use crate::status::WatchMode;

/// An index that was opened and has no keeper yet.
pub(super) struct Opened {
    pub index: Arc<ProjectIndex>,
    pub held: Held,
}

/// Opens a project, and sees to the next attempt where that fails.
pub(super) async fn restore(
    registry: Registry,
    id: ProjectId,
    outcome: watch::Sender<Option<Loaded>>,
    unloaded: Option<watch::Receiver<()>>,
) {
    if let Some(mut unloaded) = unloaded {
        // Ends with an error when the sender is dropped, which is what is waited for.
        while unloaded.changed().await.is_ok() {}
    }
    let Some(project) = registry.project(&id) else {
        return;
    };
    let directory = registry.index_directory(&id);
    let opening = tokio::task::spawn_blocking(move || open(&project.root, &directory));
    let opened = opening.await.unwrap_or_else(|error| {
        let words = match error.try_into_panic() {
            Ok(payload) => keeper::panic_words(payload.as_ref()).to_owned(),
            Err(_) => "it was stopped".to_owned(),
        };
        Err((Cause::Panicked, format!("Opening the index failed: {words}.")))
    });
    let Some(loaded) = registry.conclude(&id, opened) else {
        return;
    };
    let next = loaded.as_ref().err().and_then(|failure| failure.next);
    let _ = outcome.send(Some(loaded));
    registry.evict();
    if let Some((at, _)) = next {
        tokio::spawn(async move {
            tokio::time::sleep_until(at.into()).await;
            registry.wake(&id);
        });
    }
}

fn open(root: &Path, directory: &Path) -> Result<Opened, (Cause, String)> {
    failure::check_root(root)?;
    let failed = |error: IndexError| (Cause::of(&error), failure::sentence(&error));
    let opened = open_index(directory);
    let opened = match opened {
        Err(IndexError::Corrupt { detail, .. }) => {
            tracing::warn!(directory = %directory.display(), detail, "a damaged index is moved aside");
            set_aside(directory).map_err(failed)?;
            open_index(directory)
        }
        other => other,
    };
    opened.map_err(failed)
}

fn open_index(directory: &Path) -> Result<Opened, IndexError> {
    let index = Arc::new(ProjectIndex::open(directory)?);
    let held = keeper::held(&index)?;
    Ok(Opened { index, held })
}

/// Renames a damaged index, in place of the one that was set aside before.
fn set_aside(directory: &Path) -> Result<(), IndexError> {
    let aside = directory.with_extension("damaged");
    if aside.exists() {
        std::fs::remove_dir_all(&aside).map_err(|source| IndexError::from_io(&aside, source))?;
    }
    std::fs::rename(directory, &aside).map_err(|source| IndexError::from_io(directory, source))
}

/// Closes a project whose index proved to be damaged, moves that aside and opens it anew.
pub(super) async fn reopen_damaged(registry: Registry, id: ProjectId) {
    let unloading = registry.slots().get_mut(&id).and_then(Slot::unload);
    let Some((hot, end)) = unloading else { return };
    hot.keeper.stop().await;
    drop(hot);
    let directory = registry.index_directory(&id);
    let moved = tokio::task::spawn_blocking(move || set_aside(&directory)).await;
    if let Ok(Err(error)) = moved {
        tracing::error!(%error, "a damaged index could not be moved aside");
    }
    registry.wake(&id);
    drop(end);
}

pub(super) async fn close_one(
    registry: Registry,
    id: ProjectId,
    hot: Arc<Hot>,
    news: Option<News>,
    end: watch::Sender<()>,
) {
    hot.keeper.stop().await;
    drop(hot);
    if let Some(news) = news {
        let (catalogue, id) = (Arc::clone(&registry.shared.catalogue), id.clone());
        tokio::task::spawn_blocking(move || remember(&catalogue, &id, news));
    }
    if let Some(slot) = registry.slots().get_mut(&id)
        && matches!(slot.state, State::Unloading(_))
    {
        slot.state = State::Cold;
        slot.upkeep.watch_mode = WatchMode::Off;
    }
    drop(end);
    registry.changed();
}
