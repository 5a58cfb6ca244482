//! `quarry exclude`.

use quarry_engine::status::LaneName;

use super::ExcludeArgs;
use super::output::{self, Failure};
use crate::owner::protocol::{Reply, Request};
use crate::owner::session::Session;
use crate::words::visible;

pub async fn run(session: &mut Session, exclude: ExcludeArgs) -> Result<(), Failure> {
    let ExcludeArgs { project, patterns, undo } = exclude;
    if patterns.is_empty() {
        return list(session, project).await;
    }
    for pattern in patterns {
        let request = Request::Exclude { project: project.clone(), pattern, undo };
        session.run(request, |_| Ok::<(), Failure>(())).await?;
    }
    if session.is_owner() {
        // What this process started would end with it.
        let wait = Request::Wait { project, lane: LaneName::Text };
        session.run(wait, |_: Reply| Ok::<(), Failure>(())).await?;
    }
    Ok(())
}

async fn list(session: &mut Session, project: String) -> Result<(), Failure> {
    let print = |reply| match reply {
        Reply::Project(status) => {
            let line = |pattern: &String| format!("{}\n", visible(pattern));
            output::print(&status.excludes.iter().map(line).collect::<String>())
        }
        _ => Ok(()),
    };
    session.run(Request::Status { project }, print).await
}
