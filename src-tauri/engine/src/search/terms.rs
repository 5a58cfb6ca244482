//! From typed words to index terms, and back to the places in a line that they match.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use memchr::{memchr, memchr_iter, memrchr};
use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::query::Query;
use super::variants;
use crate::index::tokenizer::{CodeTokenizer, lower};

/// Words of a question that say nothing about code. They count when nothing else was typed.
const STOP_WORDS: [&str; 58] = [
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "does", "for",
    "from", "has", "have", "how", "if", "in", "into", "is", "it", "its", "of", "on", "or", "our",
    "should", "so", "such", "than", "that", "the", "their", "then", "there", "these", "they",
    "this", "to", "up", "used", "using", "was", "we", "were", "what", "when", "where", "which",
    "while", "who", "why", "will", "with", "would", "you",
];
/// So many words are a question.
const QUESTION_WORDS: usize = 3;

/// One identifier that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// In lower case.
    pub whole: String,
    /// Its parts, where there are several.
    pub parts: Vec<String>,
}

/// The identifiers of a text, in order.
pub fn identifiers(text: &str) -> Vec<Identifier> {
    let mut found: Vec<Identifier> = Vec::new();
    let mut tokenizer = CodeTokenizer::default();
    let mut stream = tokenizer.token_stream(text);
    let mut position = None;
    while stream.advance() {
        let token = stream.token();
        match found.last_mut() {
            Some(identifier) if position == Some(token.position) => {
                identifier.parts.push(token.text.clone());
            }
            _ => found.push(Identifier { whole: token.text.clone(), parts: Vec::new() }),
        }
        position = Some(token.position);
    }
    found
}

/// The identifiers of a text and their parts, in lower case.
pub fn words_of(text: &str) -> Vec<String> {
    let identifiers = identifiers(text).into_iter();
    identifiers.flat_map(|Identifier { whole, parts }| [vec![whole], parts].concat()).collect()
}

/// Whether `text` is one identifier and nothing else, so that an index can tell where it stands.
pub fn is_word(text: &str) -> bool {
    matches!(identifiers(text).as_slice(), [one] if one.whole == lower(text))
}

/// The identifiers to look for: those of the query's words, without stop words in a question.
pub fn wanted(query: &Query) -> Vec<Identifier> {
    let typed = query.words.iter().chain(&query.symbols);
    let all: Vec<Identifier> = typed.flat_map(|word| identifiers(word)).collect();
    if all.len() < QUESTION_WORDS {
        return all;
    }
    let telling: Vec<Identifier> = all
        .iter()
        .filter(|identifier| !STOP_WORDS.contains(&identifier.whole.as_str()))
        .cloned()
        .collect();
    if telling.is_empty() { all } else { telling }
}

/// Finds the places in a text that match a query.
#[derive(Debug, Default)]
pub struct Highlighter {
    /// Terms in lower case, with their weight: an identifier counts more than a part.
    terms: HashMap<String, u32>,
    /// Phrases, in lower case unless case counts.
    phrases: Vec<String>,
    /// Excluded texts of more than a word, in the same way.
    excluded: Vec<String>,
    case_sensitive: bool,
    /// What was typed, where case counts.
    typed: Vec<String>,
    /// Finds any of them in ASCII, without regard to case, with the weight of each: most lines hold
    /// none, and are not looked at word by word.
    any: Option<(AhoCorasick, Vec<u32>)>,
}

/// The places of a line that match, and how well.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Byte ranges, ascending, apart from each other.
    pub ranges: Vec<(usize, usize)>,
    /// Sum of the weights of the different terms that match.
    pub weight: u32,
}

const PHRASE_WEIGHT: u32 = 100;
const WHOLE_WEIGHT: u32 = 10;
/// Another form of a word that was typed.
const FORM_WEIGHT: u32 = 5;
const PART_WEIGHT: u32 = 1;

