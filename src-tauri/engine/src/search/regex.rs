//! The lane for regular expressions and substrings: files by their trigrams, then lines by reading.

use std::collections::HashSet;

use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Occur, Query as IndexQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use super::files::{self, Bounds, LARGEST_FILE, MatchingLine, Outcome, TargetFile};
use super::line_filter::{LineFilter, LineReader};
use super::path_filter::PathFields;
use super::pattern::{Grams, Pattern};
use super::query::Query;
use super::text;
use crate::index::ProjectIndex;
use crate::index::manifest::Manifest;
use crate::index::schema::{Fields, Kind};
use crate::index::text::decode;
use crate::{plain_file, rel_path};

/// Of the trigrams that must all be there, the rarest so many are looked up.
const GRAMS_USED: usize = 6;

/// The lines of `all` that match.
pub fn search(
    all: &[TargetFile],
    filter: LineFilter<'_>,
    patterns: &[Pattern],
    bounds: Bounds<'_>,
) -> Outcome {
    files::read(all, bounds, || {
        let mut reader = filter.reader();
        move |file: &TargetFile| {
            matching_lines(file, filter, &mut reader, patterns, bounds.lines_of_one_file)
        }
    })
}

/// The paths of the files that may match.
///
/// # Errors
/// Where the index cannot be read.
pub fn candidates(
    index: &ProjectIndex,
    searcher: &Searcher,
    query: &Query,
    patterns: &[Pattern],
) -> tantivy::Result<Vec<String>> {
    let fields = index.fields();
    let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> = vec![(
        Occur::Must,
        Box::new(TermQuery::new(
            Term::from_field_u64(fields.kind, Kind::Grams as u64),
            IndexRecordOption::Basic,
        )),
    )];
    for pattern in patterns {
        if let Some(clause) = gram_query(searcher, fields, &pattern.grams)? {
            clauses.push((Occur::Must, clause));
        }
    }
    let paths = PathFields::of_grams(fields);
    clauses.extend(text::filters(query, fields, paths));
    clauses.extend(text::excluded_files(query, fields, paths));
    let documents = searcher.search(&BooleanQuery::new(clauses), &DocSetCollector)?;
    let manifest = Manifest::new(searcher, fields);
    let mut paths = manifest.grams_of(documents)?;
    if !index.is_deep() {
        paths.extend(without_grams(&manifest, searcher, fields, query)?);
    }
    paths.retain(|path| query.allows_path(path));
    Ok(paths)
}

/// Files whose trigrams are not in the index yet: each of them may match.
fn without_grams(
    manifest: &Manifest<'_>,
    searcher: &Searcher,
    fields: Fields,
    query: &Query,
) -> tantivy::Result<Vec<String>> {
    let chunk = Term::from_field_u64(fields.kind, Kind::Chunk as u64);
    let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> =
        vec![(Occur::Must, Box::new(TermQuery::new(chunk, IndexRecordOption::Basic)))];
    let paths = PathFields::of_chunks(fields);
    clauses.extend(text::filters(query, fields, paths));
    clauses.extend(text::excluded_files(query, fields, paths));
    let documents = searcher.search(&BooleanQuery::new(clauses), &DocSetCollector)?;
    let known: HashSet<String> = manifest.with_grams()?;
    let mut paths = manifest.paths_of(documents)?;
    paths.retain(|path| !known.contains(path));
    Ok(paths)
}

/// `None` where nothing is known of the files.
fn gram_query(
    searcher: &Searcher,
    fields: Fields,
    grams: &Grams,
) -> tantivy::Result<Option<Box<dyn IndexQuery>>> {
    let term = |gram: u64| Term::from_field_u64(fields.grams, gram);
    Ok(match grams {
        Grams::Any => None,
        Grams::One(gram) => Some(Box::new(TermQuery::new(term(*gram), IndexRecordOption::Basic))),
        Grams::All(parts) => {
            let mut rated = Vec::with_capacity(parts.len());
            for part in parts {
                let files = match part {
                    Grams::One(gram) => searcher.doc_freq(&term(*gram))?,
                    _ => 0,
                };
                rated.push((files, part));
            }
            rated.sort_by_key(|(files, _)| *files);
            let mut clauses = Vec::new();
            for (_, part) in rated.into_iter().take(GRAMS_USED) {
                clauses.extend(gram_query(searcher, fields, part)?.map(|q| (Occur::Must, q)));
            }
            (!clauses.is_empty())
                .then(|| -> Box<dyn IndexQuery> { Box::new(BooleanQuery::new(clauses)) })
        }
        Grams::Either(branches) => {
            let mut clauses = Vec::new();
            for branch in branches {
                match gram_query(searcher, fields, branch)? {
                    Some(clause) => clauses.push((Occur::Should, clause)),
                    None => return Ok(None),
                }
            }
            Some(Box::new(BooleanQuery::new(clauses)))
        }
    })
}

/// The first lines of a file that match the first pattern and become hits, if the others match
/// somewhere in it and nothing that is excluded stands there. `None` where it cannot be read.
fn matching_lines(
    file: &TargetFile,
    LineFilter { query, targets, .. }: LineFilter<'_>,
    reader: &mut LineReader<'_>,
    patterns: &[Pattern],
    most: usize,
) -> Option<Vec<MatchingLine>> {
    let Some((first, others)) = patterns.split_first() else { return Some(Vec::new()) };
    let target = &targets[file.target];
    let bytes = {
        let _read = target.reader.begin()?;
        plain_file::read(&target.root.join(rel_path::decode(&file.path)), LARGEST_FILE).ok()??
    };
    let Ok(text) = decode(&bytes) else { return Some(Vec::new()) };
    let mut lines = Vec::new();
    first.lines(&text, |number, line, ranges| {
        if reader.lets_through(file, number) {
            lines.push(MatchingLine { number, text: line.to_owned(), ranges });
        }
        lines.len() < most
    });
    let matches = |pattern: &Pattern| {
        let mut any = false;
        pattern.lines(&text, |_, _, _| {
            any = true;
            false
        });
        any
    };
    let excluded = |words: &String| {
        Pattern::literal(words, query.case_sensitive).is_ok_and(|pattern| matches(&pattern))
    };
    if lines.is_empty() || !others.iter().all(matches) || query.excluded.iter().any(excluded) {
        return Some(Vec::new());
    }
    Some(lines)
}
