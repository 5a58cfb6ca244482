//! What the engine refuses or cannot do, a sentence each.

use std::path::{Path, PathBuf};

use crate::catalogue::{CatalogueError, roots};
use crate::index::excludes::PatternError;
use crate::search::SearchError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("No project is called {0}.")]
    NotFound(String),
    #[error("Several projects are called {name}: use one of the ids {}.", ids.join(", "))]
    Ambiguous { name: String, ids: Vec<String> },
    #[error("{0}.")]
    Refused(#[from] roots::RootError),
    #[error("Nothing was changed: {0}.")]
    BadPattern(#[from] PatternError),
    #[error("{path} is registered already, as {name}.")]
    Taken { path: PathBuf, name: String },
    /// A folder that may be a project's after a move; the user has to say so.
    #[error("{}", doubt(.path, .name, *.same, *.looked_at))]
    Doubtful {
        path: PathBuf,
        name: String,
        /// Files that are there as they were indexed, of those looked at.
        same: usize,
        looked_at: usize,
    },
    #[error("Another Quarry uses {0} already.")]
    AlreadyOwned(PathBuf),
    #[error("{0}.")]
    Query(SearchError),
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
            Self::BadPattern(_) => "BadPattern",
            Self::Refused(_) | Self::Taken { .. } | Self::OutsideProject(_) => "Refused",
            Self::Doubtful { .. } => "Doubtful",
            Self::AlreadyOwned(_) => "AlreadyOwned",
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

fn doubt(path: &Path, name: &str, same: usize, looked_at: usize) -> String {
    let path = path.display();
    if looked_at == 0 {
        return format!("Nothing shows whether {path} is the folder of {name}.");
    }
    format!(
        "{path} does not look like the folder of {name}: of {looked_at} indexed files, {same} are \
         there as they were."
    )
}
