//! What an index knows of single documents.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};

use super::columns::{Columns, OpenColumns};
use super::manifest::{Entry, next_alive};
use super::outline::Outline;
use super::paths::Paths;
use super::schema::Fields;

/// Reads what the index knows of single documents.
pub struct DocumentReader<'a> {
    searcher: &'a Searcher,
    fields: Fields,
    columns: &'a OpenColumns,
    /// Where they have been read already.
    paths: Option<Arc<Paths>>,
    segments: Vec<Option<Arc<Columns>>>,
    /// Those that were asked for.
    files: HashMap<String, Option<Entry>>,
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
    pub(super) fn new(
        searcher: &'a Searcher,
        fields: Fields,
        columns: &'a OpenColumns,
        paths: Option<Arc<Paths>>,
    ) -> Self {
        let segments = vec![None; searcher.segment_readers().len()];
        Self { searcher, fields, columns, paths, segments, files: HashMap::new() }
    }

    /// The chunk at `address`.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn chunk(&mut self, address: DocAddress) -> tantivy::Result<Option<ChunkPlace>> {
        let paths = self.paths.clone();
        let columns = self.columns(address.segment_ord)?;
        let ord = columns.path_ord(address.doc_id);
        let known = ord.zip(paths.as_ref());
        let known = known.and_then(|(ord, paths)| paths.get(address.segment_ord, ord));
        columns.place(address.doc_id, known)
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
            let lines = columns.lines(address.doc_id);
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
            let place = columns.place(address.doc_id, Some(path))?;
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
        if let Some(known) = self.files.get(path) {
            return Ok(*known);
        }
        // The file's own document comes first among those with its path.
        let file = self.first_of(path, |address, columns| Ok(columns.file(address.doc_id)))?;
        self.files.insert(path.to_owned(), file);
        Ok(file)
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
        let columns = match slot.take() {
            Some(columns) => columns,
            None => self.columns.of(self.searcher, segment)?,
        };
        Ok(slot.insert(columns))
    }
}
