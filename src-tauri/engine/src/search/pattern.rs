//! A regular expression, and the trigrams that a file must hold to match it.
//!
//! The trigrams follow Russ Cox, "Regular Expression Matching with a Trigram Index" (2012), from
//! the parsed pattern instead of its states.

use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::index::grams;

/// Sets of strings stay this small; larger ones are broken off.
const MOST_STRINGS: usize = 64;
/// Trigrams need no more of a string than this, in bytes.
const LONGEST_STRING: usize = 64;
/// Classes of more characters say nothing about the text.
const LARGEST_CLASS: usize = 16;
/// `a{3}` is unrolled up to so many times.
const MOST_COPIES: u32 = 8;

/// What a file has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grams {
    /// Anything: no trigram is known.
    Any,
    One(u64),
    All(Vec<Grams>),
    Either(Vec<Grams>),
}

/// A pattern that is searched line by line.
#[derive(Clone, Debug)]
pub struct Pattern {
    matcher: RegexMatcher,
    pub grams: Grams,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadPattern(String);

impl Pattern {
    /// # Errors
    /// [`BadPattern`], with the reason and the place.
    pub fn new(pattern: &str, case_sensitive: bool) -> Result<Pattern, BadPattern> {
        let bad = |error: &dyn std::fmt::Display| BadPattern(error.to_string());
        let hir = regex_syntax::ParserBuilder::new()
            .case_insensitive(!case_sensitive)
            .multi_line(true)
            .utf8(false)
            .build()
            .parse(pattern)
            .map_err(|error| bad(&error))?;
        let matcher = RegexMatcherBuilder::new()
            .case_insensitive(!case_sensitive)
            .multi_line(true)
            .crlf(true)
            .build(pattern)
            .map_err(|error| bad(&error))?;
        Ok(Pattern { matcher, grams: wanted(&hir) })
    }

    /// A pattern that is the text itself.
    ///
    /// # Errors
    /// [`BadPattern`] for a text that reaches over several lines.
    pub fn literal(text: &str, case_sensitive: bool) -> Result<Pattern, BadPattern> {
        Pattern::new(&regex_syntax::escape(text), case_sensitive)
    }

    /// Calls `on_line` for every line of `text` that matches, in order, with the line's number from
    /// 1, its text without its end, and the byte ranges that match; until it answers `false`.
    pub fn lines<'t>(
        &self,
        text: &'t str,
        mut on_line: impl FnMut(u64, &'t str, Vec<(usize, usize)>) -> bool,
    ) {
        let bytes = text.as_bytes();
        let (mut at, mut counted, mut number) = (0, 0, 1);
        while at <= bytes.len() {
            let Ok(Some(found)) = self.matcher.find_at(bytes, at) else { return };
            let start = memchr::memrchr(b'\n', &bytes[..found.start()]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &bytes[found.start()..])
                .map_or(bytes.len(), |end| found.start() + end);
            // What follows the last line's end is not a line.
            if start == bytes.len() && start > 0 {
                return;
            }
            number += memchr::memchr_iter(b'\n', &bytes[counted..start]).count() as u64;
            counted = start;
            let line = &text[start..end];
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !on_line(number, line, self.ranges(line)) {
                return;
            }
            at = end + 1;
        }
    }

