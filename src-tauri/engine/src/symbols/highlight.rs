//! The colours of source text: which parts of it are keywords, strings, types and so on, told by the
//! queries that come with the grammars.

mod queries;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::time::Duration;

use serde::Serialize;
use tree_sitter::{Parser, Query, QueryCursor, QueryCursorOptions, StreamingIterator, Tree};
use ts_rs::TS;
use xxhash_rust::xxh3::xxh3_64;

use super::allowance::Allowance;
use super::extract::parse;
use super::grammar::{self, Compiled};
use super::rules::Grammar;
use super::walk::Walk;
use super::{Definition, Wanted};

/// What a piece of source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
#[serde(rename_all = "lowercase")]
pub enum SyntaxClass {
    Attribute,
    Comment,
    Constant,
    Function,
    Keyword,
    Property,
    String,
    Type,
}

/// A piece of the text, in UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxSpan {
    pub bytes: Range<usize>,
    pub class: SyntaxClass,
}

/// What is known of a window of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Highlighted {
    /// In order, apart from each other, inside the window. None where there is no grammar, or
    /// where the time did not suffice.
    pub spans: Vec<SyntaxSpan>,
    /// Of the whole text; none of one that is too long to be read as a whole.
    pub definitions: Vec<Definition>,
}

/// A longer text is read from shortly before the window to shortly behind it.
const LARGEST_BYTES: usize = 512 << 10;
const BEFORE_WINDOW: usize = 32 << 10;
const BEHIND_WINDOW: usize = 8 << 10;
/// Nobody sees so much at once.
const LARGEST_WINDOW: usize = 256 << 10;
/// Queries keep no more unfinished matches; what they then miss stays plain.
const MOST_MATCHES: u32 = 1024;

/// A parser with the grammars and queries that it has met, and the tree of the last text.
#[derive(Default)]
pub struct Highlighter {
    parser: Parser,
    /// By the language.
    languages: HashMap<&'static str, Language>,
    last: Option<Parsed>,
}

struct Language {
    compiled: Compiled,
    query: Option<ClassQuery>,
}

struct ClassQuery {
    query: Query,
    /// By the number of the capture; `None` where it is plain text.
    classes: Vec<Option<SyntaxClass>>,
    /// By the number of the capture: it says nothing about colour.
    silent: Vec<bool>,
}

struct Parsed {
    language: &'static str,
    hash: u64,
    tree: Tree,
}

impl Highlighter {
    pub fn new() -> Self {
        Self::default()
    }

    /// The classes in `window`, a range of bytes of `text`, read as `language`, named as the index
    /// names languages. Takes no longer than about `time`.
    pub fn highlight(
        &mut self,
        language: &str,
        text: &str,
        window: Range<usize>,
        time: Duration,
    ) -> Highlighted {
        let Some((grammar, key)) = grammar_of(language, text) else {
            return Highlighted::default();
        };
        if window.len() > LARGEST_WINDOW || text.get(window.clone()).is_none() {
            return Highlighted::default();
        }
        let read = part_to_read(text, &window);
        let Some(part) = text.get(read.clone()) else { return Highlighted::default() };
        let known = self.languages.entry(key).or_insert_with(|| Language::new(key, grammar));
        // A language's first time takes longer, once.
        let allowance = Allowance::of(time);
        let hash = xxh3_64(part.as_bytes());
        let last = self.last.take().filter(|last| last.language == key && last.hash == hash);
        let tree = match last {
            Some(last) => last.tree,
            None => match parse(&mut self.parser, &known.compiled, grammar, part, allowance) {
                Some(tree) => tree,
                None => return Highlighted::default(),
            },
        };
        let inside = window.start - read.start..window.end - read.start;
        let mut spans = known.query.as_ref().map_or_else(Vec::new, |query| {
            query.spans(&tree, part, inside, allowance).unwrap_or_default()
        });
        for span in &mut spans {
            span.bytes = span.bytes.start + read.start..span.bytes.end + read.start;
        }
        let definitions = if part.len() == text.len() {
            Walk::new(&known.compiled, text, Wanted::Definitions, allowance).run(&tree).definitions
        } else {
            Vec::new()
        };
        self.last = Some(Parsed { language: key, hash, tree });
        Highlighted { spans, definitions }
    }
}

fn grammar_of(language: &str, text: &str) -> Option<(&'static Grammar, &'static str)> {
    let grammar = grammar::of_text(language, text)?;
    Some((grammar, *grammar.languages.first()?))
}

