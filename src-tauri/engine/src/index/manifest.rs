//! The files that an index holds, read from the index itself.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use tantivy::collector::{Count, DocSetCollector};
use tantivy::columnar::Column;
use tantivy::query::{EnableScoring, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{
    DocAddress, DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term,
};

use super::SkipReason;
use super::outline::Outline;
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

    /// The file at `path`.
    pub fn get(&self, path: &str) -> tantivy::Result<Option<Entry>> {
        DocumentReader::new(self.searcher, self.fields).file(path)
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
fn next_alive(segment: &SegmentReader, docs: &mut dyn DocSet) -> Option<DocId> {
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

/// The columns of one segment that describe files and chunks.
struct Columns {
    path: Option<tantivy::columnar::StrColumn>,
    kind: Column<u64>,
    mtime: Option<Column<i64>>,
    size: Option<Column<u64>>,
    hash: Option<Column<u64>>,
    skip: Option<Column<u64>>,
    symbols: Option<Column<u64>>,
    line_start: Option<Column<u64>>,
    line_end: Option<Column<u64>>,
    offset: Option<Column<u64>>,
    length: Option<Column<u64>>,
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Columns> {
        let columns = segment.fast_fields();
        Ok(Columns {
            path: columns.str(Fields::PATH)?,
            kind: columns.u64(Fields::KIND)?,
            mtime: columns.column_opt(Fields::MTIME)?,
            size: columns.column_opt(Fields::SIZE)?,
            hash: columns.column_opt(Fields::HASH)?,
            skip: columns.column_opt(Fields::SKIP)?,
            symbols: columns.column_opt(Fields::SYMBOLS)?,
            line_start: columns.column_opt(Fields::LINE_START)?,
            line_end: columns.column_opt(Fields::LINE_END)?,
            offset: columns.column_opt(Fields::OFFSET)?,
            length: columns.column_opt(Fields::LENGTH)?,
        })
    }

    fn path(&self, doc: DocId) -> tantivy::Result<Option<String>> {
        let Some(column) = &self.path else {
            return Ok(None);
        };
        let Some(ord) = column.term_ords(doc).next() else {
            return Ok(None);
        };
        let mut path = String::new();
        Ok(column.ord_to_str(ord, &mut path)?.then_some(path))
    }

    fn place(&self, doc: DocId) -> tantivy::Result<Option<ChunkPlace>> {
        let Some(path) = self.path(doc)? else { return Ok(None) };
        let (Some(line_start), Some(line_end)) =
            (value(&self.line_start, doc), value(&self.line_end, doc))
        else {
            return Ok(None);
        };
        let bytes = value(&self.offset, doc).zip(value(&self.length, doc));
        Ok(Some(ChunkPlace { path, line_start, line_end, bytes }))
    }

    fn entry(&self, doc: DocId) -> tantivy::Result<Option<(String, Entry)>> {
        if self.kind.first(doc) == Some(Kind::Chunk as u64) {
            return Ok(None);
        }
        let (Some(mtime), Some(size)) = (value(&self.mtime, doc), value(&self.size, doc)) else {
            return Ok(None);
        };
        let entry = Entry {
            stamp: Stamp { mtime, size },
            hash: value(&self.hash, doc),
            skipped: value(&self.skip, doc).and_then(SkipReason::from_code),
            symbols: value(&self.symbols, doc),
        };
        Ok(self.path(doc)?.map(|path| (path, entry)))
    }
}

fn value<T: Copy + PartialOrd + std::fmt::Debug + Send + Sync + 'static>(
    column: &Option<Column<T>>,
    doc: DocId,
) -> Option<T> {
    column.as_ref()?.first(doc)
}

/// Reads what the index knows of single documents; opens a segment's columns once.
pub struct DocumentReader<'a> {
    searcher: &'a Searcher,
    fields: Fields,
    segments: Vec<Option<Columns>>,
}

/// Where a chunk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkPlace {
    pub path: String,
    /// From 1, both included.
    pub line_start: u64,
    pub line_end: u64,
    /// Start and length in the file, where that is plain UTF-8.
    pub bytes: Option<(u64, u64)>,
}

impl<'a> DocumentReader<'a> {
    pub fn new(searcher: &'a Searcher, fields: Fields) -> Self {
        let segments = searcher.segment_readers().iter().map(|_| None).collect();
        Self { searcher, fields, segments }
    }

    /// The chunk at `address`.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn chunk(&mut self, address: DocAddress) -> tantivy::Result<Option<ChunkPlace>> {
        self.columns(address.segment_ord)?.place(address.doc_id)
    }

    /// The chunk of the file at `path` with this line, from 1.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn chunk_with_line(
        &mut self,
        path: &str,
        line: u64,
    ) -> tantivy::Result<Option<DocAddress>> {
        self.first_of(path, |address, columns| {
            let start = value(&columns.line_start, address.doc_id);
            let lines = start.zip(value(&columns.line_end, address.doc_id));
            let has_line = lines.is_some_and(|(first, last)| (first..=last).contains(&line));
            Ok(has_line.then_some(address))
        })
    }

    /// The chunks of the file at `path`, in the order of its lines.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn chunks_of(&mut self, path: &str) -> tantivy::Result<Vec<(DocAddress, ChunkPlace)>> {
        let mut chunks = Vec::new();
        self.first_of::<()>(path, |address, columns| {
            let place = columns.place(address.doc_id)?;
            chunks.extend(place.map(|place| (address, place)));
            Ok(None)
        })?;
        chunks.sort_by_key(|(_, place)| place.line_start);
        Ok(chunks)
    }

    /// What is defined in the chunk at `address`.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn outline(&self, address: DocAddress) -> tantivy::Result<Outline> {
        let document: TantivyDocument = self.searcher.doc(address)?;
        let bytes = document.get_first(self.fields.outline).and_then(|value| value.as_bytes());
        Ok(bytes.and_then(Outline::decode).unwrap_or_default())
    }

    /// The file at `path`.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn file(&mut self, path: &str) -> tantivy::Result<Option<Entry>> {
        // The file's own document comes first among those with its path.
        self.first_of(path, |address, columns| {
            Ok(columns.entry(address.doc_id)?.map(|(_, entry)| entry))
        })
    }

    /// The first thing that `of` gives for a document with this path.
    fn first_of<T>(
        &mut self,
        path: &str,
        mut of: impl FnMut(DocAddress, &Columns) -> tantivy::Result<Option<T>>,
    ) -> tantivy::Result<Option<T>> {
        let term = Term::from_field_text(self.fields.path, path);
        for (ord, segment) in (0..).zip(self.searcher.segment_readers()) {
            let inverted = segment.inverted_index(self.fields.path)?;
            let postings = inverted.read_postings(&term, IndexRecordOption::Basic)?;
            let Some(mut postings) = postings else { continue };
            while let Some(doc) = next_alive(segment, &mut postings) {
                let first = of(DocAddress::new(ord, doc), self.columns(ord)?)?;
                if first.is_some() {
                    return Ok(first);
                }
            }
        }
        Ok(None)
    }

    fn columns(&mut self, segment: u32) -> tantivy::Result<&Columns> {
        let slot = &mut self.segments[segment as usize];
        if slot.is_none() {
            *slot = Some(Columns::open(self.searcher.segment_reader(segment))?);
        }
        slot.as_ref().ok_or_else(|| tantivy::TantivyError::SystemError("no columns".to_owned()))
    }
}
