//! What people are told about embedding in the background, and what they may say about it.

use std::time::Instant;

use tokio::sync::watch;

use super::filling::{Pacing, Rest};
use super::keeping::Trouble;
use super::vectors::Vectors;
use super::{Engine, EngineError, blocking};
use crate::catalogue::ProjectId;
use crate::embed::embedder;
use crate::embed::state::State;
use crate::status::{MeaningState, MeaningStatus};

impl Engine {
    /// What search by meaning is doing as a whole; a project's own part is in its status.
    pub fn meaning(&self) -> MeaningStatus {
        let embedder = &self.shared.vectors.embedder;
        let state = embedder.state();
        let trouble = self.shared.vectors.keeping.trouble();
        let (state, sentence, next_retry) = match (&state, self.shared.filler.rest(), trouble) {
            (State::Off, ..) => (MeaningState::Off, state.sentence(), None),
            (State::Missing { .. }, ..) => (MeaningState::ModelMissing, state.sentence(), None),
            (State::Failed { next_retry, .. }, ..) => {
                (MeaningState::Failed, state.sentence(), *next_retry)
            }
            (_, Some(Rest::Paused), _) => (MeaningState::Paused, Some(PAUSED.to_owned()), None),
            (_, Some(Rest::OnBattery), _) => {
                (MeaningState::OnBattery, Some(ON_BATTERY.to_owned()), None)
            }
            (_, None, Some(trouble)) => {
                (MeaningState::Failed, Some(trouble.sentence), Some(trouble.next_retry))
            }
            (_, None, None) => (MeaningState::Working, None, None),
        };
        let model = embedder.model().map(|model| model.name);
        MeaningStatus { state, model, sentence, next_retry }
    }

    /// Hears of every change of what [`Engine::meaning`] says.
    pub fn subscribe_to_meaning(&self) -> MeaningChanges {
        let (rests, paces) = self.shared.filler.rests();
        let Vectors { embedder, keeping, .. } = &*self.shared.vectors;
        MeaningChanges { states: embedder.states(), troubles: keeping.troubles(), rests, paces }
    }

    /// Looks for the model again and starts what embeds, and opens what is kept, whatever the last
    /// attempt said.
    pub fn retry_meaning(&self) {
        self.shared.vectors.embedder.retry();
        self.shared.vectors.keeping.retry(Instant::now());
    }

    /// Takes another model, or none, at once: what is embedded with it is found, and the rest is
    /// embedded. Does nothing in an engine that was opened without an embedder.
    pub fn switch_model(&self, embedder: embedder::Options) {
        self.shared.vectors.embedder.switch(embedder);
    }

    /// When and how fast the background embeds from now on.
    pub fn set_pacing(&self, pacing: Pacing) {
        self.shared.filler.set_pacing(pacing);
    }

    /// Stops embedding in the background, or goes on with it, until the engine is closed: the
    /// next one is told with its [`Pacing`].
    pub fn pause_meaning(&self, paused: bool) {
        let pacing = self.shared.filler.pacing();
        self.set_pacing(Pacing { paused, ..pacing });
    }

    /// Embeds what the project holds, or leaves it.
    pub(super) async fn set_meaning(
        &self,
        id: &ProjectId,
        meaning: bool,
    ) -> Result<(), EngineError> {
        let (catalogue, key) = (std::sync::Arc::clone(&self.shared.catalogue), id.clone());
        blocking(move || catalogue.set_meaning(&key, meaning)).await?;
        self.shared.registry.set_meaning(id, meaning);
        Ok(())
    }
}

/// See [`Engine::subscribe_to_meaning`].
pub struct MeaningChanges {
    states: watch::Receiver<State>,
    troubles: watch::Receiver<Option<Trouble>>,
    rests: watch::Receiver<Option<Rest>>,
    paces: watch::Receiver<Pacing>,
}

impl MeaningChanges {
    /// Waits for the next one; `false` where none can come any more. Several at once may be one.
    pub async fn next(&mut self) -> bool {
        let changed = tokio::select! {
            changed = self.states.changed() => changed,
            changed = self.troubles.changed() => changed,
            changed = self.rests.changed() => changed,
            changed = self.paces.changed() => changed,
        };
        changed.is_ok()
    }
}

const PAUSED: &str = "Embedding is paused: what is embedded already is found by meaning.";
const ON_BATTERY: &str = "Embedding waits until the machine is plugged in: what is embedded already is found by meaning.";
