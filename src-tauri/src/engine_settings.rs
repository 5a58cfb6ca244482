//! What the settings change in an engine that runs.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use quarry_engine::engine::Engine;

use crate::cli::output::complain;
use crate::place::Place;
use crate::settings::{Settings, edits};
use crate::{embedding, limits};

/// Puts every edit of the settings from now on into effect, for an owner without windows, as long
/// as the future is polled. It ends only where edits cannot be heard of.
pub fn follow(
    engine: Engine,
    place: Place,
    settings: Settings,
) -> impl Future<Output = ()> + Send + 'static {
    let file = place.settings_file.clone();
    let applied = Mutex::new(settings);
    let reload = move || {
        let mut applied = applied.lock().unwrap_or_else(PoisonError::into_inner);
        let (settings, problem) = Settings::read_again(&place.settings_file, &applied);
        if let Some(problem) = problem {
            complain(&problem);
        }
        if settings != *applied {
            put_into_effect(&engine, &settings, &place.data_dir);
            *applied = settings;
        }
    };
    edits::follow(file, reload)
}

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