/// All of a text that is not too long, and else whole lines around the window.
fn part_to_read(text: &str, window: &Range<usize>) -> Range<usize> {
    if text.len() <= LARGEST_BYTES {
        return 0..text.len();
    }
    let bytes = text.as_bytes();
    let earliest = window.start.saturating_sub(BEFORE_WINDOW);
    let start = memchr::memrchr(b'\n', &bytes[..earliest]).map_or(0, |end| end + 1);
    // A line that has no end nearby is no text to colour.
    let start = if earliest - start > BEFORE_WINDOW { window.start } else { start };
    let latest = (window.end + BEHIND_WINDOW).min(text.len());
    start
        ..memchr::memrchr(b'\n', &bytes[window.end..latest])
            .map_or(window.end, |end| window.end + end + 1)
}

impl Language {
    fn new(language: &str, grammar: &Grammar) -> Self {
        let compiled = Compiled::new(grammar);
        let query = queries::of(language)
            .and_then(|source| Query::new(&compiled.language, &source).ok())
            .map(ClassQuery::new);
        Self { compiled, query }
    }
}

impl ClassQuery {
    fn new(mut query: Query) -> Self {
        for pattern in 0..query.pattern_count() {
            // Conditions that are not evaluated would let the pattern match everywhere.
            if query.general_predicates(pattern).iter().any(|it| it.operator.ends_with('?')) {
                query.disable_pattern(pattern);
            }
        }
        let names = query.capture_names();
        let classes = names.iter().map(|name| class_of(name)).collect();
        let silent = names.iter().map(|name| is_silent(name)).collect();
        Self { query, classes, silent }
    }

    /// `None` where the time does not suffice.
    fn spans(
        &self,
        tree: &Tree,
        text: &str,
        window: Range<usize>,
        allowance: Allowance,
    ) -> Option<Vec<SyntaxSpan>> {
        let mut cursor = QueryCursor::new();
        cursor.set_match_limit(MOST_MATCHES);
        cursor.set_byte_range(window.clone());
        let mut out_of_time = false;
        let mut in_time = |_: &tree_sitter::QueryCursorState| {
            out_of_time = allowance.is_spent();
            if out_of_time { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = QueryCursorOptions::new().progress_callback(&mut in_time);
        // Captures come by their beginnings, what encloses before what is enclosed, and a later
        // pattern after an earlier one: the last one that covers a byte is the one that counts.
        let mut painted = vec![None; window.len()];
        let root = tree.root_node();
        let mut captures =
            cursor.captures_with_options(&self.query, root, text.as_bytes(), options);
        while let Some((found, index)) = captures.next() {
            let Some(capture) = found.captures().get(*index) else { continue };
            let number = capture.index as usize;
            if self.silent.get(number).copied().unwrap_or(true) {
                continue;
            }
            let bytes = capture.node.byte_range();
            let start = bytes.start.max(window.start).saturating_sub(window.start);
            let end = bytes.end.min(window.end).saturating_sub(window.start);
            if let Some(place) = painted.get_mut(start..end) {
                place.fill(self.classes.get(number).copied().flatten());
            }
        }
        drop(captures);
        (!out_of_time).then(|| runs(&painted, window.start))
    }
}

/// The runs of one class each.
fn runs(painted: &[Option<SyntaxClass>], offset: usize) -> Vec<SyntaxSpan> {
    let mut start = offset;
    painted
        .chunk_by(|a, b| a == b)
        .filter_map(|run| {
            let bytes = start..start + run.len();
            start = bytes.end;
            run.first().copied().flatten().map(|class| SyntaxSpan { bytes, class })
        })
        .collect()
}

/// Names that queries use for other purposes than colour.
fn is_silent(capture: &str) -> bool {
    capture.starts_with('_') || matches!(capture, "spell" | "nospell" | "conceal" | "clean")
}

/// The class of a capture, by the names that grammars have in common: the last part of a dotted
/// name that means something counts.
fn class_of(capture: &str) -> Option<SyntaxClass> {
    use SyntaxClass as C;
    if matches!(capture, "string.special.key" | "variable.member" | "tag.attribute") {
        return Some(C::Property);
    }
    if matches!(capture, "keyword.operator" | "keyword.directive" | "function.macro") {
        return Some(if capture == "function.macro" { C::Function } else { C::Keyword });
    }
    let class = match capture.split('.').next().unwrap_or(capture) {
        "attribute" | "annotation" | "decorator" => C::Attribute,
        "comment" => C::Comment,
        "boolean" | "character" | "constant" | "escape" | "float" | "number" => C::Constant,
        "function" | "method" => C::Function,
        "conditional" | "define" | "exception" | "import" | "include" | "keyword" | "preproc"
        | "repeat" | "storageclass" | "tag" | "use" | "while" | "try" | "throw" => C::Keyword,
        "field" | "property" | "label" => C::Property,
        "string" if capture.ends_with("escape") => C::Constant,
        "string" => C::String,
        "constructor" | "interface" | "module" | "namespace" | "type" => C::Type,
        _ => return None,
    };
    Some(class)
}
