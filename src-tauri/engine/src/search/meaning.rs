//! What of an answer is compared with its question by meaning, and what the comparison says.
//!
//! The best of what words found is compared and ranked anew; what no word finds is not looked for.
//! So nothing has to be embedded before a question is asked.

use std::collections::HashMap;
use std::path::PathBuf;

use super::snippet;
use crate::embed::text::{self, Source};
use crate::index::manifest::{ChunkPlace, Entry};
use crate::index::outline::Outlined;

/// How meaning takes part in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// As one figure beside those of the words.
    Fused,
    /// Meaning alone gives the order.
    Alone,
}

impl Meaning {
    /// Places that are compared.
    pub fn shortlist(self) -> usize {
        match self {
            // More of them gained nothing.
            Meaning::Fused => 20,
            Meaning::Alone => 200,
        }
    }
}

/// A chunk among all projects: the project's id, the path in it, the first line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub project: String,
    pub path: String,
    pub line: u64,
}

/// A chunk to be compared with the question.
#[derive(Clone, Debug)]
pub struct Shortlisted {
    pub place: Place,
    pub(super) root: PathBuf,
    pub(super) chunk: ChunkPlace,
    pub(super) indexed: Option<Entry>,
    /// The first that is defined there, or what it lies in.
    pub(super) definition: Option<Outlined>,
}

impl Shortlisted {
    /// What of it is to be embedded, from its file as it is now; nothing where that cannot be read.
    pub fn texts(&self) -> Vec<String> {
        let Some(read) = snippet::read(&self.root, &self.chunk, self.indexed.as_ref()) else {
            return Vec::new();
        };
        let definition = self.definition.as_ref();
        let source = Source {
            path: &self.place.path,
            symbol: definition.map_or("", |definition| &definition.name),
            container: definition.and_then(|it| it.container.as_deref()).unwrap_or_default(),
            doc: "",
            body: read.text(),
        };
        text::parts(&source).into_iter().map(|part| part.text).collect()
    }
}

/// How alike places are to the question, beside each other.
#[derive(Clone, Debug, Default)]
pub struct Likeness {
    figures: HashMap<Place, f32>,
}

impl Likeness {
    /// From the cosine of each place: 0 is the mean of all, 1 the best.
    pub fn new(cosines: Vec<(Place, f32)>) -> Likeness {
        let mean = cosines.iter().map(|(_, c)| c).sum::<f32>() / cosines.len().max(1) as f32;
        let best = cosines.iter().map(|(_, c)| *c).fold(f32::MIN, f32::max);
        let spread = (best - mean).max(f32::MIN_POSITIVE);
        let figure = |(place, cosine)| (place, (cosine - mean) / spread);
        Likeness { figures: cosines.into_iter().map(figure).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// At most 1; `None` for what was not compared.
    pub fn of(&self, place: &Place) -> Option<f32> {
        self.figures.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u64) -> Place {
        Place { project: "id".to_owned(), path: "a.rs".to_owned(), line }
    }

    #[test]
    fn the_best_has_the_whole_figure_and_the_mean_none() {
        let likeness =
            Likeness::new(vec![(place(1), 0.2), (place(2), 0.4), (place(3), 0.3), (place(4), 0.3)]);
        let of = |line| (likeness.of(&place(line)).unwrap() * 1000.0).round();
        assert_eq!((of(1), of(2), of(3)), (-1000.0, 1000.0, 0.0));
        assert_eq!(likeness.of(&place(5)), None);
    }

    #[test]
    fn places_that_are_all_alike_are_finite() {
        let likeness = Likeness::new(vec![(place(1), 0.5)]);
        assert_eq!(likeness.of(&place(1)), Some(0.0));
        assert!(Likeness::new(Vec::new()).is_empty());
    }
}
