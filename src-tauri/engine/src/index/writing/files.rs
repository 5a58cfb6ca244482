//! Reading the files of a run.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Writing, lock};
use crate::index::document::FileText;
use crate::index::manifest::{Entry, Stamp};
use crate::index::plan::Candidate;
use crate::index::scan::Found;
use crate::index::update::Limits;
use crate::index::{IndexError, SkipReason, read, text};
use crate::plain_file::{self, PlainFileError};
use crate::rel_path;

/// A file that was read and is to be written.
pub(super) struct PreparedFile {
    pub path: String,
    pub stamp: Stamp,
    pub content: Content,
}

pub(super) enum Content {
    Text { text: String, is_plain: bool, hash: u64 },
    Skipped(SkipReason, String),
}

impl Writing<'_> {
    /// Reads the few files of a small run.
    pub(super) fn prepare(
        &self,
        candidates: &[Candidate],
    ) -> Result<Vec<PreparedFile>, IndexError> {
        let mut prepared = Vec::new();
        for candidate in candidates {
            if self.run.cancel.is_cancelled() {
                return Err(IndexError::Cancelled);
            }
            prepared.extend(self.read_or_pass(candidate));
        }
        Ok(prepared)
    }

    /// As [`Self::read`]; a file with nothing to write is done.
    pub(super) fn read_or_pass(&self, candidate: &Candidate) -> Option<PreparedFile> {
        let file = self.read(candidate);
        if file.is_none() {
            drop(self.ticket());
        }
        self.run.progress.beat();
        file
    }

    /// Reads one file; `None` when its bytes are those that the index already holds.
    fn read(&self, candidate: &Candidate) -> Option<PreparedFile> {
        let Found { path, stamp, is_file } = &candidate.found;
        let Limits { file_bytes } = self.run.limits;
        let skip = |reason, note: String| {
            let known = candidate.known.is_some_and(|entry| {
                entry.skipped == Some(reason) && entry.stamp == *stamp && !self.run.force
            });
            (!known).then(|| PreparedFile {
                path: path.clone(),
                stamp: *stamp,
                content: Content::Skipped(reason, note),
            })
        };
        if let Some(reason) = &candidate.unlisted {
            return skip(SkipReason::Unreadable, reason.clone());
        }
        if !is_file {
            return skip(SkipReason::NotAFile, String::new());
        }
        if text::is_credential(path) {
            return skip(SkipReason::Credential, String::new());
        }
        if stamp.size > file_bytes {
            return skip(SkipReason::TooLarge, format!("{} bytes", stamp.size));
        }
        let bytes = match self.read_file(path) {
            Ok(Some(bytes)) => bytes,
            // An event, or the next comparison, tells what became of it.
            Ok(None) => return None,
            Err(error) => {
                let held = candidate.known.is_some_and(|entry| entry.hash.is_some());
                let error = if held { read::trouble_of_the_disk(error) } else { Err(error) };
                match error {
                    Ok(source) => {
                        let path = self.place(path);
                        let unread = IndexError::Io { path, source };
                        lock(&self.unread).get_or_insert(unread);
                        return None;
                    }
                    Err(error) => {
                        let (reason, note) = read::reason_of(&error);
                        return skip(reason, note);
                    }
                }
            }
        };
        lock(&self.report).read += 1;
        let hash = content_hash(&bytes);
        if !self.run.force && candidate.known.and_then(|entry| entry.hash) == Some(hash) {
            self.index.same_bytes().insert(path.clone(), *stamp);
            lock(&self.report).same += 1;
            return None;
        }
        match text::decode(&bytes) {
            Ok(text) => {
                let is_plain = text.len() == bytes.len();
                let content = Content::Text { text: text.into_owned(), is_plain, hash };
                Some(PreparedFile { path: path.clone(), stamp: *stamp, content })
            }
            Err(reason) => skip(reason, String::new()),
        }
    }

    fn read_file(&self, path: &str) -> Result<Option<Vec<u8>>, PlainFileError> {
        plain_file::read(&self.place(path), self.run.limits.file_bytes)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.run.rules.root().join(rel_path::decode(path))
    }

    /// Reads a file that the index holds; `None` when it is not what was indexed any more.
    pub(super) fn read_again(&self, path: &str, entry: &Entry) -> Option<Arc<FileText>> {
        let bytes = self.read_file(path).ok()??;
        if entry.hash != Some(content_hash(&bytes)) {
            return None;
        }
        let text = text::decode(&bytes).ok()?;
        let is_plain = text.len() == bytes.len();
        Some(self.share(path.to_owned(), text.into_owned(), is_plain))
    }

    /// Waits until there is room for the text.
    pub(super) fn share(&self, path: String, text: String, is_plain: bool) -> Arc<FileText> {
        let share = Some(self.budget.take(text.len()));
        let (ticket, valve) = (self.ticket(), self.index.valve.clone());
        Arc::new(FileText { path, text, is_plain, share, ticket, valve })
    }
}

/// The hash that tells whether a file's bytes changed (XXH3, 64 bits).
pub(crate) fn content_hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
