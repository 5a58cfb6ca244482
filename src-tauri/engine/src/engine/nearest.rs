//! The chunks of several projects that are nearest to a vector.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future;

use super::blocking;
use super::vectors::Vectors;
use crate::embed::vector_index::{Near, VectorIndex};
use crate::index::ProjectIndex;
use crate::index::manifest::DocumentReader;
use crate::registry::{Registry, Searchable};
use crate::search::meaning::Place;

/// What is nearest, best first, with its cosine, and how much could be looked at.
pub struct Nearest {
    pub near: Vec<(Place, f32)>,
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

/// Looks through the vectors of all `searched`, for the `most` chunks nearest to `query` that are
/// still what was embedded.
pub async fn nearest(
    vectors: &Vectors,
    registry: &Registry,
    searched: &[Searchable],
    query: Arc<[f32]>,
    most: usize,
) -> Nearest {
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
            (None, Some(embedded)) if !one.is_hot() && embedded.vectors.wanted > 0 => {
                coverage.done += embedded.vectors.len() as u64;
                coverage.wanted += embedded.vectors.wanted as u64;
            }
            (None, _) => coverage.uncounted += 1,
        }
    }
    let near = blocking(move || {
        let of_one = |embedded: &Embedded| embedded.nearest(&query, most);
        let mut near: Vec<(Place, f32)> = embedded.iter().flatten().flat_map(of_one).collect();
        near.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        near.truncate(most);
        near
    });
    Nearest { near: near.await, coverage }
}

impl Embedded {
    fn nearest(&self, query: &[f32], most: usize) -> Vec<(Place, f32)> {
        let searcher = self.index.searcher();
        let mut reader = DocumentReader::new(&searcher, self.index.fields());
        let mut files: HashMap<String, Option<u64>> = HashMap::new();
        let mut is_current = |near: &Near| {
            let hash = files.entry(near.path.clone()).or_insert_with_key(|path| {
                reader.file(path).ok().flatten().and_then(|entry| entry.hash)
            });
            *hash == Some(near.hash)
        };
        let near = self.vectors.nearest(query, most).into_iter();
        near.filter(|near| is_current(near))
            .map(|Near { path, line_start: line, cosine, .. }| {
                (Place { project: self.project.clone(), path, line }, cosine)
            })
            .collect()
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
