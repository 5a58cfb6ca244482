//! What the popup may ask about files that were opened or pinned.

use jiff::Timestamp;
use quarry_engine::status::{Freshness, ProjectError, ProjectStatus};
use serde::Serialize;
use tauri::{AppHandle, Manager, Wry};
use tokio::runtime::Handle;
use ts_rs::TS;

use super::{CommandError, on_disk};
use crate::desktop::opened::{OpenedFile, PinError};
use crate::desktop::shell::Shell;

/// No more are looked for on disk and offered; every pinned one is.
const MOST_OPENED: usize = 6;

/// A file that the empty box offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OfferedFile {
    /// The project's id.
    pub project: String,
    /// Within the project, with `/`.
    pub path: String,
    /// The line at which it was opened or pinned last, from 1.
    pub line: u64,
    pub pinned: bool,
    /// It is not on disk at present; only a pinned file is offered nevertheless.
    pub gone: bool,
}

impl From<PinError> for CommandError {
    fn from(error: PinError) -> Self {
        Self::new("Pin", error.to_string())
    }
}

/// The pinned files, then the ones that were opened last, of projects that are still there.
#[tauri::command]
pub async fn offered_files(app: AppHandle<Wry>) -> Result<Vec<OfferedFile>, CommandError> {
    let runtime = Handle::current();
    on_disk(&app, move |shell| {
        let snapshot = shell.engine.snapshot();
        offered(shell.opened.list(), |file| {
            let project = snapshot.projects.iter().find(|one| one.id == file.project)?;
            let path = || runtime.block_on(shell.engine.file_path(&file.project, &file.path));
            Some(is_reachable(project) && path().is_ok_and(|path| path.exists()))
        })
    })
    .await
}

/// A disk that is known to be away is not asked, as it may never answer.
fn is_reachable(project: &ProjectStatus) -> bool {
    let away =
        |error: &ProjectError| matches!(error.cause.as_str(), "RootMissing" | "VolumeUnavailable");
    project.freshness != Freshness::RootMissing && !project.error.as_ref().is_some_and(away)
}

#[tauri::command]
pub async fn pin_file(
    app: AppHandle<Wry>,
    project: String,
    path: String,
    line: u64,
    pinned: bool,
) -> Result<(), CommandError> {
    if pinned {
        let file = app.state::<Shell>().engine.file_path(&project, &path).await;
        file.map_err(CommandError::of(&project))?;
    }
    let pin = move |shell: &Shell| {
        if pinned {
            shell.opened.pin(&project, &path, line, Timestamp::now())
        } else {
            shell.opened.unpin(&project, &path)
        }
    };
    Ok(on_disk(&app, pin).await??)
}

/// `is_there` says nothing of a file whose project is gone.
fn offered(
    files: Vec<OpenedFile>,
    is_there: impl Fn(&OpenedFile) -> Option<bool>,
) -> Vec<OfferedFile> {
    let offer = |file: OpenedFile| {
        let gone = !is_there(&file)?;
        let OpenedFile { project, path, line, pinned, .. } = file;
        (pinned || !gone).then_some(OfferedFile { project, path, line, pinned, gone })
    };
    let (pinned, opened): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.pinned);
    let opened = opened.into_iter().filter_map(offer).take(MOST_OPENED);
    pinned.into_iter().filter_map(offer).chain(opened).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, pinned: bool) -> OpenedFile {
        OpenedFile {
            project: "p".to_owned(),
            path: path.to_owned(),
            line: 1,
            times: 1,
            last: Timestamp::UNIX_EPOCH,
            pinned,
        }
    }

    #[test]
    fn pinned_files_come_first_and_stay_although_they_are_gone() {
        let files = vec![
            file("opened", false),
            file("opened, gone", false),
            file("pinned", true),
            file("pinned, gone", true),
            file("pinned, no project", true),
        ];
        let is_there = |file: &OpenedFile| {
            (!file.path.contains("no project")).then_some(!file.path.contains("gone"))
        };
        let told: Vec<_> = offered(files, is_there)
            .into_iter()
            .map(|file| (file.path, file.pinned, file.gone))
            .collect();
        let expected =
            [("pinned", true, false), ("pinned, gone", true, true), ("opened", false, false)];
        assert_eq!(told, expected.map(|(path, pinned, gone)| (path.to_owned(), pinned, gone)));
    }

    #[test]
    fn no_more_opened_files_are_looked_for_than_are_offered() {
        let files: Vec<_> = (0..50).map(|number| file(&number.to_string(), number > 40)).collect();
        let looked = std::cell::Cell::new(0);
        let is_there = |_: &OpenedFile| {
            looked.set(looked.get() + 1);
            Some(true)
        };
        assert_eq!(offered(files, is_there).len(), 9 + MOST_OPENED);
        assert_eq!(looked.get(), 9 + MOST_OPENED);
    }
}
