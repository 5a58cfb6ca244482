//! The text lane: BM25 over chunks, by identifiers, their parts and their other forms.

use tantivy::collector::TopDocs;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EnableScoring, Occur, PhraseQuery,
    Query as IndexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, Score, Searcher, TERMINATED, Term};

use super::path_filter::PathFields;
use super::query::Query;
use super::statistics::{Statistics, Wanted};
use super::term_union;
use super::terms::{self, Identifier};
use crate::index::schema::Fields;

/// What a part of an identifier that was typed counts beside the whole.
const PART_BOOST: Score = 0.5;
/// What another form of a word counts beside the word.
const VARIANT_BOOST: Score = 0.4;
/// What a word in the path counts beside one in the text.
const PATH_BOOST: Score = 0.7;
/// What a word in the name of a definition counts beside one in the text.
const SYMBOL_BOOST: Score = 1.0;
/// What a phrase counts beside a word.
const PHRASE_BOOST: Score = 2.0;

/// The query for an index, or `None` where nothing typed can be looked up in it.
pub fn index_query(query: &Query, wanted: &[Wanted], fields: Fields) -> Option<BooleanQuery> {
    let words = words(wanted, fields).into_iter();
    let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> =
        words.map(|(term, boost)| (Occur::Should, counted(term, boost))).collect();
    // One of signs alone narrows what the others find: it is looked for in their files.
    for phrase in query.phrases.iter().filter_map(|text| phrase(text, fields)) {
        clauses.push((Occur::Must, Box::new(BoostQuery::new(phrase, PHRASE_BOOST))));
    }
    if clauses.is_empty() {
        return None;
    }
    Some(restricted(clauses, query, fields))
}

/// All that stands for what is wanted, and what each counts.
fn words(wanted: &[Wanted], fields: Fields) -> Vec<(Term, Score)> {
    let mut words = Vec::new();
    let mut add = |text: &str, boost: Score| {
        let Fields { text: whole, parts, path_words, symbol_words, .. } = fields;
        let path = (path_words, boost * PATH_BOOST);
        let symbol = (symbol_words, boost * SYMBOL_BOOST);
        for (field, boost) in [(whole, boost), (parts, boost), path, symbol] {
            words.push((Term::from_field_text(field, text), boost));
        }
    };
    for Wanted { identifier, variants, .. } in wanted {
        add(&identifier.whole, 1.0);
        identifier.parts.iter().for_each(|part| add(part, PART_BOOST));
        variants.iter().for_each(|form| add(form, VARIANT_BOOST));
    }
    words
}

/// Whether there is a letter or a digit in what the query looks for.
pub fn has_words(query: &Query) -> bool {
    let mut texts = query.words.iter().chain(&query.symbols).chain(&query.phrases);
    texts.any(|text| !terms::identifiers(text).is_empty())
}

/// The query's words side by side, as they were typed; `None` for a single one.
pub fn as_typed(query: &Query, fields: Fields) -> Option<BooleanQuery> {
    let typed: Vec<Identifier> =
        query.words.iter().flat_map(|word| terms::identifiers(word)).collect();
    if typed.len() < 2 {
        return None;
    }
    let phrase = phrase_query(fields, &typed)?;
    Some(restricted(vec![(Occur::Must, phrase)], query, fields))
}

/// Everything that the query's filters and exclusions leave.
pub fn allowed(query: &Query, fields: Fields) -> BooleanQuery {
    restricted(vec![(Occur::Must, Box::new(AllQuery))], query, fields)
}

/// Whether the query has filters or exclusions that an index knows of.
pub fn is_restricted(query: &Query, fields: Fields) -> bool {
    let paths = PathFields::of_chunks(fields);
    !exclusions(query, fields).is_empty() || !filters(query, fields, paths).is_empty()
}

/// The clauses within the query's filters and without what it excludes.
pub fn restricted(
    mut clauses: Vec<(Occur, Box<dyn IndexQuery>)>,
    query: &Query,
    fields: Fields,
) -> BooleanQuery {
    clauses.extend(exclusions(query, fields));
    let filters = filters(query, fields, PathFields::of_chunks(fields));
    if filters.is_empty() {
        return BooleanQuery::new(clauses);
    }
    // What is looked for stays a clause of its own: beside a filter, "should" would mean "may".
    let mut filtered: Vec<(Occur, Box<dyn IndexQuery>)> =
        vec![(Occur::Must, Box::new(BooleanQuery::new(clauses)))];
    filtered.extend(filters);
    BooleanQuery::new(filtered)
}

