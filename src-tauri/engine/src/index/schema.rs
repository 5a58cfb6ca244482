//! What a project's index holds: a document a file (its stamp, or why it was skipped), a document
//! a chunk, and a document for the file's trigrams. The first two carry the file's path as one
//! term and the trigrams as another, so that each layer is taken out and replaced by itself.

use tantivy::Index;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, STRING, Schema,
    TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};

use super::tokenizer::{CODE, CodeTokenizer, IDENTIFIERS, Kept, PARTS};

/// Raised when a stored index can no longer be read as what the code expects.
pub const VERSION: u32 = 5;

/// tantivy's tokenizer that keeps a value whole.
const RAW: &str = "raw";

/// What a document stands for: the value of [`Fields::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file whose chunks are in the index.
    File = 0,
    Chunk = 1,
    /// A file that is known but not searched.
    Skipped = 2,
    /// The trigrams of a file.
    Grams = 3,
}

#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub kind: Field,
    /// The whole path, as one term and as a column.
    pub path: Field,
    /// Files only: the directory that holds the file, as one term.
    pub dir: Field,
    /// Chunks only: the path's words.
    pub path_words: Field,
    pub lang: Field,
    /// Chunks only: the identifiers.
    pub text: Field,
    /// Chunks only: the parts of those that have several; without positions, as a phrase is one of
    /// whole identifiers.
    pub parts: Field,
    /// Chunks only: the words in the names of what is defined there; none of a name that is a
    /// single word.
    pub symbol_words: Field,
    /// Chunks only: the names, each as one term in lower case.
    pub symbol: Field,
    /// Chunks only: the first letters of the parts of the names, each as one term.
    pub initials: Field,
    /// Chunks only: what is defined there, encoded by [`super::outline`].
    pub outline: Field,
    /// Chunks only: first and last line, from 1.
    pub line_start: Field,
    pub line_end: Field,
    /// Chunks of plain UTF-8 files only: where the chunk starts in the file, and its length, in
    /// bytes. A hit's lines are read from there.
    pub offset: Field,
    pub length: Field,
    /// Files only: modification time in nanoseconds since 1970, size in bytes, content hash.
    pub mtime: Field,
    pub size: Field,
    pub hash: Field,
    /// Files only: the number of its definitions, once they have been looked for.
    pub symbols: Field,
    /// Trigram documents only: the path, as one term and as a column; its words; the trigrams.
    pub grams_of: Field,
    pub file_words: Field,
    pub grams: Field,
    /// Skipped files only: [`super::SkipReason::code`], and a note in words.
    pub skip: Field,
    pub note: Field,
}

impl Fields {
    pub const KIND: &str = "kind";
    pub const PATH: &str = "path";
    pub const LINE_START: &str = "line_start";
    pub const LINE_END: &str = "line_end";
    pub const OFFSET: &str = "offset";
    pub const LENGTH: &str = "length";
    pub const MTIME: &str = "mtime";
    pub const SIZE: &str = "size";
    pub const HASH: &str = "hash";
    pub const SKIP: &str = "skip";
    pub const SYMBOLS: &str = "symbols";
    pub const GRAMS_OF: &str = "grams_of";
}

/// The schema and its fields.
pub fn build() -> (Schema, Fields) {
    let tokens = |tokenizer, option| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option),
        )
    };
    let words = |option| tokens(CODE, option);
    let raw = || {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(RAW)
                .set_index_option(IndexRecordOption::Basic)
                .set_fieldnorms(false),
        )
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        kind: schema.add_u64_field(Fields::KIND, INDEXED | FAST),
        path: schema.add_text_field(Fields::PATH, STRING | FAST),
        dir: schema.add_text_field("dir", STRING),
        path_words: schema.add_text_field("path_words", words(IndexRecordOption::WithFreqs)),
        lang: schema.add_text_field("lang", STRING),
        text: schema
            .add_text_field("text", tokens(IDENTIFIERS, IndexRecordOption::WithFreqsAndPositions)),
        parts: schema.add_text_field("parts", tokens(PARTS, IndexRecordOption::WithFreqs)),
        symbol_words: schema.add_text_field("symbol_words", words(IndexRecordOption::WithFreqs)),
        symbol: schema.add_text_field("symbol", raw()),
        initials: schema.add_text_field("initials", raw()),
        outline: schema.add_bytes_field("outline", STORED),
        line_start: schema.add_u64_field(Fields::LINE_START, FAST),
        line_end: schema.add_u64_field(Fields::LINE_END, FAST),
        offset: schema.add_u64_field(Fields::OFFSET, FAST),
        length: schema.add_u64_field(Fields::LENGTH, FAST),
        mtime: schema.add_i64_field(Fields::MTIME, FAST),
        size: schema.add_u64_field(Fields::SIZE, FAST),
        hash: schema.add_u64_field(Fields::HASH, FAST),
        symbols: schema.add_u64_field(Fields::SYMBOLS, FAST),
        grams_of: schema.add_text_field(Fields::GRAMS_OF, STRING | FAST),
        file_words: schema.add_text_field("file_words", words(IndexRecordOption::Basic)),
        grams: schema.add_u64_field("grams", NumericOptions::default().set_indexed()),
        skip: schema.add_u64_field(Fields::SKIP, FAST),
        note: schema.add_text_field("note", STORED),
    };
    (schema.build(), fields)
}

/// Every opened index needs the tokenizer, which is not stored with it.
pub fn register_tokenizer(index: &mut Index) {
    let tokenizers = TokenizerManager::default();
    for (name, kept) in [(CODE, Kept::All), (IDENTIFIERS, Kept::Identifiers), (PARTS, Kept::Parts)]
    {
        tokenizers.register(name, TextAnalyzer::builder(CodeTokenizer::of(kept)).build());
    }
    index.set_tokenizers(tokenizers);
}
