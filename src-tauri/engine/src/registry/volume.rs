//! The disks that projects lie on. Work that may wait for a disk is bounded for each of them, so
//! that a dead one holds up only its own projects.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::index::WriteGate;

/// Comparisons of whole trees at once on one volume.
const COMPARISONS: usize = 2;

/// Names a volume for as long as it is mounted; `None` where the system has no name for it.
pub type VolumeId = Option<u64>;

/// The volume that `root` lies on. Waits for the disk.
pub fn volume_of(root: &Path) -> VolumeId {
    let metadata = std::fs::metadata(root).ok()?;
    #[cfg(unix)]
    return Some(std::os::unix::fs::MetadataExt::dev(&metadata));
    #[cfg(not(unix))]
    return metadata.is_dir().then(|| hash_of_prefix(root)).flatten();
}

/// The drive or share, which is what a volume is called there.
#[cfg(not(unix))]
fn hash_of_prefix(root: &Path) -> VolumeId {
    let prefix = root.components().next()?;
    Some(crate::index::content_hash(prefix.as_os_str().as_encoded_bytes()))
}

/// What the projects of one volume share.
#[derive(Clone)]
pub struct Volume {
    /// Comparisons of whole trees that may go on at once.
    pub comparisons: Arc<Semaphore>,
    /// One bulk writer at a time: each takes both cores and its arenas.
    pub gate: WriteGate,
}

#[derive(Default)]
pub struct Volumes(Mutex<HashMap<VolumeId, Volume>>);

impl Volumes {
    pub fn get(&self, id: VolumeId) -> Volume {
        let mut volumes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Volume {
            comparisons: Arc::new(Semaphore::new(COMPARISONS)),
            gate: WriteGate::default(),
        };
        volumes.entry(id).or_insert_with(fresh).clone()
    }
}
