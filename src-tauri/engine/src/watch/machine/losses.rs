//! What explains files that a comparison of the whole tree does not find.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What was heard since the last run that succeeded.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Any file may be gone: by the user's word, or the rules are others.
    expected: bool,
    /// These went, with all below them.
    removed: BTreeSet<PathBuf>,
    /// More may have gone than was told or could be kept.
    untold: bool,
}

impl Losses {
    pub fn expect(&mut self) {
        self.expected = true;
    }

    /// Keeps up to `most` paths.
    pub fn hear(&mut self, removed: Vec<PathBuf>, most: usize) {
        let room = most.saturating_sub(self.removed.len());
        self.untold |= removed.len() > room;
        self.removed.extend(removed.into_iter().take(room));
    }

    /// Some deletions may not have been told.
    pub fn miss(&mut self) {
        self.untold = true;
    }

    /// The next comparison has to find what was there, but for what is known to be removed.
    pub fn distrust(&mut self) {
        (self.expected, self.untold) = (false, false);
    }

    pub fn forget(&mut self) {
        *self = Losses::default();
    }

    /// Whether any loss is expected, and the paths of which one is.
    pub fn take(&mut self) -> (bool, BTreeSet<PathBuf>) {
        let Losses { expected, removed, untold } = std::mem::take(self);
        // Of many deletions at once some are lost, and those that were not speak for them.
        (expected || (untold && !removed.is_empty()), removed)
    }

    /// Takes back what a run was told that did not succeed.
    pub fn put_back(&mut self, expected: bool, removed: BTreeSet<PathBuf>) {
        self.expected |= expected;
        self.removed.extend(removed);
    }
}

#[cfg(test)]
mod tests;
