//! `quarry add`.

use std::io::{IsTerminal, Write};
use std::path::Path;

use quarry_engine::status::{LaneName, ProjectStatus};

use super::AddArgs;
use super::output::{self, Failure};
use crate::owner::protocol::{Problem, Reply, Request};
use crate::owner::session::Session;
use crate::words::{count, counted, state, visible};

/// Every folder gets its turn, whatever became of the ones before.
pub async fn run(session: &mut Session, add: AddArgs) -> Result<(), Failure> {
    let mut refused = false;
    for path in &add.paths {
        match one(session, path, add.name.clone(), add.wait.map(LaneName::from)).await {
            Err(Failure::Problem(problem)) => {
                output::complain(&problem);
                refused = true;
            }
            outcome => outcome?,
        }
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

async fn one(
    session: &mut Session,
    path: &Path,
    name: Option<String>,
    wait: Option<LaneName>,
) -> Result<(), Failure> {
    // The owner has another working directory.
    let path = std::path::absolute(path).map_err(|error| {
        Problem::new("Refused", format!("{} has no absolute path: {error}", path.display()))
    })?;
    let mut added = None;
    let request = Request::Add { path, name };
    session
        .run(request, |reply| {
            if let Reply::Added { project, already } = reply {
                added = Some((project, already));
            }
            Ok::<(), Failure>(())
        })
        .await?;
    let Some((project, already)) = added else {
        return Err(Problem::new("Protocol", "Quarry did not say what it added.").into());
    };
    let (called, root) = (visible(&project.name), visible(&project.root));
    output::print(&if already {
        format!("{called} is registered already: {root} ({})\n", project.id)
    } else {
        format!("{called} is registered: {root} ({})\n", project.id)
    })?;
    match wait {
        Some(lane) => wait_for(session, project.id, lane).await,
        None => {
            if session.is_owner() && project.last_indexed.is_none() {
                output::remark(
                    "It is indexed once Quarry runs or when it is searched; `--wait text` does it \
                     at once.",
                );
            }
            Ok(())
        }
    }
}

async fn wait_for(session: &mut Session, id: String, lane: LaneName) -> Result<(), Failure> {
    let shows = std::io::stderr().is_terminal();
    let mut done = None;
    let waited = session
        .run(Request::Wait { project: id, lane }, |reply| {
            match reply {
                Reply::Snapshot(snapshot) if shows => {
                    if let Some(project) = snapshot.projects.first() {
                        show(&progress(project));
                    }
                }
                Reply::Project(project) => done = Some(project),
                _ => {}
            }
            Ok::<(), Failure>(())
        })
        .await;
    if shows {
        show("");
    }
    waited?;
    if let Some(project) = done {
        let (name, files) = (visible(&project.name), counted(project.files, "file"));
        output::remark(&format!("{name} is searchable: {files}"));
    }
    Ok(())
}

fn progress(project: &ProjectStatus) -> String {
    let name = visible(&project.name);
    match project.progress {
        Some(progress) => {
            format!("{name}: {} of {}", count(progress.done), counted(progress.total, "file"))
        }
        None => format!("{name}: {}", state(project)),
    }
}

/// In place of the line before, which nobody needs to keep.
fn show(line: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "\r\u{1b}[K{line}").and_then(|()| err.flush());
}
