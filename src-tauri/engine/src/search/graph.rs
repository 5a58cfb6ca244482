//! The symbol graph: where a name is used, who calls it, and what a function calls.
//!
//! The index says which files mention a name; they are parsed as they are now. So the graph is as
//! right as the files, and costs the index nothing.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use tantivy::collector::{DocSetCollector, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query as IndexQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, Term};

use super::chunks::RankedChunk;
use super::files::{self, Bounds, LARGEST_FILE, MatchingLine, Outcome, TargetFile};
use super::line_filter::LineFilter;
use super::query::Query;
use super::symbol_name::SymbolName;
use super::terms::Highlighter;
use super::{Target, rank, text};
use crate::index::language;
use crate::index::manifest::Manifest;
use crate::index::text::decode;
use crate::index::tokenizer::lower;
use crate::status::LaneName;
use crate::symbols::{Definition, Extractor, FileSymbols, ReferenceKind, SymbolKind, Wanted};
use crate::{plain_file, rel_path};

/// Definitions of one name whose calls are looked at.
const MOST_DEFINITIONS: usize = 8;
/// Chunks with a definition of one name that are compared with each other.
const MOST_CHUNKS: usize = 200;

/// What somebody wants to know of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Wherever it is used.
    References,
    /// Where it is called.
    Callers,
    /// The definitions of what it calls.
    Callees,
}

/// A name, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub relation: Relation,
    pub symbol: SymbolName,
}

/// The paths of the files of one target that mention the name.
///
/// # Errors
/// Where the index cannot be read.
pub fn mentioning(
    target: &Target,
    searcher: &Searcher,
    query: &Query,
    related: &Related,
) -> tantivy::Result<Vec<String>> {
    let fields = target.index.fields();
    let mentioned = std::iter::once(&related.symbol.name).chain(&query.words).chain(&query.phrases);
    let clauses = mentioned
        .filter_map(|name| text::phrase(name, fields))
        .map(|phrase| (Occur::Must, phrase))
        .collect();
    let documents = searcher.search(&text::restricted(clauses, query, fields), &DocSetCollector)?;
    let mut paths = Manifest::new(searcher, fields).paths_of(documents)?;
    paths.retain(|path| query.allows_path(path));
    Ok(paths)
}

/// The lines of `all` that use the name.
pub fn usages(
    all: &[TargetFile],
    filter: LineFilter<'_>,
    related: &Related,
    bounds: Bounds<'_>,
) -> Outcome {
    let wanted = |kind| related.relation == Relation::References || kind == ReferenceKind::Call;
    let highlighter = Highlighter::new(filter.query);
    files::read(all, bounds, || {
        let mut extractor = Extractor::new();
        let mut reader = filter.reader();
        let highlighter = &highlighter;
        move |file: &TargetFile| {
            if language::of(&file.path).is_none() {
                return Some(Vec::new());
            }
            let target = &filter.targets[file.target];
            let parsed = ParsedFile::read(&mut extractor, target, &file.path)?;
            let mut lines = parsed
                .lines(|reference| reference.name == related.symbol.name && wanted(reference.kind));
            lines.retain(|line| {
                !highlighter.has_excluded(&line.text) && reader.lets_through(file, line.number)
            });
            Some(lines)
        }
    })
}

/// What the definitions of a name call.
#[derive(Default)]
pub struct Callees {
    /// Where it is defined, in the order of the calls.
    pub defined: Vec<RankedChunk>,
    /// The names that this project does not define.
    pub elsewhere: Vec<String>,
    /// How many names there was no time for.
    pub skipped: usize,
}

/// What the definitions of the name in one target call.
///
/// # Errors
/// Where the index cannot be read.
pub fn callees(
    at: usize,
    target: &Target,
    searcher: &Searcher,
    query: &Query,
    related: &Related,
    until: Instant,
) -> tantivy::Result<Callees> {
    let mut definitions = Definitions { at, target, searcher };
    let mut extractor = Extractor::new();
    let mut callers = definitions.of(&related.symbol.name, Some(query))?;
    callers.retain(|chunk| {
        let found = chunk.definition.as_ref();
        found.is_some_and(|own| related.symbol.means(&own.name, own.container.as_deref()))
    });
    callers.truncate(MOST_DEFINITIONS);
    let mut found = Callees::default();
    let mut known = HashSet::new();
    let mut paths = HashSet::new();
    for path in callers.iter().map(|chunk| chunk.place.path.as_str()) {
        if !paths.insert(path) {
            continue;
        }
        let Some(file) = ParsedFile::read(&mut extractor, target, path) else { continue };
        for name in file.calls_of(|d| related.symbol.means(&d.name, d.container.as_deref())) {
            if !known.insert(name.clone()) {
                continue;
            }
            if Instant::now() >= until {
                found.skipped += 1;
                continue;
            }
            let of_name = definitions.of(&name, None)?;
            match nearest(of_name, path) {
                Some(chunk) => found.defined.push(chunk),
                None => found.elsewhere.push(name),
            }
        }
    }
    Ok(found)
}

