//! The text lane: BM25 over chunks, by identifiers and their parts.

use tantivy::collector::TopDocs;
use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery,
    Query as IndexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Searcher, Term};

use super::query::Query;
use super::terms::{self, Identifier};
use crate::index::schema::Fields;

/// What a part of an identifier counts beside the whole.
const PART_BOOST: f32 = 0.4;
/// What a word in the path counts beside one in the text.
const PATH_BOOST: f32 = 0.5;
/// What a phrase counts beside a word.
const PHRASE_BOOST: f32 = 2.0;

/// BM25's statistics over several indexes, so that their scores compare.
pub struct Statistics<'a>(pub &'a [Searcher]);

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.0.iter().map(|searcher| searcher.total_num_tokens(field)).sum()
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.0.iter().map(Bm25StatisticsProvider::total_num_docs).sum()
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.0.iter().map(|searcher| searcher.doc_freq(term)).sum()
    }
}

/// The query for an index, or `None` where nothing typed can be looked up in it.
pub fn index_query(query: &Query, fields: Fields) -> Option<BooleanQuery> {
    let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> = Vec::new();
    for identifier in terms::wanted(query) {
        clauses.push((Occur::Should, term(fields.text, &identifier.whole, 1.0)));
        clauses.push((Occur::Should, term(fields.path_words, &identifier.whole, PATH_BOOST)));
        for part in &identifier.parts {
            clauses.push((Occur::Should, term(fields.text, part, PART_BOOST)));
            clauses.push((Occur::Should, term(fields.path_words, part, PATH_BOOST * PART_BOOST)));
        }
    }
    for phrase in &query.phrases {
        let phrase = phrase_query(fields.text, &terms::identifiers(phrase))?;
        clauses.push((Occur::Must, Box::new(BoostQuery::new(phrase, PHRASE_BOOST))));
    }
    if clauses.is_empty() {
        return None;
    }
    for excluded in &query.excluded {
        if let Some(phrase) = phrase_query(fields.text, &terms::identifiers(excluded)) {
            clauses.push((Occur::MustNot, phrase));
        }
    }
    for path in &query.excluded_paths {
        if let Some(path) = path_query(fields, path) {
            clauses.push((Occur::MustNot, path));
        }
    }
    let filters = filters(query, fields);
    if filters.is_empty() {
        return Some(BooleanQuery::new(clauses));
    }
    // What is looked for stays a clause of its own: beside a filter, "should" would mean "may".
    let mut filtered: Vec<(Occur, Box<dyn IndexQuery>)> =
        vec![(Occur::Must, Box::new(BooleanQuery::new(clauses)))];
    filtered.extend(filters.into_iter().map(|filter| {
        let unscored: Box<dyn IndexQuery> = Box::new(ConstScoreQuery::new(filter, 0.0));
        (Occur::Must, unscored)
    }));
    Some(BooleanQuery::new(filtered))
}

/// The best chunks of one index.
///
/// # Errors
/// Where the index cannot be read.
pub fn best_chunks(
    searcher: &Searcher,
    query: &BooleanQuery,
    limit: usize,
    statistics: &Statistics<'_>,
) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    let collector = TopDocs::with_limit(limit.max(1)).order_by_score();
    searcher.search_with_statistics_provider(query, &collector, statistics)
}

fn filters(query: &Query, fields: Fields) -> Vec<Box<dyn IndexQuery>> {
    let mut filters: Vec<Box<dyn IndexQuery>> =
        query.paths.iter().filter_map(|path| path_query(fields, path)).collect();
    if !query.languages.is_empty() {
        let languages = query.languages.iter().map(|language| {
            let any: Box<dyn IndexQuery> = term(fields.lang, language, 1.0);
            any
        });
        filters.push(Box::new(BooleanQuery::union(languages.collect())));
    }
    filters
}

/// All the words of the path have to be in it.
fn path_query(fields: Fields, path: &str) -> Option<Box<dyn IndexQuery>> {
    let words: Vec<Box<dyn IndexQuery>> = terms::identifiers(path)
        .into_iter()
        .map(|identifier| term(fields.path_words, &identifier.whole, 1.0))
        .collect();
    if words.is_empty() { None } else { Some(Box::new(BooleanQuery::intersection(words))) }
}

fn phrase_query(field: Field, identifiers: &[Identifier]) -> Option<Box<dyn IndexQuery>> {
    match identifiers {
        [] => None,
        [one] => Some(term(field, &one.whole, 1.0)),
        several => {
            let terms = several.iter().map(|i| Term::from_field_text(field, &i.whole)).collect();
            Some(Box::new(PhraseQuery::new(terms)))
        }
    }
}

fn term(field: Field, text: &str, boost: f32) -> Box<dyn IndexQuery> {
    let term = Term::from_field_text(field, text);
    let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
    if boost == 1.0 { query } else { Box::new(BoostQuery::new(query, boost)) }
}
