//! The columns of an index's segments that describe files and chunks.

use std::sync::{Arc, Mutex, PoisonError};

use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::{DocId, Searcher, SegmentReader};

use super::SkipReason;
use super::document_reader::ChunkPlace;
use super::manifest::{Entry, Stamp};
use super::schema::{Fields, Kind};

/// The columns of those segments that were asked for, each opened once: to open one reads the head
/// of each of its blocks, which takes as long as many a search.
#[derive(Default)]
pub struct OpenColumns(Mutex<Vec<(SegmentId, Arc<Columns>)>>);

impl OpenColumns {
    /// Those of a segment of `searcher`; what that does not know any more is let go.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn of(&self, searcher: &Searcher, segment: u32) -> tantivy::Result<Arc<Columns>> {
        let segment = searcher.segment_reader(segment);
        let id = segment.segment_id();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, columns)) = open.iter().find(|(other, _)| *other == id) {
            return Ok(Arc::clone(columns));
        }
        let known = |id| searcher.segment_readers().iter().any(|known| known.segment_id() == id);
        open.retain(|(id, _)| known(*id));
        let columns = Arc::new(Columns::open(segment)?);
        open.push((id, Arc::clone(&columns)));
        Ok(columns)
    }
}

impl std::fmt::Debug for OpenColumns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenColumns").finish_non_exhaustive()
    }
}

/// The columns of one segment that describe files and chunks.
pub struct Columns {
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
    pub fn open(segment: &SegmentReader) -> tantivy::Result<Columns> {
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

    /// The place of the document's path among all paths of the segment, in their order.
    pub fn path_ord(&self, doc: DocId) -> Option<u64> {
        self.path.as_ref()?.term_ords(doc).next()
    }

    /// The path in this place.
    fn path(&self, ord: u64) -> tantivy::Result<Option<String>> {
        let Some(column) = &self.path else { return Ok(None) };
        let mut path = String::new();
        Ok(column.ord_to_str(ord, &mut path)?.then_some(path))
    }

    fn path_of(&self, doc: DocId) -> tantivy::Result<Option<String>> {
        self.path_ord(doc).map_or(Ok(None), |ord| self.path(ord))
    }

    /// The first and the last line of a chunk, from 1; `None` for other documents.
    pub fn lines(&self, doc: DocId) -> Option<(u64, u64)> {
        value(&self.line_start, doc).zip(value(&self.line_end, doc))
    }

    /// Where the chunk is; `known`: its path, where that need not be looked up.
    pub fn place(&self, doc: DocId, known: Option<&str>) -> tantivy::Result<Option<ChunkPlace>> {
        let Some((line_start, line_end)) = self.lines(doc) else { return Ok(None) };
        let path = match known {
            Some(path) => Some(path.to_owned()),
            None => self.path_of(doc)?,
        };
        let bytes = value(&self.offset, doc).zip(value(&self.length, doc));
        Ok(path.map(|path| ChunkPlace { path, line_start, line_end, bytes }))
    }

    /// What is known of the file, without its path; `None` for other documents.
    pub fn file(&self, doc: DocId) -> Option<Entry> {
        if self.kind.first(doc) == Some(Kind::Chunk as u64) {
            return None;
        }
        let (mtime, size) = value(&self.mtime, doc).zip(value(&self.size, doc))?;
        Some(Entry {
            stamp: Stamp { mtime, size },
            hash: value(&self.hash, doc),
            skipped: value(&self.skip, doc).and_then(SkipReason::from_code),
            symbols: value(&self.symbols, doc),
        })
    }

    /// As [`Columns::file`], with its path.
    pub fn entry(&self, doc: DocId) -> tantivy::Result<Option<(String, Entry)>> {
        let Some(entry) = self.file(doc) else { return Ok(None) };
        Ok(self.path_of(doc)?.map(|path| (path, entry)))
    }
}

fn value<T: Copy + PartialOrd + std::fmt::Debug + Send + Sync + 'static>(
    column: &Option<Column<T>>,
    doc: DocId,
) -> Option<T> {
    column.as_ref()?.first(doc)
}
