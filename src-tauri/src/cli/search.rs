//! `quarry search`.

use std::collections::BTreeMap;

use quarry_engine::search::{Hit, SearchAnswer, SearchRequest};

use quarry_engine::status::{LaneName, ProjectStatus};

use super::output::{self, Failure, print_json};
use super::{SearchArgs, meaning};
use crate::owner::protocol::{Problem, Reply, Request};
use crate::owner::session::Session;
use crate::words::{counted, state, visible};

/// Names by id.
type Names = BTreeMap<String, String>;

pub async fn run(session: &mut Session, search: SearchArgs) -> Result<(), Failure> {
    let projects = projects(session).await?;
    if session.is_owner() {
        index_first(session, &projects, &search.projects).await?;
    }
    let request = if search.like.is_some() {
        Request::Like(meaning::like(&search, &projects)?)
    } else {
        Request::Search(SearchRequest {
            query: search.query.join(" "),
            mode: search.mode.into(),
            projects: search.projects.clone(),
            limit: search.limit as usize,
            opened: Vec::new(),
        })
    };
    let mut answer = None;
    session
        .run(request, |reply| {
            if let Reply::Answer(complete) = reply {
                answer = Some(complete);
            }
            Ok::<(), Failure>(())
        })
        .await?;
    let Some(answer) = answer else {
        return Err(Problem::new("Protocol", "Quarry gave no answer to the search.").into());
    };
    if search.json {
        return print_json(&answer);
    }
    let names = projects.iter().map(|one| (one.id.clone(), one.name.clone())).collect();
    let colours = output::colours();
    let lines: String =
        answer.results.iter().map(|hit| line(hit, &names, colours) + "\n").collect();
    output::print(&lines)?;
    if !session.is_owner() {
        for project in unfinished(&projects, &search.projects) {
            let name = visible(&project.name);
            output::remark(&format!("{name} is not indexed yet: {}.", state(project)));
        }
    }
    for remark in remarks(&answer, &names) {
        output::remark(&remark);
    }
    Ok(())
}

async fn projects(session: &mut Session) -> Result<Vec<ProjectStatus>, Failure> {
    let mut projects = Vec::new();
    session
        .run(Request::Snapshot, |reply| {
            if let Reply::Snapshot(snapshot) = reply {
                projects = snapshot.projects;
            }
            Ok::<(), Failure>(())
        })
        .await?;
    Ok(projects)
}

/// Those that were asked for, or else all, as far as they are not indexed yet.
fn unfinished<'a>(
    projects: &'a [ProjectStatus],
    asked_for: &'a [String],
) -> impl Iterator<Item = &'a ProjectStatus> {
    let asked = move |project: &&ProjectStatus| {
        asked_for.is_empty() || asked_for.contains(&project.id) || asked_for.contains(&project.name)
    };
    projects.iter().filter(|one| one.last_indexed.is_none()).filter(asked)
}

/// Nobody else will do it before the answer, and what is not indexed would be left out silently.
async fn index_first(
    session: &mut Session,
    projects: &[ProjectStatus],
    asked_for: &[String],
) -> Result<(), Failure> {
    for project in unfinished(projects, asked_for) {
        output::remark(&format!("{} is indexed first.", visible(&project.name)));
        let wait = Request::Wait { project: project.id.clone(), lane: LaneName::Text };
        match session.run(wait, |_| Ok::<(), Failure>(())).await {
            // The answer names it as one that was not searched.
            Err(Failure::Problem(problem)) => output::complain(&problem),
            outcome => outcome?,
        }
    }
    Ok(())
}

fn name<'a>(names: &'a Names, id: &'a str) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

fn line(hit: &Hit, names: &Names, colours: bool) -> String {
    let paint = Paint { colours };
    let project = paint.with("35", &visible(name(names, &hit.project)));
    let path = paint.with("36", &visible(&hit.path));
    match &hit.snippet {
        Some(snippet) => {
            let text = paint.matches(&snippet.text, &snippet.highlights);
            format!("{project} {path}:{}: {text}", snippet.line)
        }
        None => format!("{project} {path}:{}", hit.line_start),
    }
}

/// Colours by their numbers in the terminal's standard.
struct Paint {
    colours: bool,
}

impl Paint {
    const MATCH: &str = "1;31";

