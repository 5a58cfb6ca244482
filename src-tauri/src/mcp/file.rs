//! `read`, and the file that a call means.

use std::path::{Path, PathBuf};

use quarry_engine::engine::{Excerpt, ExcerptRequest};
use quarry_engine::status::ProjectStatus;

use super::answer::Answer;
use super::arguments::ReadArguments;
use super::listing;
use crate::owner::holder;
use crate::owner::protocol::{Problem, Reply, Request};
use crate::owner::session::Session;
use crate::words::{count, counted, visible};

/// Of one answer: as much as a model reads at once.
const MOST_BYTES: usize = 40_000;

pub async fn read(session: &mut Session, arguments: ReadArguments) -> Result<Answer, Problem> {
    let ReadArguments { project, path, line, count: most } = arguments;
    let known = session.projects().await?;
    let (project, path) = place(&known, project, path).await?;
    let request = ExcerptRequest { project, path: path.clone(), first: line, count: most as usize };
    let lines = |reply| match reply {
        Reply::Lines(excerpt) => Some(excerpt),
        _ => None,
    };
    let excerpt = session.get(Request::Read(request), lines).await;
    let excerpt = excerpt.map_err(|problem| listing::with_candidates(problem, &known))?;
    let path = visible(&path);
    if excerpt.lines.is_empty() && line > 1 {
        let lines = counted(excerpt.total, "line");
        return Err(Problem::new("NotFound", format!("{path} has only {lines}.")));
    }
    Ok(Answer::text(text(&path, line, &excerpt)))
}

/// The project and the path below its root that a call means: a hit's, or an absolute path.
///
/// # Errors
/// A sentence, where it is in no project or in none that is named.
pub async fn place(
    projects: &[ProjectStatus],
    named: Option<String>,
    path: String,
) -> Result<(String, String), Problem> {
    if Path::new(&path).is_relative() {
        let project = named.ok_or_else(|| {
            let sentence = "A relative path needs `project`, the one that holds the file.";
            Problem::new("BadArguments", format!("{sentence} {}", listing::registered(projects)))
        })?;
        // A path that climbs or stays is refused; this is how many write one that does neither.
        return Ok((project, path.trim_start_matches("./").to_owned()));
    }
    let of_name = |project: &&ProjectStatus| {
        named.as_ref().is_none_or(|named| project.id == *named || project.name == *named)
    };
    let candidates: Vec<ProjectStatus> = projects.iter().filter(of_name).cloned().collect();
    let path = PathBuf::from(path);
    let found = tokio::task::spawn_blocking(move || holder::find(&candidates, &path)).await;
    let found = found.map_err(|error| Problem::new("Failed", format!("It failed: {error}.")))?;
    found.map_err(|problem| listing::with_candidates(problem, projects))
}

/// Whole lines with their numbers, as far as there is room, and what is to be known of them.
fn text(path: &str, first: u64, excerpt: &Excerpt) -> String {
    let mut lines = String::new();
    let mut next = first;
    for line in &excerpt.lines {
        let numbered = format!("{next}\t{line}\n");
        if lines.len() + numbered.len() > MOST_BYTES {
            break;
        }
        lines.push_str(&numbered);
        next += 1;
    }
    let mut text = if next == first {
        format!("{path} is empty.\n")
    } else {
        format!("{path}, lines {first} to {} of {}:\n{lines}", next - 1, count(excerpt.total))
    };
    if next <= excerpt.total && next > first {
        text.push_str(&format!("It goes on with line {next}.\n"));
    }
    if excerpt.stale == Some(true) {
        text.push_str("It has changed since it was indexed: lines of older hits may be off.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::project;

    fn excerpt(lines: &[&str], total: u64) -> Excerpt {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        Excerpt { lines, total, stale: None }
    }

    #[test]
    fn lines_keep_their_numbers_and_their_tabs() {
        let shown = text("a.c", 7, &excerpt(&["\tx", ""], 8));
        assert_eq!(shown, "a.c, lines 7 to 8 of 8:\n7\t\tx\n8\t\n");
    }

    #[test]
    fn what_is_left_is_said_whatever_cut_it() {
        assert!(text("a", 1, &excerpt(&["x"], 5)).ends_with("It goes on with line 2.\n"));
        let long = "x".repeat(MOST_BYTES / 3);
        let shown = text("a", 1, &excerpt(&[&long, &long, &long], 3));
        assert!(shown.ends_with("It goes on with line 3.\n"));
        assert!(shown.len() < MOST_BYTES + 200);
        assert_eq!(text("a", 1, &excerpt(&[], 0)), "a is empty.\n");
    }

    #[tokio::test]
    async fn a_relative_path_needs_its_project() {
        let projects = [project("one"), project("two")];
        let error = place(&projects, None, "a.rs".to_owned()).await.unwrap_err();
        assert!(error.message.contains("one, two"), "{error}");
        let named = place(&projects, Some("one".to_owned()), "./a.rs".to_owned()).await.unwrap();
        assert_eq!(named, ("one".to_owned(), "a.rs".to_owned()));
    }

    #[tokio::test]
    async fn an_absolute_path_says_its_project_and_a_named_one_has_to_hold_it() {
        let projects = [project("one"), project("two")];
        let path = || "/code/two/src/a.rs".to_owned();
        let found = place(&projects, None, path()).await.unwrap();
        assert_eq!(found, ("id-two".to_owned(), "src/a.rs".to_owned()));
        let error = place(&projects, Some("one".to_owned()), path()).await.unwrap_err();
        assert!(error.message.contains("is in no project"), "{error}");
    }
}
