//! What people are told about embedding in the background, and what they may say about it.

use super::filling::{Pacing, Rest};
use super::{Engine, EngineError, blocking};
use crate::catalogue::ProjectId;
use crate::embed::state::State;
use crate::status::{MeaningState, MeaningStatus};

impl Engine {
    /// What search by meaning is doing as a whole; a project's own part is in its status.
    pub fn meaning(&self) -> MeaningStatus {
        let embedder = &self.shared.vectors.embedder;
        let state = embedder.state();
        let (word, sentence) = match (&state, self.shared.filler.rest()) {
            (State::Off, _) => (MeaningState::Off, state.sentence()),
            (State::Missing { .. }, _) => (MeaningState::ModelMissing, state.sentence()),
            (State::Failed { .. }, _) => (MeaningState::Failed, state.sentence()),
            (_, Some(Rest::Paused)) => (MeaningState::Paused, Some(PAUSED.to_owned())),
            (_, Some(Rest::OnBattery)) => (MeaningState::OnBattery, Some(ON_BATTERY.to_owned())),
            _ => (MeaningState::Working, None),
        };
        let model = embedder.model().map(|model| model.name);
        MeaningStatus { state: word, model, sentence }
    }

    /// Looks for the model again and starts what embeds, whatever the last attempt said.
    pub fn retry_meaning(&self) {
        self.shared.vectors.embedder.retry();
    }

    /// When and how fast the background embeds from now on.
    pub fn set_pacing(&self, pacing: Pacing) {
        self.shared.filler.set_pacing(pacing);
    }

    /// Stops embedding in the background, or goes on with it, until the engine is closed.
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

const PAUSED: &str = "Embedding is paused: what is embedded already is found by meaning.";
const ON_BATTERY: &str = "Embedding waits until the machine is plugged in: what is embedded already is found by meaning.";