/// Looks up what is defined by a name.
struct Definitions<'a> {
    at: usize,
    target: &'a Target,
    searcher: &'a Searcher,
}

impl Definitions<'_> {
    /// The definitions of exactly this name, those that people look for first, first; within the
    /// filters of `query`.
    fn of(&mut self, name: &str, query: Option<&Query>) -> tantivy::Result<Vec<RankedChunk>> {
        let fields = self.target.index.fields();
        let term = Term::from_field_text(fields.symbol, &lower(name));
        let defines: Box<dyn IndexQuery> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
        let clauses = vec![(Occur::Must, defines)];
        let lookup = match query {
            Some(query) => text::restricted(clauses, query, fields),
            None => BooleanQuery::new(clauses),
        };
        let collector = TopDocs::with_limit(MOST_CHUNKS).order_by_score();
        let mut addresses: Vec<DocAddress> =
            self.searcher.search(&lookup, &collector)?.into_iter().map(|(_, at)| at).collect();
        addresses.sort_unstable();
        let mut reader = self.target.index.documents(self.searcher);
        let mut found = Vec::new();
        for address in addresses {
            let Some(place) = reader.chunk(address)? else { continue };
            let outline = Arc::new(reader.outline(address)?);
            for definition in outline.definitions.iter().filter(|own| own.name == name) {
                found.push(RankedChunk {
                    target: self.at,
                    score: rank::share(&place.path),
                    place: place.clone(),
                    outline: Arc::clone(&outline),
                    definition: Some(definition.clone()),
                    is_definition: true,
                    lanes: vec![LaneName::Symbols],
                    words: 0,
                });
            }
        }
        found.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| a.place.path.cmp(&b.place.path))
        });
        Ok(found)
    }
}

/// The definition that a call in the file at `from` most likely means: one that is more than a
/// declaration, in the same file, in the same language, in the nearest directory.
fn nearest(definitions: Vec<RankedChunk>, from: &str) -> Option<RankedChunk> {
    let shared = |path: &str| {
        let parts = path.split('/').zip(from.split('/'));
        parts.take_while(|(a, b)| a == b).count()
    };
    definitions.into_iter().rev().max_by_key(|chunk| {
        let path = chunk.place.path.as_str();
        let kind = chunk.definition.as_ref().and_then(|own| own.kind());
        (
            kind != Some(SymbolKind::Declaration),
            path == from,
            language::of(path) == language::of(from),
            kind.is_some_and(|kind| kind.is_callable() || kind.is_type()),
            shared(path),
        )
    })
}

/// A file as it is now, with its symbols.
struct ParsedFile {
    text: String,
    symbols: FileSymbols,
}

impl ParsedFile {
    /// `None` where it cannot be read, or no grammar is known of its language.
    fn read(extractor: &mut Extractor, target: &Target, path: &str) -> Option<ParsedFile> {
        let language = language::of(path)?;
        let place = target.root.join(rel_path::decode(path));
        let bytes = {
            let _read = target.reader.begin()?;
            plain_file::read(&place, LARGEST_FILE).ok()??
        };
        let text = decode(&bytes).ok()?.into_owned();
        let symbols = extractor.extract(language, &text, Wanted::DefinitionsAndReferences);
        Some(ParsedFile { text, symbols })
    }

    /// The lines with references that are wanted, in order.
    fn lines(&self, wanted: impl Fn(&crate::symbols::Reference) -> bool) -> Vec<MatchingLine> {
        let mut lines: Vec<MatchingLine> = Vec::new();
        for reference in self.symbols.references.iter().filter(|reference| wanted(reference)) {
            let Some(before) = self.text.get(..reference.bytes.start) else { continue };
            let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
            let line = self.text[begin..].lines().next().unwrap_or_default();
            let range =
                (reference.bytes.start - begin, (reference.bytes.end - begin).min(line.len()));
            match lines.last_mut() {
                Some(last) if last.number == reference.line => last.ranges.push(range),
                _ => lines.push(MatchingLine {
                    number: reference.line,
                    text: line.to_owned(),
                    ranges: vec![range],
                }),
            }
        }
        lines
    }

    /// The names that the wanted definitions call, each once, in the order of the text.
    fn calls_of(&self, wanted: impl Fn(&Definition) -> bool) -> Vec<String> {
        let mut seen = HashSet::new();
        let within: Vec<_> = self
            .symbols
            .definitions
            .iter()
            .filter(|definition| wanted(definition))
            .map(|definition| definition.bytes.clone())
            .collect();
        let calls = self.symbols.references.iter().filter(|reference| {
            reference.kind == ReferenceKind::Call
                && within.iter().any(|bytes| bytes.contains(&reference.bytes.start))
        });
        calls.map(|call| call.name.clone()).filter(|name| seen.insert(name.clone())).collect()
    }
}
