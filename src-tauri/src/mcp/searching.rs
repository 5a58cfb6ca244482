//! `search` and `similar`.

use quarry_engine::engine::LikeRequest;
use quarry_engine::search::{FailedProject, Hit, SearchAnswer, SearchRequest, Searched};
use quarry_engine::status::{Freshness, LaneName, ProjectStatus, Residency};
use serde::Serialize;

use super::answer::Answer;
use super::arguments::{SearchArguments, SimilarArguments};
use super::{file, listing};
use crate::owner::protocol::{Problem, Reply, Request};
use crate::owner::session::Session;
use crate::words::answer::{Names, remarks, unfinished};
use crate::words::{Condition, condition, counted, state, visible};

/// The kind of a hit that is a file and no line of it.
const FILE: &str = "file";

/// A disk that is not there may hold a hundred projects.
const MOST_REMARKS: usize = 20;

/// As `search --json` has it, less what no model has a use for: the bounds of a hit are those of
/// what was indexed as one, and seldom of the definition. Projects are called as people call them.
#[derive(Serialize)]
struct Found<'a> {
    results: Vec<Place<'a>>,
    searched: Searched,
    /// Those that took part.
    lanes: Vec<LaneName>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    project: &'a str,
    path: &'a str,
    line: u64,
    text: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

pub async fn search(session: &mut Session, arguments: SearchArguments) -> Result<Answer, Problem> {
    let SearchArguments { query, mode, projects, limit } = arguments;
    let known = session.projects().await?;
    let request = SearchRequest {
        query,
        mode,
        projects: projects.clone(),
        limit: limit as usize,
        opened: Vec::new(),
    };
    ask(session, Request::Search(request), &known, &projects, limit).await
}

pub async fn similar(
    session: &mut Session,
    arguments: SimilarArguments,
) -> Result<Answer, Problem> {
    let SimilarArguments { project, path, line, projects, limit } = arguments;
    let known = session.projects().await?;
    let (project, path) = file::place(&known, project, path).await?;
    let request =
        LikeRequest { project, path, line, projects: projects.clone(), limit: limit as usize };
    ask(session, Request::Like(request), &known, &projects, limit).await
}

/// `known`: the projects before the search; `asked_for`: those that the call names.
async fn ask(
    session: &mut Session,
    request: Request,
    known: &[ProjectStatus],
    asked_for: &[String],
    limit: u32,
) -> Result<Answer, Problem> {
    // Everything is like it in some way: that there is more says nothing.
    let is_likeness = matches!(request, Request::Like(_));
    let answer = |reply| match reply {
        Reply::Answer(answer) => Some(answer),
        _ => None,
    };
    let answer = session.get(request, answer).await;
    let answer = answer.map_err(|problem| listing::with_candidates(problem, known))?;
    // The search has opened what was closed, or has found that it cannot be opened.
    let now = session.projects().await?;
    let names = Names::of(&now);
    let mut said = remarks(&answer, &names);
    said.extend(incomplete(known, &now, asked_for));
    let unsaid = said.len().saturating_sub(MOST_REMARKS);
    said.truncate(MOST_REMARKS);
    if unsaid > 0 {
        said.push(format!("{unsaid} more such remarks: `projects` says how every project is."));
    }
    if answer.results.len() == limit as usize && !is_likeness {
        said.push("There may be more: narrow the query or raise `limit`.".to_owned());
    }
    let text = text(&answer, &names, &said);
    Answer::new(text, &found(&answer, &names, &said))
}

/// What may be missing although it was searched.
fn incomplete(
    before: &[ProjectStatus],
    now: &[ProjectStatus],
    asked_for: &[String],
) -> Vec<String> {
    let is_new = |id: &str| unfinished(before, asked_for).any(|project| project.id == id);
    let is_asked = |project: &&ProjectStatus| {
        asked_for.is_empty() || asked_for.contains(&project.id) || asked_for.contains(&project.name)
    };
    let is_being_compared = |project: &ProjectStatus| {
        project.residency == Residency::Loading || project.freshness == Freshness::Reconciling
    };
    // Without its folder it is searched all the same.
    let is_failed = |project: &ProjectStatus| {
        project.residency == Residency::Failed && project.freshness != Freshness::RootMissing
    };
    let sentence = |project: &ProjectStatus| {
        let (name, state) = (visible(&project.name), state(project));
        // What is not embedded yet is found by the other lanes.
        let embeds = project.progress.is_some_and(|progress| progress.lane == LaneName::Meaning);
        match condition(project) {
            // The answer itself says so of these.
            _ if is_failed(project) => None,
            Condition::Busy if !is_new(&project.id) && is_being_compared(project) => None,
            Condition::Trouble => {
                let why = project.error.as_ref().map(|error| visible(&error.message));
                Some(format!("{name}: {state}. {}", why.unwrap_or_default()))
            }
            _ if is_new(&project.id) => {
                Some(format!("{name} is not indexed yet: {state}. Hits are missing until it is."))
            }
            Condition::Busy if !embeds => Some(format!("{name}: {state}. Hits may be missing.")),
            Condition::Busy | Condition::Rest => None,
        }
    };
    now.iter().filter(is_asked).filter_map(sentence).collect()
}

fn found<'a>(answer: &'a SearchAnswer, names: &'a Names<'a>, said: &'a [String]) -> Found<'a> {
    let failed = answer.searched.failed.iter().map(|failed| FailedProject {
        project: names.short(&failed.project).to_owned(),
        cause: failed.cause.clone(),
    });
    Found {
        results: answer.results.iter().map(|hit| place(hit, names)).collect(),
        searched: Searched { failed: failed.collect(), ..answer.searched.clone() },
        lanes: answer.lanes.iter().map(|report| report.lane).collect(),
        remarks: said,
    }
}

fn place<'a>(hit: &'a Hit, names: &'a Names<'a>) -> Place<'a> {
    let shown = hit.snippet.as_ref().map(|snippet| (snippet.line, snippet.text.as_str()));
    let (line, text) = shown.unwrap_or((hit.line_start, ""));
    Place {
        project: names.short(&hit.project),
        path: &hit.path,
        line,
        text,
        kind: &hit.kind,
        symbol: hit.symbol.as_deref(),
        stale: hit.stale,
    }
}

/// A line a hit, and the remarks below.
fn text(answer: &SearchAnswer, names: &Names<'_>, said: &[String]) -> String {
    let mut text = String::new();
    if !answer.results.is_empty() {
        let hits = counted(answer.results.len() as u64, "hit");
        text.push_str(&format!("{hits}, best first (project path:line: text):\n"));
    }
    for hit in &answer.results {
        text.push_str(&line(&place(hit, names)));
        text.push('\n');
    }
    for remark in said {
        text.push_str(remark);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(place: &Place<'_>) -> String {
    let (project, path) = (visible(place.project), visible(place.path));
    if place.kind == FILE {
        return format!("{project} {path} (the file)");
    }
    let symbol = place
        .symbol
        .map_or_else(String::new, |symbol| format!("  [{} {}]", place.kind, visible(symbol)));
    let stale = if place.stale { "  [changed since it was indexed]" } else { "" };
    format!("{project} {path}:{}: {}{symbol}{stale}", place.line, visible(place.text.trim()))
}
