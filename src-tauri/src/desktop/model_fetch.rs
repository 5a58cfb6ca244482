//! The model that a page asked for: one at a time, in the background, until it is there, fails or
//! is cancelled.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quarry_engine::embed::published::{Progress, Published};
use quarry_engine::status::MeaningState;
use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager, Wry};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use super::shell::Shell;
use crate::fetching;
use crate::settings::Meaning;

/// How often the pages are told how much has come.
const TOLD_EVERY: Duration = Duration::from_millis(200);
/// A rate that was measured for less says nothing.
const MEASURED_FOR: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ModelFetch {
    /// Of the model.
    pub name: String,
    #[ts(inline)]
    pub phase: FetchPhase,
    /// The one that comes now or came last.
    pub file: String,
    /// Of this file, in bytes.
    pub came: u64,
    /// None where the hub does not say.
    pub all: Option<u64>,
    /// Bytes a second, once that is known.
    pub rate: Option<u64>,
    /// Why it failed, for people.
    pub sentence: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub enum FetchPhase {
    Running,
    Fetched,
    Cancelled,
    Failed,
}

/// The last fetch, and what cancels it.
#[derive(Default)]
pub struct Fetching(Mutex<Option<(ModelFetch, CancellationToken)>>);

#[derive(Debug, thiserror::Error)]
#[error("{0} is being fetched: one model comes at a time.")]
pub struct Busy(String);

impl Fetching {
    pub fn status(&self) -> Option<ModelFetch> {
        self.lock().as_ref().map(|(fetch, _)| fetch.clone())
    }

    /// What is there of it already is kept.
    pub fn cancel(&self) {
        if let Some((_, cancel)) = self.lock().as_ref() {
            cancel.cancel();
        }
    }

    fn begin(&self, model: &Published) -> Result<(ModelFetch, CancellationToken), Busy> {
        let mut last = self.lock();
        if let Some((fetch, _)) = last.as_ref().filter(|(it, _)| it.phase == FetchPhase::Running) {
            return Err(Busy(fetch.name.clone()));
        }
        let fetch = ModelFetch {
            name: model.name.clone(),
            phase: FetchPhase::Running,
            file: String::new(),
            came: 0,
            all: None,
            rate: None,
            sentence: None,
        };
        let begun = (fetch, CancellationToken::new());
        *last = Some(begun.clone());
        Ok(begun)
    }

    fn update(&self, change: impl FnOnce(&mut ModelFetch)) {
        if let Some((fetch, _)) = self.lock().as_mut() {
            change(fetch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(ModelFetch, CancellationToken)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins to fetch it; how it goes on is told to the pages.
///
/// # Errors
/// [`Busy`]
pub fn start(app: &AppHandle<Wry>, model: Published) -> Result<ModelFetch, Busy> {
    let (begun, cancel) = app.state::<Shell>().fetching.begin(&model)?;
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let shell = app.state::<Shell>();
        let (telling, cancelled) = (app.clone(), cancel.clone());
        let mut meter = Meter::default();
        let progress = move |progress: Progress<'_>| {
            if cancelled.is_cancelled() {
                return ControlFlow::Break(());
            }
            if let Some(rate) = meter.due(progress, Instant::now()) {
                telling.state::<Shell>().fetching.update(|fetch| {
                    progress.file.clone_into(&mut fetch.file);
                    (fetch.came, fetch.all, fetch.rate) = (progress.came, progress.all, rate);
                });
                tell(&telling);
            }
            ControlFlow::Continue(())
        };
        let outcome = fetching::fetch(&model, &shell.place.data_dir, progress).await;
        let (phase, sentence) = match outcome {
            Ok(_) => (FetchPhase::Fetched, None),
            Err(_) if cancel.is_cancelled() => (FetchPhase::Cancelled, None),
            Err(sentence) => (FetchPhase::Failed, Some(sentence)),
        };
        shell.fetching.update(|fetch| (fetch.phase, fetch.sentence) = (phase, sentence));
        tell(&app);
        let is_awaited = shell.applying.applied().settings.meaning == Meaning::Published(model)
            && shell.engine.meaning().state == MeaningState::ModelMissing;
        if phase == FetchPhase::Fetched && is_awaited {
            shell.engine.retry_meaning();
        }
    });
    Ok(begun)
}

fn tell(app: &AppHandle<Wry>) {
    if let Err(error) = app.emit("model_fetch", app.state::<Shell>().fetching.status()) {
        tracing::warn!(%error, "the windows were not told of a model that is fetched");
    }
}

/// When the pages are told of a progress, and how fast it is.
#[derive(Default)]
struct Meter {
    file: String,
    /// When this file began.
    begun: Option<Instant>,
    told: Option<Instant>,
}

impl Meter {
    /// The rate in bytes a second as far as it is known, where somebody is to be told now.
    fn due(&mut self, progress: Progress<'_>, now: Instant) -> Option<Option<u64>> {
        if self.file != progress.file {
            progress.file.clone_into(&mut self.file);
            (self.begun, self.told) = (Some(now), None);
        }
        if self.told.is_some_and(|told| now.duration_since(told) < TOLD_EVERY) {
            return None;
        }
        self.told = Some(now);
        let taken = self.begun.map(|begun| now.duration_since(begun))?;
        let rate = (progress.came as f64 / taken.as_secs_f64()) as u64;
        Some((taken >= MEASURED_FOR).then_some(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_told_now_and_then_and_of_every_file() {
        let mut meter = Meter::default();
        let began = Instant::now();
        let mut at = |millis, file, came| {
            let progress = Progress { file, came, all: None };
            meter.due(progress, began + Duration::from_millis(millis))
        };
        assert_eq!(at(0, "config.json", 0), Some(None));
        assert_eq!(at(100, "config.json", 10), None);
        assert_eq!(at(150, "model.onnx", 0), Some(None));
        assert_eq!(at(2_150, "model.onnx", 3_000), Some(Some(1_500)));
        assert_eq!(at(2_250, "model.onnx", 4_000), None);
    }

    #[test]
    fn one_model_is_fetched_at_a_time_and_another_once_it_ended() {
        let model = Published::named("BGESmallENV15").unwrap();
        let fetching = Fetching::default();
        assert_eq!(fetching.status(), None);
        let (begun, cancel) = fetching.begin(&model).unwrap();
        assert_eq!(fetching.status(), Some(begun));
        let refused = fetching.begin(&model).unwrap_err();
        assert!(refused.to_string().contains("BGESmallENV15 is being fetched"), "{refused}");
        fetching.cancel();
        assert!(cancel.is_cancelled());
        fetching.update(|fetch| fetch.phase = FetchPhase::Cancelled);
        let (_, cancel) = fetching.begin(&model).unwrap();
        assert!(!cancel.is_cancelled());
    }
}
