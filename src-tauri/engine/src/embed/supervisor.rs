//! The thread behind an [`Embedder`](super::embedder::Embedder): it starts the worker, feeds it,
//! and starts it again. It is one thread, as on Linux a worker dies with the thread that began it.

mod hearing;
mod queues;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use super::embedder::{EmbedError, Options, Priority};
use super::model::{Model, ModelError};
use super::pace::{self, Pace};
use super::process::{Heard, Process};
use super::protocol::Request;
use super::state::{Cause, State};
use super::worker::WorkerArguments;
pub use queues::Job;
use queues::Queues;

/// A text with which this many workers ended is not given to another.
const MOST_ATTEMPTS: u8 = 3;
/// How often a missing model is looked for while it is asked for.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

pub enum Event {
    Submit(Job),
    Heard { generation: u64, heard: Heard },
    Retry,
    Switch(Box<Options>),
    Close,
}

/// What everybody may see of it.
pub struct Shown {
    pub state: watch::Receiver<State>,
    pub model: watch::Receiver<Option<Model>>,
    /// What the models took for background work so far.
    pub background: watch::Receiver<Duration>,
}

/// Whether a worker may be started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Free,
    Until(Instant),
    /// Somebody has to mend something first.
    UntilRetry,
}

impl Hold {
    fn is_over(self, now: Instant) -> bool {
        match self {
            Hold::Free => true,
            Hold::Until(at) => at <= now,
            Hold::UntilRetry => false,
        }
    }
}

struct Running {
    process: Process,
    /// What the worker has and has not answered, by the number it has there.
    given: BTreeMap<u64, Job>,
    threads: usize,
    /// Values of each of its vectors.
    dimensions: usize,
    ready: bool,
    /// Since when it could have said something.
    silent_since: Instant,
}

/// Which of a worker's texts may have ended it.
#[derive(PartialEq, Eq)]
enum Blame {
    Nobody,
    /// Those that it worked at.
    InWork,
}

pub struct Supervisor {
    options: Options,
    events: Sender<Event>,
    state: watch::Sender<State>,
    model: watch::Sender<Option<Model>>,
    background: watch::Sender<Duration>,
    looked_at: Instant,
    queues: Queues,
    running: Option<Running>,
    /// Counts the workers, so that a late word of an ended one is known as such.
    generation: u64,
    next_id: u64,
    pace: Pace,
    failures: u32,
    hold: Hold,
    idle_since: Instant,
}

impl Supervisor {
    pub fn new(options: Options, events: Sender<Event>, now: Instant) -> (Supervisor, Shown) {
        let (state, states) = watch::channel(State::Idle);
        let (model, models) = watch::channel(None);
        let (background, took) = watch::channel(Duration::ZERO);
        let mut supervisor = Supervisor {
            options,
            events,
            state,
            model,
            background,
            looked_at: now,
            queues: Queues::default(),
            running: None,
            generation: 0,
            next_id: 0,
            pace: Pace::default(),
            failures: 0,
            hold: Hold::Free,
            idle_since: now,
        };
        supervisor.look_for_model(now);
        (supervisor, Shown { state: states, model: models, background: took })
    }

