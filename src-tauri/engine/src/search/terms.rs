//! From typed words to index terms, and back to the places in a line that they match.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
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
    /// Finds any of them in ASCII, without regard to case: most lines hold none, and are not looked
    /// at word by word.
    any: Option<AhoCorasick>,
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
        let any = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(terms.keys().chain(&phrases))
            .ok();
        Highlighter { terms, phrases, excluded, case_sensitive: query.case_sensitive, any }
    }

    /// What of `line` matches.
    pub fn matches(&self, line: &str) -> Matches {
        if line.is_ascii() && self.any.as_ref().is_some_and(|any| !any.is_match(line)) {
            return Matches::default();
        }
        let mut ranges = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut weight = 0;
        let mut tokenizer = CodeTokenizer::default();
        let mut stream = tokenizer.token_stream(line);
        while stream.advance() {
            let token = stream.token();
            if let Some((term, &term_weight)) = self.terms.get_key_value(&token.text) {
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
}