/// The chunks that the query does not want to see, as far as an index can tell.
fn exclusions(query: &Query, fields: Fields) -> Vec<(Occur, Box<dyn IndexQuery>)> {
    // Any other text is looked for in the file: its words stand in many that do not hold it.
    let words = query.excluded.iter().filter(|text| terms::is_word(text));
    let words = words.filter_map(|word| Some((Occur::MustNot, phrase(word, fields)?)));
    words.chain(excluded_files(query, fields, PathFields::of_chunks(fields))).collect()
}

/// The best chunks of one index for what is wanted.
///
/// # Errors
/// Where the index cannot be read.
pub fn best_chunks(
    searcher: &Searcher,
    query: &Query,
    wanted: &[Wanted],
    fields: Fields,
    limit: usize,
    statistics: &Statistics<'_>,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    if query.phrases.is_empty() && !is_restricted(query, fields) {
        return term_union::best(searcher, &words(wanted, fields), limit, statistics);
    }
    let query = index_query(query, wanted, fields);
    query.map_or(Ok(Vec::new()), |query| best_of(searcher, &query, limit, statistics))
}

/// The best chunks of one index.
///
/// # Errors
/// Where the index cannot be read.
pub fn best_of(
    searcher: &Searcher,
    query: &BooleanQuery,
    limit: usize,
    statistics: &Statistics<'_>,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    let collector = top(searcher, limit).order_by_score();
    searcher.search_with_statistics_provider(query, &collector, statistics)
}

/// The best `limit` documents; where there are less, of all: room is taken for each of them.
pub fn top(searcher: &Searcher, limit: usize) -> TopDocs {
    let documents = usize::try_from(searcher.num_docs()).unwrap_or(usize::MAX);
    TopDocs::with_limit(limit.min(documents).max(1))
}

/// The scores of `chunks` (sorted); `None` for those that do not match.
///
/// # Errors
/// Where the index cannot be read.
pub fn scores(
    searcher: &Searcher,
    query: &BooleanQuery,
    statistics: &Statistics<'_>,
    chunks: &[DocAddress],
) -> tantivy::Result<Vec<Option<f32>>> {
    let scoring = EnableScoring::enabled_from_statistics_provider(statistics, searcher);
    let weight = query.weight(scoring)?;
    let mut scores = Vec::with_capacity(chunks.len());
    for group in chunks.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
        let mut scorer = weight.scorer(searcher.segment_reader(group[0].segment_ord), 1.0)?;
        for chunk in group {
            let matches = scorer.doc() <= chunk.doc_id && scorer.seek(chunk.doc_id) == chunk.doc_id;
            scores.push(matches.then(|| scorer.score()));
        }
    }
    Ok(scores)
}

/// Which of what is wanted stands in a text: a bit a word, the first 64 of them.
pub type WordSet = u64;

/// The share of the weight of all words that is in the set, from 0 to 1.
pub fn weight_of(set: WordSet, wanted: &[Wanted]) -> f32 {
    let weigh = |chosen: &dyn Fn(usize) -> bool| -> f32 {
        wanted.iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, word)| word.idf).sum()
    };
    let total = weigh(&|_| true);
    if total > 0.0 {
        weigh(&|at| set.checked_shr(at as u32).unwrap_or(0) & 1 == 1) / total
    } else {
        0.0
    }
}

/// For each of `chunks` (sorted): which of what is wanted its text holds.
///
/// # Errors
/// Where the index cannot be read.
pub fn word_sets(
    searcher: &Searcher,
    fields: Fields,
    wanted: &[Wanted],
    chunks: &[DocAddress],
) -> tantivy::Result<Vec<WordSet>> {
    let mut sets: Vec<WordSet> = vec![0; chunks.len()];
    for (at, word) in wanted.iter().enumerate().take(WordSet::BITS as usize) {
        let mut present = vec![false; chunks.len()];
        for form in word.forms() {
            for field in [fields.text, fields.parts] {
                mark(searcher, &Term::from_field_text(field, form), chunks, &mut present)?;
            }
        }
        for (set, present) in sets.iter_mut().zip(present) {
            *set |= WordSet::from(present) << at;
        }
    }
    Ok(sets)
}

