//! The thread behind an [`Embedder`](super::embedder::Embedder): it starts the worker, feeds it,
//! and starts it again. It is one thread, as on Linux a worker dies with the thread that began it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::embedder::{EmbedError, Options, Priority};
use super::model::{Model, ModelError};
use super::pace::{self, Pace};
use super::process::{Heard, Process};
use super::protocol::{Refusal, Reply, Request, VERSION};
use super::state::{Cause, State};
use super::worker::WorkerArguments;

/// A text with which this many workers ended is not given to another.
const MOST_ATTEMPTS: u8 = 3;
/// How often a missing model is looked for while it is asked for.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
const PRIORITIES: usize = 3;

pub enum Event {
    Submit(Job),
    Heard { generation: u64, heard: Heard },
    Retry,
    Switch(Box<Options>),
    Close,
}

pub struct Job {
    pub text: String,
    pub priority: Priority,
    /// The id of the only model whose vector is of use.
    pub model: Option<String>,
    pub attempts: u8,
    pub answer: oneshot::Sender<Result<Vec<f32>, EmbedError>>,
}

struct Running {
    process: Process,
    /// What the worker has and has not answered, by the number it has there.
    given: BTreeMap<u64, Job>,
    threads: usize,
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
    looked_at: Instant,
    queues: [VecDeque<Job>; PRIORITIES],
    running: Option<Running>,
    /// Counts the workers, so that a late word of an ended one is known as such.
    generation: u64,
    next_id: u64,
    pace: Pace,
    failures: u32,
    /// Not before then is another worker started; `None` inside is never, without Retry.
    held_until: Option<Option<Instant>>,
    idle_since: Instant,
}

impl Supervisor {
    pub fn new(
        options: Options,
        events: Sender<Event>,
    ) -> (Supervisor, watch::Receiver<State>, watch::Receiver<Option<Model>>) {
        let (state, states) = watch::channel(State::Idle);
        let (model, models) = watch::channel(None);
        let now = Instant::now();
        let mut supervisor = Supervisor {
            options,
            events,
            state,
            model,
            looked_at: now,
            queues: Default::default(),
            running: None,
            generation: 0,
            next_id: 0,
            pace: Pace::default(),
            failures: 0,
            held_until: None,
            idle_since: now,
        };
        supervisor.look_for_model();
        (supervisor, states, models)
    }

    pub fn run(mut self, inbox: &Receiver<Event>) {
        loop {
            self.advance();
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
            match event {
                Event::Submit(job) => self.submit(job),
                Event::Heard { generation, heard } if generation == self.generation => {
                    self.hear(heard);
                }
                Event::Heard { .. } => {}
                Event::Retry => self.retry(),
                Event::Switch(options) => self.switch(*options),
                Event::Close => break,
            }
        }
        // The worker ends with `running`, and whoever waits with the queues.
        self.state.send_replace(State::Off);
    }

    fn submit(&mut self, job: Job) {
        if self.model.borrow().is_none() && self.looked_at.elapsed() >= LOOK_AGAIN {
            self.look_for_model();
        }
        let state = self.state.borrow().clone();
        let refuses = match &state {
            State::Off | State::Missing { .. } => true,
            // Background work can wait for the next attempt, if one comes by itself.
            State::Failed { next_retry, .. } => {
                next_retry.is_none() || job.priority != Priority::Background
            }
            State::Idle | State::Starting | State::Ready => false,
        };
        let is_other = job
            .model
            .as_deref()
            .is_some_and(|id| self.model.borrow().as_ref().is_none_or(|present| present.id != id));
        if refuses || is_other {
            let _ = job.answer.send(Err(EmbedError::Unavailable(state)));
        } else {
            self.queues[job.priority as usize].push_back(job);
        }
    }

    fn look_for_model(&mut self) {
        self.looked_at = Instant::now();
        if self.options.off {
            self.model.send_replace(None);
            self.state.send_replace(State::Off);
            return;
        }
        match Model::locate(self.options.model.as_deref(), &self.options.program) {
            Ok(model) => {
                self.model.send_replace(Some(model));
                self.state.send_replace(State::Idle);
            }
            Err(ModelError::Missing { path }) => {
                let what = path.display().to_string();
                self.model.send_replace(None);
                let name = self.options.published.clone();
                self.state.send_replace(State::Missing { what, name });
            }
            Err(error) => {
                self.model.send_replace(None);
                self.fail(Cause::ModelDamaged, &error.to_string());
            }
        }
    }

    fn switch(&mut self, options: Options) {
        if self.options == options {
            return;
        }
        drop(self.take_back(Blame::Nobody));
        self.options = options;
        self.failures = 0;
        self.held_until = None;
        // What is slow for the one model is usual for another.
        self.pace = Pace::default();
        self.look_for_model();
        // What waits was asked of the model before.
        let state = self.state.borrow().clone();
        self.refuse_waiting(&state, true);
    }

    fn retry(&mut self) {
        if self.running.is_none() {
            self.failures = 0;
            self.held_until = None;
            self.look_for_model();
            if *self.state.borrow() == State::Idle {
                self.start();
            }
        }
    }

    /// Does what has become due: starts, feeds, gives up.
    fn advance(&mut self) {
        let now = Instant::now();
        for queue in &mut self.queues {
            queue.retain(|job| !job.answer.is_closed());
        }
        let waiting = self.queues.iter().any(|queue| !queue.is_empty());
        match &mut self.running {
            None => {
                let due = match self.held_until {
                    None => true,
                    Some(until) => until.is_some_and(|until| until <= now),
                };
                if waiting && due {
                    self.start();
                }
            }
            Some(running) => {
                let busy = !running.ready || !running.given.is_empty();
                if busy && now >= running.silent_since + self.pace.patience() {
                    self.pace.was_stuck();
                    self.fail(Cause::Stuck, "the process that embeds did not answer");
                } else if busy || waiting {
                    self.idle_since = now;
                } else if now >= self.idle_since + self.options.idle {
                    self.running = None;
                    self.generation += 1;
                    self.state.send_replace(State::Idle);
                }
            }
        }
        self.feed();
    }

