//! The chunks of one project that are nearest to a vector: the project's part of the store, and
//! where each of its vectors stands for.

use super::inventory::{Inventory, InventoryError};
use super::rows::Rows;
use super::store::{Key, Store};

/// A chunk has up to so many vectors among the nearest before it hides others.
const PARTS: usize = 3;

/// As inventory and store were when it was made: vectors that came later are not in it, chunks that
/// have gone since still are. Whoever shows what it finds compares [`Near::hash`].
#[derive(Debug)]
pub struct VectorIndex {
    /// In the order of the store's files, so that a scan reads forward.
    rows: Rows,
    /// The chunk of each row.
    chunk_of: Vec<u32>,
    /// File and first line.
    chunks: Vec<(u32, u32)>,
    /// Path and hash of the bytes.
    files: Vec<(Box<str>, u64)>,
    /// Texts of the project, with and without a vector.
    pub wanted: usize,
}

/// A chunk near to a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    pub path: String,
    /// From 1.
    pub line_start: u64,
    /// Of the file's bytes when the chunk was embedded.
    pub hash: u64,
    /// Of the nearest of its vectors.
    pub cosine: f32,
}

impl VectorIndex {
    /// Reads what is known of `project`; call it where blocking is allowed.
    ///
    /// # Errors
    /// [`InventoryError`].
    pub fn build(
        project: &str,
        inventory: &Inventory,
        store: &Store,
    ) -> Result<VectorIndex, InventoryError> {
        let (mut files, mut chunks) = (Vec::new(), Vec::new());
        let (mut keys, mut of): (Vec<Key>, Vec<u32>) = (Vec::new(), Vec::new());
        inventory.each(project, |path, texts| {
            for chunk in texts.chunks {
                of.extend(chunk.keys.iter().map(|_| chunks.len() as u32));
                keys.extend(chunk.keys);
                chunks.push((files.len() as u32, chunk.line_start));
            }
            files.push((path.into(), texts.stamp.hash));
        })?;
        let wanted = keys.len();
        let (rows, order) = store.rows(&keys).forward();
        let chunk_of = order.into_iter().map(|key| of[key as usize]).collect();
        Ok(VectorIndex { rows, chunk_of, chunks, files, wanted })
    }

    /// Texts that have a vector.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `k` chunks nearest to `query`, a vector of length 1, best first.
    pub fn nearest(&self, query: &[f32], k: usize) -> Vec<Near> {
        let mut near: Vec<Near> = Vec::with_capacity(k);
        let mut seen = std::collections::HashSet::with_capacity(k);
        for (row, cosine) in self.rows.top_k(query, k * PARTS) {
            let Some(&chunk) = self.chunk_of.get(row) else { continue };
            if near.len() < k && seen.insert(chunk) {
                near.extend(self.place(chunk, cosine));
            }
        }
        near
    }

    fn place(&self, chunk: u32, cosine: f32) -> Option<Near> {
        let (file, line) = self.chunks.get(chunk as usize)?;
        let (path, hash) = self.files.get(*file as usize)?;
        Some(Near { path: path.to_string(), line_start: u64::from(*line), hash: *hash, cosine })
    }
}
