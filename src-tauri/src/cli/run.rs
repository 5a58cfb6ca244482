//! From a parsed command to the owner and back.

use quarry_engine::status::ProjectAction;

use super::output::Failure;
use super::{Command, MeaningOrder, add, doctor, exclude, fetch, meaning, projects, search};
use crate::mcp;
use crate::owner::address::Address;
use crate::owner::protocol::{Problem, Reply, Request};
use crate::owner::session::{self, Session, Shown};
use crate::place::Place;
use crate::signals::asked_to_end;
use quarry_engine::status::LaneName;

pub async fn run(command: Command, place: &Place, no_meaning: bool) -> Result<(), Failure> {
    match command {
        Command::Toggle => toggle(place).await,
        Command::Doctor => doctor::run(place).await,
        Command::Mcp => mcp::run(place, !no_meaning).await,
        Command::Meaning { order: Some(MeaningOrder::Fetch { model }) } => {
            tokio::select! {
                outcome = fetch::run(place, &model) => outcome,
                () = asked_to_end() => interrupted(false),
            }
        }
        command => with_owner(command, place, no_meaning).await,
    }
}

async fn toggle(place: &Place) -> Result<(), Failure> {
    let address = Address::of(&place.data_dir);
    match session::wait_for_popup(&address, Request::TogglePopup).await? {
        Shown::Yes => Ok(()),
        Shown::Busy(problem) => Err(problem.into()),
        Shown::OwnerGone => {
            Err(Problem::new("Unavailable", "Quarry is not running. Start it with `quarry`.")
                .into())
        }
    }
}

/// The owner that this process has become ends in order whatever ends the command.
async fn with_owner(command: Command, place: &Place, no_meaning: bool) -> Result<(), Failure> {
    let watching = matches!(command, Command::Status { watch: true, .. });
    let meaning = !no_meaning && command.wants_meaning();
    let mut session = tokio::select! {
        session = Session::open(place, meaning) => session?,
        () = asked_to_end() => return interrupted(watching),
    };
    let outcome = tokio::select! {
        outcome = execute(command, &mut session) => outcome,
        () = asked_to_end() => interrupted(watching),
    };
    session.close().await;
    outcome
}

/// A watch has no other end.
fn interrupted(watching: bool) -> Result<(), Failure> {
    if watching {
        return Ok(());
    }
    Err(Problem::new("Interrupted", "Ended before it was done.").into())
}

async fn execute(command: Command, session: &mut Session) -> Result<(), Failure> {
    if let Some((project, action)) = command.action() {
        return act(session, project, action).await;
    }
    match command {
        Command::Add(add) => add::run(session, add).await,
        Command::List { json } => projects::list(session, json).await,
        Command::Status { project, json, watch: true } => {
            projects::watch(session, project, json).await
        }
        Command::Status { project, json, watch: false } => {
            projects::status(session, project, json).await
        }
        Command::Search(search) => search::run(session, search).await,
        Command::Exclude(exclude) => exclude::run(session, exclude).await,
        Command::Meaning { order } => meaning::run(session, order.as_ref()).await,
        // The rest needs no owner or is an action.
        _ => Ok(()),
    }
}

async fn act(session: &mut Session, project: &str, action: ProjectAction) -> Result<(), Failure> {
    let request = Request::Act { project: project.to_owned(), action };
    session.run(request, |_| Ok::<(), Failure>(())).await?;
    use ProjectAction::{IgnoredOff, IgnoredOn, Reindex, Retry};
    let starts_work = matches!(action, Reindex | Retry | IgnoredOn | IgnoredOff);
    if starts_work && session.is_owner() {
        // What this process started would end with it.
        let wait = Request::Wait { project: project.to_owned(), lane: LaneName::Text };
        session.run(wait, |_: Reply| Ok::<(), Failure>(())).await?;
    }
    Ok(())
}