    /// When [`Supervisor::advance`] has something to do even if nothing is heard.
    fn deadline(&self) -> Option<Instant> {
        match &self.running {
            Some(running) if running.ready && running.given.is_empty() => {
                Some(self.idle_since + self.options.idle)
            }
            Some(running) => Some(running.silent_since + self.pace.patience()),
            None if self.queues.iter().all(VecDeque::is_empty) => None,
            None => self.held_until.flatten(),
        }
    }

    fn start(&mut self) {
        let Some(model) = self.model.borrow().clone() else { return };
        self.generation += 1;
        self.held_until = None;
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
                    ready: false,
                    silent_since: Instant::now(),
                });
            }
            Err(error) => {
                self.fail(Cause::NotStarted, &format!("no process could be started: {error}"));
            }
        }
    }

    /// Questions go to the worker at once, the rest as its pace allows.
    fn feed(&mut self) {
        let Some(running) = self.running.as_mut().filter(|running| running.ready) else { return };
        let most = self.pace.ahead(running.threads);
        for (priority, queue) in self.queues.iter_mut().enumerate() {
            let question = priority == Priority::Query as usize;
            while question || running.given.len() < most {
                let Some(job) = queue.pop_front() else { break };
                if running.given.is_empty() {
                    running.silent_since = Instant::now();
                }
                let (id, text) = (self.next_id, job.text.clone());
                self.next_id += 1;
                running.process.send(Request { id, priority: job.priority as u8, text });
                running.given.insert(id, job);
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        let Some(running) = &mut self.running else { return };
        running.silent_since = Instant::now();
        match heard {
            Heard::Reply(Reply::Hello(hello)) if hello.version == VERSION => {
                running.ready = true;
                running.threads = hello.threads;
                self.state.send_replace(State::Ready);
            }
            Heard::Reply(Reply::Hello(_)) => {
                self.fail(Cause::NotStarted, "Quarry was updated: quit it and start it again");
            }
            Heard::Reply(Reply::Vector { id, micros, values, .. }) => {
                self.pace.answered(Duration::from_micros(micros));
                self.answered(id, Ok(values));
            }
            Heard::Reply(Reply::Rejected { id, message }) => {
                self.answered(id, Err(EmbedError::Rejected(message)));
            }
            Heard::Reply(Reply::Leaving) => {
                tracing::info!("the embedding worker has outgrown its memory and is replaced");
                self.take_back(Blame::Nobody);
                self.state.send_replace(State::Idle);
            }
            Heard::Reply(Reply::Refused { cause, message }) => self.refused(cause, message),
            Heard::Ended => {
                let status = self.take_back(Blame::InWork).and_then(Process::end);
                let how = status.map_or_else(|| "ended".into(), |status| status.to_string());
                self.fail(Cause::Crashed, &format!("the process that embeds ended ({how})"));
            }
        }
    }

    fn answered(&mut self, id: u64, answer: Result<Vec<f32>, EmbedError>) {
        self.failures = 0;
        let Some(running) = &mut self.running else { return };
        if let Some(job) = running.given.remove(&id) {
            // Whoever asked may have gone away.
            let _ = job.answer.send(answer);
        }
    }

    fn refused(&mut self, cause: Refusal, message: String) {
        match cause {
            Refusal::ModelMissing => {
                self.take_back(Blame::Nobody);
                self.model.send_replace(None);
                let name = self.options.published.clone();
                let state = State::Missing { what: message, name };
                self.state.send_replace(state.clone());
                self.refuse_waiting(&state, true);
            }
            Refusal::ModelDamaged => self.fail(Cause::ModelDamaged, &message),
            Refusal::RuntimeFailed => self.fail(Cause::RuntimeFailed, &message),
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
                self.queues[job.priority as usize].push_front(job);
            }
        }
        Some(running.process)
    }

    fn fail(&mut self, cause: Cause, message: &str) {
        drop(self.take_back(Blame::InWork));
        self.failures += 1;
        let pause = pace::back_off(self.failures);
        let retry = cause.is_transient().then(|| Instant::now() + pause);
        self.held_until = Some(retry);
        let clock = Timestamp::now();
        let next_retry = retry.map(|_| {
            let pause = jiff::SignedDuration::try_from(pause).unwrap_or_default();
            clock.checked_add(pause).unwrap_or(clock)
        });
        let remedy =
            if retry.is_some() { "It is tried again." } else { "Mend it, then press Retry." };
        let message = format!("Search by meaning failed: {message}. {remedy}");
        tracing::warn!(cause = cause.word(), message, attempts = self.failures, "embedding");
        let state = State::Failed { cause, message, attempts: self.failures, next_retry };
        self.state.send_replace(state.clone());
        // The first failure in a row is mended within a second: worth waiting for.
        if retry.is_none() || self.failures > 1 {
            self.refuse_waiting(&state, retry.is_none());
        }
    }

    fn refuse_waiting(&mut self, state: &State, background: bool) {
        let most = if background { PRIORITIES } else { Priority::Background as usize };
        for queue in &mut self.queues[..most] {
            for job in queue.drain(..) {
                let _ = job.answer.send(Err(EmbedError::Unavailable(state.clone())));
            }
        }
    }
}
