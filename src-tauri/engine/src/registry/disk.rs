//! What the registry asks of the disk. Every call may take as long as the disk does.

use std::path::Path;
use std::sync::Arc;

use super::failure::{Fault, check_root};
use super::keeper;
use super::leftovers::set_aside;
use super::roots::{RootSeen, look};
use super::volume::{VolumeId, volume_of};
use crate::catalogue::{Held, Identity, Project};
use crate::index::{IndexError, Origin, ProjectIndex};

const RELAID_NOTICE: &str =
    "Its index had an older layout, so this version of Quarry makes it anew from the folder.";

/// A root that is well.
pub struct Place {
    pub volume: VolumeId,
    /// Of the root as it is now.
    pub identity: Identity,
}

/// An index that was opened and has no keeper yet.
pub struct Opened {
    pub index: Arc<ProjectIndex>,
    pub held: Held,
    /// What people should know of what happened to the index.
    pub notice: Option<String>,
}

/// The seam at which tests decide how long a disk takes, and how it fails.
pub trait Disk: Send + Sync {
    fn volume(&self, root: &Path) -> VolumeId {
        volume_of(root)
    }

    /// What is at the root's place, which was `before` at the last look.
    fn look(&self, root: &Path, before: Option<RootSeen>) -> RootSeen {
        look(root, before)
    }

    /// # Errors
    /// What is wrong with the root; it is well again when this returns `Ok`.
    fn check_root(&self, root: &Path) -> Result<(), Fault> {
        check_root(root)
    }

    /// Where the root is, if it is well.
    ///
    /// # Errors
    /// As for [`Disk::check_root`].
    fn place(&self, root: &Path) -> Result<Place, Fault> {
        self.check_root(root)?;
        Ok(Place { volume: self.volume(root), identity: Identity::of(root) })
    }

    /// Opens the project's index in `directory`, in order to keep it fresh. One that is damaged is
    /// moved aside for a new one, and one that is empty although it must not be is deleted for it.
    ///
    /// # Errors
    /// Why it cannot be opened now; everything is then as it was.
    fn open(&self, project: &Project, directory: &Path) -> Result<Opened, Fault> {
        open(project, directory)
    }

    /// Opens an index that was made before, for searches alone; the root may be missing. `None`
    /// where there is nothing to read: it has to be opened with [`Disk::open`], which sees to the
    /// reason.
    fn read(&self, project: &Project, directory: &Path) -> Option<Arc<ProjectIndex>> {
        let index = ProjectIndex::read(directory).ok().flatten()?;
        let as_it_was = index.is_complete() && (!index.is_empty() || project.held.files == 0);
        as_it_was.then(|| Arc::new(index))
    }
}

/// The disk as it is.
pub struct RealDisk;

impl Disk for RealDisk {}

fn open(project: &Project, directory: &Path) -> Result<Opened, Fault> {
    let ((index, held), notice) = match open_index(directory) {
        Err(IndexError::Corrupt { detail, .. }) => {
            tracing::warn!(project = %project.name, detail, "a damaged index is moved aside");
            let aside = set_aside(directory)?;
            (open_index(directory)?, Some(damage_notice(&aside)))
        }
        Ok((index, held)) if held.files == 0 && project.held.files > 0 => {
            refill((index, held), project, directory)?
        }
        other => (other?, None),
    };
    Ok(Opened { index, held, notice })
}

/// An index, and how much it holds.
type Counted = (Arc<ProjectIndex>, Held);

/// Sees to the empty index of a project that held files, which are indexed again; what people are
/// told of it.
fn refill(
    empty: Counted,
    project: &Project,
    directory: &Path,
) -> Result<(Counted, Option<String>), IndexError> {
    let (origin, complete) = (empty.0.origin(), empty.0.is_complete());
    if origin == Origin::Relaid {
        return Ok((empty, Some(RELAID_NOTICE.to_owned())));
    }
    if origin == Origin::Stored && !complete {
        // It was being made when Quarry ended, and people were told why.
        return Ok((empty, None));
    }
    let lost = project.held.files;
    tracing::warn!(project = %project.name, lost, "an index has lost its files");
    let opened = if complete {
        // By its own account the folder has no files. There is nothing in it to keep for a look.
        drop(empty);
        std::fs::remove_dir_all(directory)
            .map_err(|source| IndexError::from_io(directory, source))?;
        open_index(directory)?
    } else {
        empty
    };
    Ok((opened, Some(loss_notice(lost))))
}

fn open_index(directory: &Path) -> Result<Counted, IndexError> {
    let index = Arc::new(ProjectIndex::open(directory)?);
    let held = keeper::held(&index)?;
    Ok((index, held))
}

pub fn damage_notice(aside: &Path) -> String {
    format!(
        "Its index was damaged, so Quarry makes it anew from the folder. The damaged one is kept \
         in {}.",
        aside.display()
    )
}

fn loss_notice(lost: u64) -> String {
    format!("Its index held {lost} files and was found empty, so Quarry makes it anew.")
}
