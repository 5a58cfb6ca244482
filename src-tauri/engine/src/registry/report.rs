//! What follows from what keepers say.

use std::sync::Arc;
use std::time::Instant;

use super::Registry;
use super::keeper::Upkeep;
use super::residency::State;
use crate::catalogue::ProjectId;

impl Registry {
    pub(super) fn take_report(&self, id: &ProjectId, upkeep: Upkeep) {
        let (news, damaged, lost_root, is_proven) = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else { return };
            let State::Hot(hot) = slot.residency.state() else { return };
            let damaged = upkeep.damaged.then(|| Arc::clone(&hot.index));
            if upkeep.compared {
                slot.relapse = None;
            }
            let was_missing = slot.misses_root();
            let is_proven = upkeep.compared && !slot.upkeep.compared;
            slot.upkeep = upkeep;
            let lost_root = !was_missing && slot.misses_root();
            (slot.due_news(Instant::now()), damaged, lost_root, is_proven)
        };
        self.changed();
        drop(self.remember_news(news.map(|news| (id.clone(), news)).into_iter().collect()));
        match damaged {
            Some(index) => self.replace_damaged(id, &index),
            None => self.shared.room_wanted.notify_one(),
        }
        if is_proven {
            self.note_identity(id);
        }
        if lost_root {
            self.look_for_moved_root(id);
        }
    }
}