impl Highlighter {
    pub fn new(query: &Query) -> Highlighter {
        let mut terms = HashMap::new();
        for identifier in wanted(query) {
            for part in identifier.parts {
                terms.entry(part).or_insert(PART_WEIGHT);
            }
            if !query.case_sensitive {
                // Short forms are not marked: some are words of a language, as `def` and `fn` are.
                for form in variants::inflected(&identifier.whole) {
                    terms.entry(form).or_insert(FORM_WEIGHT);
                }
            }
            terms.insert(identifier.whole, WHOLE_WEIGHT);
        }
        let fold = |text: &String| {
            if query.case_sensitive { text.clone() } else { lower(text) }
        };
        let phrases: Vec<String> = query.phrases.iter().map(fold).collect();
        let excluded = query.excluded.iter().filter(|text| !is_word(text)).map(fold).collect();
        let weighted = terms.iter().map(|(term, weight)| (term, *weight));
        let weighted = weighted.chain(phrases.iter().map(|phrase| (phrase, PHRASE_WEIGHT)));
        let (sought, weights): (Vec<&String>, Vec<u32>) = weighted.unzip();
        let any = AhoCorasick::builder().ascii_case_insensitive(true).build(sought).ok();
        let any = any.map(|any| (any, weights));
        let case_sensitive = query.case_sensitive;
        let typed = query.words.iter().chain(&query.symbols).filter(|_| case_sensitive);
        let typed = typed.cloned().collect();
        Highlighter { terms, phrases, excluded, case_sensitive, typed, any }
    }

