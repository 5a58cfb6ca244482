//! The line to show of a hit, from the file as it is now.

use std::path::Path;

use super::answer::Snippet;
use super::terms::Highlighter;
use crate::index::manifest::Entry;
use crate::index::{content_hash, text};
use crate::rel_path;

/// Longer lines are cut around their first match; in bytes.
const LONGEST_LINE: usize = 400;
/// How much of a cut line stands before the first match; in bytes.
const LEAD: usize = 80;
/// A file that has grown beyond this since it was indexed is not read for a snippet; in bytes.
const LARGEST_FILE: u64 = 64 << 20;

/// A file read for its snippets.
pub struct Source {
    text: String,
    /// It is not what was indexed.
    pub stale: bool,
}

/// Reads the file at `path` below `root`; `None` where it cannot be read as text any more.
pub fn read(root: &Path, path: &str, indexed: Option<&Entry>) -> Option<Source> {
    let file = root.join(rel_path::decode(path));
    let metadata = std::fs::symlink_metadata(&file).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return None;
    }
    let bytes = std::fs::read(&file).ok()?;
    let stale = indexed.and_then(|entry| entry.hash) != Some(content_hash(&bytes));
    Some(Source { text: text::decode(&bytes).ok()?.into_owned(), stale })
}

impl Source {
    /// The best line among `first..=last` (from 1): the first of those that match most.
    pub fn best_line(&self, first: u64, last: u64, highlighter: &Highlighter) -> Option<Snippet> {
        let mut best: Option<(u32, u64, &str)> = None;
        let skip = usize::try_from(first.saturating_sub(1)).ok()?;
        let count = usize::try_from(last + 1 - first.max(1)).ok()?;
        for (line, text) in (first..).zip(self.text.lines().skip(skip).take(count)) {
            let weight = highlighter.matches(text).weight;
            if best.is_none_or(|(most, ..)| weight > most) {
                best = Some((weight, line, text));
            }
        }
        let (_, line, text) = best?;
        Some(cut(line, text, highlighter))
    }

    /// The text of the lines `first..=last`.
    pub fn lines(&self, first: u64, last: u64) -> String {
        let skip = usize::try_from(first.saturating_sub(1)).unwrap_or(usize::MAX);
        let count = usize::try_from(last + 1 - first.max(1)).unwrap_or(0);
        self.text.split_inclusive('\n').skip(skip).take(count).collect()
    }
}

fn cut(line: u64, text: &str, highlighter: &Highlighter) -> Snippet {
    let matches = highlighter.matches(text).ranges;
    if text.len() <= LONGEST_LINE {
        return Snippet { line, text: text.to_owned(), highlights: matches };
    }
    let first = matches.first().map_or(0, |range| range.0);
    let from = text.floor_char_boundary(first.saturating_sub(LEAD));
    let to = text.floor_char_boundary((from + LONGEST_LINE).min(text.len()));
    let inside = matches.into_iter().filter(|range| range.0 >= from && range.1 <= to);
    Snippet {
        line,
        text: text[from..to].to_owned(),
        highlights: inside.map(|range| (range.0 - from, range.1 - from)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query::parse;

    fn source(text: &str) -> Source {
        Source { text: text.to_owned(), stale: false }
    }

    #[test]
    fn the_line_with_the_most_of_the_query_is_shown() {
        let source = source("alpha\r\nbeta\r\nalpha beta\r\n");
        let highlighter = Highlighter::new(&parse("alpha beta"));
        let snippet = source.best_line(1, 3, &highlighter).unwrap();
        assert_eq!((snippet.line, snippet.text.as_str()), (3, "alpha beta"));
        assert_eq!(snippet.highlights, [(0, 5), (6, 10)]);
        assert_eq!(source.best_line(2, 2, &highlighter).unwrap().line, 2);
    }

    #[test]
    fn a_long_line_is_cut_around_its_match() {
        let line = format!("{}größe needle {}", "ä".repeat(900), "ö".repeat(900));
        let snippet = source(&line).best_line(1, 1, &Highlighter::new(&parse("needle"))).unwrap();
        assert!(snippet.text.len() <= LONGEST_LINE);
        let (from, to) = snippet.highlights[0];
        assert_eq!(&snippet.text[from..to], "needle");
    }

    #[test]
    fn lines_that_are_gone_give_no_snippet() {
        let highlighter = Highlighter::new(&parse("x"));
        assert_eq!(source("one\n").best_line(5, 9, &highlighter), None);
    }
}
