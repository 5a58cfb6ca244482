//! What the settings change in an engine that runs.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use quarry_engine::engine::Engine;

use crate::cli::output::complain;
use crate::place::Place;
use crate::settings::{Settings, edits};
use crate::{embedding, limits};

/// Puts every edit of the settings into effect, for an owner without windows whose engine was
/// opened with these; as long as the future is polled. It ends only where edits cannot be heard of.
pub async fn follow(engine: Engine, place: Place, settings: Settings) {
    let file = place.settings_file.clone();
    let applied = Mutex::new(settings);
    let reload = Arc::new(move |complains: bool| {
        let mut applied = applied.lock().unwrap_or_else(PoisonError::into_inner);
        let (settings, problem) = Settings::read_again(&place.settings_file, &applied);
        if let Some(problem) = problem.filter(|_| complains) {
            complain(&problem);
        }
        if settings != *applied {
            put_into_effect(&engine, &settings, &place.data_dir);
            *applied = settings;
        }
    });
    let again = Arc::clone(&reload);
    let edits = edits::follow(file, move || again(true));
    // One may have come before they were listened for. What was wrong before was said before.
    let _ = tokio::task::spawn_blocking(move || reload(false)).await;
    edits.await;
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
