//! What the owner of a data directory embeds texts with: this program, as its own worker.

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;

use quarry_engine::embed::embedder::Options;
use quarry_engine::embed::model::Model;
use quarry_engine::engine::Pacing;

use crate::settings::{Meaning, Settings};

/// The hidden command; see [`crate::cli::Command::EmbedWorker`].
const COMMAND: &str = "embed-worker";

/// When and how fast what nobody asked for yet is embedded.
pub fn pacing(settings: &Settings) -> Pacing {
    let share = f32::from(settings.embedding_share) / 100.0;
    Pacing { paused: settings.embedding_paused, on_battery: settings.embed_on_battery, share }
}

/// Whether a model can be used that lies in this folder.
///
/// # Errors
/// A sentence.
pub fn check_folder(folder: &Path) -> Result<(), String> {
    let refused = |error: &dyn Display| {
        format!("{} holds no model that Quarry can use: {error}.", folder.display())
    };
    let program = env::current_exe().map_err(|error| refused(&error))?;
    Model::locate(Some(folder), &program).map(drop).map_err(|error| refused(&error))
}

/// `None` where this program cannot start itself. Models that were fetched lie below `data_dir`.
pub fn options(settings: &Settings, data_dir: &Path) -> Option<Options> {
    let (model, published) = match &settings.meaning {
        Meaning::Off | Meaning::OwnModel => (None, None),
        Meaning::Model(folder) => (Some(folder.clone()), None),
        Meaning::Published(model) => (Some(model.folder(data_dir)), Some(model.name.clone())),
    };
    match env::current_exe() {
        Ok(program) => {
            let own = Options::new(program, vec![OsString::from(COMMAND)]);
            let off = settings.meaning == Meaning::Off;
            Some(Options { off, model, published, ..own })
        }
        Err(error) => {
            tracing::error!(%error, "this program does not know where it is: no search by meaning");
            None
        }
    }
}
