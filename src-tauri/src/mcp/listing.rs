//! `projects`, and which there are where one was called that is not.

use jiff::Timestamp;
use quarry_engine::status::{Freshness, ProjectStatus, Residency, WatchMode};
use serde::Serialize;

use super::answer::Answer;
use super::arguments::ProjectsArguments;
use crate::owner::protocol::Problem;
use crate::owner::session::Session;
use crate::words::answer::NONE_REGISTERED;
use crate::words::{Condition, condition, counted, state, visible};

/// Projects of one answer.
const MOST_LISTED: usize = 100;
/// Names that a sentence holds.
const MOST_CANDIDATES: usize = 20;

#[derive(Serialize)]
struct Listing<'a> {
    projects: Vec<Entry<'a>>,
    /// Of those that were asked for, the ones that found no room.
    left_out: usize,
}

/// What `list --json` says of a project, as far as it bears on a search; see there for the fields.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
    root: &'a str,
    /// The next three in words.
    state: String,
    residency: Residency,
    freshness: Freshness,
    watch_mode: WatchMode,
    files: u64,
    symbols: u64,
    pending: u64,
    skipped: u64,
    last_indexed: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

#[derive(Serialize)]
struct Error<'a> {
    cause: &'a str,
    message: &'a str,
    attempts: u32,
    next_retry: Option<Timestamp>,
}

pub async fn projects(
    session: &mut Session,
    arguments: ProjectsArguments,
) -> Result<Answer, Problem> {
    let all = session.projects().await?;
    let filter = arguments.filter.unwrap_or_default().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&filter);
    let mut wanted: Vec<&ProjectStatus> =
        all.iter().filter(|one| has(&one.name) || has(&one.id) || has(&one.root)).collect();
    wanted.sort_by_key(|project| condition(project) != Condition::Trouble);
    let left_out = wanted.len().saturating_sub(MOST_LISTED);
    wanted.truncate(MOST_LISTED);
    let listing = Listing { projects: wanted.iter().map(|one| entry(one)).collect(), left_out };
    Answer::new(text(&listing, all.len()), &listing)
}

fn entry(project: &ProjectStatus) -> Entry<'_> {
    let error = project.error.as_ref().map(|error| Error {
        cause: &error.cause,
        message: &error.message,
        attempts: error.attempts,
        next_retry: error.next_retry,
    });
    Entry {
        id: &project.id,
        name: &project.name,
        root: &project.root,
        state: state(project),
        residency: project.residency,
        freshness: project.freshness,
        watch_mode: project.watch_mode,
        files: project.files,
        symbols: project.symbols,
        pending: project.pending,
        skipped: project.skipped,
        last_indexed: project.last_indexed,
        error,
        help: help(project),
    }
}

/// The command that gets it out of its state, if one does.
fn help(project: &ProjectStatus) -> Option<String> {
    let id = &project.id;
    let waits_for_folder = project.freshness == Freshness::RootMissing
        || project.error.as_ref().is_some_and(|error| error.cause == "RootMissing");
    if project.watch_mode == WatchMode::Paused {
        Some(format!("Changes since the pause are not in it: `quarry resume {id}` ends the pause."))
    } else if condition(project) == Condition::Trouble && !waits_for_folder {
        Some(format!("`quarry retry {id}` tries again at once."))
    } else {
        None
    }
}

fn text(listing: &Listing<'_>, registered: usize) -> String {
    let shown = listing.projects.len() + listing.left_out;
    let mut text = match (registered, shown) {
        (0, _) => format!("{NONE_REGISTERED}\n"),
        (all, 0) => format!("None of {} fits.\n", counted(all as u64, "registered project")),
        (_, some) => format!("{} (name: state, files, root):\n", counted(some as u64, "project")),
    };
    for project in &listing.projects {
        let (name, root) = (visible(project.name), visible(project.root));
        let files = counted(project.files, "file");
        text.push_str(&format!("{name}: {}, {files}, {root}\n", project.state));
        let message = project.error.as_ref().map(|error| visible(error.message));
        for sentence in message.iter().chain(&project.help) {
            text.push_str(&format!("  {sentence}\n"));
        }
    }
    if listing.left_out > 0 {
        text.push_str(&format!("{} more: pass a filter.\n", listing.left_out));
    }
    text
}

/// The same problem; where a project was called that is not there, with those that are.
pub fn with_candidates(problem: Problem, projects: &[ProjectStatus]) -> Problem {
    if problem.code != "NotFound" {
        return problem;
    }
    Problem { message: format!("{} {}", problem.message, registered(projects)), ..problem }
}

/// A sentence with their names.
pub fn registered(projects: &[ProjectStatus]) -> String {
    let mut names: Vec<String> =
        projects.iter().take(MOST_CANDIDATES).map(|project| visible(&project.name)).collect();
    let more = projects.len() - names.len();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    if names.is_empty() {
        return NONE_REGISTERED.to_owned();
    }
    format!("Registered: {}.", names.join(", "))
}
