//! The headings of a Markdown text, each with the section below it.

use super::kind::SymbolKind;
use super::walk::line;
use super::{Definition, FileSymbols, Outcome};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// More headings than this are a generated list.
const MOST_HEADINGS: usize = 500;

struct Heading {
    level: usize,
    name: String,
    bytes: Range<usize>,
}

/// The headings of `text`, each as a definition that reaches to the next of its level or above, and
/// is contained in the one above it.
pub(super) fn headings(text: &str) -> FileSymbols {
    let found = collect(text);
    let mut symbols = FileSymbols::nothing(Outcome::Parsed);
    let lines = Lines::new(text);
    let mut path: Vec<(usize, String)> = Vec::new();
    for (index, heading) in found.iter().enumerate() {
        path.retain(|(level, _)| *level < heading.level);
        let names: Vec<&str> = path.iter().map(|(_, name)| name.as_str()).collect();
        let next = found[index + 1..].iter().find(|next| next.level <= heading.level);
        let end = next.map_or(text.len(), |next| next.bytes.start);
        let section = text.get(heading.bytes.start..end).unwrap_or_default().trim_end();
        let end = heading.bytes.start + section.len();
        let title = text.get(heading.bytes.clone()).unwrap_or_default();
        let offset = title.find(&heading.name).unwrap_or(0);
        let name_start = heading.bytes.start + offset;
        let name_end = (name_start + heading.name.len()).min(heading.bytes.end);
        symbols.definitions.push(Definition {
            name: heading.name.clone(),
            kind: SymbolKind::Heading,
            container: (!names.is_empty()).then(|| names.join(".")),
            bytes: heading.bytes.start..end,
            name_bytes: name_start..if text.is_char_boundary(name_end) { name_end } else { end },
            line_start: lines.of(heading.bytes.start),
            line_end: lines.of(end.saturating_sub(1)),
            name_line: lines.of(name_start),
            depth: u32::try_from(path.len()).unwrap_or(u32::MAX),
        });
        path.push((heading.level, heading.name.clone()));
    }
    symbols
}

fn collect(text: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let mut open: Option<Heading> = None;
    for (event, bytes) in Parser::new_ext(text, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading { level: level as usize, name: String::new(), bytes });
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut open {
                    heading.name.push_str(&part);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                found.extend(open.take().filter(|heading| !heading.name.is_empty()));
                if found.len() == MOST_HEADINGS {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// Where the lines of a text begin.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The line of `byte`, counted from 1.
    fn of(&self, byte: usize) -> u64 {
        line(self.starts.partition_point(|start| *start <= byte) - 1)
    }
}
