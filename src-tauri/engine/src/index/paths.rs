//! The paths of an index's files in one piece of memory, to be matched by the thousand.

use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::{DocId, Searcher, SegmentReader};

use super::schema::{Fields, Kind};
use crate::rel_path;

/// The paths of all files whose text is in the index, segment by segment: what a commit leaves
/// alone is not read again.
#[derive(Debug, Default)]
pub struct Paths {
    segments: Vec<(SegmentId, Arc<SegmentPaths>)>,
}

/// The paths of one segment's files, those of deleted ones too.
#[derive(Debug, Default)]
struct SegmentPaths {
    text: String,
    /// Where each path ends in `text`, and where in the path the file's name begins.
    ends: Vec<u32>,
    names: Vec<u16>,
    /// Which letters each path holds.
    letters: Vec<LetterSet>,
    docs: Vec<DocId>,
    /// The place of each among all paths of the segment, ascending.
    ords: Vec<u64>,
}

/// A path and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownPath<'a> {
    pub text: &'a str,
    /// Where in it the file's name begins.
    pub name: usize,
    /// It is written in lower case and ASCII alone.
    pub is_folded: bool,
}

impl<'a> KnownPath<'a> {
    /// The file's name.
    pub fn name(&self) -> &'a str {
        self.text.get(self.name..).unwrap_or_default()
    }
}

/// A bit for each ASCII letter (without regard to case) and digit, for some signs, and one for
/// everything that [`KnownPath::is_folded`] excludes.
pub type LetterSet = u64;

const NOT_FOLDED: LetterSet = 1 << 63;

impl Paths {
    /// Those of the segments of `searcher`; what `known` has of them is taken from there.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn read(searcher: &Searcher, known: &Paths) -> tantivy::Result<Paths> {
        let read = |segment: &SegmentReader| {
            let id = segment.segment_id();
            let paths = match known.segments.iter().find(|(other, _)| *other == id) {
                Some((_, paths)) => Arc::clone(paths),
                None => Arc::new(SegmentPaths::read(segment)?),
            };
            Ok((id, paths))
        };
        let segments = searcher.segment_readers().iter().map(read).collect::<Result<_, _>>();
        segments.map(|segments| Paths { segments })
    }

    /// Whether they are those of the segments of `searcher`.
    pub fn fits(&self, searcher: &Searcher) -> bool {
        let segments = searcher.segment_readers().iter().map(SegmentReader::segment_id);
        segments.eq(self.segments.iter().map(|(id, _)| *id))
    }

    /// The path in this place among all paths of a segment; `None` for one of no file with text.
    pub fn get(&self, segment: u32, ord: u64) -> Option<&str> {
        let (_, paths) = self.segments.get(segment as usize)?;
        let at = paths.ords.binary_search(&ord).ok()?;
        let start = at.checked_sub(1).map_or(0, |before| paths.ends[before]);
        Some(&paths.text[start as usize..paths.ends[at] as usize])
    }

    /// The paths that hold all of `letters`, of the files that `searcher` knows, which they fit.
    pub fn with_letters<'a>(
        &'a self,
        searcher: &'a Searcher,
        letters: LetterSet,
    ) -> impl Iterator<Item = KnownPath<'a>> {
        self.segments.iter().zip(searcher.segment_readers()).flat_map(
            move |((_, paths), segment)| {
                let alive = move |(doc, path)| (!segment.is_deleted(doc)).then_some(path);
                paths.with_letters(letters).filter_map(alive)
            },
        )
    }
}

impl SegmentPaths {
    fn read(segment: &SegmentReader) -> tantivy::Result<SegmentPaths> {
        let mut paths = SegmentPaths::default();
        let columns = segment.fast_fields();
        let kinds = columns.u64(Fields::KIND)?;
        let Some(column) = columns.str(Fields::PATH)? else { return Ok(paths) };
        let mut files: Vec<(u64, DocId)> = (0..segment.max_doc())
            .filter(|doc| kinds.first(*doc) == Some(Kind::File as u64))
            .filter_map(|doc| Some((column.term_ords(doc).next()?, doc)))
            .collect();
        files.sort_unstable();
        let ords: Vec<u64> = files.iter().map(|(ord, _)| *ord).collect();
        let mut places = files.into_iter();
        column.dictionary().sorted_ords_to_term_cb(&ords, |path| {
            if let Some(place) = places.next()
                && let Ok(path) = std::str::from_utf8(path)
            {
                paths.push(place, path);
            }
        })?;
        Ok(paths)
    }

    fn push(&mut self, (ord, doc): (u64, DocId), path: &str) {
        self.text.push_str(path);
        // Four gigabytes of paths are more than any segment has; what is beyond is left out.
        let Ok(end) = u32::try_from(self.text.len()) else { return };
        let name = path.len() - rel_path::file_name(path).len();
        self.ends.push(end);
        // No system has longer paths.
        self.names.push(u16::try_from(name).unwrap_or(u16::MAX));
        self.letters.push(letters(path));
        self.docs.push(doc);
        self.ords.push(ord);
    }

    fn with_letters(&self, letters: LetterSet) -> impl Iterator<Item = (DocId, KnownPath<'_>)> {
        let mut start = 0;
        let files = self.ends.iter().zip(&self.names).zip(&self.letters).zip(&self.docs);
        files.filter_map(move |(((&end, &name), held), &doc)| {
            let text = &self.text[start..end as usize];
            start = end as usize;
            let path = KnownPath { text, name: name.into(), is_folded: held & NOT_FOLDED == 0 };
            (held & letters == letters).then_some((doc, path))
        })
    }
}

/// The letters that a path has to hold for `text` to be in it.
pub fn sought(text: &str) -> LetterSet {
    letters(text) & !NOT_FOLDED
}

fn letters(text: &str) -> LetterSet {
    text.bytes().fold(0, |set, byte| {
        let letter = match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => 1 << (letter - b'a'),
            digit @ b'0'..=b'9' => 1 << (26 + digit - b'0'),
            b'_' => 1 << 36,
            b'-' => 1 << 37,
            b'.' => 1 << 38,
            b'/' => 1 << 39,
            _ => 0,
        };
        let is_folded = byte.is_ascii() && !byte.is_ascii_uppercase();
        set | letter | if is_folded { 0 } else { NOT_FOLDED }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_apart_and_chosen_by_their_letters() {
        let mut paths = SegmentPaths::default();
        for (doc, path) in (0..).zip(["src/main.rs", "größe/b.c", "Makefile"]) {
            paths.push((doc.into(), doc), path);
        }
        let with = |text: &str| -> Vec<&str> {
            paths.with_letters(sought(text)).map(|(_, path)| path.text).collect()
        };
        assert_eq!(with(""), ["src/main.rs", "größe/b.c", "Makefile"]);
        assert_eq!(with("MK"), ["Makefile"]);
        assert_eq!(with("/ö"), ["src/main.rs", "größe/b.c"]);
    }
}
