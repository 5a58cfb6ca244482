//! Cuts a file along its definitions, and says of each chunk what is defined there.

use super::chunk::{self, Chunk};
use super::document::ChunkSymbols;
use super::outline::{Outline, Outlined};
use super::tokenizer::{SHORTEST_PART, lower, parts};
use crate::symbols::{Definition, Extractor, Wanted};

/// The name of a longer definition is data, not something to look for; in bytes.
const LONGEST_NAME: usize = 200;

/// A file's chunks, each with its symbols, and the number of its definitions.
pub fn chunks(
    extractor: &mut Extractor,
    language: &str,
    text: &str,
) -> (Vec<(Chunk, ChunkSymbols)>, u64) {
    let mut definitions = extractor.extract(language, text, Wanted::Definitions).definitions;
    definitions.retain(|definition| definition.name.len() <= LONGEST_NAME);
    definitions.sort_by_key(|definition| definition.name_bytes.start);
    let count = definitions.len() as u64;
    let chunks = chunk::along(text, &definitions);
    let annotated = chunks.into_iter().map(|chunk| {
        let symbols = of_chunk(&chunk, &definitions);
        (chunk, symbols)
    });
    (annotated.collect(), count)
}

fn of_chunk(chunk: &Chunk, definitions: &[Definition]) -> ChunkSymbols {
    let defined = within(definitions, chunk);
    let mut annotated = ChunkSymbols::default();
    for Definition { name, .. } in defined {
        let folded = lower(name);
        if !annotated.folded.contains(&folded) {
            annotated.initials.extend(initials(name));
            annotated.words.extend(words(name));
            annotated.folded.push(folded);
        }
    }
    distinct(&mut annotated.initials);
    let outline = Outline {
        definitions: defined.iter().map(outlined).collect(),
        enclosing: enclosing(definitions, chunk).map(outlined),
    };
    if !outline.is_empty() {
        annotated.outline = outline.encode();
    }
    annotated
}

/// The definitions whose name stands in the chunk.
fn within<'a>(definitions: &'a [Definition], chunk: &Chunk) -> &'a [Definition] {
    let first = |byte: usize| definitions.partition_point(|own| own.name_bytes.start < byte);
    &definitions[first(chunk.bytes.start)..first(chunk.bytes.end)]
}

/// The innermost definition that begins before the chunk and reaches into it.
fn enclosing<'a>(definitions: &'a [Definition], chunk: &Chunk) -> Option<&'a Definition> {
    let reaches = |definition: &&Definition| {
        definition.name_bytes.start < chunk.bytes.start && definition.bytes.end > chunk.bytes.start
    };
    definitions.iter().filter(reaches).min_by_key(|definition| definition.bytes.len())
}

fn outlined(definition: &Definition) -> Outlined {
    Outlined {
        name: definition.name.clone(),
        kind: definition.kind.code(),
        container: definition.container.clone(),
        name_line: definition.name_line,
        line_start: definition.line_start,
        line_end: definition.line_end,
    }
}

/// The words in a name: the parts of an identifier, which stands as a whole with the names; all of
/// a heading.
fn words(name: &str) -> Option<String> {
    let is_identifier = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let words = if is_identifier {
        let parts: Vec<&str> = parts(name).filter(|part| part.len() >= SHORTEST_PART).collect();
        if parts == [name] { String::new() } else { parts.join(" ") }
    } else {
        name.to_owned()
    };
    (!words.is_empty()).then_some(words)
}

/// `HttpBodyStream` gives `hbs`; a name of one part has none.
fn initials(name: &str) -> Option<String> {
    let firsts: String = parts(name).filter_map(|part| part.chars().next()).collect();
    let folded = lower(&firsts);
    (folded.chars().nth(1).is_some()).then_some(folded)
}

fn distinct(names: &mut Vec<String>) {
    names.sort_unstable();
    names.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LANGUAGES: [&str; 6] = ["markdown", "yaml", "python", "ruby", "rust", "json"];

    proptest! {
        #[test]
        fn chunks_along_definitions_cover_the_text_and_count_its_lines(
            language in prop::sample::select(&LANGUAGES),
            text in "(# [a-zé漢]{1,9}🚀?\n|[a-z]{1,4}: [a-zé。]{0,700}\n|def [a-z]{1,3}\n|fn [a-zé]{1,3}\\(\\) \\{\\}|\"é\": 1|end|\r\n|\n| ){0,40}[é。🚀]?",
        ) {
            let (chunks, _) = chunks(&mut Extractor::new(), language, &text);
            let (mut byte, mut line) = (0, 1);
            for (chunk, _) in &chunks {
                prop_assert_eq!(chunk.bytes.start, byte);
                prop_assert_eq!(chunk.line_start, line);
                let piece = &text[chunk.bytes.clone()];
                prop_assert!(piece.ends_with('\n') || chunk.bytes.end == text.len());
                prop_assert_eq!(piece.lines().count() as u64, chunk.line_end + 1 - line);
                byte = chunk.bytes.end;
                line = chunk.line_end + 1;
            }
            prop_assert_eq!(byte, text.len());
        }
    }
}
