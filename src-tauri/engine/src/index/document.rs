//! The documents handed to tantivy: they borrow their text from the file's one buffer, and give
//! back the file's share of the memory budget when the last of them has been indexed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::schema::document::{Document, ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Field, Value};

use super::SkipReason;
use super::chunk::Chunk;
use super::directory::Valve;
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
    /// Of the index that it is written to.
    pub valve: Valve,
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
    File { stamp: Stamp, hash: u64, symbols: Option<u64> },
    Skipped { stamp: Stamp, reason: SkipReason, note: String },
    Chunk { chunk: Chunk, symbols: ChunkSymbols },
    Grams(Vec<u64>),
}

/// What is defined in a chunk, as terms; empty where that is not known.
#[derive(Clone, Debug, Default)]
pub struct ChunkSymbols {
    /// The words in the names that are defined; none of a name that is a single word.
    pub words: Vec<String>,
    /// The names in lower case, each once.
    pub folded: Vec<String>,
    /// First letters of their parts, each once.
    pub initials: Vec<String>,
    /// The encoded [`super::outline::Outline`].
    pub outline: Vec<u8>,
}

impl IndexDocument {
    /// `symbols`: how many definitions the file has, once they have been looked for.
    pub fn file(
        fields: Fields,
        file: &Arc<FileText>,
        stamp: Stamp,
        hash: u64,
        symbols: Option<u64>,
    ) -> Self {
        Self { file: Arc::clone(file), fields, body: Body::File { stamp, hash, symbols } }
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

    pub fn chunk(
        fields: Fields,
        file: &Arc<FileText>,
        chunk: Chunk,
        symbols: ChunkSymbols,
    ) -> Self {
        Self { file: Arc::clone(file), fields, body: Body::Chunk { chunk, symbols } }
    }

    /// `grams`: as [`super::grams::of`] gives them.
    pub fn grams(fields: Fields, file: &Arc<FileText>, grams: Vec<u64>) -> Self {
        Self { file: Arc::clone(file), fields, body: Body::Grams(grams) }
    }

    fn values(&self) -> Vec<(Field, Leaf<'_>)> {
        let fields = &self.fields;
        let path = self.file.path.as_str();
        let kind_is = |kind: Kind| (fields.kind, Leaf::U64(kind as u64));
        let described = |kind: Kind, stamp: &Stamp| {
            vec![
                kind_is(kind),
                (fields.path, Leaf::Str(path)),
                (fields.dir, Leaf::Str(rel_path::parent(path))),
                (fields.mtime, Leaf::I64(stamp.mtime)),
                (fields.size, Leaf::U64(stamp.size)),
            ]
        };
        let lang = language::of(path).map(|name| (fields.lang, Leaf::Str(name)));
        match &self.body {
            Body::File { stamp, hash, symbols } => {
                let mut values = described(Kind::File, stamp);
                values.extend(lang);
                values.push((fields.hash, Leaf::U64(*hash)));
                values.extend(symbols.map(|count| (fields.symbols, Leaf::U64(count))));
                values
            }
            Body::Skipped { stamp, reason, note } => {
                let mut values = described(Kind::Skipped, stamp);
                values.push((fields.skip, Leaf::U64(reason.code())));
                values.push((fields.note, Leaf::Str(note)));
                values
            }
            Body::Chunk { chunk, symbols } => {
                let Chunk { bytes, line_start, line_end } = chunk;
                let text = Leaf::Str(&self.file.text[bytes.clone()]);
                let mut values = vec![
                    kind_is(Kind::Chunk),
                    (fields.path, Leaf::Str(path)),
                    (fields.path_words, Leaf::Str(path)),
                    (fields.text, text),
                    (fields.parts, text),
                    (fields.line_start, Leaf::U64(*line_start)),
                    (fields.line_end, Leaf::U64(*line_end)),
                ];
                values.extend(lang);
                if self.file.is_plain {
                    values.push((fields.offset, Leaf::U64(bytes.start as u64)));
                    values.push((fields.length, Leaf::U64(bytes.len() as u64)));
                }
                let lists = [
                    (fields.symbol_words, &symbols.words),
                    (fields.symbol, &symbols.folded),
                    (fields.initials, &symbols.initials),
                ];
                for (field, list) in lists {
                    values.extend(list.iter().map(|text| (field, Leaf::Str(text))));
                }
                if !symbols.outline.is_empty() {
                    values.push((fields.outline, Leaf::Bytes(&symbols.outline)));
                }
                values
            }
            Body::Grams(grams) => {
                let mut values = vec![
                    kind_is(Kind::Grams),
                    (fields.grams_of, Leaf::Str(path)),
                    (fields.file_words, Leaf::Str(path)),
                ];
                values.extend(lang);
                values.extend(grams.iter().map(|gram| (fields.grams, Leaf::U64(*gram))));
                values
            }
        }
    }
}

/// A borrowed value.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    Str(&'a str),
    U64(u64),
    I64(i64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> for Leaf<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Leaf::Str(text) => ReferenceValueLeaf::Str(text),
            Leaf::U64(number) => ReferenceValueLeaf::U64(number),
            Leaf::I64(number) => ReferenceValueLeaf::I64(number),
            Leaf::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
        })
    }
}

impl Document for IndexDocument {
    type Value<'a> = Leaf<'a>;
    type FieldsValuesIter<'a> = std::vec::IntoIter<(Field, Leaf<'a>)>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.file.valve.give();
        self.values().into_iter()
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
            valve: Valve::default(),
        });
        let stamp = Stamp { mtime: 0, size: 9 };
        let document = IndexDocument::file(fields, &file, stamp, 1, None);
        drop(file);
        assert_eq!((*budget.free.lock().unwrap(), done.load(Ordering::Relaxed)), (0, 0));
        drop(document);
        assert_eq!((*budget.free.lock().unwrap(), done.load(Ordering::Relaxed)), (10, 1));
    }
}
