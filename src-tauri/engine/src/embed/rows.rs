//! The nearest vectors: a flat scan over i8 rows, then the best of them in higher precision. It
//! needs no building, no memory of its own, and forgets nothing; up to some 300,000 rows it is also
//! fast enough.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use simsimd::SpatialSimilarity;

use super::store::places::Place;
use super::store::segment::{FINE_STEPS, Segment};

/// As many of the scan are looked at closely: the true best ten are among them.
const CLOSE_LOOK: usize = 100;

/// Vectors in some order, as they were when [`super::store::Store::rows`] was asked.
#[derive(Clone, Debug)]
pub struct Rows {
    /// By index into `segments`; `None` for what has no vector yet.
    places: Vec<Option<Place>>,
    segments: Vec<Arc<Segment>>,
}

/// Ordered by score alone.
struct Scored(f32, usize);

impl Rows {
    pub(super) fn new(places: Vec<Option<Place>>, segments: Vec<Arc<Segment>>) -> Rows {
        Rows { places, segments }
    }

    /// With and without a vector.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The rows with a vector alone, in the order of the files that hold them, and which of the old
    /// ones each is.
    pub fn forward(self) -> (Rows, Vec<u32>) {
        let mut order: Vec<u32> =
            (0..).zip(&self.places).filter_map(|(row, at)| at.map(|_| row)).collect();
        order.sort_unstable_by_key(|row| self.places[*row as usize]);
        let places = order.iter().map(|row| self.places[*row as usize]).collect();
        (Rows { places, segments: self.segments }, order)
    }

    /// The rows that have no vector yet.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        let places = self.places.iter().enumerate();
        places.filter(|(_, place)| place.is_none()).map(|(row, _)| row)
    }

    /// The `k` rows nearest to `query` of those that are `allowed`, best first, with the cosine of
    /// each. `query` has length 1 and the dimensions of the rows; else there is no answer.
    pub fn top_k(
        &self,
        query: &[f32],
        k: usize,
        allowed: impl Fn(usize) -> bool,
    ) -> Vec<(usize, f32)> {
        let largest = query.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if largest == 0.0 || k == 0 {
            return Vec::new();
        }
        let scale = largest / f32::from(i8::MAX);
        let coarse: Vec<i8> = query.iter().map(|value| (value / scale).round() as i8).collect();
        let readable = self.readable(query.len());

        let most = k.max(CLOSE_LOOK);
        let mut best: BinaryHeap<Reverse<Scored>> = BinaryHeap::with_capacity(most + 1);
        let mut floor = f32::NEG_INFINITY;
        for (row, place) in self.places.iter().enumerate() {
            let Some(place) = place else { continue };
            let Some(Some(segment)) = readable.get(place.segment() as usize) else { continue };
            let slot = place.slot();
            let dot = i8::dot(&coarse, segment.coarse(slot)).unwrap_or(0.0) as f32;
            let score = dot * segment.scale(slot);
            if score > floor && allowed(row) {
                best.push(Reverse(Scored(score, row)));
                if best.len() > most {
                    best.pop();
                    floor = best.peek().map_or(floor, |worst| worst.0.0);
                }
            }
        }
        let close = best.into_iter().map(|Reverse(Scored(_, row))| (row, self.cosine(query, row)));
        let mut close: Vec<(usize, f32)> = close.collect();
        close.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        close.truncate(k);
        close
    }

    /// As [`Rows::known_cosine`]; 0 for what has no vector.
    pub fn cosine(&self, query: &[f32], row: usize) -> f32 {
        self.known_cosine(query, row).unwrap_or(0.0)
    }

    /// The cosine of `query` and one row, in higher precision; `None` for what has no vector of
    /// these dimensions.
    pub fn known_cosine(&self, query: &[f32], row: usize) -> Option<f32> {
        let place = self.places.get(row).copied().flatten()?;
        let segment = self.segments.get(place.segment() as usize)?;
        if segment.dimensions != query.len() || !segment.is_whole() {
            return None;
        }
        let slot = place.slot();
        let rows = segment.coarse(slot).iter().zip(segment.fine(slot));
        let sum: f32 = query
            .iter()
            .zip(rows)
            .map(|(value, (coarse, fine))| {
                value * (f32::from(*coarse) + f32::from(*fine) / FINE_STEPS)
            })
            .sum();
        Some(sum * segment.scale(slot))
    }

    /// The segments, without those whose file was cut or that belong to another model.
    fn readable(&self, dimensions: usize) -> Vec<Option<&Segment>> {
        let fits = |segment: &&Segment| segment.dimensions == dimensions && segment.is_whole();
        self.segments.iter().map(|segment| Some(&**segment).filter(fits)).collect()
    }
}

impl PartialEq for Scored {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