    /// Where the pattern matches in one line; empty matches are left out.
    fn ranges(&self, line: &str) -> Vec<(usize, usize)> {
        let mut ranges = Vec::new();
        let _ = self.matcher.find_iter(line.as_bytes(), |found| {
            let (from, to) = (found.start(), found.end());
            if from < to && line.is_char_boundary(from) && line.is_char_boundary(to) {
                ranges.push((from, to));
            }
            true
        });
        ranges
    }
}

/// The trigrams of every text that matches.
fn wanted(hir: &Hir) -> Grams {
    let mut run = Run::default();
    run.add(hir);
    run.finish()
}

/// A concatenation that is being read from left to right.
struct Run {
    /// What ends here is one of these strings; whatever stood before is in `grams`.
    strings: Vec<Vec<u8>>,
    grams: Vec<Grams>,
}

impl Default for Run {
    fn default() -> Self {
        Run { strings: vec![Vec::new()], grams: Vec::new() }
    }
}

impl Run {
    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.add(part)),
            _ => match strings_of(hir) {
                Some(strings) => self.append(&strings),
                None => self.break_off(match hir.kind() {
                    HirKind::Alternation(branches) => either(branches.iter().map(wanted)),
                    HirKind::Repetition(repeated) if repeated.min > 0 => wanted(&repeated.sub),
                    _ => Grams::Any,
                }),
            },
        }
    }

    /// Every string so far is followed by one of `next`.
    fn append(&mut self, next: &[Vec<u8>]) {
        if self.strings.len() * next.len() > MOST_STRINGS
            || self.strings.iter().any(|string| string.len() > LONGEST_STRING)
        {
            self.keep_ends();
        }
        let mut joined: Vec<Vec<u8>> = self
            .strings
            .iter()
            .flat_map(|left| next.iter().map(move |right| [left.as_slice(), right].concat()))
            .collect();
        joined.sort_unstable();
        joined.dedup();
        self.strings = joined;
        if self.strings.len() > MOST_STRINGS {
            self.keep_ends();
        }
    }

    /// Takes the trigrams of the strings, and goes on with their last two bytes.
    fn keep_ends(&mut self) {
        self.grams.push(grams_of(&self.strings));
        for string in &mut self.strings {
            string.drain(..string.len().saturating_sub(2));
        }
        self.strings.sort_unstable();
        self.strings.dedup();
        if self.strings.len() > MOST_STRINGS {
            self.strings = vec![Vec::new()];
        }
    }

    /// Something follows of which only its trigrams are known.
    fn break_off(&mut self, between: Grams) {
        self.grams.push(grams_of(&self.strings));
        self.grams.push(between);
        self.strings = vec![Vec::new()];
    }

    fn finish(mut self) -> Grams {
        self.grams.push(grams_of(&self.strings));
        all(self.grams)
    }
}

/// All strings that match, where they are few; ASCII letters in lower case.
fn strings_of(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut strings = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.to_vec()],
        HirKind::Capture(capture) => strings_of(&capture.sub)?,
        HirKind::Class(class) => class_strings(class)?,
        HirKind::Repetition(repeated) => {
            let once = strings_of(&repeated.sub)?;
            match (repeated.min, repeated.max) {
                (0, Some(1)) => [once, vec![Vec::new()]].concat(),
                (min, Some(max)) if min == max && max <= MOST_COPIES => {
                    let copies: Vec<&Hir> = (0..max).map(|_| &*repeated.sub).collect();
                    products(&copies)?
                }
                _ => return None,
            }
        }
        HirKind::Concat(parts) => products(&parts.iter().collect::<Vec<_>>())?,
        HirKind::Alternation(branches) => {
            let mut strings = Vec::new();
            for branch in branches {
                strings.extend(strings_of(branch)?);
            }
            strings
        }
    };
    for string in &mut strings {
        string.make_ascii_lowercase();
    }
    strings.sort_unstable();
    strings.dedup();
    (strings.len() <= MOST_STRINGS).then_some(strings)
}

fn products(parts: &[&Hir]) -> Option<Vec<Vec<u8>>> {
    let mut strings = vec![Vec::new()];
    for part in parts {
        let next = strings_of(part)?;
        if strings.len() * next.len() > MOST_STRINGS {
            return None;
        }
        strings = strings
            .iter()
            .flat_map(|left: &Vec<u8>| {
                next.iter().map(move |right| [left.as_slice(), right].concat())
            })
            .collect();
        if strings.iter().any(|string| string.len() > LONGEST_STRING) {
            return None;
        }
    }
    Some(strings)
}

fn class_strings(class: &Class) -> Option<Vec<Vec<u8>>> {
    match class {
        Class::Unicode(class) => {
            let count: usize = class.iter().map(|range| range.len()).sum();
            if count > LARGEST_CLASS {
                return None;
            }
            let chars = class.iter().flat_map(|range| range.start()..=range.end());
            Some(chars.map(|c| c.to_string().into_bytes()).collect())
        }
        Class::Bytes(class) => {
            let count: usize = class.iter().map(|range| range.len()).sum();
            if count > LARGEST_CLASS {
                return None;
            }
            let bytes = class.iter().flat_map(|range| range.start()..=range.end());
            Some(bytes.map(|byte| vec![byte]).collect())
        }
    }
}

