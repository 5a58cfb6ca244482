//! The files that an index holds, read from the index itself.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use tantivy::collector::{Count, DocSetCollector};
use tantivy::query::{EnableScoring, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{
    DocAddress, DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term,
};

use super::SkipReason;
use super::columns::Columns;
use super::schema::{Fields, Kind};

/// What tells a changed file from an unchanged one without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// Nanoseconds since 1970.
    pub mtime: i64,
    /// Bytes.
    pub size: u64,
}

impl Stamp {
    pub fn of(metadata: &std::fs::Metadata) -> Stamp {
        let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let mtime =
            metadata.modified().ok().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
                Ok(after) => nanoseconds(after),
                Err(before) => -nanoseconds(before.duration()),
            });
        Stamp { mtime, size: metadata.len() }
    }
}

/// One file as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub stamp: Stamp,
    /// Hash of the bytes; `None` for a skipped file.
    pub hash: Option<u64>,
    pub skipped: Option<SkipReason>,
    /// How many definitions it has; `None` until they have been looked for.
    pub symbols: Option<u64>,
}

/// How much an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub files: u64,
    pub chunks: u64,
    pub skipped: u64,
    pub symbols: u64,
    /// Files that lack a layer.
    pub shallow: u64,
}

/// A skipped file and the reason, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    pub path: String,
    pub reason: SkipReason,
    pub note: String,
}

pub struct Manifest<'a> {
    searcher: &'a Searcher,
    fields: Fields,
}

impl<'a> Manifest<'a> {
    pub fn new(searcher: &'a Searcher, fields: Fields) -> Self {
        Self { searcher, fields }
    }

    pub fn counts(&self) -> tantivy::Result<Counts> {
        let count = |kind| {
            let count = self.searcher.search(&self.kind_query(kind), &Count);
            count.map(|count| count as u64)
        };
        let files = count(Kind::File)?;
        let (mut parsed, mut symbols) = (0, 0);
        for segment in self.searcher.segment_readers() {
            let Some(column) = segment.fast_fields().column_opt::<u64>(Fields::SYMBOLS)? else {
                continue;
            };
            for doc in segment.doc_ids_alive() {
                if let Some(count) = column.first(doc) {
                    parsed += 1;
                    symbols += count;
                }
            }
        }
        let shallow = files - parsed.min(files).min(count(Kind::Grams)?);
        Ok(Counts {
            files,
            chunks: count(Kind::Chunk)?,
            skipped: count(Kind::Skipped)?,
            symbols,
            shallow,
        })
    }

    /// The paths of trigram documents.
    pub fn grams_of(&self, documents: HashSet<DocAddress>) -> tantivy::Result<Vec<String>> {
        self.column(Fields::GRAMS_OF, documents)
    }

    /// The paths of the documents of files and chunks, each once a document.
    pub fn paths_of(&self, documents: HashSet<DocAddress>) -> tantivy::Result<Vec<String>> {
        self.column(Fields::PATH, documents)
    }

    fn column(&self, name: &str, documents: HashSet<DocAddress>) -> tantivy::Result<Vec<String>> {
        let mut documents: Vec<DocAddress> = documents.into_iter().collect();
        documents.sort_unstable();
        let mut values = Vec::with_capacity(documents.len());
        for group in documents.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
            let segment = self.searcher.segment_reader(group[0].segment_ord);
            let Some(column) = segment.fast_fields().str(name)? else { continue };
            let mut ords: Vec<u64> =
                group.iter().filter_map(|at| column.term_ords(at.doc_id).next()).collect();
            ords.sort_unstable();
            column.dictionary().sorted_ords_to_term_cb(&ords, |value| {
                values.extend(std::str::from_utf8(value).map(str::to_owned));
            })?;
        }
        Ok(values)
    }

    /// The paths of the files whose trigrams are there.
    pub fn with_grams(&self) -> tantivy::Result<HashSet<String>> {
        let mut paths = HashSet::new();
        for segment in self.searcher.segment_readers() {
            let Some(column) = segment.fast_fields().str(Fields::GRAMS_OF)? else { continue };
            let mut path = String::new();
            for doc in segment.doc_ids_alive() {
                if let Some(ord) = column.term_ords(doc).next()
                    && column.ord_to_str(ord, &mut path)?
                {
                    paths.insert(path.clone());
                }
            }
        }
        Ok(paths)
    }

    /// Every file, skipped ones too, by path.
    pub fn all(&self) -> tantivy::Result<HashMap<String, Entry>> {
        let mut entries = HashMap::new();
        for kind in [Kind::File, Kind::Skipped] {
            self.collect(&self.kind_query(kind), &mut entries)?;
        }
        Ok(entries)
    }

    /// The paths of all files below the directory `dir` (not the root), however deep.
    pub fn below(&self, dir: &str) -> tantivy::Result<Vec<String>> {
        let from = format!("{dir}/");
        // '0' follows '/' in the alphabet, so that this bound ends the paths that start with it.
        let to = format!("{dir}0");
        let mut paths = Vec::new();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields.path)?;
            let mut terms =
                inverted.terms().range().ge(from.as_bytes()).lt(to.as_bytes()).into_stream()?;
            while terms.advance() {
                let mut postings = inverted
                    .read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                if next_alive(segment, &mut postings).is_some()
                    && let Ok(path) = std::str::from_utf8(terms.key())
                {
                    paths.push(path.to_owned());
                }
            }
        }
        paths.sort_unstable();
        paths.dedup();
        Ok(paths)
    }

    /// Whether the index holds anything below the directory `dir`.
    pub fn has_directory(&self, dir: &str) -> tantivy::Result<bool> {
        let term = Term::from_field_text(self.fields.dir, dir);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        Ok(self.searcher.search(&query, &Count)? > 0 || !self.below(dir)?.is_empty())
    }

    /// The skipped files with their reasons, by path.
    pub fn skipped(&self) -> tantivy::Result<Vec<SkippedFile>> {
        let addresses = self.searcher.search(&self.kind_query(Kind::Skipped), &DocSetCollector)?;
        let mut files = Vec::with_capacity(addresses.len());
        for address in addresses {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let note = document.get_first(self.fields.note).and_then(|v| v.as_str());
            let note = note.unwrap_or_default().to_owned();
            let columns = Columns::open(self.searcher.segment_reader(address.segment_ord))?;
            if let Some((path, entry)) = columns.entry(address.doc_id)?
                && let Some(reason) = entry.skipped
            {
                files.push(SkippedFile { path, reason, note });
            }
        }
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn kind_query(&self, kind: Kind) -> TermQuery {
        let term = Term::from_field_u64(self.fields.kind, kind as u64);
        TermQuery::new(term, IndexRecordOption::Basic)
    }

    fn collect(
        &self,
        query: &dyn Query,
        entries: &mut HashMap<String, Entry>,
    ) -> tantivy::Result<()> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher))?;
        for segment in self.searcher.segment_readers() {
            let columns = Columns::open(segment)?;
            let mut scorer = weight.scorer(segment, 1.0)?;
            while let Some(doc) = next_alive(segment, scorer.as_mut()) {
                if let Some((path, entry)) = columns.entry(doc)? {
                    entries.insert(path, entry);
                }
            }
        }
        Ok(())
    }
}

/// The document at the cursor of `docs`, or the next one that is not deleted; moves past it.
pub(super) fn next_alive(segment: &SegmentReader, docs: &mut dyn DocSet) -> Option<DocId> {
    loop {
        let doc = docs.doc();
        if doc == TERMINATED {
            return None;
        }
        docs.advance();
        if !segment.is_deleted(doc) {
            return Some(doc);
        }
    }
}
