//! What it means for a project how its root looks.

use std::time::SystemTime;

use crate::registry::roots::RootSeen;
use crate::registry::volume::VolumeId;

/// What it means that the root looks so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RootVerdict {
    Gone,
    There,
    /// Another volume or folder is in its place: what is watched is not what is there.
    Replaced,
    /// Its disk does not answer: nobody knows.
    Unanswered,
}

/// Follows the root from look to look.
#[derive(Debug)]
pub(super) struct RootHistory {
    volume: VolumeId,
    /// Its number, and when it was written to, at the last look.
    folder: Option<(u64, Option<SystemTime>)>,
}

impl RootHistory {
    /// `volume`: where the root lay when the project was opened.
    pub fn new(volume: VolumeId) -> RootHistory {
        RootHistory { volume, folder: None }
    }

    /// What was there at the last look before the project was opened.
    pub fn begin_with(&mut self, seen: Option<RootSeen>) {
        if let Some(RootSeen::There { written, .. }) = seen {
            self.folder = Some(written);
        }
    }

    /// `holds_files`: the index does. `gone`: so it was until now.
    pub fn judge(&mut self, seen: RootSeen, holds_files: bool, gone: bool) -> RootVerdict {
        let (empty, volume, written) = match seen {
            RootSeen::There { empty, volume, written } => (empty, volume, written),
            RootSeen::Missing => return RootVerdict::Gone,
            RootSeen::Unanswered => return RootVerdict::Unanswered,
        };
        // Some file systems number one folder otherwise from time to time: it keeps its time.
        let other_folder = self.folder.is_some_and(|(number, time)| {
            number != written.0 && (time.is_none() || time != written.1)
        });
        let replaced = other_folder || (self.volume.is_some() && self.volume != volume);
        if empty && holds_files && (gone || replaced) {
            return RootVerdict::Gone;
        }
        (self.volume, self.folder) = (volume, Some(written));
        if replaced && !gone { RootVerdict::Replaced } else { RootVerdict::There }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HERE: RootSeen = there(false, 1);

    const fn there(empty: bool, volume: u64) -> RootSeen {
        RootSeen::There { empty, volume: Some(volume), written: (1, None) }
    }

    #[test]
    fn the_empty_place_of_an_unmounted_volume_is_no_root() {
        let mut history = RootHistory::new(None);
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let place = there(true, 2);
        assert_eq!(history.judge(place, true, false), RootVerdict::Gone);
        assert_eq!(history.judge(place, true, true), RootVerdict::Gone);
        assert_eq!(history.judge(HERE, true, true), RootVerdict::There);
    }

    #[test]
    fn a_root_whose_disk_does_not_answer_is_as_it_was_when_it_does() {
        let mut history = RootHistory::new(None);
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let silent = RootSeen::Unanswered;
        assert_eq!(history.judge(silent, true, false), RootVerdict::Unanswered);
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        assert_eq!(history.judge(there(false, 2), true, false), RootVerdict::Replaced);
    }

    #[test]
    fn a_volume_mounted_before_the_first_look_replaces_what_was_opened() {
        let mut history = RootHistory::new(Some(2));
        assert_eq!(history.judge(HERE, true, false), RootVerdict::Replaced);
    }

    #[test]
    fn a_folder_whose_files_were_deleted_stays_a_root() {
        let mut history = RootHistory::new(None);
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let emptied = there(true, 1);
        assert_eq!(history.judge(emptied, true, false), RootVerdict::There);
        // An index without files has nothing to lose.
        assert_eq!(history.judge(emptied, false, true), RootVerdict::There);
    }

    #[test]
    fn another_folder_in_its_place_replaces_it_once() {
        let folder = |number, seconds| RootSeen::There {
            empty: false,
            volume: Some(1),
            written: (number, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))),
        };
        let mut history = RootHistory::new(None);
        history.begin_with(Some(folder(1, 10)));
        assert_eq!(history.judge(folder(1, 11), true, false), RootVerdict::There, "written to");
        assert_eq!(history.judge(folder(2, 11), true, false), RootVerdict::There, "renumbered");
        assert_eq!(history.judge(folder(3, 12), true, false), RootVerdict::Replaced);
        assert_eq!(history.judge(folder(3, 12), true, false), RootVerdict::There);
    }

    #[test]
    fn a_volume_mounted_over_the_root_replaces_it_once() {
        let mut history = RootHistory::new(None);
        assert_eq!(history.judge(HERE, true, false), RootVerdict::There);
        let other = there(false, 2);
        assert_eq!(history.judge(other, true, false), RootVerdict::Replaced);
        assert_eq!(history.judge(other, true, false), RootVerdict::There);
    }
}
