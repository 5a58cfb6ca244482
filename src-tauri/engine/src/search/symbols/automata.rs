//! What of a dictionary of names is read.

use std::sync::atomic::{AtomicUsize, Ordering};

use tantivy_fst::Automaton;

/// So many of the letters that begin parts of a name stand side by side in its first part: names
/// with one letter in common are too many to look through.
const FIRST_PART: usize = 2;

/// Accepts what begins with a prefix and is at most so many bytes longer.
#[derive(Clone, Copy)]
pub struct Beginning<'a> {
    pub prefix: &'a [u8],
    pub longer: usize,
}

impl Automaton for Beginning<'_> {
    /// How many bytes it has taken, as long as it may go on.
    type State = Option<usize>;

    fn start(&self) -> Option<usize> {
        Some(0)
    }

    fn is_match(&self, taken: &Option<usize>) -> bool {
        taken.is_some_and(|taken| taken >= self.prefix.len())
    }

    fn can_match(&self, taken: &Option<usize>) -> bool {
        taken.is_some()
    }

    fn accept(&self, taken: &Option<usize>, byte: u8) -> Option<usize> {
        let taken = (*taken)?;
        let goes_on = match self.prefix.get(taken) {
            Some(wanted) => byte == *wanted,
            None => taken - self.prefix.len() < self.longer,
        };
        goes_on.then_some(taken + 1)
    }
}

/// Accepts what begins with the first [`FIRST_PART`] of the letters and has the others behind it,
/// in their order.
#[derive(Clone, Copy)]
pub struct InOrder<'a> {
    pub letters: &'a [u8],
    /// That may still be taken.
    pub steps: &'a AtomicUsize,
}

impl Automaton for InOrder<'_> {
    /// How many of them it has, as long as it may go on.
    type State = Option<usize>;

    fn start(&self) -> Option<usize> {
        Some(0)
    }

    fn is_match(&self, had: &Option<usize>) -> bool {
        *had == Some(self.letters.len())
    }

    fn can_match(&self, had: &Option<usize>) -> bool {
        had.is_some()
    }

    fn will_always_match(&self, had: &Option<usize>) -> bool {
        self.is_match(had)
    }

    fn accept(&self, had: &Option<usize>, byte: u8) -> Option<usize> {
        let had = (*had)?;
        let left = self.steps.load(Ordering::Relaxed).checked_sub(1)?;
        self.steps.store(left, Ordering::Relaxed);
        match self.letters.get(had) {
            Some(letter) if *letter == byte => Some(had + 1),
            _ => (had >= FIRST_PART).then_some(had),
        }
    }
}
