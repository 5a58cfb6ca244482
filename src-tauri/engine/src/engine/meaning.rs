//! Finds by meaning what no word finds, and compares the best of what words found with the question:
//! vectors from the store, and from the embedder where there is none yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::blocking;
use super::nearest::{Sought, nearest};
use super::vectors::Vectors;
use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::state::State;
use crate::embed::store::{Key, Store};
use crate::registry::{Registry, Searchable};
use crate::root_access::unless_held;
use crate::search::meaning::Place;
use crate::search::{LaneReport, Likeness, Search, Shortlisted};
use crate::status::LaneName;

pub struct Comparer {
    vectors: Arc<Vectors>,
    registry: Registry,
}

/// Chunks that the vectors find, beyond what words found; more where they alone are the list.
const NEAREST: usize = 50;
/// Said where nothing was compared.
const NOT_IN_TIME: &str = "Nothing was compared by meaning in time.";

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
        let deadline = async {
            match patience {
                Some(patience) => tokio::time::sleep(patience).await,
                None => future::pending().await,
            }
        };
        tokio::pin!(deadline);
        let mut cosines: HashMap<Place, f32> = HashMap::new();
        let mut near = Vec::new();
        let mut coverage = None;
        let mut scores = Scores::new(0);
        let mut missing: Vec<Place> = Vec::new();
        let compared = async {
            let query = self.vectors.embedder.embed_query(search.question()).await?;
            let query: Arc<[f32]> = query.into();
            let places: Vec<Place> = shortlist.iter().map(|one| one.place.clone()).collect();
            let (vectors, registry) = (&self.vectors, &self.registry);
            let sought = Sought {
                vector: Arc::clone(&query),
                filters: search.query.clone(),
                most: NEAREST.max(search.listed_by_meaning()),
                asked: places.clone(),
            };
            let found = nearest(vectors, registry, searched, sought).await;
            // Why it is not all, where the disk is the cause.
            let trouble = || Some(vectors.keeping.trouble()?.sentence);
            coverage = found.coverage.note().map(|note| trouble().unwrap_or(note));
            near = found.near;
            let known = places.into_iter().zip(&found.asked);
            cosines.extend(known.filter_map(|(place, cosine)| Some((place, (*cosine)?))));
            // The first ones are worth the time although nothing was embedded yet.
            let unknown = shortlist.into_iter().zip(found.asked).take(search.compared_at_once());
            let unknown: Vec<Shortlisted> = unknown
                .filter(|(one, cosine)| cosine.is_none() && one.is_embedded())
                .map(|(one, _)| one)
                .collect();
            missing.extend(unknown.iter().map(|one| one.place.clone()));
            scores = Scores::new(missing.len());
            let readers: Vec<_> = unknown.iter().map(|one| one.reader().clone()).collect();
            let texts = unless_held(&readers, blocking(move || texts(&unknown))).await;
            let texts = texts.unwrap_or_default();
            self.score(&query, texts, &mut scores).await;
            Ok(())
        };
        let outcome: Result<(), EmbedError> = tokio::select! {
            outcome = compared => outcome,
            () = &mut deadline => Ok(()),
        };
        let count = missing.len();
        let late = scores.complete(missing);
        let compared = late.len();
        cosines.extend(late);
        let note = match outcome {
            Err(EmbedError::Unavailable(state)) => state.sentence(),
            Err(EmbedError::Closed) => State::Off.sentence(),
            Err(error @ EmbedError::Rejected(_)) => Some(format!("Not compared: {error}.")),
            Ok(()) if compared < count => {
                Some(format!("{compared} of {count} places were compared by meaning."))
            }
            Ok(()) if near.is_empty() && cosines.is_empty() => {
                coverage.or_else(|| Some(NOT_IN_TIME.to_owned()))
            }
            Ok(()) => coverage,
        };
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        let report = LaneReport { lane: LaneName::Meaning, took_ms, note };
        Compared { likeness: Likeness::new(near, cosines), report }
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
        let (embedder, model) = (&self.vectors.embedder, store.as_ref().map(|store| store.model()));
        let batch = embedder.embed_batch(vec![text], Priority::Candidates, model).await;
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
