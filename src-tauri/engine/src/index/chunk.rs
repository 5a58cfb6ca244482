//! Cuts a text into chunks of whole lines: along its definitions where they are known, and else
//! into windows that end where the text itself pauses.

use std::ops::Range;

use memchr::{memchr, memrchr};

use crate::symbols::Definition;

/// A window grows to about this many bytes: large enough for a function, small enough to point at.
const WINDOW_BYTES: usize = 1500;
/// From here on a blank line ends the window.
const EARLIEST_BREAK: usize = WINDOW_BYTES * 2 / 3;

/// A piece of a file: bytes of the decoded text, and lines counted from 1, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub bytes: Range<usize>,
    pub line_start: u64,
    pub line_end: u64,
}

/// The chunks of `text` along its definitions, in order. Together they cover it; each ends at the
/// end of a line. Small neighbours share a chunk, a large definition has several.
pub fn along(text: &str, definitions: &[Definition]) -> Vec<Chunk> {
    let mut lines = LineCounter { text, byte: 0, line: 0 };
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut open: Option<Chunk> = None;
    for piece in pieces(text, definitions) {
        let size = open.as_ref().map_or(0, |chunk| chunk.bytes.len());
        if size > 0 && size + piece.len() > WINDOW_BYTES {
            chunks.extend(open.take());
        }
        let line_start = lines.line + 1;
        let line_end = lines.advance_to(piece.end);
        if piece.len() > WINDOW_BYTES {
            let inner = windows(&text[piece.clone()]);
            chunks.extend(inner.into_iter().map(|chunk| Chunk {
                bytes: chunk.bytes.start + piece.start..chunk.bytes.end + piece.start,
                line_start: chunk.line_start + line_start - 1,
                line_end: chunk.line_end + line_start - 1,
            }));
            continue;
        }
        match &mut open {
            Some(chunk) => {
                chunk.bytes.end = piece.end;
                chunk.line_end = line_end;
            }
            None => open = Some(Chunk { bytes: piece, line_start, line_end }),
        }
    }
    chunks.extend(open);
    chunks
}

/// The text in pieces that begin where a definition begins and end where it ends.
fn pieces(text: &str, definitions: &[Definition]) -> Vec<Range<usize>> {
    // In bytes: the last one of a definition may lie within a character.
    let bytes = text.as_bytes();
    let line_begin = |at: usize| memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let line_finish =
        |at: usize| memchr(b'\n', &bytes[at..]).map_or(text.len(), |more| at + more + 1);
    let mut cuts: Vec<usize> = definitions
        .iter()
        .flat_map(|definition| {
            let Range { start, end } = definition.bytes;
            [line_begin(start), line_finish(end.saturating_sub(1).max(start))]
        })
        .chain([0, text.len()])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Counts lines while moving through a text.
struct LineCounter<'a> {
    text: &'a str,
    byte: usize,
    /// Lines that end at or before `byte`.
    line: u64,
}

impl LineCounter<'_> {
    /// The number of the line that ends at `byte`, which is the end of a line.
    fn advance_to(&mut self, byte: usize) -> u64 {
        let passed = &self.text.as_bytes()[self.byte..byte];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        if !passed.is_empty() && !passed.ends_with(b"\n") {
            self.line += 1;
        }
        self.byte = byte;
        self.line
    }
}

/// The chunks of `text` where nothing is known of it, in order. Together they cover it; each ends
/// at the end of a line.
pub fn windows(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::with_capacity(text.len() / WINDOW_BYTES + 1);
    let (mut start, mut end) = (0, 0);
    let (mut line_start, mut line) = (1, 0);
    for piece in text.split_inclusive('\n') {
        let size = end - start;
        if size > 0 && size + piece.len() > WINDOW_BYTES {
            chunks.push(Chunk { bytes: start..end, line_start, line_end: line });
            (start, line_start) = (end, line + 1);
        }
        end += piece.len();
        line += 1;
        if end - start >= EARLIEST_BREAK && piece.trim_end().is_empty() {
            chunks.push(Chunk { bytes: start..end, line_start, line_end: line });
            (start, line_start) = (end, line + 1);
        }
    }
    if end > start {
        chunks.push(Chunk { bytes: start..end, line_start, line_end: line });
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_text_has_no_chunk() {
        assert_eq!(windows(""), []);
    }

    #[test]
    fn a_window_ends_at_a_blank_line_once_it_is_large_enough() {
        let text = format!("{}\n{}", "let a = 1;\n".repeat(100), "let b = 2;\n".repeat(20));
        let chunks = windows(&text);
        assert_eq!((chunks[0].line_start, chunks[0].line_end), (1, 101));
        assert_eq!((chunks[1].line_start, chunks[1].line_end), (102, 121));
    }

    proptest! {
        #[test]
        fn chunks_cover_the_text_and_count_its_lines(text in "([a-z]{0,300}\r?\n|\n){0,60}[a-z]{0,20}") {
            let chunks = windows(&text);
            let (mut byte, mut line) = (0, 1);
            for chunk in &chunks {
                prop_assert_eq!(chunk.bytes.start, byte);
                prop_assert_eq!(chunk.line_start, line);
                let piece = &text[chunk.bytes.clone()];
                prop_assert_eq!(piece.lines().count() as u64, chunk.line_end + 1 - chunk.line_start);
                byte = chunk.bytes.end;
                line = chunk.line_end + 1;
            }
            prop_assert_eq!(byte, text.len());
        }
    }
}
