//! `quarry meaning`, and `quarry search --like`.

use std::path::Path;

use quarry_engine::engine::LikeRequest;
use quarry_engine::status::{MeaningState, MeaningStatus, ProjectStatus};

use super::output::{self, Failure};
use super::{MeaningOrder, SearchArgs};
use crate::owner::holder;
use crate::owner::protocol::{MeaningCall, Problem, Reply, Request};
use crate::owner::session::Session;

pub async fn run(session: &mut Session, order: Option<&MeaningOrder>) -> Result<(), Failure> {
    let call = match order {
        Some(MeaningOrder::Pause) => MeaningCall::Pause,
        Some(MeaningOrder::Resume) => MeaningCall::Resume,
        Some(MeaningOrder::Retry) => MeaningCall::Retry,
        _ => MeaningCall::Show,
    };
    if session.is_owner() && call == MeaningCall::Retry {
        let sentence = "Quarry is not running, and looks for its model when it starts.";
        return Err(Problem::new("Unavailable", sentence).into());
    }
    let mut status = None;
    session
        .run(Request::Meaning(call), |reply| {
            if let Reply::Meaning(now) = reply {
                status = Some(now);
            }
            Ok::<(), Failure>(())
        })
        .await?;
    // What this process embeds ends with it, but the setting stays.
    match (call, session.is_owner()) {
        (MeaningCall::Pause, true) => return output::print("paused from Quarry's next start on\n"),
        (MeaningCall::Resume, true) => return output::print("goes on from Quarry's next start\n"),
        _ => {}
    }
    match status {
        Some(status) => output::print(&format!("{}\n", sentence(&status))),
        None => Ok(()),
    }
}

fn sentence(status: &MeaningStatus) -> String {
    let model = status.model.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
    let word = match status.state {
        MeaningState::Off => "off",
        MeaningState::ModelMissing => "model missing",
        MeaningState::Failed => "failed",
        MeaningState::Paused => "paused",
        MeaningState::OnBattery => "waiting for power",
        MeaningState::Working => "working",
    };
    let more = status.sentence.as_deref().map_or_else(String::new, |more| format!("\n{more}"));
    format!("{word}{model}{more}")
}

/// The place that `--like` names, in the project that holds it.
///
/// # Errors
/// A sentence, where it is no place or in no project.
pub fn like(search: &SearchArgs, projects: &[ProjectStatus]) -> Result<LikeRequest, Problem> {
    let named = search.like.as_deref().unwrap_or_default();
    let place = named.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
    let Some((path, line)) = place else {
        return Err(Problem::new("BadQuery", format!("{named} is not PATH:LINE.")));
    };
    let (project, path) = holder::find(projects, Path::new(path))?;
    Ok(LikeRequest {
        project,
        path,
        line,
        projects: search.projects.clone(),
        limit: search.limit as usize,
    })
}
