//! Opens the projects that were used last when Quarry starts: the pinned and the most recent first,
//! as far as there is room, volume by volume, so that a dead disk delays only its own projects.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::task::JoinSet;

use super::room::{LastUse, Room, Tenant};
use super::volume::VolumeId;
use super::{Registry, Shared};
use crate::catalogue::{Project, ProjectId};

/// Projects opened at the start, unless more are pinned.
const WARM_AT_START: usize = 20;
/// Of these, at a time on one volume.
const AT_A_TIME: usize = 2;
/// A disk that does not say within this time which volume it is gets its turn when it does.
const STAT_GRACE: Duration = Duration::from_millis(100);

impl Registry {
    /// Opens the projects that were used last, in the background.
    pub fn warm(&self) {
        tokio::spawn(warm(self.clone(), worth_opening(self.projects(), self.room())));
    }
}

/// The pinned ones, and of the others those that fit beside them: what is opened beyond that closes
/// another one at once.
fn worth_opening(projects: Vec<Project>, room: Room) -> Vec<Project> {
    let mut open: Vec<Tenant<ProjectId>> = Vec::new();
    let fits = |project: &Project| {
        let bytes = project.held.bytes;
        let fits = project.pinned || (open.len() < WARM_AT_START && room.fits(&open, bytes));
        let (key, last_used) = (project.id.clone(), LastUse::default());
        open.extend(fits.then_some(Tenant { key, bytes, last_used, may_close: !project.pinned }));
        fits
    };
    by_rank(projects).into_iter().filter(fits).collect()
}

/// The pinned ones first, then the most recently used; equals by id.
fn by_rank(mut projects: Vec<Project>) -> Vec<Project> {
    let rank = |project: &Project| (project.pinned, project.last_used());
    projects.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.id.cmp(&b.id)));
    projects
}

async fn warm(registry: Registry, recent: Vec<Project>) {
    let mut looks = JoinSet::new();
    for (rank, project) in recent.into_iter().enumerate() {
        let disk = Arc::clone(&registry.shared.disk);
        looks.spawn_blocking(move || (disk.volume(&project.root), rank, project.id));
    }
    let shared = Arc::downgrade(&registry.shared);
    drop(registry);
    let mut volumes: BTreeMap<VolumeId, Vec<(usize, ProjectId)>> = BTreeMap::new();
    let grace = tokio::time::sleep(STAT_GRACE);
    tokio::pin!(grace);
    loop {
        tokio::select! {
            Some(looked) = looks.join_next() => {
                if let Ok((volume, rank, id)) = looked {
                    volumes.entry(volume).or_default().push((rank, id));
                }
            }
            () = &mut grace => break,
            else => break,
        }
    }
    for (_, mut projects) in volumes {
        projects.sort();
        tokio::spawn(open_in_turn(shared.clone(), projects));
    }
    while let Some(looked) = looks.join_next().await {
        if let (Ok((_, _, id)), Some(shared)) = (looked, shared.upgrade()) {
            Registry { shared }.wake(&id);
        }
    }
}

async fn open_in_turn(shared: Weak<Shared>, projects: Vec<(usize, ProjectId)>) {
    let open = async |(_, id): (usize, ProjectId)| {
        let outcome = shared.upgrade().and_then(|shared| Registry { shared }.wake(&id));
        if let Some(mut outcome) = outcome {
            // What came of it is in the project's state.
            let _ = outcome.wait_for(Option::is_some).await;
        }
    };
    stream::iter(projects).map(open).buffered(AT_A_TIME).for_each(async |()| ()).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Held;
    use jiff::Timestamp;

    #[test]
    fn the_pinned_come_first_then_the_later_of_search_and_indexing_decides_and_equals_go_by_id() {
        let at = |second: Option<i64>| second.map(|s| Timestamp::from_second(s).unwrap());
        let project = |id: &str, searched, indexed| Project {
            id: ProjectId::from(id),
            name: id.into(),
            root: "/".into(),
            pinned: false,
            paused: false,
            meaning: true,
            excludes: Vec::new(),
            include_ignored: false,
            last_searched: at(searched),
            last_indexed: at(indexed),
            held: Held::default(),
            identity: Default::default(),
        };
        let ordered = by_rank(vec![
            project("never-b", None, None),
            project("tie-b", Some(5), None),
            project("old", Some(1), Some(2)),
            project("never-a", None, None),
            project("tie-a", None, Some(5)),
            project("indexed-last", Some(1), Some(9)),
            project("searched-last", Some(8), Some(1)),
            Project { pinned: true, ..project("pinned", Some(3), None) },
        ]);
        let ids: Vec<&str> = ordered.iter().map(|project| project.id.as_str()).collect();
        let expected = [
            "pinned",
            "indexed-last",
            "searched-last",
            "tie-a",
            "tie-b",
            "old",
            "never-a",
            "never-b",
        ];
        assert_eq!(ids, expected);
    }
}
