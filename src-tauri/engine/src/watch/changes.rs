//! What a quiet period collected.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What has changed since the last run that succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    #[default]
    Nothing,
    Paths(BTreeSet<PathBuf>),
    /// The whole tree has to be compared.
    Everything,
}

impl Changes {
    pub fn is_nothing(&self) -> bool {
        *self == Changes::Nothing
    }

    /// How many paths are named.
    pub fn count(&self) -> usize {
        match self {
            Changes::Paths(paths) => paths.len(),
            Changes::Nothing | Changes::Everything => 0,
        }
    }

    /// Adds `other`; more than `most_paths` paths become [`Changes::Everything`].
    pub(super) fn join(&mut self, other: Changes, most_paths: usize) {
        *self = match (std::mem::take(self), other) {
            (changes, Changes::Nothing) | (Changes::Nothing, changes) => changes,
            (Changes::Everything, _) | (_, Changes::Everything) => Changes::Everything,
            (Changes::Paths(mut a), Changes::Paths(b)) => {
                a.extend(b);
                Changes::Paths(a)
            }
        };
        if self.count() > most_paths {
            *self = Changes::Everything;
        }
    }
}
