//! The documents handed to tantivy: they borrow their text from the file's one buffer, and give
//! back the file's share of the memory budget when the last of them has been indexed.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::schema::document::{Document, ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Field, Value};

use super::SkipReason;
use super::chunk::Chunk;
use super::language;
use super::manifest::Stamp;
use super::schema::{Fields, Kind};
use crate::rel_path;

/// Bytes of text that may wait to be indexed; whoever would exceed it waits.
#[derive(Debug)]
pub struct TextBudget {
    free: Mutex<usize>,
    freed: Condvar,
    total: usize,
}

/// A share of a [`TextBudget`], returned when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<TextBudget>,
    bytes: usize,
}

impl TextBudget {
    pub fn new(bytes: usize) -> Arc<TextBudget> {
        Arc::new(TextBudget { free: Mutex::new(bytes), freed: Condvar::new(), total: bytes })
    }

    /// Waits until `bytes` are free (all of them, for a file larger than the budget).
    pub fn take(self: &Arc<Self>, bytes: usize) -> Share {
        let bytes = bytes.min(self.total);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free < bytes)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Share { budget: Arc::clone(self), bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.freed.notify_all();
    }
}

/// Counts a file as done when it is dropped: when the last of its documents has been indexed.
#[derive(Debug)]
pub struct Ticket {
    pub done: Arc<AtomicU64>,
    pub pulse: Arc<AtomicU64>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.pulse.fetch_add(1, Ordering::Relaxed);
    }
}

/// One file's path and decoded text, shared by all of its documents.
#[derive(Debug)]
pub struct FileText {
    pub path: String,
    pub text: String,
    /// The text is the file's bytes as they are.
    pub is_plain: bool,
    #[expect(dead_code, reason = "held until the text is dropped")]
    pub share: Option<Share>,
    #[expect(dead_code, reason = "held until the text is dropped")]
    pub ticket: Ticket,
}

/// A document of the index; see [`Kind`].
#[derive(Debug)]
pub struct IndexDocument {
    file: Arc<FileText>,
    fields: Fields,
    body: Body,
}

#[derive(Debug)]
enum Body {
    File { stamp: Stamp, hash: u64 },
    Skipped { stamp: Stamp, reason: SkipReason, note: String },
    Chunk { bytes: Range<usize>, line_start: u64, line_end: u64 },
}

impl IndexDocument {
    pub fn file(fields: Fields, file: &Arc<FileText>, stamp: Stamp, hash: u64) -> Self {
        Self { file: Arc::clone(file), fields, body: Body::File { stamp, hash } }
    }

    pub fn skipped(
        fields: Fields,
        file: &Arc<FileText>,
        stamp: Stamp,
        reason: SkipReason,
        note: String,
    ) -> Self {
        Self { file: Arc::clone(file), fields, body: Body::Skipped { stamp, reason, note } }
    }

    pub fn chunk(fields: Fields, file: &Arc<FileText>, chunk: Chunk) -> Self {
        let Chunk { bytes, line_start, line_end } = chunk;
        let body = Body::Chunk { bytes, line_start, line_end };
        Self { file: Arc::clone(file), fields, body }
    }
}

/// A borrowed value: a string or a number.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    Str(&'a str),
    U64(u64),
    I64(i64),
}

impl<'a> Value<'a> for Leaf<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Leaf::Str(text) => ReferenceValueLeaf::Str(text),
            Leaf::U64(number) => ReferenceValueLeaf::U64(number),
            Leaf::I64(number) => ReferenceValueLeaf::I64(number),
        })
    }
}

/// The largest number of fields that a document has.
const MOST_FIELDS: usize = 9;

impl Document for IndexDocument {
    type Value<'a> = Leaf<'a>;
    type FieldsValuesIter<'a> =
        std::iter::Flatten<std::array::IntoIter<Option<(Field, Leaf<'a>)>, MOST_FIELDS>>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let Fields { kind, path, dir, path_words, lang, text, .. } = self.fields;
        let Fields { line_start, line_end, offset, length, mtime, size, hash, skip, note, .. } =
            self.fields;
        let name = self.file.path.as_str();
        let kind_is = |value: Kind| Some((kind, Leaf::U64(value as u64)));
        let path_is = Some((path, Leaf::Str(name)));
        let dir_is = Some((dir, Leaf::Str(rel_path::parent(name))));
        let words_are = Some((path_words, Leaf::Str(name)));
        let lang_is = language::of(name).map(|name| (lang, Leaf::Str(name)));
        let mtime_is = |stamp: Stamp| Some((mtime, Leaf::I64(stamp.mtime)));
        let size_is = |stamp: Stamp| Some((size, Leaf::U64(stamp.size)));
        match &self.body {
            Body::File { stamp, hash: content } => [
                kind_is(Kind::File),
                path_is,
                dir_is,
                lang_is,
                mtime_is(*stamp),
                size_is(*stamp),
                Some((hash, Leaf::U64(*content))),
                None,
                None,
            ],
            Body::Skipped { stamp, reason, note: words } => [
                kind_is(Kind::Skipped),
                path_is,
                dir_is,
                mtime_is(*stamp),
                size_is(*stamp),
                Some((skip, Leaf::U64(reason.code()))),
                Some((note, Leaf::Str(words))),
                None,
                None,
            ],
            Body::Chunk { bytes, line_start: first, line_end: last } => [
                kind_is(Kind::Chunk),
                path_is,
                words_are,
                lang_is,
                Some((text, Leaf::Str(&self.file.text[bytes.clone()]))),
                Some((line_start, Leaf::U64(*first))),
                Some((line_end, Leaf::U64(*last))),
                self.file.is_plain.then_some((offset, Leaf::U64(bytes.start as u64))),
                self.file.is_plain.then_some((length, Leaf::U64(bytes.len() as u64))),
            ],
        }
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_comes_back_and_the_file_counts_when_the_last_document_is_gone() {
        let budget = TextBudget::new(10);
        let (done, pulse) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let ticket = Ticket { done: Arc::clone(&done), pulse };
        let (_, fields) = super::super::schema::build();
        let file = Arc::new(FileText {
            path: "a.rs".into(),
            text: "fn a() {}".into(),
            is_plain: true,
            share: Some(budget.take(100)),
            ticket,
        });
        let stamp = Stamp { mtime: 0, size: 9 };
        let document = IndexDocument::file(fields, &file, stamp, 1);
        drop(file);
        assert_eq!((*budget.free.lock().unwrap(), done.load(Ordering::Relaxed)), (0, 0));
        drop(document);
        assert_eq!((*budget.free.lock().unwrap(), done.load(Ordering::Relaxed)), (10, 1));
    }
}
