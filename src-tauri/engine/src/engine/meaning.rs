//! Finds by meaning what no word finds, and compares the best of what words found with the question:
//! vectors from the store, and from the embedder where there is none yet.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::blocking;
use super::nearest::nearest;
use super::vectors::Vectors;
use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::state::State;
use crate::embed::store::{Key, Store};
use crate::registry::{Registry, Searchable};
use crate::search::meaning::Place;
use crate::search::{LaneReport, Likeness, Search, Shortlisted};
use crate::status::LaneName;

pub struct Comparer {
    vectors: Arc<Vectors>,
    registry: Registry,
}

/// Chunks that the vectors find, beyond what words found.
const NEAREST: usize = 200;

/// The outcome of one comparison.
pub struct Compared {
    /// Empty where nothing could be compared.
    pub likeness: Likeness,
    pub report: LaneReport,
}

/// A text of the shortlist.
struct Text {
    /// Its place in the shortlist.
    of: usize,
    key: Key,
    text: String,
}

impl Comparer {
    pub fn new(vectors: Arc<Vectors>, registry: Registry) -> Comparer {
        Comparer { vectors, registry }
    }

    /// Compares as many places as can be within `patience`, the first ones first. Dropping it
    /// forgets the texts that the worker does not have yet.
    pub async fn compare(
        &self,
        search: &Search,
        shortlist: Vec<Shortlisted>,
        searched: &[Searchable],
        patience: Option<Duration>,
    ) -> Compared {
        let started = Instant::now();
        let mut found = None;
        let count = shortlist.len();
        let places: Vec<_> = shortlist.iter().map(|one| one.place.clone()).collect();
        let deadline = async {
            match patience {
                Some(patience) => tokio::time::sleep(patience).await,
                None => future::pending().await,
            }
        };
        tokio::pin!(deadline);
        let mut scores = Scores::new(count);
        let compared = async {
            let read = blocking(move || texts(&shortlist));
            let query = self.vectors.embedder.embed_query(search.question());
            let (texts, query) = tokio::join!(read, query);
            let query: Arc<[f32]> = query?.into();
            let (vectors, registry) = (&self.vectors, &self.registry);
            found = Some(nearest(vectors, registry, searched, Arc::clone(&query), NEAREST).await);
            self.score(&query, texts, &mut scores).await;
            Ok(())
        };
        let outcome: Result<(), EmbedError> = tokio::select! {
            outcome = compared => outcome,
            () = &mut deadline => Ok(()),
        };
        let mut cosines = scores.complete(places);
        let compared = cosines.len();
        let known: HashSet<Place> = cosines.iter().map(|(place, _)| place.clone()).collect();
        let mut coverage = None;
        if let Some(found) = found {
            cosines.extend(found.near.into_iter().filter(|(place, _)| !known.contains(place)));
            coverage = found.coverage.note();
        }
        let note = match outcome {
            Err(EmbedError::Unavailable(state)) => state.sentence(),
            Err(EmbedError::Closed) => State::Off.sentence(),
            Err(error @ EmbedError::Rejected(_)) => Some(format!("Not compared: {error}.")),
            Ok(()) if compared < count => {
                Some(format!("{compared} of {count} places were compared by meaning."))
            }
            Ok(()) => coverage,
        };
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        let report = LaneReport { lane: LaneName::Meaning, took_ms, note };
        Compared { likeness: Likeness::new(cosines), report }
    }

    async fn score(&self, query: &[f32], texts: Vec<Text>, scores: &mut Scores) {
        texts.iter().for_each(|text| scores.expect(text.of));
        let store = self.vectors.store().await;
        let mut missing = FuturesUnordered::new();
        let rows = store
            .as_ref()
            .map(|store| store.rows(&texts.iter().map(|text| text.key).collect::<Vec<_>>()));
        let stored = |at| rows.as_ref().and_then(|rows| rows.known_cosine(query, at));
        for (at, text) in texts.into_iter().enumerate() {
            match stored(at) {
                Some(cosine) => scores.add(text.of, cosine),
                None => missing.push(self.embed(text, store.clone())),
            }
        }
        while let Some(embedded) = missing.next().await {
            if let Some((of, vector)) = embedded {
                scores.add(of, query.iter().zip(&vector).map(|(a, b)| a * b).sum());
            }
        }
    }

    /// The vector of a text, kept for the next search; `None` where the model refuses it or has
    /// gone.
    async fn embed(&self, text: Text, store: Option<Arc<Store>>) -> Option<(usize, Vec<f32>)> {
        let Text { of, key, text } = text;
        let batch = self.vectors.embedder.embed_batch(vec![text], Priority::Candidates).await;
        let vector = batch.into_iter().next()?.ok()?;
        if let Some(store) = store {
            let kept = vector.clone();
            let put = blocking(move || store.put(key, &kept)).await;
            if let Err(error) = put {
                tracing::warn!(%error, "a vector was not kept");
            }
        }
        Some((of, vector))
    }
}

/// Reads the files of the shortlist.
fn texts(shortlist: &[Shortlisted]) -> Vec<Text> {
    let of_place = |(of, one): (usize, &Shortlisted)| {
        let text = move |text: String| Text { of, key: Key::of(&text), text };
        one.texts().into_iter().map(text).collect::<Vec<_>>()
    };
    shortlist.iter().enumerate().flat_map(of_place).collect()
}

/// The best cosine of each place, and how many of its texts are still to come.
struct Scores(Vec<(Option<f32>, usize)>);

impl Scores {
    fn new(places: usize) -> Scores {
        Scores(vec![(None, 0); places])
    }

    fn expect(&mut self, place: usize) {
        self.0[place].1 += 1;
    }

    fn add(&mut self, place: usize, cosine: f32) {
        let (best, waiting) = &mut self.0[place];
        *best = Some(best.map_or(cosine, |best| best.max(cosine)));
        *waiting -= 1;
    }

    /// The places of which everything was compared.
    fn complete<P>(self, places: Vec<P>) -> Vec<(P, f32)> {
        let complete = |(place, (best, waiting)): (P, (Option<f32>, usize))| {
            best.filter(|_| waiting == 0).map(|best| (place, best))
        };
        places.into_iter().zip(self.0).filter_map(complete).collect()
    }
}
