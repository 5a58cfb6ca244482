//! How telling words are: BM25's statistics over all indexes of a search together.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use super::query::Query;
use super::terms::{self, Identifier};
use super::variants;
use crate::index::schema::Fields;

/// Something that was typed, and all that may stand for it in an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub identifier: Identifier,
    /// Other forms that some index holds.
    pub variants: Vec<String>,
    /// Inverse document frequency: how telling it is.
    pub idf: f32,
}

impl Wanted {
    /// The word as it was typed (in lower case), and its other forms.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        [self.identifier.whole.as_str()].into_iter().chain(self.variants.iter().map(String::as_str))
    }

    /// Whether `part`, in lower case, stands for it.
    pub fn is(&self, part: &str) -> bool {
        self.forms().any(|form| form == part)
    }
}

/// BM25's statistics over several indexes, so that their scores compare. One that cannot be read
/// counts for nothing in them: searching it says so, and the others are not blamed for it.
pub struct Statistics<'a> {
    searchers: &'a [Searcher],
    /// Another form of a word is as common as the word: a rare one would weigh too much.
    at_least: HashMap<Term, u64>,
    /// What was counted over all indexes: each of them asks for the same.
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    documents: Option<u64>,
    tokens: HashMap<Field, u64>,
    terms: HashMap<Term, u64>,
}

impl<'a> Statistics<'a> {
    pub fn new(searchers: &'a [Searcher]) -> Self {
        Self { searchers, at_least: HashMap::new(), counted: Mutex::default() }
    }

    fn sum(&self, of: impl Fn(&Searcher) -> tantivy::Result<u64>) -> u64 {
        self.searchers.iter().filter_map(|searcher| of(searcher).ok()).sum()
    }

    fn count(&self, term: &Term) -> u64 {
        let mut counted = self.counted();
        if let Some(count) = counted.terms.get(term) {
            return *count;
        }
        let count = self.sum(|searcher| searcher.doc_freq(term));
        counted.terms.insert(term.clone(), count);
        count
    }

    /// Chunks with this word, whole or as a part; one with both counts twice.
    fn count_word(&self, word: &str, fields: Fields) -> u64 {
        let count = |field| self.count(&Term::from_field_text(field, word));
        count(fields.text) + count(fields.parts)
    }

    fn documents(&self) -> u64 {
        let of = Bm25StatisticsProvider::total_num_docs;
        *self.counted().documents.get_or_insert_with(|| self.sum(of))
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the query's words stand for in these indexes.
    pub fn wanted(&mut self, query: &Query, fields: Fields) -> Vec<Wanted> {
        let documents = self.documents() as f32;
        let mut all = Vec::new();
        for identifier in terms::wanted(query) {
            let base = self.count_word(&identifier.whole, fields);
            let mut frequency = base;
            let mut known = Vec::new();
            let forms =
                if query.case_sensitive { Vec::new() } else { variants::of(&identifier.whole) };
            for form in forms {
                let count = self.count_word(&form, fields);
                if count > 0 {
                    frequency = frequency.max(count);
                    let Fields { text, parts, path_words, symbol_words, .. } = fields;
                    for field in [text, parts, path_words, symbol_words] {
                        self.at_least.insert(Term::from_field_text(field, &form), base);
                    }
                    known.push(form);
                }
            }
            for text in identifier.parts.iter().chain([&identifier.whole]) {
                let count = self.count_word(text, fields);
                for field in [fields.text, fields.parts] {
                    self.at_least.insert(Term::from_field_text(field, text), count);
                }
            }
            let frequency = frequency as f32;
            let idf = (1.0 + (documents - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln();
            all.push(Wanted { identifier, variants: known, idf });
        }
        all
    }
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let mut counted = self.counted();
        let tokens = counted.tokens.entry(field);
        Ok(*tokens.or_insert_with(|| self.sum(|searcher| searcher.total_num_tokens(field))))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.documents())
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let least = self.at_least.get(term).copied().unwrap_or(0);
        // A chunk with a word whole and as a part counts twice, and tantivy refuses more than all.
        Ok(self.count(term).max(least).min(self.documents()))
    }
}
