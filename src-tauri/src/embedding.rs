//! What the owner of a data directory embeds texts with: this program, as its own worker.

use std::env;
use std::ffi::OsString;

use quarry_engine::embed::embedder::Options;
use quarry_engine::engine::Pacing;

use crate::settings::{Meaning, Settings};

/// The hidden command; see [`crate::cli::Command::EmbedWorker`].
const COMMAND: &str = "embed-worker";

/// When and how fast what nobody asked for yet is embedded.
pub fn pacing(settings: &Settings) -> Pacing {
    let share = f32::from(settings.embedding_share) / 100.0;
    Pacing { paused: settings.embedding_paused, on_battery: settings.embed_on_battery, share }
}

/// `None` where search by meaning is switched off.
pub fn options(settings: &Settings) -> Option<Options> {
    let model = match &settings.meaning {
        Meaning::Off => return None,
        Meaning::OwnModel => None,
        Meaning::Model(folder) => Some(folder.clone()),
    };
    match env::current_exe() {
        Ok(program) => {
            Some(Options { model, ..Options::new(program, vec![OsString::from(COMMAND)]) })
        }
        Err(error) => {
            tracing::error!(%error, "this program does not know where it is: no search by meaning");
            None
        }
    }
}
