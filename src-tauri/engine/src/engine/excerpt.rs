//! Lines of a file, as they are now, for whoever reads it piece by piece.

use serde::{Deserialize, Serialize};

use super::preview::{MOST_LINES, cut};
use super::{Engine, EngineError};

/// Lines of a project's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcerptRequest {
    /// Id or unique name.
    pub project: String,
    /// Relative to the project's root, with `/`.
    pub path: String,
    /// The number of the first line, from 1.
    pub first: u64,
    /// So many lines; no more than a preview has.
    pub count: usize,
}

/// Part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// From the first line that was asked for on, without their ends; one that is too long ends
    /// with "…". Empty where the file is shorter.
    pub lines: Vec<String>,
    /// Lines of the whole file.
    pub total: u64,
    /// The file has changed since it was indexed; `None` where there is no open index to compare
    /// it with.
    pub stale: Option<bool>,
}

impl Engine {
    /// # Errors
    /// As for [`Engine::preview`].
    pub async fn excerpt(&self, request: ExcerptRequest) -> Result<Excerpt, EngineError> {
        let ExcerptRequest { project, path, first, count } = request;
        let take = move |whole: &str, stale| excerpt(whole, first, count, stale);
        self.with_text(&project, &path, take).await
    }
}

fn excerpt(whole: &str, first: u64, count: usize, stale: Option<bool>) -> Excerpt {
    let skip = usize::try_from(first.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = whole.lines().skip(skip).take(count.min(MOST_LINES)).map(cut).collect();
    Excerpt { lines, total: whole.lines().count() as u64, stale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(whole: &str, first: u64, count: usize) -> Vec<String> {
        excerpt(whole, first, count, None).lines
    }

    #[test]
    fn the_lines_from_the_first_on_are_taken_as_far_as_there_are_any() {
        let whole = "one\r\ntwo\nthree";
        assert_eq!(lines(whole, 1, 2), ["one", "two"]);
        assert_eq!(lines(whole, 3, 9), ["three"]);
        assert_eq!(lines(whole, 4, 9), [""; 0]);
        assert_eq!(lines(whole, u64::MAX, usize::MAX), [""; 0]);
        assert_eq!(lines("", 1, 1), [""; 0]);
        assert_eq!(excerpt(whole, 9, 1, None).total, 3);
    }

    #[test]
    fn an_excerpt_is_small() {
        let long = format!("{}\n", "ä".repeat(2000)).repeat(1000);
        let found = lines(&long, 2, 1000);
        assert_eq!(found.len(), MOST_LINES);
        assert!(found.iter().all(|line| line.ends_with('…') && line.len() < 600));
    }
}
