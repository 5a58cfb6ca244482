//! The best documents of a search.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tantivy::{DocAddress, Score};

/// Room that is taken beforehand, in documents.
const MOST_ROOM: usize = 1024;

/// The best documents so far, up to a limit. Among equals those that came first.
pub struct Best {
    limit: usize,
    /// The worst on top.
    heap: BinaryHeap<Ranked>,
}

#[derive(PartialEq)]
struct Ranked(Score, DocAddress);

impl Eq for Ranked {}

impl Ord for Ranked {
    /// The better, the less.
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0).then_with(|| self.1.cmp(&other.1))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Best {
    pub fn new(limit: usize) -> Best {
        Best { limit, heap: BinaryHeap::with_capacity(limit.min(MOST_ROOM)) }
    }

    /// Whoever comes next has to count more than what is returned.
    pub fn least(&self) -> Score {
        if self.heap.len() < self.limit {
            return Score::MIN;
        }
        self.heap.peek().map_or(Score::MAX, |worst| worst.0)
    }

    /// Takes documents in the order of their addresses.
    pub fn offer(&mut self, score: Score, address: DocAddress) {
        if score > self.least() {
            self.heap.push(Ranked(score, address));
            if self.heap.len() > self.limit {
                self.heap.pop();
            }
        }
    }

    pub fn in_order(self) -> Vec<(Score, DocAddress)> {
        let ranked = self.heap.into_sorted_vec();
        ranked.into_iter().map(|Ranked(score, address)| (score, address)).collect()
    }
}