    pub fn run(mut self, inbox: &Receiver<Event>) {
        loop {
            self.advance(Instant::now());
            let event = match self.deadline() {
                Some(deadline) => {
                    match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                        Ok(event) => event,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                None => match inbox.recv() {
                    Ok(event) => event,
                    Err(_) => break,
                },
            };
            let now = Instant::now();
            match event {
                Event::Submit(job) => self.submit(job, now),
                Event::Heard { generation, heard } if generation == self.generation => {
                    self.hear(heard, now);
                }
                Event::Heard { .. } => {}
                Event::Retry => self.retry(now),
                Event::Switch(options) => self.switch(*options, now),
                Event::Close => break,
            }
        }
        // The worker ends with `running`, and whoever waits with the queues.
        self.state.send_replace(State::Off);
    }

    fn submit(&mut self, job: Job, now: Instant) {
        if self.model.borrow().is_none() && now >= self.looked_at + LOOK_AGAIN {
            self.look_for_model(now);
        }
        let state = self.state.borrow().clone();
        let refuses = match &state {
            State::Off | State::Missing { .. } => true,
            _ if self.hold == Hold::UntilRetry => true,
            _ => {
                !self.hold.is_over(now) && job.priority != Priority::Background && !self.is_brief()
            }
        };
        if refuses || !job.takes(self.model_id().as_deref()) {
            job.refuse(&state);
        } else {
            self.queues.put(job);
        }
    }

    /// The first failure in a row is mended within a second: worth waiting for.
    fn is_brief(&self) -> bool {
        self.failures <= 1
    }

    fn model_id(&self) -> Option<String> {
        self.model.borrow().as_ref().map(|model| model.id.clone())
    }

    fn look_for_model(&mut self, now: Instant) {
        self.looked_at = now;
        if self.options.off {
            self.model.send_replace(None);
            self.state.send_replace(State::Off);
            return;
        }
        match Model::locate(self.options.model.as_deref(), &self.options.program) {
            Ok(model) => {
                self.failures = 0;
                self.hold = Hold::Free;
                self.model.send_replace(Some(model));
                self.state.send_replace(State::Idle);
            }
            Err(ModelError::Missing { path }) => self.miss(path.display().to_string()),
            Err(error) => {
                self.model.send_replace(None);
                self.fail(Cause::ModelDamaged, &error.to_string(), now);
            }
        }
    }

    /// Nobody waits for a model of which `what` is not there.
    fn miss(&mut self, what: String) {
        self.model.send_replace(None);
        self.hold = Hold::Free;
        let state = State::Missing { what, name: self.options.published.clone() };
        self.state.send_replace(state.clone());
        self.queues.refuse(&state, |_| true);
    }

    fn switch(&mut self, options: Options, now: Instant) {
        if self.options == options {
            return;
        }
        drop(self.take_back(Blame::Nobody));
        self.options = options;
        self.failures = 0;
        self.hold = Hold::Free;
        // What is slow for the one model is usual for another.
        self.pace = Pace::default();
        self.look_for_model(now);
        // What waits was asked of the model before.
        let state = self.state.borrow().clone();
        self.queues.refuse(&state, |_| true);
    }

    fn retry(&mut self, now: Instant) {
        if self.running.is_none() {
            self.look_for_model(now);
            if *self.state.borrow() == State::Idle {
                self.start(now);
            }
        }
    }

    /// Does what has become due: starts, feeds, gives up.
    fn advance(&mut self, now: Instant) {
        self.queues.forget_abandoned();
        let waiting = !self.queues.is_empty();
        match &mut self.running {
            None if self.hold.is_over(now) => {
                if waiting {
                    self.start(now);
                } else if self.hold != Hold::Free {
                    // Tried again when somebody asks.
                    self.hold = Hold::Free;
                    self.state.send_replace(State::Idle);
                }
            }
            None => {}
            Some(running) => {
                let busy = !running.ready || !running.given.is_empty();
                if busy && now >= running.silent_since + self.pace.patience() {
                    self.pace.was_stuck();
                    self.fail(Cause::Stuck, "the process that embeds did not answer", now);
                } else if busy || waiting {
                    self.idle_since = now;
                } else if now >= self.idle_since + self.options.idle {
                    self.running = None;
                    self.generation += 1;
                    self.state.send_replace(State::Idle);
                }
            }
        }
        self.feed(now);
    }

    /// When [`Supervisor::advance`] has something to do even if nothing is heard.
    fn deadline(&self) -> Option<Instant> {
        match (&self.running, self.hold) {
            (Some(running), _) if running.ready && running.given.is_empty() => {
                Some(self.idle_since + self.options.idle)
            }
            (Some(running), _) => Some(running.silent_since + self.pace.patience()),
            (None, Hold::Until(at)) => Some(at),
            (None, Hold::Free | Hold::UntilRetry) => None,
        }
    }

    fn start(&mut self, now: Instant) {
        let Some(model) = self.model.borrow().clone() else { return };
        self.generation += 1;
        self.hold = Hold::Free;
        self.state.send_replace(State::Starting);
        // As the file has it, and as ONNX Runtime rearranges it, in each session.
        let weights = 2 * model.bytes * self.options.threads as u64;
        let worker = WorkerArguments {
            model: model.directory,
            library: model.library,
            threads: self.options.threads,
            memory_limit: self.options.memory_limit + weights,
        };
        let arguments = [&self.options.arguments[..], &worker.words()].concat();
        let (events, generation) = (self.events.clone(), self.generation);
        let hear = move |heard| {
            // After the end of the supervisor there is nobody to hear it.
            let _ = events.send(Event::Heard { generation, heard });
        };
        match Process::start(&self.options.program, &arguments, hear) {
            Ok(process) => {
                self.running = Some(Running {
                    process,
                    given: BTreeMap::new(),
                    threads: 1,
                    dimensions: 0,
                    ready: false,
                    silent_since: now,
                });
            }
            Err(error) => {
                self.fail(Cause::NotStarted, &format!("no process could be started: {error}"), now);
            }
        }
    }

    /// Questions go to the worker at once, the rest as its pace allows.
    fn feed(&mut self, now: Instant) {
        let Some(running) = self.running.as_mut().filter(|running| running.ready) else { return };
        let most = self.pace.ahead(running.threads);
        loop {
            let room = running.given.len() < most;
            let takes = |priority| room || priority == Priority::Query;
            let Some(job) = self.queues.take(takes) else { break };
            if running.given.is_empty() {
                running.silent_since = now;
            }
            let (id, text) = (self.next_id, job.text.clone());
            self.next_id += 1;
            running.process.send(Request { id, priority: job.priority as u8, text });
            running.given.insert(id, job);
        }
    }

    /// What the worker had goes back to the head of its queue.
    fn take_back(&mut self, blame: Blame) -> Option<Process> {
        let running = self.running.take()?;
        self.generation += 1;
        let mut given: Vec<Job> = running.given.into_values().collect();
        // The order in which the worker takes them.
        given.sort_by_key(|job| job.priority);
        if blame == Blame::InWork {
            given.iter_mut().take(running.threads).for_each(|job| job.attempts += 1);
        }
        for job in given.into_iter().rev() {
            if job.attempts >= MOST_ATTEMPTS {
                let why = format!("{MOST_ATTEMPTS} workers ended with it");
                let _ = job.answer.send(Err(EmbedError::Rejected(why)));
            } else {
                self.queues.put_back(job);
            }
        }
        Some(running.process)
    }

    fn fail(&mut self, cause: Cause, message: &str, now: Instant) {
        drop(self.take_back(Blame::InWork));
        self.failures += 1;
        let pause = pace::back_off(self.failures);
        let transient = cause.is_transient();
        self.hold = if transient { Hold::Until(now + pause) } else { Hold::UntilRetry };
        let clock = Timestamp::now();
        let next_retry = transient.then(|| {
            let pause = jiff::SignedDuration::try_from(pause).unwrap_or_default();
            clock.checked_add(pause).unwrap_or(clock)
        });
        let remedy = if transient { "It is tried again." } else { "Mend it, then press Retry." };
        let message = format!("Search by meaning failed: {message}. {remedy}");
        tracing::warn!(cause = cause.word(), message, attempts = self.failures, "embedding");
        let state = State::Failed { cause, message, attempts: self.failures, next_retry };
        self.state.send_replace(state.clone());
        if !transient {
            self.queues.refuse(&state, |_| true);
        } else if !self.is_brief() {
            self.queues.refuse(&state, |job| job.priority != Priority::Background);
        }
    }
}

#[cfg(test)]
mod tests;