/// Marks those of `chunks` (sorted) that hold the term.
fn mark(
    searcher: &Searcher,
    term: &Term,
    chunks: &[DocAddress],
    present: &mut [bool],
) -> tantivy::Result<()> {
    let mut from = 0;
    for group in chunks.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
        let marks = &mut present[from..from + group.len()];
        from += group.len();
        let segment = searcher.segment_reader(group[0].segment_ord);
        let inverted = segment.inverted_index(term.field())?;
        let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else {
            continue;
        };
        for (chunk, mark) in group.iter().zip(marks) {
            if postings.doc() < chunk.doc_id {
                postings.seek(chunk.doc_id);
            }
            if postings.doc() == TERMINATED {
                break;
            }
            *mark |= postings.doc() == chunk.doc_id;
        }
    }
    Ok(())
}

/// What the query's filters ask of a document with these fields for its path; without any score.
pub fn filters(
    query: &Query,
    fields: Fields,
    paths: PathFields,
) -> Vec<(Occur, Box<dyn IndexQuery>)> {
    let mut filters: Vec<Box<dyn IndexQuery>> =
        query.paths.iter().map(|path| path.query(paths)).collect();
    if !query.languages.is_empty() {
        let languages = query.languages.iter().map(|language| term(fields.lang, language, 1.0));
        let headers = query.languages.iter().any(|it| it == "cpp").then(|| headers(fields, paths));
        filters.push(Box::new(BooleanQuery::union(languages.chain(headers).collect())));
    }
    let unscored = filters.into_iter().map(|filter| {
        let unscored: Box<dyn IndexQuery> = Box::new(ConstScoreQuery::new(filter, 0.0));
        (Occur::Must, unscored)
    });
    unscored.collect()
}

/// See [`crate::index::language::is_header`]. What lies in a folder called `h` comes with them.
fn headers(fields: Fields, paths: PathFields) -> Box<dyn IndexQuery> {
    let ending = term(paths.words, "h", 1.0);
    Box::new(BooleanQuery::intersection(vec![term(fields.lang, "c", 1.0), ending]))
}

/// The documents of files that the query does not want to see; see [`Query::allows_path`] for those
/// that an index does not tell.
pub fn excluded_files(
    query: &Query,
    fields: Fields,
    paths: PathFields,
) -> Vec<(Occur, Box<dyn IndexQuery>)> {
    let languages = query.excluded_languages.iter().map(|name| term(fields.lang, name, 1.0));
    let told = query.excluded_paths.iter().filter(|path| path.is_told_by_words());
    let excluded = told.map(|path| path.query(paths)).chain(languages);
    excluded.map(|files| (Occur::MustNot, files)).collect()
}

/// What `text` says, word for word; `None` where there is no word in it.
pub fn phrase(text: &str, fields: Fields) -> Option<Box<dyn IndexQuery>> {
    phrase_query(fields, &terms::identifiers(text))
}

/// One identifier may also be a part of another; several stand side by side as they are.
fn phrase_query(fields: Fields, identifiers: &[Identifier]) -> Option<Box<dyn IndexQuery>> {
    match identifiers {
        [] => None,
        [one] => {
            let anywhere = [fields.text, fields.parts].map(|field| term(field, &one.whole, 1.0));
            Some(Box::new(BooleanQuery::union(anywhere.into())))
        }
        several => {
            let word = |one: &Identifier| Term::from_field_text(fields.text, &one.whole);
            Some(Box::new(PhraseQuery::new(several.iter().map(word).collect())))
        }
    }
}

fn term(field: Field, text: &str, boost: Score) -> Box<dyn IndexQuery> {
    counted(Term::from_field_text(field, text), boost)
}

fn counted(term: Term, boost: Score) -> Box<dyn IndexQuery> {
    let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
    if boost == 1.0 { query } else { Box::new(BoostQuery::new(query, boost)) }
}