    /// The first of those lines of `text` that match most, its place among them, and what of it
    /// matches; `None` where there is no line.
    pub fn best_line<'t>(&self, text: &'t str) -> Option<(usize, &'t str, Matches)> {
        let mut best = (0, text.lines().next()?, Matches::default());
        for (at, line) in self.lines_with_any(text) {
            if self.most(line) > best.2.weight {
                let matches = self.matches(line);
                if matches.weight > best.2.weight {
                    best = (at, line, matches);
                }
            }
        }
        Some(best)
    }

    /// The lines of `text` that may match, each with its place.
    fn lines_with_any<'t>(&self, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let any = self.any.as_ref().filter(|_| text.is_ascii());
        let (mut at, mut rest) = (0, text);
        std::iter::from_fn(move || {
            if let Some((any, _)) = any {
                let before = &rest.as_bytes()[..any.find(rest)?.start()];
                rest = &rest[memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
                at += memchr_iter(b'\n', before).count();
            }
            let line = rest.lines().next()?;
            let whole = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |newline| newline + 1);
            rest = &rest[whole..];
            at += 1;
            Some((at - 1, line))
        })
    }

    /// What `line` weighs at most: all that it holds may be a word of its own.
    fn most(&self, line: &str) -> u32 {
        let Some((any, weights)) = self.any.as_ref().filter(|_| line.is_ascii()) else {
            return u32::MAX;
        };
        let mut held = vec![false; weights.len()];
        for found in any.find_overlapping_iter(line) {
            held[found.pattern()] = true;
        }
        let held = weights.iter().zip(held).filter(|(_, held)| *held);
        held.map(|(weight, _)| weight).sum()
    }

    /// What of `line` matches.
    pub fn matches(&self, line: &str) -> Matches {
        let mut ranges = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut weight = 0;
        let mut tokenizer = CodeTokenizer::default();
        let mut stream = tokenizer.token_stream(line);
        while stream.advance() {
            let token = stream.token();
            if let Some((term, &term_weight)) = self.terms.get_key_value(&token.text)
                && self.is_spelt(&line[token.offset_from..token.offset_to])
            {
                if !seen.contains(&term.as_str()) {
                    seen.push(term);
                    weight += term_weight;
                }
                ranges.push((token.offset_from, token.offset_to));
            }
        }
        for phrase in &self.phrases {
            let places = self.places(line, phrase);
            if !places.is_empty() {
                weight += PHRASE_WEIGHT;
            }
            ranges.extend(places);
        }
        Matches { ranges: joined(ranges), weight }
    }

    /// Whether the identifier, or part of one, is written as it was typed; always where case does
    /// not count.
    fn is_spelt(&self, written: &str) -> bool {
        !self.case_sensitive || self.typed.iter().any(|typed| typed.contains(written))
    }

    /// Whether all phrases stand in `text` as they are typed.
    pub fn has_phrases(&self, text: &str) -> bool {
        self.phrases.iter().all(|phrase| !self.places(text, phrase).is_empty())
    }

    /// Whether an excluded text of more than a word stands in `text`.
    pub fn has_excluded(&self, text: &str) -> bool {
        self.excluded.iter().any(|excluded| !self.places(text, excluded).is_empty())
    }

    /// Where `phrase` stands in `text`. Offsets hold for `text` itself: where folding the case
    /// would change a length, case counts.
    fn places(&self, text: &str, phrase: &str) -> Vec<(usize, usize)> {
        let folded;
        let haystack = if self.case_sensitive {
            text
        } else {
            folded = lower(text);
            if folded.len() == text.len() { folded.as_str() } else { text }
        };
        let found = haystack.match_indices(phrase).map(|(at, _)| (at, at + phrase.len()));
        found
            .filter(|&(from, to)| text.is_char_boundary(from) && text.is_char_boundary(to))
            .collect()
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn joined(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query::parse;
    use proptest::prelude::*;

    fn marked(query: &str, line: &str) -> Vec<String> {
        let matches = Highlighter::new(&parse(query)).matches(line);
        matches.ranges.iter().map(|&(from, to)| line[from..to].to_owned()).collect()
    }

    #[test]
    fn an_identifier_is_marked_whole_and_by_its_parts() {
        assert_eq!(marked("sendMsg", "int tcp_send_msg(SendMsg *m)"), ["send", "msg", "SendMsg"]);
        assert_eq!(marked("größe", "let Größe = 1;"), ["Größe"]);
    }

    #[test]
    fn another_form_of_a_word_is_marked_unless_case_counts() {
        let line = "fn merge(writer: &Writer, def: u8)";
        assert_eq!(marked("merged writers default", line), ["merge", "writer", "Writer"]);
        assert!(marked("case:yes merged writers", line).is_empty());
    }

    #[test]
    fn a_phrase_is_marked_as_typed() {
        assert_eq!(marked("\"fn main()\"", "pub FN main() {}"), ["FN main()"]);
        assert!(marked("case:yes \"fn main()\"", "pub FN main() {}").is_empty());
    }

    #[test]
    fn a_word_is_marked_as_typed_where_case_counts() {
        assert_eq!(marked("case:yes Foo", "foo FOO Foo fooFoo"), ["Foo", "Foo"]);
        assert_eq!(
            marked("case:yes sendMsg", "SendMsg send_msg sendMsg"),
            ["Msg", "send", "sendMsg"]
        );
    }

    #[test]
    fn touching_matches_are_one_range() {
        assert_eq!(joined(vec![(4, 6), (0, 2), (2, 3), (5, 9)]), [(0, 3), (4, 9)]);
    }

    #[test]
    fn a_question_drops_its_stop_words_and_stop_words_alone_stay() {
        let wholes = |text: &str| -> Vec<String> {
            wanted(&parse(text)).into_iter().map(|identifier| identifier.whole).collect()
        };
        assert_eq!(wholes("how is the router built"), ["router", "built"]);
        assert_eq!(wholes("what is this"), ["what", "is", "this"]);
        assert_eq!(wholes("for each"), ["for", "each"]);
    }

    proptest! {
        #[test]
        fn the_best_line_is_the_first_of_those_that_weigh_most(
            text in "((alpha|Alphas|alpha_beta|betaGamma|gamma delta|alphabet|é|x){0,3}(\r?\n| )){0,12}",
            query in prop::sample::select(&[
                "alpha", "alphaBeta", "alpha gamma", "\"gamma delta\" beta", "case:yes Alphas x", "absent",
            ]),
        ) {
            let highlighter = Highlighter::new(&parse(query));
            let all = text.lines().map(|line| highlighter.matches(line)).enumerate();
            let first_best = all.reduce(|best, next| if next.1.weight > best.1.weight { next } else { best });
            let found = highlighter.best_line(&text);
            prop_assert_eq!(found.as_ref().map(|(_, line, _)| *line), first_best.as_ref().and_then(|best| text.lines().nth(best.0)));
            prop_assert_eq!(found.map(|(at, _, matches)| (at, matches)), first_best);
        }
    }
}
