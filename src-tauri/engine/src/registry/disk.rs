//! What the registry asks of the disk. Every call may take as long as the disk does.

use std::path::Path;
use std::sync::Arc;

use super::failure::{Fault, check_root};
use super::keeper;
use super::roots::{RootSeen, look};
use super::volume::{VolumeId, volume_of};
use crate::catalogue::{Held, Identity, Project};
use crate::index::{IndexError, ProjectIndex};

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

    /// Opens the project's index in `directory`, in order to keep it fresh. One that is damaged, or
    /// empty although it must not be, is moved aside for a new one.
    ///
    /// # Errors
    /// Why it cannot be opened now; everything is then as it was.
    fn open(&self, project: &Project, directory: &Path) -> Result<Opened, Fault> {
        open(project, directory)
    }

    /// Opens an index that was made before, for searches alone. `None` where there is nothing to
    /// read: it has to be opened with [`Disk::open`], which sees to the reason.
    fn read(&self, project: &Project, directory: &Path) -> Option<Arc<ProjectIndex>> {
        self.check_root(&project.root).ok()?;
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
            let lost = project.held.files;
            tracing::warn!(project = %project.name, lost, "an index has lost its files");
            // As good as none: its note may say that the tree was compared.
            drop(index);
            set_aside(directory)?;
            (open_index(directory)?, Some(loss_notice(lost)))
        }
        other => (other?, None),
    };
    Ok(Opened { index, held, notice })
}

fn open_index(directory: &Path) -> Result<(Arc<ProjectIndex>, Held), IndexError> {
    let index = Arc::new(ProjectIndex::open(directory)?);
    let held = keeper::held(&index)?;
    Ok((index, held))
}

/// Renames an index, in place of the one that was set aside before; where to.
pub fn set_aside(directory: &Path) -> Result<std::path::PathBuf, IndexError> {
    let aside = directory.with_extension("damaged");
    if aside.exists() {
        std::fs::remove_dir_all(&aside).map_err(|source| IndexError::from_io(&aside, source))?;
    }
    std::fs::rename(directory, &aside).map_err(|source| IndexError::from_io(directory, source))?;
    Ok(aside)
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
