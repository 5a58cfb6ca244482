//! What the engine refuses or cannot do, a sentence each.

use std::path::PathBuf;

use crate::catalogue::{CatalogueError, roots};
use crate::search::SearchError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("No project is called {0}.")]
    NotFound(String),
    #[error("Several projects are called {name}: use one of the ids {}.", ids.join(", "))]
    Ambiguous { name: String, ids: Vec<String> },
    #[error("{0}.")]
    Refused(#[from] roots::RootError),
    #[error("Another Quarry uses {0} already.")]
    AlreadyOwned(PathBuf),
    #[error("{0}.")]
    Query(SearchError),
    #[error("{0} cannot be searched yet.")]
    NotYet(&'static str),
    #[error("The project is still being opened; try again in a moment.")]
    Loading,
    /// A project that could not be opened; the sentence is its own.
    #[error("{message}")]
    Failed { cause: &'static str, message: String },
    #[error("{0} lies outside its project.")]
    OutsideProject(String),
    #[error("{0}.")]
    Catalogue(#[from] CatalogueError),
    #[error("{path} cannot be used: {source}.")]
    DataDir { path: PathBuf, source: std::io::Error },
}

impl EngineError {
    /// A word to act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NotFound",
            Self::Ambiguous { .. } => "Ambiguous",
            Self::Refused(_) | Self::OutsideProject(_) => "Refused",
            Self::AlreadyOwned(_) => "AlreadyOwned",
            Self::Query(SearchError::NotYet(_)) | Self::NotYet(_) => "NotYet",
            Self::Query(_) => "BadQuery",
            Self::Loading => "Loading",
            Self::Failed { .. } => "Failed",
            Self::Catalogue(_) | Self::DataDir { .. } => "Unavailable",
        }
    }

    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Loading | Self::Failed { .. } | Self::Catalogue(_) | Self::DataDir { .. }
        )
    }
}
