//! The worker process: reads texts, answers with vectors, ends when nobody speaks to it any more.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read, Stdout, Write};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::encoder::{Encoder, EncoderError};
use super::model::{Model, ModelError};
use super::protocol::{Hello, Refusal, Reply, Request, VERSION};

/// Below everything that a person waits for.
pub const NICENESS: i32 = 10;

/// A worker does at least this much before it ends for its memory: loading the model takes as long
/// as some of these texts, and a limit that is set too low must not stop all work.
const TEXTS_BETWEEN_LOOKS: u32 = 16;

/// What a worker is started with, as the words of its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerArguments {
    pub model: PathBuf,
    pub library: PathBuf,
    pub threads: usize,
    /// Bytes of resident memory above which it ends, to be started anew.
    pub memory_limit: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("a worker is started by Quarry, with MODEL LIBRARY THREADS BYTES")]
    Arguments,
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    #[error("the worker cannot talk to Quarry: {0}")]
    Io(#[from] io::Error),
}

impl WorkerArguments {
    pub fn words(&self) -> [OsString; 4] {
        let (threads, limit) = (self.threads.to_string(), self.memory_limit.to_string());
        [self.model.clone().into(), self.library.clone().into(), threads.into(), limit.into()]
    }

    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, WorkerError> {
        let words: Vec<OsString> = words.into_iter().collect();
        let [model, library, threads, limit] =
            <[OsString; 4]>::try_from(words).map_err(|_| WorkerError::Arguments)?;
        let number = |word: &OsString| word.to_str()?.parse().ok();
        let threads = number(&threads).ok_or(WorkerError::Arguments)?;
        Ok(Self {
            model: model.into(),
            library: library.into(),
            threads: usize::try_from(threads).map_err(|_| WorkerError::Arguments)?.max(1),
            memory_limit: number(&limit).ok_or(WorkerError::Arguments)?,
        })
    }
}

/// Requests that wait, by priority, and whether more may come.
#[derive(Default)]
struct Jobs {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    requests: VecDeque<Request>,
    over: bool,
}

impl Jobs {
    /// Behind those of its priority, before those of a later one.
    fn put(&self, request: Request) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = &mut waiting.requests;
        let at = requests.partition_point(|earlier| earlier.priority <= request.priority);
        requests.insert(at, request);
        self.changed.notify_one();
    }

    fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.changed.notify_all();
    }

    /// Waits for one; `None` when it is over.
    fn take(&self) -> Option<Request> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self
            .changed
            .wait_while(waiting, |waiting| !waiting.over && waiting.requests.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.over { None } else { waiting.requests.pop_front() }
    }
}

/// Serves standard input until it ends. Call it in a process of its own, and return from `main`
/// when it returns: threads that still compute are left behind.
pub fn serve(arguments: &WorkerArguments) -> Result<(), WorkerError> {
    die_with_the_parent();
    let encoders = match load(arguments) {
        Ok(encoders) => encoders,
        Err(error) => {
            let refused = Reply::Refused { cause: cause(&error), message: error.to_string() };
            refused.write(&mut io::stdout().lock())?;
            return Err(error.into());
        }
    };
    let jobs: &'static Jobs = Box::leak(Box::default());
    let Encoders { model, all, dimensions } = encoders;
    let threads = all.len();
    Reply::Hello(Hello { version: VERSION, model, dimensions, threads })
        .write(&mut io::stdout().lock())?;
    for encoder in all {
        let limit = arguments.memory_limit;
        std::thread::Builder::new().name("encoder".into()).spawn(move || {
            if answer(jobs, encoder, limit, &io::stdout()).is_err() {
                jobs.end();
            }
        })?;
    }
    read_requests(jobs, &mut io::stdin().lock())
}

/// Its own thread reads, so that the end of Quarry is seen while the model computes.
fn read_requests(jobs: &Jobs, from: &mut impl Read) -> Result<(), WorkerError> {
    while let Some(request) = Request::read(from)? {
        jobs.put(request);
    }
    jobs.end();
    Ok(())
}

struct Encoders {
    /// The id of their model.
    model: String,
    all: Vec<Encoder>,
    dimensions: usize,
}

fn load(arguments: &WorkerArguments) -> Result<Encoders, EncoderError> {
    let model = Model::open(&arguments.model, arguments.library.clone())?;
    model.verify()?;
    let environment = Encoder::load_library(&model)?;
    let mut all = Vec::new();
    for _ in 0..arguments.threads {
        all.push(Encoder::new(&model, &environment)?);
    }
    let first = all.first_mut().map(|encoder| encoder.encode("quarry")).transpose()?;
    let dimensions = first.map_or(0, |encoded| encoded.vector.len());
    Ok(Encoders { model: model.id, all, dimensions })
}

fn cause(error: &EncoderError) -> Refusal {
    match error {
        EncoderError::Model(ModelError::Missing { .. }) => Refusal::ModelMissing,
        EncoderError::Library(_) | EncoderError::Runtime(_) => Refusal::RuntimeFailed,
        _ => Refusal::ModelDamaged,
    }
}

fn answer(jobs: &Jobs, mut encoder: Encoder, limit: u64, to: &Stdout) -> io::Result<()> {
    let mut since_look = 0;
    while let Some(Request { id, text, .. }) = jobs.take() {
        let begun = Instant::now();
        let reply = match encoder.encode(&text) {
            Ok(encoded) => Reply::Vector {
                id,
                tokens: encoded.tokens,
                micros: begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX),
                values: encoded.vector,
            },
            Err(error) => Reply::Rejected { id, message: error.to_string() },
        };
        let mut to = to.lock();
        reply.write(&mut to)?;
        since_look = (since_look + 1) % TEXTS_BETWEEN_LOOKS;
        if since_look == 0 && resident_bytes().is_some_and(|resident| resident > limit) {
            // The parent ends this process when it has read it.
            Reply::Leaving.write(&mut to)?;
            jobs.end();
        }
        to.flush()?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn die_with_the_parent() {
    use rustix::process::{Signal, set_parent_process_death_signal};
    // Standard input ends with the parent as well; this serves a reader that does not get to run.
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        tracing::debug!(%error, "no signal at the parent's death");
    }
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority stays");
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn die_with_the_parent() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority stays");
    }
}

#[cfg(not(unix))]
fn die_with_the_parent() {
    tracing::debug!(NICENESS, "the priority stays");
}

/// `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_the_command_line() {
        let arguments = WorkerArguments {
            model: "/a model".into(),
            library: "/lib.so".into(),
            threads: 3,
            memory_limit: 1 << 30,
        };
        assert_eq!(WorkerArguments::parse(arguments.words()).unwrap(), arguments);
        assert!(WorkerArguments::parse(["a".into()]).is_err());
        assert!(WorkerArguments::parse(["a", "b", "x", "1"].map(OsString::from)).is_err());
    }

    #[test]
    fn a_query_is_taken_before_what_waits_for_longer() {
        let jobs = Jobs::default();
        for (id, priority) in [(1, 2), (2, 2), (3, 0), (4, 1), (5, 0)] {
            jobs.put(Request { id, priority, text: String::new() });
        }
        let order: Vec<u64> = (0..5).filter_map(|_| Some(jobs.take()?.id)).collect();
        assert_eq!(order, [3, 5, 4, 1, 2]);
        jobs.end();
        assert_eq!(jobs.take(), None);
    }
}
