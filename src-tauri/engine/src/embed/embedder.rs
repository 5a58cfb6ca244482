//! Vectors for texts, from anywhere in the engine: queues in front of a worker process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::model::Model;
use super::pace;
use super::state::State;
use super::supervisor::{Event, Job, Shown, Supervisor};

/// A worker that nobody asked for this long ends.
const IDLE: Duration = Duration::from_secs(180);
/// Twice what a worker with the usual model is seen to need.
const MEMORY_LIMIT: u64 = 512 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// No model is used and no process started until other options come.
    pub off: bool,
    /// The program that calls [`super::worker::serve`] when it is started with `arguments` and the
    /// words of [`super::worker::WorkerArguments`] behind them.
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// A folder with a model; `None` for the one that came with the program.
    pub model: Option<PathBuf>,
    /// The name by which [`super::published`] has it, where it has.
    pub published: Option<String>,
    pub idle: Duration,
    /// Bytes of a worker's resident memory besides the model, above which it is replaced.
    pub memory_limit: u64,
    pub threads: usize,
}

impl Options {
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Options {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = pace::threads(cores);
        let memory_limit = MEMORY_LIMIT * threads as u64;
        let (off, model, published) = (false, None, None);
        Options { off, program, arguments, model, published, idle: IDLE, memory_limit, threads }
    }
}

/// Who waits for a vector. A later one is never computed before an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A person's question.
    Query,
    /// What may answer that question.
    Candidates,
    /// What may be asked for some day.
    Background,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// There is no worker, and none soon; the state says why.
    #[error("there is no model to embed with")]
    Unavailable(State),
    /// This text ends every worker, or the model refuses it.
    #[error("this text cannot be embedded: {0}")]
    Rejected(String),
    #[error("the embedder is closed")]
    Closed,
}

/// Cheap to clone. The worker ends with the last clone.
#[derive(Clone)]
pub struct Embedder {
    inner: Arc<Inner>,
}

struct Inner {
    events: Sender<Event>,
    state: watch::Receiver<State>,
    model: watch::Receiver<Option<Model>>,
    background: watch::Receiver<Duration>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Embedder {
    /// Looks for the model; starts no process before there is something to embed.
    pub fn start(options: Options) -> std::io::Result<Embedder> {
        let (events, inbox) = channel();
        let (supervisor, shown) = Supervisor::new(options, events.clone(), Instant::now());
        let thread = std::thread::Builder::new()
            .name("embedder".into())
            .spawn(move || supervisor.run(&inbox))?;
        let thread = Mutex::new(Some(thread));
        let Shown { state, model, background } = shown;
        Ok(Embedder { inner: Arc::new(Inner { events, state, model, background, thread }) })
    }

    /// One that never starts anything.
    pub fn off() -> Embedder {
        let (events, _) = channel();
        let (_, state) = watch::channel(State::Off);
        let (_, model) = watch::channel(None);
        let (_, background) = watch::channel(Duration::ZERO);
        let thread = Mutex::new(None);
        Embedder { inner: Arc::new(Inner { events, state, model, background, thread }) }
    }

    pub fn state(&self) -> State {
        self.inner.state.borrow().clone()
    }

    /// Every change of the state.
    pub fn states(&self) -> watch::Receiver<State> {
        self.inner.state.clone()
    }

    /// The model whose vectors come from here: the key of their cache. `None` while it is missing.
    pub fn model(&self) -> Option<Model> {
        self.inner.model.borrow().clone()
    }

    /// For how long models have computed for [`Priority::Background`] so far: a worker's threads
    /// together count once.
    pub fn background_time(&self) -> Duration {
        *self.inner.background.borrow()
    }

    /// A vector of length 1. Overtakes everything else; fails at once while no worker can be had.
    pub async fn embed_query(&self, text: String) -> Result<Vec<f32>, EmbedError> {
        self.one(text, Priority::Query, None).await
    }

    /// A vector a text, in their order. Survives workers that end; waits as long as it takes.
    /// Texts that have not begun are forgotten when the future is dropped. With the id of a model,
    /// vectors of another one never come.
    pub async fn embed_batch(
        &self,
        texts: Vec<String>,
        priority: Priority,
        model: Option<&str>,
    ) -> Vec<Result<Vec<f32>, EmbedError>> {
        join_all(texts.into_iter().map(|text| self.one(text, priority, model))).await
    }

    async fn one(
        &self,
        text: String,
        priority: Priority,
        model: Option<&str>,
    ) -> Result<Vec<f32>, EmbedError> {
        if self.state() == State::Off {
            return Err(EmbedError::Unavailable(State::Off));
        }
        let (answer, answered) = oneshot::channel();
        let model = model.map(str::to_owned);
        let job = Job { text, priority, model, attempts: 0, answer };
        self.inner.events.send(Event::Submit(job)).map_err(|_| EmbedError::Closed)?;
        answered.await.unwrap_or(Err(EmbedError::Closed))
    }

    /// One attempt at once, from a clean start: for a person who pressed Retry.
    pub fn retry(&self) {
        // Nobody to try again when it is off or closed.
        let _ = self.inner.events.send(Event::Retry);
    }

    /// Takes another model, or none. Whoever waits for a vector gets
    /// [`EmbedError::Unavailable`].
    pub fn switch(&self, options: Options) {
        // One that is closed has nothing to embed with.
        let _ = self.inner.events.send(Event::Switch(Box::new(options)));
    }

    /// Ends the worker; whoever still waits gets [`EmbedError::Closed`].
    pub async fn close(&self) {
        let thread = self.inner.take_thread();
        let _ = self.inner.events.send(Event::Close);
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            tracing::debug!(ok = joined.is_ok(), "the embedder is closed");
        }
    }
}

impl Inner {
    fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Close);
    }
}
