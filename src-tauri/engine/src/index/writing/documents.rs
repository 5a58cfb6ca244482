//! Turning a file's text into the documents of its layers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tantivy::Term;
use tantivy::indexer::UserOperation;

use super::commits::Writer;
use super::files::{Content, PreparedFile};
use super::{Tools, Writing, lock};
use crate::index::document::{ChunkSymbols, FileText, IndexDocument};
use crate::index::manifest::{Entry, Stamp};
use crate::index::update::Layer;
use crate::index::{annotate, chunk, language};
use crate::symbols::{self, Extractor};

type Operation = UserOperation<IndexDocument>;

impl Writing<'_> {
    /// Puts a file in the place of its older version: whole where there are `tools` to parse it
    /// with, else its text alone.
    pub(super) fn add(&self, file: PreparedFile, tools: Option<&mut Tools>, writer: &Writer) {
        let PreparedFile { path, stamp, content } = file;
        self.index.same_bytes().remove(&path);
        let mut operations: Vec<_> =
            self.all_layers(&path).into_iter().map(UserOperation::Delete).collect();
        match content {
            Content::Text { text, is_plain, hash } => {
                let source = self.share(path, text, is_plain);
                match tools {
                    Some(tools) => {
                        operations.extend(self.parsed(&source, stamp, hash, tools));
                        operations.push(self.grams(&source, tools));
                    }
                    None => operations.extend(self.windows(&source, stamp, hash)),
                }
                lock(&self.report).indexed += 1;
            }
            Content::Skipped(reason, note) => {
                let source = Arc::new(FileText {
                    path,
                    text: String::new(),
                    is_plain: false,
                    share: None,
                    ticket: self.ticket(),
                    valve: self.index.valve.clone(),
                });
                let document =
                    IndexDocument::skipped(self.index.fields, &source, stamp, reason, note);
                operations.push(UserOperation::Add(document));
                lock(&self.report).skipped += 1;
            }
        }
        self.write(operations, writer);
    }

    /// Adds one layer to a file whose text is in the index.
    pub(super) fn add_layer(
        &self,
        layer: Layer,
        source: &Arc<FileText>,
        entry: &Entry,
        tools: &mut Tools,
        writer: &Writer,
    ) {
        let [text, grams] = self.all_layers(&source.path);
        let operations = match (layer, entry.hash) {
            (Layer::Grams, _) => vec![UserOperation::Delete(grams), self.grams(source, tools)],
            (Layer::Symbols, Some(hash)) => {
                let mut operations = vec![UserOperation::Delete(text)];
                operations.extend(self.parsed(source, entry.stamp, hash, tools));
                operations
            }
            _ => return,
        };
        lock(&self.report).deepened += 1;
        self.write(operations, writer);
    }

    fn windows(&self, source: &Arc<FileText>, stamp: Stamp, hash: u64) -> Vec<Operation> {
        let fields = self.index.fields;
        let none = language_of(source).is_none().then_some(0);
        let file = IndexDocument::file(fields, source, stamp, hash, none);
        let chunks = chunk::windows(&source.text).into_iter();
        let chunks = chunks
            .map(|chunk| IndexDocument::chunk(fields, source, chunk, ChunkSymbols::default()));
        std::iter::once(file).chain(chunks).map(UserOperation::Add).collect()
    }

    fn parsed(
        &self,
        source: &Arc<FileText>,
        stamp: Stamp,
        hash: u64,
        tools: &mut Tools,
    ) -> Vec<Operation> {
        let Some(language) = language_of(source) else {
            return self.windows(source, stamp, hash);
        };
        let fields = self.index.fields;
        let cut =
            AssertUnwindSafe(|| annotate::chunks(&mut tools.extractor, language, &source.text));
        let (chunks, count) = catch_unwind(cut).unwrap_or_else(|_| {
            // A fault of ours: it may cost this file its definitions, but not the project.
            tracing::error!(path = source.path, "the definitions of a file are left out");
            tools.extractor = Extractor::new();
            let windows = chunk::windows(&source.text).into_iter();
            (windows.map(|chunk| (chunk, ChunkSymbols::default())).collect(), 0)
        });
        let file = IndexDocument::file(fields, source, stamp, hash, Some(count));
        let chunks = chunks
            .into_iter()
            .map(|(chunk, symbols)| IndexDocument::chunk(fields, source, chunk, symbols));
        std::iter::once(file).chain(chunks).map(UserOperation::Add).collect()
    }

    fn grams(&self, source: &Arc<FileText>, tools: &mut Tools) -> Operation {
        let grams = tools.grams.of(&source.text);
        UserOperation::Add(IndexDocument::grams(self.index.fields, source, grams))
    }

    fn write(&self, operations: Vec<Operation>, writer: &Writer) {
        // One at a time: tantivy takes a number for each operation before it queues it, and a
        // delete that overtakes an older document in the queue takes out its own file's.
        let result = writer.lock().run(operations);
        if let Err(error) = result {
            self.fail(self.index.failed(error));
        }
    }

    /// The terms of all documents of the file at `path`.
    pub(super) fn all_layers(&self, path: &str) -> [Term; 2] {
        let fields = self.index.fields;
        [fields.path, fields.grams_of].map(|field| Term::from_field_text(field, path))
    }
}

/// The file's language, where its definitions can be found.
fn language_of(source: &FileText) -> Option<&'static str> {
    language::of(&source.path).filter(|language| symbols::supports(language))
}
