//! What a source file defines and uses, found in its syntax tree.
//!
//! A file is parsed by tree-sitter under limits of size, time and nesting, and its tree is walked
//! once, in order: a table a language says which kinds of nodes define or use a name. The walk costs
//! a fraction of the parse, and gives containers, leading comments and references in one pass.

mod allowance;
mod c_macros;
mod extract;
mod grammar;
mod highlight;
mod kind;
mod languages;
mod markdown;
mod rules;
#[cfg(test)]
mod tests;
mod walk;

use std::ops::Range;

pub use extract::{Extractor, Wanted};
pub use highlight::{Highlighted, Highlighter, SyntaxClass, SyntaxSpan};
pub use kind::{ReferenceKind, SymbolKind};

/// What a file defines and uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSymbols {
    /// In the order of their names in the text.
    pub definitions: Vec<Definition>,
    /// In the order of the text.
    pub references: Vec<Reference>,
    pub outcome: Outcome,
}

impl FileSymbols {
    pub(in crate::symbols) fn nothing(outcome: Outcome) -> Self {
        Self { definitions: Vec::new(), references: Vec::new(), outcome }
    }
}

/// A name that a file brings into being. Ranges are of UTF-8 bytes, lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    pub kind: SymbolKind,
    /// The names of what encloses it, outermost first, joined by `.`.
    pub container: Option<String>,
    /// The whole of it: from its leading comment, attributes or decorators to its end.
    pub bytes: Range<usize>,
    pub name_bytes: Range<usize>,
    /// The lines of `bytes`, both included.
    pub line_start: u64,
    pub line_end: u64,
    pub name_line: u64,
    /// How many definitions of this file enclose it.
    pub depth: u32,
}

/// A place that uses a name which this or another file may define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    pub kind: ReferenceKind,
    pub bytes: Range<usize>,
    pub line: u64,
    /// The innermost enclosing definition, as an index into [`FileSymbols::definitions`].
    pub within: Option<u32>,
}

/// How far the reading of a file came. Whatever was found is kept in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Parsed,
    /// Parts of the file are not understood; what stands in the others is there.
    Partial,
    /// Nothing was found in time.
    TimedOut,
    /// Only the beginning of the file was read.
    TooLarge,
    /// The lines are too long for text that a person wrote; the file was not read.
    Minified,
    /// Definitions nested deeper than anyone writes them were left out.
    TooDeep,
    /// No grammar for this language.
    Unsupported,
}

/// The one language that is not read by a grammar of tree-sitter.
const MARKDOWN: &str = "markdown";

/// Whether definitions are known of `language`, named as the index names languages.
pub fn supports(language: &str) -> bool {
    language == MARKDOWN || grammar::of(language).is_some()
}
