//! The list of projects as a file, to take to another machine or to keep.

use std::path::{Path, PathBuf};

use quarry_engine::engine::{Engine, EngineError};
use quarry_engine::rel_path;
use quarry_engine::status::{ProjectAction, ProjectStatus, WatchMode};
use serde::{Deserialize, Serialize};

use super::adding::{AddOutcome, Outcome};

/// Grows with every change that an older Quarry would misread.
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectList {
    version: u32,
    projects: Vec<Listed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    name: String,
    /// As [`rel_path::encode`] writes it: names need not be text.
    root: String,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    paused: bool,
    #[serde(default = "yes")]
    meaning: bool,
    #[serde(default)]
    excludes: Vec<String>,
    #[serde(default)]
    include_ignored: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("{file} cannot be written: {source}.")]
    Unwritable { file: PathBuf, source: std::io::Error },
    #[error("{file} cannot be read: {source}.")]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{file} is no list of projects that Quarry has written: {source}.")]
    NoList { file: PathBuf, source: serde_json::Error },
    #[error("{file} was written by a newer Quarry.")]
    TooNew { file: PathBuf },
}

fn yes() -> bool {
    true
}

impl From<&ProjectStatus> for Listed {
    fn from(status: &ProjectStatus) -> Self {
        Self {
            name: status.name.clone(),
            root: status.root.clone(),
            pinned: status.pinned,
            paused: status.watch_mode == WatchMode::Paused,
            meaning: status.meaning,
            excludes: status.excludes.clone(),
            include_ignored: status.include_ignored,
        }
    }
}

/// Writes the list, and gives the number of projects in it.
pub fn export(projects: &[ProjectStatus], file: &Path) -> Result<usize, ListError> {
    let unwritable = |source| ListError::Unwritable { file: file.to_owned(), source };
    let list =
        ProjectList { version: VERSION, projects: projects.iter().map(Listed::from).collect() };
    let text = serde_json::to_vec_pretty(&list).map_err(|error| unwritable(error.into()))?;
    std::fs::write(file, text).map_err(unwritable)?;
    Ok(list.projects.len())
}

/// Registers the folders of a list; those that are registered stay as they are.
pub async fn import(engine: &Engine, list: ProjectList) -> Vec<AddOutcome> {
    let mut outcomes = Vec::new();
    for listed in list.projects {
        outcomes.push(add(engine, listed).await);
    }
    outcomes
}

pub fn read(file: &Path) -> Result<ProjectList, ListError> {
    let text = std::fs::read(file)
        .map_err(|source| ListError::Unreadable { file: file.to_owned(), source })?;
    let list: ProjectList = serde_json::from_slice(&text)
        .map_err(|source| ListError::NoList { file: file.to_owned(), source })?;
    if list.version > VERSION {
        return Err(ListError::TooNew { file: file.to_owned() });
    }
    Ok(list)
}

async fn add(engine: &Engine, listed: Listed) -> AddOutcome {
    let path = listed.root.clone();
    let added = match engine.add(&rel_path::decode(&listed.root), Some(listed.name.clone())).await {
        Ok(added) => added,
        Err(error) => return AddOutcome { path, ..AddOutcome::problem(&error.to_string()) },
    };
    let id = added.project.id;
    let (outcome, message) = if added.already {
        (Outcome::Already, format!("{path} is registered already."))
    } else if let Err(error) = set(engine, &id, &listed).await {
        (Outcome::Added, format!("{} is registered, without its settings: {error}", listed.name))
    } else {
        (Outcome::Added, format!("{} is registered and being indexed.", listed.name))
    };
    AddOutcome { path, outcome, project: Some(id), message, repositories: Vec::new() }
}

/// Each setting by itself: one that is refused keeps none of the others back.
async fn set(engine: &Engine, id: &str, listed: &Listed) -> Result<(), EngineError> {
    let mut outcome = Ok(());
    for pattern in &listed.excludes {
        outcome = outcome.and(engine.exclude(id, pattern).await.map(drop));
    }
    for (wanted, action) in [
        (listed.include_ignored, ProjectAction::IgnoredOn),
        (listed.pinned, ProjectAction::Pin),
        (listed.paused, ProjectAction::Pause),
        (!listed.meaning, ProjectAction::MeaningOff),
    ] {
        if wanted {
            outcome = outcome.and(engine.act(id, action).await);
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarry_engine::engine::Options;
    use quarry_engine::status::Snapshot;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_brings_the_projects_with_their_settings_to_another_place() {
        let base = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = base.path().canonicalize().unwrap().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let open = |name: &str| {
            Engine::open(Options { home: None, ..Options::new(folder(name)) }).unwrap()
        };
        let (one, two, gone) = (folder("one"), folder("two"), folder("gone"));
        let here = open("here");
        here.add(&one, Some("first".to_owned())).await.unwrap();
        here.add(&two, None).await.unwrap();
        here.add(&gone, None).await.unwrap();
        here.act("first", ProjectAction::Pin).await.unwrap();
        here.act("two", ProjectAction::Pause).await.unwrap();
        here.act("first", ProjectAction::IgnoredOn).await.unwrap();
        here.exclude("first", "/vendor/").await.unwrap();
        here.exclude("first", "*.min.js").await.unwrap();
        // Snapshots are a moment behind.
        let mut snapshots = here.subscribe();
        let told =
            |one: &Snapshot| one.projects.len() == 3 && one.projects.iter().any(|p| p.pinned);
        snapshots.wait_for(|snapshot| told(snapshot)).await.unwrap();
        let file = base.path().join("list.json");
        assert_eq!(export(&here.snapshot().projects, &file).unwrap(), 3);
        std::fs::remove_dir(&gone).unwrap();

        let there = open("there");
        there.add(&two, None).await.unwrap();
        let outcomes = import(&there, read(&file).unwrap()).await;
        let told = |name: &str| outcomes.iter().find(|one| one.path.ends_with(name)).unwrap();
        assert_eq!(told("one").outcome, Outcome::Added);
        assert_eq!(told("two").outcome, Outcome::Already);
        assert_eq!(told("gone").outcome, Outcome::Refused);
        let first = there.status("first").unwrap();
        assert!(first.pinned && first.include_ignored);
        assert_eq!(first.excludes, ["/vendor/", "*.min.js"]);
        here.close().await;
        there.close().await;
    }

    #[test]
    fn what_is_no_list_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.json");
        assert!(matches!(read(&file), Err(ListError::Unreadable { .. })));
        std::fs::write(&file, "{\"projects\": 3}").unwrap();
        assert!(matches!(read(&file), Err(ListError::NoList { .. })));
        std::fs::write(&file, "{\"version\": 99, \"projects\": []}").unwrap();
        assert!(matches!(read(&file), Err(ListError::TooNew { .. })));
    }
}