/// What a text that holds one of the strings must hold.
fn grams_of(strings: &[Vec<u8>]) -> Grams {
    either(strings.iter().map(|string| {
        let grams = string.windows(3).map(|w| Grams::One(grams::gram([w[0], w[1], w[2]])));
        all(grams.collect())
    }))
}

fn all(parts: Vec<Grams>) -> Grams {
    let mut parts: Vec<Grams> = parts
        .into_iter()
        .flat_map(|part| match part {
            Grams::Any => Vec::new(),
            Grams::All(inner) => inner,
            other => vec![other],
        })
        .collect();
    parts.dedup();
    match parts.len() {
        0 => Grams::Any,
        1 => parts.remove(0),
        _ => Grams::All(parts),
    }
}

fn either(branches: impl Iterator<Item = Grams>) -> Grams {
    let mut branches: Vec<Grams> = branches.collect();
    branches.dedup();
    if branches.contains(&Grams::Any) || branches.is_empty() {
        return Grams::Any;
    }
    if branches.len() == 1 { branches.remove(0) } else { Grams::Either(branches) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::grams::GramSet;
    use proptest::prelude::*;

    /// Whether a text with these trigrams may match.
    fn allows(grams: &Grams, held: &[u64]) -> bool {
        match grams {
            Grams::Any => true,
            Grams::One(gram) => held.contains(gram),
            Grams::All(parts) => parts.iter().all(|part| allows(part, held)),
            Grams::Either(branches) => branches.iter().any(|branch| allows(branch, held)),
        }
    }

    fn matching(pattern: &str, text: &str) -> Vec<u64> {
        let mut lines = Vec::new();
        Pattern::new(pattern, true).unwrap().lines(text, |number, _, _| {
            lines.push(number);
            true
        });
        lines
    }

    #[test]
    fn lines_are_counted_and_matches_stay_on_their_line() {
        assert_eq!(matching("b$", "a\nb\r\ncb\n"), [2, 3]);
        assert_eq!(matching(r"a\sb", "a\nb\na b"), [3]);
        assert_eq!(matching("^$", "a\n\nb\n"), [2]);
        assert_eq!(matching("x*", "a\nb"), [1, 2]);
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong() {
        let error = Pattern::new("a(b", true).unwrap_err().to_string();
        assert!(error.contains("unclosed group"), "{error}");
    }

    #[test]
    fn patterns_give_the_trigrams_that_they_need() {
        let grams = |pattern: &str| Pattern::new(pattern, true).unwrap().grams;
        let one = |text: &[u8; 3]| Grams::One(grams::gram(*text));
        assert_eq!(grams("abcd"), Grams::All(vec![one(b"abc"), one(b"bcd")]));
        assert_eq!(grams("abc|xyz"), Grams::Either(vec![one(b"abc"), one(b"xyz")]));
        assert_eq!(grams("abc.*xyz"), Grams::All(vec![one(b"abc"), one(b"xyz")]));
        assert_eq!(grams("ab"), Grams::Any);
        assert_eq!(grams(r"\w+"), Grams::Any);
        assert_eq!(grams("(abc)+"), one(b"abc"));
        assert_eq!(grams("(abc)?"), Grams::Any);
        assert_eq!(grams("a[bc]d"), Grams::Either(vec![one(b"abd"), one(b"acd")]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn a_text_that_matches_holds_the_trigrams(
            pattern in "([a-cA-C]{1,4}|[abc]|[ab]\\?|\\(ab\\|ca\\)[+*?]|\\.|b\\{2\\}|\\[ab\\]|\\\\w|(\\?i:Ab)){1,5}",
            text in "[a-cA-C]{0,24}",
        ) {
            if let Ok(compiled) = Pattern::new(&pattern, true) {
                let mut matches = false;
                compiled.lines(&text, |_, _, _| { matches = true; false });
                let held = GramSet::default().of(&text);
                prop_assert!(!matches || allows(&compiled.grams, &held), "{} {}", pattern, text);
            }
        }
    }
}
