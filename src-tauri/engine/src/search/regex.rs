//! The lane for regular expressions and substrings: files by their trigrams, then lines by reading.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Occur, Query as IndexQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use super::pattern::{Grams, Pattern};
use super::query::Query;
use super::{rank, text};
use crate::index::manifest::Manifest;
use crate::index::schema::{Fields, Kind};
use crate::index::text::decode;
use crate::rel_path;

/// Of the trigrams that must all be there, the rarest so many are looked up.
const GRAMS_USED: usize = 6;
/// Threads that read files.
const READERS: usize = 8;

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchingLine {
    /// From 1.
    pub number: u64,
    pub text: String,
    /// Byte ranges of `text`.
    pub ranges: Vec<(usize, usize)>,
}

/// A file with lines that match.
#[derive(Clone, Debug)]
pub struct MatchingFile {
    pub path: String,
    pub lines: Vec<MatchingLine>,
}

/// How much is looked for, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub lines: usize,
    pub lines_of_one_file: usize,
    pub until: Instant,
}

/// What one index gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files that people look for first come first, equal ones by path.
    pub files: Vec<MatchingFile>,
    /// Files that may match, and those of them that were read.
    pub candidates: usize,
    pub read: usize,
}

/// Searches the files below `root` that the index holds.
///
/// # Errors
/// Where the index cannot be read.
pub fn search(
    searcher: &Searcher,
    fields: Fields,
    root: &Path,
    query: &Query,
    patterns: &[Pattern],
    bounds: Bounds,
) -> tantivy::Result<Outcome> {
    let paths = candidates(searcher, fields, query, patterns)?;
    let next = AtomicUsize::new(0);
    let lines_found = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(READERS);
    let read_files = || {
        while lines_found.load(Ordering::Relaxed) < bounds.lines && Instant::now() < bounds.until {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(at) else { break };
            let lines = matching_lines(root, path, query, patterns, bounds.lines_of_one_file);
            if !lines.is_empty() {
                lines_found.fetch_add(lines.len(), Ordering::Relaxed);
                let file = (at, MatchingFile { path: path.clone(), lines });
                found.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            }
        }
    };
    if paths.len() < READERS {
        read_files();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(read_files);
            }
        });
    }
    let mut files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_by_key(|(at, _)| *at);
    let complete = lines_found.into_inner() < bounds.lines;
    let read = if complete { next.into_inner().min(paths.len()) } else { paths.len() };
    Ok(Outcome {
        files: files.into_iter().map(|(_, file)| file).collect(),
        candidates: paths.len(),
        read,
    })
}

/// The paths of the files that may match.
fn candidates(
    searcher: &Searcher,
    fields: Fields,
    query: &Query,
    patterns: &[Pattern],
) -> tantivy::Result<Vec<String>> {
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
    clauses.extend(text::filters(query, fields, fields.file_words));
    clauses.extend(text::excluded_paths(query, fields.file_words));
    let documents = searcher.search(&BooleanQuery::new(clauses), &DocSetCollector)?;
    let manifest = Manifest::new(searcher, fields);
    let mut paths = manifest.grams_of(documents)?;
    paths.extend(without_grams(&manifest, searcher, fields, query)?);
    let mut paths: Vec<(f32, String)> =
        paths.into_iter().map(|path| (rank::share(&path), path)).collect();
    paths.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    paths.dedup();
    Ok(paths.into_iter().map(|(_, path)| path).collect())
}

/// Files whose trigrams are not in the index yet: each of them may match.
fn without_grams(
    manifest: &Manifest<'_>,
    searcher: &Searcher,
    fields: Fields,
    query: &Query,
) -> tantivy::Result<Vec<String>> {
    if manifest.counts()?.shallow == 0 {
        return Ok(Vec::new());
    }
    let chunk = Term::from_field_u64(fields.kind, Kind::Chunk as u64);
    let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> =
        vec![(Occur::Must, Box::new(TermQuery::new(chunk, IndexRecordOption::Basic)))];
    clauses.extend(text::filters(query, fields, fields.path_words));
    clauses.extend(text::excluded_paths(query, fields.path_words));
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

/// The lines of a file that match the first pattern, if the others match somewhere in it and
/// nothing that is excluded stands there.
fn matching_lines(
    root: &Path,
    path: &str,
    query: &Query,
    patterns: &[Pattern],
    most: usize,
) -> Vec<MatchingLine> {
    let Some((first, others)) = patterns.split_first() else { return Vec::new() };
    let Ok(bytes) = std::fs::read(root.join(rel_path::decode(path))) else { return Vec::new() };
    let Ok(text) = decode(&bytes) else { return Vec::new() };
    let mut lines = Vec::new();
    first.lines(&text, |number, line, ranges| {
        lines.push(MatchingLine { number, text: line.to_owned(), ranges });
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
        return Vec::new();
    }
    lines
}