    fn with(&self, colour: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// The line without its indentation.
    fn matches(&self, text: &str, highlights: &[(usize, usize)]) -> String {
        let start = text.len() - text.trim_start().len();
        let text_end = text.trim_end().len();
        let mut painted = String::new();
        let mut at = start;
        for &(from, to) in highlights {
            let (from, to) = (from.clamp(at, text_end.max(at)), to.clamp(at, text_end.max(at)));
            let (Some(before), Some(matched)) = (text.get(at..from), text.get(from..to)) else {
                continue;
            };
            painted.push_str(&visible(before));
            painted.push_str(&self.with(Self::MATCH, &visible(matched)));
            at = to;
        }
        painted.push_str(&visible(text.get(at..text_end).unwrap_or_default()));
        painted
    }
}

/// What the list does not show: what was not searched, and what the lanes have to say.
fn remarks(answer: &SearchAnswer, names: &Names) -> Vec<String> {
    let searched = &answer.searched;
    let mut remarks = Vec::new();
    if searched.total == 0 {
        remarks.push("No project is registered. `quarry add PATH` registers a folder.".to_owned());
    } else if answer.results.is_empty() {
        let total = counted(searched.total as u64, "project");
        remarks.push(format!("Nothing found in {} of {total}.", searched.hot));
    }
    for failed in &searched.failed {
        let name = visible(name(names, &failed.project));
        remarks.push(format!("{name} was not searched: {}", failed.cause));
    }
    if searched.loading > 0 {
        let loading = counted(searched.loading as u64, "project");
        remarks.push(format!("{loading} could not be opened in time; search again."));
    }
    if searched.stale > 0 {
        let stale = counted(searched.stale as u64, "project");
        remarks.push(format!("{stale} not compared with the folder yet: changes may be missing."));
    }
    remarks.extend(answer.lanes.iter().filter_map(|lane| lane.note.clone()));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarry_engine::search::{FailedProject, Searched, Snippet};

    fn hit() -> Hit {
        Hit {
            project: "id".to_owned(),
            path: "src/main.rs".to_owned(),
            path_highlights: Vec::new(),
            line_start: 3,
            line_end: 9,
            kind: "window".to_owned(),
            symbol: None,
            lang: None,
            score: 1.0,
            lanes: Vec::new(),
            stale: false,
            snippet: Some(Snippet {
                line: 4,
                text: "    fn naïve(fn)\u{1b}".to_owned(),
                highlights: vec![(4, 6), (14, 16)],
            }),
        }
    }

    fn named() -> Names {
        Names::from([("id".to_owned(), "quarry".to_owned())])
    }

    #[test]
    fn a_line_names_project_path_and_line() {
        assert_eq!(line(&hit(), &named(), false), "quarry src/main.rs:4: fn naïve(fn)\u{fffd}");
        let by_name = Hit { snippet: None, ..hit() };
        assert_eq!(line(&by_name, &named(), false), "quarry src/main.rs:3");
    }

    #[test]
    fn matches_are_painted_where_they_are() {
        let painted = line(&hit(), &named(), true);
        assert!(painted.contains("\u{1b}[1;31mfn\u{1b}[0m naïve(\u{1b}[1;31mfn\u{1b}[0m)"));
    }

    #[test]
    fn highlights_that_fit_nothing_break_nothing() {
        let text = "é";
        let paint = Paint { colours: false };
        assert_eq!(paint.matches(text, &[(1, 2), (0, 99), (5, 3)]), text);
    }

    #[test]
    fn only_what_was_asked_for_is_said_to_be_unfinished() {
        let projects = ["a", "b"].map(crate::words::tests::project);
        let names = |asked_for: &[&str]| {
            let asked_for: Vec<String> = asked_for.iter().map(|&one| one.to_owned()).collect();
            let unfinished: Vec<_> =
                unfinished(&projects, &asked_for).map(|one| one.name.clone()).collect();
            unfinished
        };
        assert_eq!(names(&["a"]), ["a"]);
        assert_eq!(names(&["id-b"]), ["b"]);
        assert_eq!(names(&[]), ["a", "b"]);
    }

    #[test]
    fn what_was_not_searched_is_said() {
        let answer = SearchAnswer {
            query: "x".to_owned(),
            mode: quarry_engine::search::Mode::Auto,
            took_ms: 1.0,
            searched: Searched {
                total: 3,
                hot: 1,
                loading: 1,
                stale: 1,
                failed: vec![FailedProject {
                    project: "id".to_owned(),
                    cause: "RootMissing".to_owned(),
                }],
            },
            lanes: Vec::new(),
            results: Vec::new(),
        };
        let said = remarks(&answer, &named()).join("\n");
        assert!(said.contains("quarry was not searched: RootMissing"), "{said}");
        assert!(said.contains("1 project could not be opened"), "{said}");
        assert!(said.contains("1 project not compared with the folder yet"), "{said}");
        assert!(said.contains("Nothing found in 1 of 3 projects"), "{said}");
    }
}
