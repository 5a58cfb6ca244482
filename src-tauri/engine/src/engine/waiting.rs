//! Waiting until a project can be searched in full.

use std::time::Duration;

use super::filling::Rest;
use super::keeping::Trouble;
use super::{Engine, EngineError};
use crate::catalogue::ProjectId;
use crate::embed::state::State;
use crate::registry::{Embedding, Lease};
use crate::status::{Freshness, LaneName, ProjectStatus, Residency, WatchMode};

/// How often whoever waits for vectors looks whether all are there.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl Engine {
    /// Waits until the lane is complete for the project.
    ///
    /// # Errors
    /// [`EngineError::Failed`] when the project fails while waiting, when nothing can be embedded
    /// without somebody's help or while the machine runs on its battery, and when what is embedded
    /// cannot be kept, not even at the second attempt.
    pub async fn wait(&self, project: &str, lane: LaneName) -> Result<ProjectStatus, EngineError> {
        let id = self.find(project)?;
        let mut snapshots = self.subscribe();
        let mut states = self.shared.vectors.embedder.states();
        // Not closed for want of room before it is complete.
        let open = loop {
            match self.resolve(&id).await {
                Err(EngineError::Loading) => {}
                other => break other?,
            }
        };
        loop {
            // Whatever is said from here on is seen by the waits below.
            snapshots.mark_unchanged();
            states.mark_unchanged();
            let status = self.status(id.as_str())?;
            if self.is_complete(&id, &open, lane, &status)? {
                // What became complete after the look is in it now.
                return self.status(id.as_str());
            }
            match (status.residency, status.freshness) {
                (Residency::Hot, _) if status.watch_mode == WatchMode::Paused => {
                    let message = format!("{} is paused; resume it first.", status.name);
                    return Err(EngineError::Failed { cause: "Paused", message });
                }
                (Residency::Failed, _)
                | (Residency::Hot, Freshness::Failing | Freshness::RootMissing) => {
                    let message = status.error.map_or_else(String::new, |error| error.message);
                    return Err(EngineError::Failed { cause: "Failed", message });
                }
                _ => {}
            }
            let changed = tokio::select! {
                changed = snapshots.changed() => changed,
                // Without a model its state never changes again.
                Ok(()) = states.changed() => Ok(()),
                // Which commit is embedded whole is in no snapshot.
                () = tokio::time::sleep(LOOK_AGAIN), if lane == LaneName::Meaning => Ok(()),
            };
            if changed.is_err() {
                return Ok(status);
            }
        }
    }

    fn is_complete(
        &self,
        id: &ProjectId,
        open: &Lease,
        lane: LaneName,
        status: &ProjectStatus,
    ) -> Result<bool, EngineError> {
        let registry = &self.shared.registry;
        let needs_layers = matches!(lane, LaneName::Symbols | LaneName::Regex | LaneName::Meaning);
        let fresh = status.residency == Residency::Hot && status.freshness == Freshness::Fresh;
        let indexed = registry
            .upkeep(id)
            .is_some_and(|upkeep| upkeep.complete && (upkeep.deep || !needs_layers));
        if lane != LaneName::Meaning {
            return Ok(fresh && indexed);
        }
        if !status.meaning {
            let message = format!("Search by meaning is off for {}.", status.name);
            return Err(EngineError::Failed { cause: "MeaningOff", message });
        }
        let state = self.shared.vectors.embedder.state();
        let helpless = matches!(
            state,
            State::Off | State::Missing { .. } | State::Failed { next_retry: None, .. }
        );
        if let Some(message) = state.sentence().filter(|_| helpless) {
            return Err(EngineError::Failed { cause: "NoModel", message });
        }
        let committed = open.index.searcher();
        let embedding = registry.embedding(id).unwrap_or_default();
        let whole = embedding.complete.is_some_and(|commit| *commit == *committed.generation());
        if fresh && indexed && whole {
            return Ok(true);
        }
        if let Some(trouble) = self.shared.vectors.keeping.trouble().filter(Trouble::lasts) {
            return Err(EngineError::Failed { cause: "NotKept", message: trouble.sentence });
        }
        // Another project may have had all of its texts: that is known once they are counted.
        let misses = fresh && indexed && embedding.done < embedding.wanted;
        if let Some(rest) = self.shared.filler.rest().filter(|_| misses) {
            let (cause, why) = match rest {
                Rest::Paused => ("Paused", "embedding is paused; resume it first"),
                Rest::OnBattery => ("OnBattery", "embedding waits until the machine is plugged in"),
            };
            let Embedding { done, wanted, .. } = embedding;
            let name = &status.name;
            let message = format!("{done} of {wanted} texts of {name} are embedded: {why}.");
            return Err(EngineError::Failed { cause, message });
        }
        Ok(false)
    }
}
