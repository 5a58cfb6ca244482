//! Snapshots of all projects' states: pushed with every change, read without any project's lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::slot::Slot;
use super::{Registry, Shared};
use crate::catalogue::ProjectId;
use crate::status::{ProjectStatus, Snapshot};

/// Snapshots are published at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

impl Registry {
    /// The latest snapshot; never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.snapshots.borrow())
    }

    /// Gets every further snapshot, at most ten a second.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.snapshots.subscribe()
    }

    /// The state of all projects at this moment, as a snapshot has it.
    pub fn statuses(&self) -> Vec<ProjectStatus> {
        statuses(&self.slots())
    }

    /// Has the next snapshot made.
    pub(super) fn changed(&self) {
        self.shared.changed.notify_one();
    }

    /// Publishes how things are now: whoever has just changed something sees it.
    pub(crate) fn publish(&self) {
        self.shared.snapshots.send_if_modified(|snapshot| {
            // Looked at in here, so that nobody's older look replaces a newer one.
            let mut slots = self.slots();
            let projects = statuses(&slots);
            let changed = snapshot.projects != projects || snapshot.seq == 0;
            if changed {
                let now = Timestamp::now();
                for (before, after) in same_projects(&snapshot.projects, &projects) {
                    if let Some(slot) = slots.get_mut(&ProjectId::from(after.id.as_str())) {
                        slot.history.note(before, after, now);
                    }
                }
                *snapshot = Arc::new(Snapshot { seq: snapshot.seq + 1, projects });
            }
            changed
        });
    }
}

/// Sorted by name.
fn statuses(slots: &BTreeMap<ProjectId, Slot>) -> Vec<ProjectStatus> {
    let mut projects: Vec<ProjectStatus> = slots.values().map(Slot::status).collect();
    projects.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    projects
}

/// The projects of both lists that have changed.
fn same_projects<'a>(
    before: &'a [ProjectStatus],
    after: &'a [ProjectStatus],
) -> impl Iterator<Item = (&'a ProjectStatus, &'a ProjectStatus)> {
    let known: HashMap<&str, &ProjectStatus> =
        before.iter().map(|project| (project.id.as_str(), project)).collect();
    let pair = move |after: &'a ProjectStatus| Some((*known.get(after.id.as_str())?, after));
    after.iter().filter_map(pair).filter(|(before, after)| before != after)
}

/// A change is published at once, and those of the next moment together.
pub(super) async fn publish_changes(shared: Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else { return };
        let registry = Registry { shared: strong };
        // Wakes up now and then, so that a registry which nobody uses any more can end.
        let waited =
            tokio::time::timeout(Duration::from_secs(5), registry.shared.changed.notified()).await;
        if waited.is_ok() {
            registry.publish();
            drop(registry);
            tokio::time::sleep(PUBLISH_EVERY).await;
        }
    }
}
