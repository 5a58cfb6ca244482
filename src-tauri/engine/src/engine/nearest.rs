//! The chunks of several projects that are nearest to a vector.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future;

use super::blocking;
use super::vectors::Vectors;
use crate::embed::vector_index::{Near, VectorIndex};
use crate::index::ProjectIndex;
use crate::index::document_reader::DocumentReader;
use crate::registry::{Registry, Searchable};
use crate::search::meaning::Place;
use crate::search::query::Query;

/// What is nearest, best first, with its cosine, and how much could be looked at.
pub struct Nearest {
    pub near: Vec<(Place, f32)>,
    /// Of the places asked about; `None` for what is not embedded as it is now.
    pub asked: Vec<Option<f32>>,
    pub coverage: Coverage,
}

/// How much of the searched projects is embedded, in texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    done: u64,
    wanted: u64,
    /// Projects of which it is not known yet.
    uncounted: usize,
}

impl Coverage {
    /// What an answer says of it: nothing where it is all.
    pub fn note(self) -> Option<String> {
        let Coverage { done, wanted, uncounted } = self;
        if done >= wanted && uncounted == 0 {
            return None;
        }
        // Whole percent, never 100 before the end.
        let percent = (done * 100).checked_div(wanted).unwrap_or(0).min(99);
        Some(format!("{percent} % embedded: meaning has not seen the rest yet."))
    }
}

/// A project with vectors.
struct Embedded {
    project: String,
    index: Arc<ProjectIndex>,
    vectors: Arc<VectorIndex>,
}

/// What is looked for near to a vector.
pub struct Sought {
    /// A vector of length 1.
    pub vector: Arc<[f32]>,
    /// Its filters leave the files that are looked at.
    pub filters: Query,
    /// Chunks.
    pub most: usize,
    /// Places to compare the vector with, whatever is nearer.
    pub asked: Vec<Place>,
}

/// Looks through the vectors of all `searched`, for the chunks nearest to what is `sought` that are
/// still what was embedded.
pub async fn nearest(
    vectors: &Vectors,
    registry: &Registry,
    searched: &[Searchable],
    sought: Sought,
) -> Nearest {
    let Sought { vector: query, filters, most, asked } = sought;
    let of_one = async |one: &Searchable| {
        let vectors = vectors.index(&one.id).await?;
        Some(Embedded { project: one.id.to_string(), index: Arc::clone(&one.index), vectors })
    };
    let embedded: Vec<Option<Embedded>> = future::join_all(searched.iter().map(of_one)).await;
    let mut coverage = Coverage::default();
    for (one, embedded) in searched.iter().zip(&embedded) {
        let wants = registry.project(&one.id).is_some_and(|project| project.meaning);
        match (registry.embedding(&one.id), embedded) {
            _ if !wants => {}
            (Some(known), _) => {
                coverage.done += known.done;
                coverage.wanted += known.wanted;
            }
            (None, Some(embedded)) if !one.is_hot() && embedded.vectors.wanted() > 0 => {
                coverage.done += embedded.vectors.len() as u64;
                coverage.wanted += embedded.vectors.wanted() as u64;
            }
            (None, _) => coverage.uncounted += 1,
        }
    }
    let looked = blocking(move || {
        let mut near = Vec::new();
        let mut cosines = vec![None; asked.len()];
        for embedded in embedded.iter().flatten() {
            let Embedded { project, index, vectors } = embedded;
            let searcher = index.searcher();
            let mut files = Hashes { reader: index.documents(&searcher), known: HashMap::new() };
            let place = |near: Near| {
                let Near { path, line_start: line, cosine, .. } = near;
                (Place { project: project.clone(), path, line }, cosine)
            };
            let allowed = |path: &str| filters.allows_file(path);
            let allowed = filters.filters_files().then_some(&allowed as &dyn Fn(&str) -> bool);
            let found = vectors.nearest(&query, most, allowed).into_iter();
            near.extend(found.filter(|near| files.has(near)).map(place));
            for (asked, cosine) in asked.iter().zip(&mut cosines) {
                if asked.project == *project {
                    let compared = vectors.compare(&query, &asked.path, asked.line);
                    *cosine = compared.filter(|near| files.has(near)).map(|near| near.cosine);
                }
            }
        }
        near.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        near.truncate(most);
        (near, cosines)
    });
    let (near, asked) = looked.await;
    Nearest { near, asked, coverage }
}

/// The hashes of files as the index knows them.
struct Hashes<'a> {
    reader: DocumentReader<'a>,
    known: HashMap<String, Option<u64>>,
}

impl Hashes<'_> {
    /// Whether the chunk's file is what it was when it was embedded.
    fn has(&mut self, near: &Near) -> bool {
        let Hashes { reader, known } = self;
        let hash = known.entry(near.path.clone()).or_insert_with_key(|path| {
            reader.file(path).ok().flatten().and_then(|entry| entry.hash)
        });
        *hash == Some(near.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_much_is_embedded_until_it_is_all() {
        let note = |done, wanted, uncounted| Coverage { done, wanted, uncounted }.note();
        assert!(note(41, 100, 0).unwrap().starts_with("41 % embedded"));
        assert!(note(9999, 10_000, 0).unwrap().starts_with("99 %"));
        assert!(note(10, 10, 1).unwrap().starts_with("99 %"));
        assert!(note(0, 0, 1).unwrap().starts_with("0 %"));
        assert_eq!(note(10, 10, 0), None);
        assert_eq!(note(0, 0, 0), None);
    }
}
