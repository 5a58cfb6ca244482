//! Whether a project's root is there, asked now and then beside what the watcher hears: a volume
//! that is mounted makes no event where the watcher listens.

use std::path::Path;

/// What is at the root's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RootSeen {
    Missing,
    There {
        /// Nothing is in it: it may be the place of a volume that is not mounted.
        empty: bool,
        /// The file system that holds it, where the system tells.
        volume: Option<u64>,
    },
}

/// Looks at the root; may block for as long as its disk does.
pub(super) fn look(root: &Path) -> RootSeen {
    let Ok(metadata) = root.metadata() else {
        return RootSeen::Missing;
    };
    if !metadata.is_dir() {
        return RootSeen::Missing;
    }
    let empty = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
    #[cfg(unix)]
    let volume = Some(std::os::unix::fs::MetadataExt::dev(&metadata));
    #[cfg(not(unix))]
    let volume = None;
    RootSeen::There { empty, volume }
}

/// What it means that the root looks so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RootVerdict {
    Gone,
    There,
    /// Another volume is in its place: what is watched is not what is there.
    Replaced,
}

/// Follows the root from look to look.
#[derive(Debug, Default)]
pub(super) struct RootHistory {
    volume: Option<u64>,
}

impl RootHistory {
    /// `holds_files`: the index does. `gone`: so it was until now.
    pub fn judge(&mut self, seen: RootSeen, holds_files: bool, gone: bool) -> RootVerdict {
        let RootSeen::There { empty, volume } = seen else {
            return RootVerdict::Gone;
        };
        let replaced = self.volume.is_some() && self.volume != volume;
        if empty && holds_files && (gone || replaced) {
            return RootVerdict::Gone;
        }
        self.volume = volume;
        if replaced && !gone { RootVerdict::Replaced } else { RootVerdict::There }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: RootSeen = RootSeen::There { empty: false, volume: Some(1) };

    #[test]
    fn the_empty_place_of_an_unmounted_volume_is_no_root() {
        let mut history = RootHistory::default();
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let place = RootSeen::There { empty: true, volume: Some(2) };
        assert_eq!(history.judge(place, true, false), RootVerdict::Gone);
        assert_eq!(history.judge(place, true, true), RootVerdict::Gone);
        assert_eq!(history.judge(HERE, true, true), RootVerdict::There);
    }

    #[test]
    fn a_folder_whose_files_were_deleted_stays_a_root() {
        let mut history = RootHistory::default();
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let emptied = RootSeen::There { empty: true, volume: Some(1) };
        assert_eq!(history.judge(emptied, true, false), RootVerdict::There);
        // An index without files has nothing to lose.
        assert_eq!(history.judge(emptied, false, true), RootVerdict::There);
    }

    #[test]
    fn a_volume_mounted_over_the_root_replaces_it_once() {
        let mut history = RootHistory::default();
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let other = RootSeen::There { empty: false, volume: Some(2) };
        assert_eq!(history.judge(other, true, false), RootVerdict::Replaced);
        assert_eq!(history.judge(other, true, false), RootVerdict::There);
    }
}
