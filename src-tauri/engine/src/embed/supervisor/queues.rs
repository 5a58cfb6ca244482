//! What waits for a worker, by priority.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::state::State;

const PRIORITIES: usize = 3;

pub struct Job {
    pub text: String,
    pub priority: Priority,
    /// The id of the only model whose vector is of use.
    pub model: Option<String>,
    pub attempts: u8,
    pub answer: oneshot::Sender<Result<Vec<f32>, EmbedError>>,
}

impl Job {
    /// Whether a vector of the model with this id is of use.
    pub fn takes(&self, model: Option<&str>) -> bool {
        self.model.is_none() || self.model.as_deref() == model
    }

    pub fn refuse(self, state: &State) {
        // Whoever asked may have gone away.
        let _ = self.answer.send(Err(EmbedError::Unavailable(state.clone())));
    }
}

#[derive(Default)]
pub struct Queues([VecDeque<Job>; PRIORITIES]);

impl Queues {
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(VecDeque::is_empty)
    }

    pub fn put(&mut self, job: Job) {
        self.0[job.priority as usize].push_back(job);
    }

    /// Before what waits with the same priority.
    pub fn put_back(&mut self, job: Job) {
        self.0[job.priority as usize].push_front(job);
    }

    /// The first one of the first priority that `takes` one.
    pub fn take(&mut self, takes: impl Fn(Priority) -> bool) -> Option<Job> {
        let fits =
            |queue: &&mut VecDeque<Job>| queue.front().is_some_and(|job| takes(job.priority));
        self.0.iter_mut().find(fits)?.pop_front()
    }

    /// Forgets those whose answer nobody waits for.
    pub fn forget_abandoned(&mut self) {
        self.0.iter_mut().for_each(|queue| queue.retain(|job| !job.answer.is_closed()));
    }

    pub fn refuse(&mut self, state: &State, which: impl Fn(&Job) -> bool) {
        for queue in &mut self.0 {
            let refused: Vec<usize> =
                (0..queue.len()).rev().filter(|at| which(&queue[*at])).collect();
            for job in refused.into_iter().filter_map(|at| queue.remove(at)) {
                job.refuse(state);
            }
        }
    }
}
