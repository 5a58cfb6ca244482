//! What the settings change in an engine that runs.

use std::path::Path;

use quarry_engine::engine::Engine;

use crate::settings::Settings;
use crate::{embedding, limits};

/// Models that were fetched lie below `data_dir`. An engine that was opened without a model keeps
/// none.
pub fn put_into_effect(engine: &Engine, settings: &Settings, data_dir: &Path) {
    engine.set_pacing(embedding::pacing(settings));
    if let Some(embedder) = embedding::options(settings, data_dir) {
        engine.switch_model(embedder);
    }
    engine.set_room(limits::room(settings));
    engine.set_limits(limits::files(settings));
}
