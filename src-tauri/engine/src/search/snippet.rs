//! The line to show of a hit, from the file as it is now.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::answer::Snippet;
use super::files::LARGEST_FILE;
use super::terms::Highlighter;
use crate::index::document_reader::ChunkPlace;
use crate::index::manifest::Entry;
use crate::index::{Stamp, content_hash, text};
use crate::{plain_file, rel_path};

/// Longer lines are cut around their first match; in bytes.
const LONGEST_LINE: usize = 400;
/// How much of a cut line stands before the first match; in bytes.
const LEAD: usize = 80;

/// A chunk's text, read from its file.
pub struct Source {
    text: String,
    /// The line that the text starts with, from 1.
    first_line: u64,
    /// The file is not what was indexed.
    pub stale: bool,
}

/// Reads the chunk at `place` below `root`; `None` where it cannot be read as text any more. Where
/// the file has changed, what stands on the same lines now is read.
pub fn read(root: &Path, place: &ChunkPlace, indexed: Option<&Entry>) -> Option<Source> {
    let path = root.join(rel_path::decode(&place.path));
    let (mut file, metadata) = plain_file::open(&path).ok()?;
    let unchanged = indexed.is_some_and(|entry| entry.stamp == Stamp::of(&metadata));
    if let Some((offset, length)) = place.bytes
        && unchanged
    {
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        file.seek(SeekFrom::Start(offset)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        return Some(Source { text, first_line: place.line_start, stale: false });
    }
    if metadata.len() > LARGEST_FILE {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
    let stale = !unchanged && indexed.and_then(|entry| entry.hash) != Some(content_hash(&bytes));
    let whole = text::decode(&bytes).ok()?;
    let text = lines(&whole, place)?;
    Some(Source { text, first_line: place.line_start, stale })
}

/// The lines at `place` of a whole file's text.
pub fn lines(whole: &str, place: &ChunkPlace) -> Option<String> {
    let skip = usize::try_from(place.line_start.saturating_sub(1)).ok()?;
    let count = usize::try_from((place.line_end + 1).saturating_sub(place.line_start)).ok()?;
    Some(whole.split_inclusive('\n').skip(skip).take(count).collect())
}

impl Source {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line with this number, from 1; where it is not there, the best one.
    pub fn line(&self, number: u64, highlighter: &Highlighter) -> Option<Snippet> {
        let at = number.checked_sub(self.first_line).and_then(|at| usize::try_from(at).ok());
        match at.and_then(|at| self.text.lines().nth(at)) {
            Some(text) => Some(cut(number, text, highlighter.matches(text).ranges)),
            None => self.best_line(highlighter),
        }
    }

    /// The first of the lines that match most.
    pub fn best_line(&self, highlighter: &Highlighter) -> Option<Snippet> {
        let (at, text, matches) = highlighter.best_line(&self.text)?;
        Some(cut(self.first_line + at as u64, text, matches.ranges))
    }
}

/// The line, cut around the first of its `matches` where it is long.
pub fn cut(line: u64, text: &str, matches: Vec<(usize, usize)>) -> Snippet {
    if text.len() <= LONGEST_LINE {
        return Snippet { line, text: text.to_owned(), highlights: matches };
    }
    let first = matches.first().map_or(0, |range| range.0);
    let from = text.floor_char_boundary(first.saturating_sub(LEAD));
    let to = text.floor_char_boundary((from + LONGEST_LINE).min(text.len()));
    let inside = matches.into_iter().filter(|range| range.0 < to && range.1 > from);
    let clipped = inside.map(|range| (range.0.max(from) - from, range.1.min(to) - from));
    Snippet { line, text: text[from..to].to_owned(), highlights: clipped.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query::parse;

    fn source(text: &str, first_line: u64) -> Source {
        Source { text: text.to_owned(), first_line, stale: false }
    }

    #[test]
    fn the_line_with_the_most_of_the_query_is_shown() {
        let source = source("alpha\r\nbeta\r\nalpha beta\r\n", 11);
        let snippet = source.best_line(&Highlighter::new(&parse("alpha beta"))).unwrap();
        assert_eq!((snippet.line, snippet.text.as_str()), (13, "alpha beta"));
        assert_eq!(snippet.highlights, [(0, 5), (6, 10)]);
    }

    #[test]
    fn a_long_line_is_cut_around_its_match() {
        let line = format!("{}größe needle {}", "ä".repeat(900), "ö".repeat(900));
        let snippet = source(&line, 1).best_line(&Highlighter::new(&parse("needle"))).unwrap();
        assert!(snippet.text.len() <= LONGEST_LINE);
        let (from, to) = snippet.highlights[0];
        assert_eq!(&snippet.text[from..to], "needle");
    }

    #[test]
    fn a_match_that_is_longer_than_the_cut_is_marked_as_far_as_it_is_shown() {
        let line = format!("ab {}", "ö".repeat(900));
        let snippet = cut(1, &line, vec![(3, line.len())]);
        assert_eq!(snippet.highlights, [(3, snippet.text.len())]);
    }

    #[test]
    fn a_changed_file_is_stale_and_shows_what_is_there_now() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.txt"), "one\ntwo\n").unwrap();
        let place =
            ChunkPlace { path: "a.txt".into(), line_start: 2, line_end: 9, bytes: Some((4, 4)) };
        let stamp = Stamp::of(&dir.path().join("a.txt").metadata().unwrap());
        let hash = Some(content_hash(b"one\ntwo\n"));
        let entry = Entry { stamp, hash, skipped: None, symbols: None };
        let fresh = read(dir.path(), &place, Some(&entry)).unwrap();
        assert_eq!((fresh.text(), fresh.stale), ("two\n", false));

        std::fs::write(dir.path().join("a.txt"), "one\ntwo and more\n").unwrap();
        let changed = read(dir.path(), &place, Some(&entry)).unwrap();
        assert_eq!((changed.text(), changed.stale), ("two and more\n", true));
        std::fs::remove_file(dir.path().join("a.txt")).unwrap();
        assert!(read(dir.path(), &place, Some(&entry)).is_none());
    }
}
