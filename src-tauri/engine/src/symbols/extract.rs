//! Parses a file under limits and has its tree walked.

use super::allowance::Allowance;
use super::grammar::{self, Compiled};
use super::rules::Grammar;
use super::walk::Walk;
use super::{FileSymbols, MARKDOWN, Outcome, markdown};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;
use tree_sitter::{ParseOptions, Parser, Tree};

/// Only this much of a file is read: more is generated, and a parser's memory is many times the text.
const LARGEST_BYTES: usize = 4 << 20;
/// The processor time that any file has, and what each further byte adds: several times what parsing needs.
const TIME: Duration = Duration::from_millis(500);
const TIME_PER_BYTE: Duration = Duration::from_micros(2);
/// Lines longer than this, over the whole file or in one, are not written by hand.
const LONGEST_MEAN_LINE: usize = 400;
const LONGEST_LINE: usize = 100_000;
/// Up to here long lines cost nothing.
const SMALL_BYTES: usize = 16 << 10;

/// What is to be found. References cost about as much memory as the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Definitions,
    DefinitionsAndReferences,
}

/// A parser with the grammars that it has met. One a thread; cheap to keep.
#[derive(Default)]
pub struct Extractor {
    parser: Parser,
    /// By the first of the languages that a grammar reads.
    compiled: HashMap<&'static str, Compiled>,
}

impl Extractor {
    pub fn new() -> Self {
        Self::default()
    }

    /// What `text` defines and uses, read as `language`, named as the index names languages.
    pub fn extract(&mut self, language: &str, text: &str, wanted: Wanted) -> FileSymbols {
        let grammar = grammar::of_text(language, text);
        if grammar.is_none() && language != MARKDOWN {
            return FileSymbols::nothing(Outcome::Unsupported);
        }
        if is_minified(text) {
            return FileSymbols::nothing(Outcome::Minified);
        }
        let beginning = beginning_of(text);
        let mut found = match grammar {
            Some(grammar) => self.parsed(grammar, beginning, wanted),
            None => markdown::headings(beginning),
        };
        if beginning.len() < text.len()
            && matches!(found.outcome, Outcome::Parsed | Outcome::Partial)
        {
            found.outcome = Outcome::TooLarge;
        }
        found
    }

    fn parsed(&mut self, grammar: &'static Grammar, text: &str, wanted: Wanted) -> FileSymbols {
        let Some(&key) = grammar.languages.first() else {
            return FileSymbols::nothing(Outcome::Unsupported);
        };
        let compiled = self.compiled.entry(key).or_insert_with(|| Compiled::new(grammar));
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let allowance = Allowance::of(TIME + TIME_PER_BYTE * bytes);
        let Some(tree) = parse(&mut self.parser, compiled, grammar, text, allowance) else {
            return FileSymbols::nothing(Outcome::TimedOut);
        };
        let mut found = Walk::new(compiled, text, wanted, allowance).run(&tree);
        if found.outcome == Outcome::Parsed && tree.root_node().has_error() {
            found.outcome = Outcome::Partial;
        }
        found
    }
}

/// The tree of `text`, or `None` where that takes more than is allowed.
pub(super) fn parse(
    parser: &mut Parser,
    compiled: &Compiled,
    grammar: &Grammar,
    text: &str,
    allowance: Allowance,
) -> Option<Tree> {
    parser.set_language(&compiled.language).ok()?;
    let prepared = grammar.prepare.and_then(|prepare| prepare(text));
    let bytes = prepared.as_deref().unwrap_or(text.as_bytes());
    let mut in_time = |_: &tree_sitter::ParseState| {
        if allowance.is_spent() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let tree = parser.parse_with_options(
        &mut |byte, _| bytes.get(byte..).unwrap_or_default(),
        None,
        Some(options),
    );
    // A parse that was stopped would be continued by the next one.
    parser.reset();
    tree
}

/// The whole lines at the beginning of `text` that are within the limit.
fn beginning_of(text: &str) -> &str {
    if text.len() <= LARGEST_BYTES {
        return text;
    }
    let end = text.as_bytes()[..LARGEST_BYTES].iter().rposition(|byte| *byte == b'\n');
    end.and_then(|end| text.get(..=end)).unwrap_or_default()
}

fn is_minified(text: &str) -> bool {
    if text.len() <= SMALL_BYTES {
        return false;
    }
    let (mut lines, mut start) = (1, 0);
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        if end - start > LONGEST_LINE {
            return true;
        }
        start = end;
        lines += 1;
    }
    text.len() - start > LONGEST_LINE || text.len() / lines > LONGEST_MEAN_LINE
}
