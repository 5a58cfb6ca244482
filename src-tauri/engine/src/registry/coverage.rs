//! Which files are indexed and how much may be open, as the user changes it.

use std::sync::PoisonError;

use super::keeper::{Control, Coverage};
use super::slot::Slot;
use super::{Registry, Room};
use crate::catalogue::{Project, ProjectId};
use crate::index::excludes::Excludes;
use crate::index::{Limits, Rules};

impl Registry {
    /// Leaves out other files of the project than before. Its index follows at once, and is opened
    /// for that where need be.
    pub fn set_rules(&self, id: &ProjectId, excludes: Vec<String>, include_ignored: bool) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.project.excludes = excludes;
            slot.project.include_ignored = include_ignored;
            self.cover_anew(slot);
        }
        let _ = self.wake(id);
        self.changed();
    }

    /// Indexes files up to another size, in all projects. The index of an open one follows at once,
    /// that of another one when it is opened.
    pub fn set_limits(&self, limits: Limits) {
        let before = {
            let mut known = self.shared.limits.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *known, limits)
        };
        if before != limits {
            self.slots().values().for_each(|slot| self.cover_anew(slot));
        }
    }

    pub fn limits(&self) -> Limits {
        *self.shared.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets more or less be open; what is too much is closed as soon as nobody needs it.
    pub fn set_room(&self, room: Room) {
        *self.shared.room.lock().unwrap_or_else(PoisonError::into_inner) = room;
        self.shared.room_wanted.notify_one();
    }

    pub(super) fn room(&self) -> Room {
        *self.shared.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn coverage(&self, project: &Project) -> Coverage {
        let excludes = Excludes::new(&project.excludes);
        let rules = Rules::new(&project.root, self.shared.settings.excluded.clone());
        Coverage { rules: rules.with(excludes, project.include_ignored), limits: self.limits() }
    }

    /// Under the lock of the slots, so that no older order comes after a newer one.
    fn cover_anew(&self, slot: &Slot) {
        if let Some(hot) = slot.hot() {
            hot.tell(Control::Cover(self.coverage(&slot.project)));
        }
    }
}
