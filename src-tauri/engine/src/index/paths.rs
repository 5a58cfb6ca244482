//! The paths of an index's files in one piece of memory, to be matched by the thousand.

use std::collections::HashSet;

use tantivy::Searcher;

use super::schema::{Fields, Kind};

/// The paths of all files whose text is in the index.
#[derive(Debug, Default)]
pub struct Paths {
    text: String,
    /// Where each path ends in `text`.
    ends: Vec<u32>,
    /// Which letters each path holds.
    letters: Vec<LetterSet>,
}

/// A bit for each ASCII letter (without regard to case) and digit, and one for everything else.
pub type LetterSet = u64;

impl Paths {
    /// # Errors
    /// Where the index cannot be read.
    pub fn read(searcher: &Searcher) -> tantivy::Result<Paths> {
        let mut seen = HashSet::new();
        let mut paths = Paths::default();
        for segment in searcher.segment_readers() {
            let columns = segment.fast_fields();
            let kinds = columns.u64(Fields::KIND)?;
            let Some(column) = columns.str(Fields::PATH)? else { continue };
            let mut ords: Vec<u64> = segment
                .doc_ids_alive()
                .filter(|doc| kinds.first(*doc) == Some(Kind::File as u64))
                .filter_map(|doc| column.term_ords(doc).next())
                .collect();
            ords.sort_unstable();
            column.dictionary().sorted_ords_to_term_cb(&ords, |path| {
                if let Ok(path) = std::str::from_utf8(path)
                    && seen.insert(path.to_owned())
                {
                    paths.push(path);
                }
            })?;
        }
        Ok(paths)
    }

    fn push(&mut self, path: &str) {
        self.text.push_str(path);
        // Four gigabytes of paths are more than any project has; what is beyond is left out.
        let Ok(end) = u32::try_from(self.text.len()) else { return };
        self.ends.push(end);
        self.letters.push(letters(path));
    }

    /// The paths that hold all of `letters`.
    pub fn with_letters(&self, letters: LetterSet) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().zip(&self.letters).filter_map(move |(&end, held)| {
            let path = &self.text[start..end as usize];
            start = end as usize;
            (held & letters == letters).then_some(path)
        })
    }
}

/// The letters that `text` holds.
pub fn letters(text: &str) -> LetterSet {
    text.bytes().fold(0, |set, byte| {
        set | match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => 1 << (letter - b'a'),
            digit @ b'0'..=b'9' => 1 << (26 + digit - b'0'),
            b'_' => 1 << 36,
            b'-' => 1 << 37,
            b'.' => 1 << 38,
            b'/' => 1 << 39,
            _ => 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_apart_and_chosen_by_their_letters() {
        let mut paths = Paths::default();
        for path in ["src/main.rs", "größe/b.c", "Makefile"] {
            paths.push(path);
        }
        let with = |text: &str| paths.with_letters(letters(text)).collect::<Vec<_>>();
        assert_eq!(with(""), ["src/main.rs", "größe/b.c", "Makefile"]);
        assert_eq!(with("MK"), ["Makefile"]);
        assert_eq!(with("/ö"), ["src/main.rs", "größe/b.c"]);
    }
}
