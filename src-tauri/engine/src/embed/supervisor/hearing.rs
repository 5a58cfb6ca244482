//! What a worker says, and what follows from it.

use std::time::{Duration, Instant};

use super::{Blame, Supervisor};
use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::process::{Heard, Process};
use crate::embed::protocol::{Hello, Refusal, Reply, VERSION};
use crate::embed::state::{Cause, State};

impl Supervisor {
    pub(super) fn hear(&mut self, heard: Heard, now: Instant) {
        let Some(running) = &mut self.running else { return };
        running.silent_since = now;
        match heard {
            Heard::Reply(Reply::Hello(hello)) => self.greet(&hello, now),
            Heard::Reply(Reply::Vector { id, micros, values, .. }) => {
                let took = Duration::from_micros(micros);
                self.pace.answered(took);
                let (found, expected) = (values.len(), running.dimensions);
                let answer = if found == expected {
                    Ok(values)
                } else {
                    Err(EmbedError::Rejected(format!("{found} values came instead of {expected}")))
                };
                self.answered(id, answer, took);
            }
            Heard::Reply(Reply::Rejected { id, message }) => {
                self.answered(id, Err(EmbedError::Rejected(message)), Duration::ZERO);
            }
            Heard::Reply(Reply::Leaving) => {
                tracing::info!("the embedding worker has outgrown its memory and is replaced");
                self.take_back(Blame::Nobody);
                self.state.send_replace(State::Idle);
            }
            Heard::Reply(Reply::Refused { cause, message }) => self.refused(cause, message, now),
            Heard::Ended => {
                let status = self.take_back(Blame::InWork).and_then(Process::end);
                let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
                self.fail(Cause::Crashed, &format!("the process that embeds ended ({how})"), now);
            }
        }
    }

    fn greet(&mut self, hello: &Hello, now: Instant) {
        if hello.version != VERSION {
            let message = "Quarry was updated: quit it and start it again";
            self.fail(Cause::NotStarted, message, now);
        } else if self.model_id().as_deref() != Some(&hello.model) {
            tracing::info!("the model's files were replaced: it is looked for again");
            self.take_back(Blame::Nobody);
            self.look_for_model(now);
            let (state, model) = (self.state.borrow().clone(), self.model_id());
            self.queues.refuse(&state, |job| !job.takes(model.as_deref()));
        } else if let Some(running) = &mut self.running {
            running.ready = true;
            running.threads = hello.threads;
            running.dimensions = hello.dimensions;
            self.state.send_replace(State::Ready);
        }
    }

    /// `took`: of the worker, by one of its threads.
    fn answered(&mut self, id: u64, answer: Result<Vec<f32>, EmbedError>, took: Duration) {
        self.failures = 0;
        let Some(running) = &mut self.running else { return };
        if let Some(job) = running.given.remove(&id) {
            if job.priority == Priority::Background {
                let share = u32::try_from(running.threads).unwrap_or(1).max(1);
                self.background.send_modify(|sum| *sum += took / share);
            }
            // Whoever asked may have gone away.
            let _ = job.answer.send(answer);
        }
    }

    fn refused(&mut self, cause: Refusal, message: String, now: Instant) {
        match cause {
            Refusal::ModelMissing => {
                self.take_back(Blame::Nobody);
                self.miss(message);
            }
            Refusal::ModelDamaged => self.fail(Cause::ModelDamaged, &message, now),
            Refusal::RuntimeFailed => self.fail(Cause::RuntimeFailed, &message, now),
        }
    }
}
