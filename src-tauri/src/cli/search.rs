//! `quarry search`.

use quarry_engine::search::{Hit, SearchRequest};
use quarry_engine::status::{LaneName, ProjectStatus};

use super::output::{self, Failure, print_json};
use super::{SearchArgs, meaning};
use crate::owner::protocol::{Reply, Request};
use crate::owner::session::Session;
use crate::words::answer::{Names, remarks, unfinished};
use crate::words::{state, visible};

pub async fn run(session: &mut Session, search: SearchArgs) -> Result<(), Failure> {
    let projects = session.projects().await?;
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
    let answer = |reply| match reply {
        Reply::Answer(answer) => Some(answer),
        _ => None,
    };
    let answer = session.get(request, answer).await?;
    if search.json {
        return print_json(&answer);
    }
    let names = Names::of(&projects);
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

fn line(hit: &Hit, names: &Names<'_>, colours: bool) -> String {
    let paint = Paint { colours };
    let project = paint.with("35", &visible(names.name(&hit.project)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::project;
    use quarry_engine::search::Snippet;

    fn hit() -> Hit {
        Hit {
            project: "id-quarry".to_owned(),
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

    fn shown(hit: &Hit, colours: bool) -> String {
        line(hit, &Names::of(&[project("quarry")]), colours)
    }

    #[test]
    fn a_line_names_project_path_and_line() {
        assert_eq!(shown(&hit(), false), "quarry src/main.rs:4: fn naïve(fn)\u{fffd}");
        let by_name = Hit { snippet: None, ..hit() };
        assert_eq!(shown(&by_name, false), "quarry src/main.rs:3");
    }

    #[test]
    fn matches_are_painted_where_they_are() {
        let painted = shown(&hit(), true);
        assert!(painted.contains("\u{1b}[1;31mfn\u{1b}[0m naïve(\u{1b}[1;31mfn\u{1b}[0m)"));
    }

    #[test]
    fn highlights_that_fit_nothing_break_nothing() {
        let text = "é";
        let paint = Paint { colours: false };
        assert_eq!(paint.matches(text, &[(1, 2), (0, 99), (5, 3)]), text);
    }
}
