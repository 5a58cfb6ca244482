//! Cuts a file along its definitions, and says of each chunk what is defined and used there.

use super::chunk::{self, Chunk};
use super::document::ChunkSymbols;
use super::outline::{Outline, Outlined};
use super::tokenizer::{fold_case, parts};
use crate::symbols::{Definition, Extractor, FileSymbols, Reference, Wanted};

/// The name of a longer definition is data, not something to look for; in bytes.
const LONGEST_NAME: usize = 200;

/// A file's chunks, each with its symbols, and the number of its definitions.
pub fn chunks(
    extractor: &mut Extractor,
    language: &str,
    text: &str,
) -> (Vec<(Chunk, ChunkSymbols)>, u64) {
    let mut symbols = extractor.extract(language, text, Wanted::DefinitionsAndReferences);
    symbols.definitions.retain(|definition| definition.name.len() <= LONGEST_NAME);
    symbols.definitions.sort_by_key(|definition| definition.name_bytes.start);
    symbols.references.sort_by_key(|reference| reference.bytes.start);
    let count = symbols.definitions.len() as u64;
    let chunks = chunk::along(text, &symbols.definitions);
    let annotated = chunks.into_iter().map(|chunk| {
        let symbols = of_chunk(&chunk, &symbols);
        (chunk, symbols)
    });
    (annotated.collect(), count)
}

fn of_chunk(chunk: &Chunk, symbols: &FileSymbols) -> ChunkSymbols {
    let defined = within(&symbols.definitions, chunk, |d: &Definition| d.name_bytes.start);
    let used = within(&symbols.references, chunk, |r: &Reference| r.bytes.start);
    let mut annotated = ChunkSymbols::default();
    for Definition { name, .. } in defined {
        let mut folded = String::new();
        fold_case(name, &mut folded);
        if !annotated.folded.contains(&folded) {
            annotated.initials.extend(initials(name));
            annotated.names.push(name.clone());
            annotated.folded.push(folded);
        }
    }
    distinct(&mut annotated.initials);
    annotated.uses = used.iter().map(|reference| reference.name.clone()).collect();
    distinct(&mut annotated.uses);
    let outline = Outline {
        definitions: defined.iter().map(outlined).collect(),
        enclosing: enclosing(&symbols.definitions, chunk).map(outlined),
    };
    if !outline.is_empty() {
        annotated.outline = outline.encode();
    }
    annotated
}

/// The items, sorted by `place`, whose place lies in the chunk.
fn within<'a, T>(items: &'a [T], chunk: &Chunk, place: fn(&T) -> usize) -> &'a [T] {
    let from = items.partition_point(|item| place(item) < chunk.bytes.start);
    let to = items.partition_point(|item| place(item) < chunk.bytes.end);
    &items[from..to]
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

/// `HttpBodyStream` gives `hbs`; a name of one part has none.
fn initials(name: &str) -> Option<String> {
    let firsts: String = parts(name).filter_map(|part| part.chars().next()).collect();
    let mut folded = String::new();
    fold_case(&firsts, &mut folded);
    (folded.chars().nth(1).is_some()).then_some(folded)
}

fn distinct(names: &mut Vec<String>) {
    names.sort_unstable();
    names.dedup();
}
