//! The chunks of one project that are nearest to a vector: the project's part of the store, and
//! where each of its vectors stands for.

use super::inventory::{Inventory, InventoryError};
use super::rows::Rows;
use super::store::{Key, Store};

/// A chunk may have so many vectors among the nearest before it hides others.
const PARTS: usize = 4;

/// As inventory and store were when it was made: vectors that came later are not in it, chunks that
/// have gone since still are. Whoever shows what it finds compares the hash of the file.
#[derive(Debug)]
pub struct VectorIndex {
    /// In the order of the store's files, so that a scan reads forward.
    rows: Rows,
    /// The chunk of each row.
    chunk_of: Vec<u32>,
    /// The row of each text, in the order of the chunks; [`NO_ROW`] for what has no vector.
    row_of: Vec<u32>,
    /// In the order of the files.
    chunks: Vec<Chunk>,
    /// In the order of their paths.
    files: Vec<File>,
}

const NO_ROW: u32 = u32::MAX;

#[derive(Debug)]
struct Chunk {
    file: u32,
    /// From 1.
    line_start: u32,
    /// Its texts begin here in [`VectorIndex::row_of`], and end where those of the next one begin.
    texts: u32,
}

#[derive(Debug)]
struct File {
    path: Box<str>,
    /// Of its bytes when it was embedded.
    hash: u64,
    /// Its chunks begin here, and end where those of the next one begin.
    chunks: u32,
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
        let (mut files, mut chunks): (Vec<File>, Vec<Chunk>) = (Vec::new(), Vec::new());
        let (mut keys, mut of): (Vec<Key>, Vec<u32>) = (Vec::new(), Vec::new());
        inventory.each(project, |path, texts| {
            let file = files.len() as u32;
            files.push(File {
                path: path.into(),
                hash: texts.stamp.hash,
                chunks: chunks.len() as u32,
            });
            for chunk in texts.chunks {
                let texts = keys.len() as u32;
                of.extend(chunk.keys.iter().map(|_| chunks.len() as u32));
                keys.extend(chunk.keys);
                chunks.push(Chunk { file, line_start: chunk.line_start, texts });
            }
        })?;
        let (rows, order) = store.rows(&keys).forward();
        let mut row_of = vec![NO_ROW; keys.len()];
        for (row, key) in (0..).zip(&order) {
            row_of[*key as usize] = row;
        }
        let chunk_of = order.into_iter().map(|key| of[key as usize]).collect();
        Ok(VectorIndex { rows, chunk_of, row_of, chunks, files })
    }

    /// Texts that have a vector.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Texts, with and without a vector.
    pub fn wanted(&self) -> usize {
        self.row_of.len()
    }

    /// The `k` chunks nearest to `query`, a vector of length 1, best first; with `allowed`, of
    /// those in files at such paths.
    pub fn nearest(
        &self,
        query: &[f32],
        k: usize,
        allowed: Option<&dyn Fn(&str) -> bool>,
    ) -> Vec<Near> {
        let k = k.min(self.chunks.len());
        let files: Option<Vec<bool>> =
            allowed.map(|allowed| self.files.iter().map(|file| allowed(&file.path)).collect());
        let is_allowed = |row: usize| {
            let Some(files) = &files else { return true };
            let chunk = self.chunk_of.get(row).and_then(|chunk| self.chunks.get(*chunk as usize));
            chunk.is_some_and(|chunk| files[chunk.file as usize])
        };
        let mut near: Vec<Near> = Vec::with_capacity(k);
        let mut seen = std::collections::HashSet::with_capacity(k);
        let most = k.saturating_mul(PARTS).min(self.rows.len());
        for (row, cosine) in self.rows.top_k(query, most, is_allowed) {
            let Some(&chunk) = self.chunk_of.get(row) else { continue };
            if near.len() < k && seen.insert(chunk) {
                near.extend(self.chunks.get(chunk as usize).and_then(|it| self.near(it, cosine)));
            }
        }
        near
    }

    /// The chunk of the file at `path` that begins on a line, from 1, beside `query`; `None` where
    /// not all of it is embedded.
    pub fn compare(&self, query: &[f32], path: &str, line_start: u64) -> Option<Near> {
        let at = self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
        let ends = |next: Option<u32>, all: usize| next.map_or(all, |next| next as usize);
        let next = self.files.get(at + 1).map(|file| file.chunks);
        let first = self.files[at].chunks as usize;
        let of_file = self.chunks.get(first..ends(next, self.chunks.len()))?;
        let within =
            of_file.binary_search_by_key(&line_start, |chunk| u64::from(chunk.line_start)).ok()?;
        let chunk = &of_file[within];
        let next = self.chunks.get(first + within + 1).map(|chunk| chunk.texts);
        let rows = self.row_of.get(chunk.texts as usize..ends(next, self.row_of.len()))?;
        let cosines = rows.iter().map(|row| self.rows.known_cosine(query, *row as usize));
        let best = cosines.collect::<Option<Vec<f32>>>()?.into_iter().reduce(f32::max)?;
        self.near(chunk, best)
    }

    fn near(&self, chunk: &Chunk, cosine: f32) -> Option<Near> {
        let File { path, hash, .. } = self.files.get(chunk.file as usize)?;
        let line_start = u64::from(chunk.line_start);
        Some(Near { path: path.to_string(), line_start, hash: *hash, cosine })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::inventory::{ChunkTexts, FileStamp, FileTexts};

    /// A unit vector in one of eight directions.
    fn along(direction: usize) -> Vec<f32> {
        (0..8).map(|at| f32::from(u8::from(at == direction))).collect()
    }

    #[test]
    fn a_chunk_is_as_near_as_the_nearest_of_its_texts() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "model").unwrap();
        let inventory = Inventory::open(&folder.path().join("texts.sqlite")).unwrap();
        let chunk = |line_start, keys: &[u128]| ChunkTexts {
            line_start,
            defines: true,
            keys: keys.iter().copied().map(Key).collect(),
        };
        let file = |hash, chunks| FileTexts { stamp: FileStamp { hash, deep: true }, chunks };
        let files = [
            ("b.rs".to_owned(), file(2, vec![chunk(1, &[3]), chunk(9, &[4, 5])])),
            ("a.rs".to_owned(), file(1, vec![chunk(1, &[1, 2]), chunk(5, &[])])),
        ];
        inventory.put("project", &files).unwrap();
        // The fifth has no vector yet.
        for key in [4, 2, 1, 3] {
            store.put(Key(key), &along(key as usize)).unwrap();
        }
        let index = VectorIndex::build("project", &inventory, &store).unwrap();
        assert_eq!((index.len(), index.wanted()), (4, 5));
        let place = |near: &Near| (near.path.clone(), near.line_start, near.hash);
        for (direction, path, line, hash) in
            [(1, "a.rs", 1, 1), (2, "a.rs", 1, 1), (3, "b.rs", 1, 2), (4, "b.rs", 9, 2)]
        {
            let near = index.nearest(&along(direction), 3, None);
            assert_eq!(place(&near[0]), (path.to_owned(), line, hash));
            assert!((near[0].cosine - 1.0).abs() < 1e-3);
            assert_eq!(near.len(), 3, "each chunk once");
            let all = index.nearest(&along(direction), usize::MAX, None);
            assert_eq!(all, near, "of all there are");
            let in_a = index.nearest(&along(direction), 1, Some(&|path| path == "a.rs"));
            assert_eq!(in_a[0].path, "a.rs", "however near those of other files are");
        }
        let compared = index.compare(&along(2), "a.rs", 1).unwrap();
        assert!((compared.cosine - 1.0).abs() < 1e-3);
        for (path, line) in [("b.rs", 9), ("a.rs", 5), ("a.rs", 2), ("c.rs", 1)] {
            assert_eq!(index.compare(&along(4), path, line), None, "{path}:{line}");
        }
    }
}
