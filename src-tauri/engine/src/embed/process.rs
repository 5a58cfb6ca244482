//! One worker process and the two threads that speak with it.

use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::protocol::{Reply, Request};

/// What a worker lets one know.
#[derive(Debug)]
pub enum Heard {
    Reply(Reply),
    /// It will say nothing more.
    Ended,
}

/// Killed and waited for when it is dropped.
pub struct Process {
    child: Child,
    /// `None` once it is to end by itself.
    requests: Option<Sender<Request>>,
}

impl Process {
    /// Starts `program` with `arguments`, from a thread that lives as long as the worker is to: on
    /// Linux the worker dies with it. `hear` is called on another thread.
    pub fn start(
        program: &Path,
        arguments: &[std::ffi::OsString],
        hear: impl Fn(Heard) + Send + 'static,
    ) -> io::Result<Process> {
        let mut child = Command::new(program)
            .args(arguments)
            // The tokenizer has nothing to gain from threads of its own.
            .env("TOKENIZERS_PARALLELISM", "false")
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut process = Process { child, requests: None };
        let (Some(mut input), Some(output)) = (input, output) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (requests, outgoing) = channel::<Request>();
        // A worker that does not read blocks its own writer only.
        thread::Builder::new().name("embed-writer".into()).spawn(move || {
            while let Ok(request) = outgoing.recv() {
                if request.write(&mut input).is_err() {
                    break;
                }
            }
        })?;
        thread::Builder::new().name("embed-reader".into()).spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(reply)) = Reply::read(&mut output) {
                hear(Heard::Reply(reply));
            }
            hear(Heard::Ended);
        })?;
        process.requests = Some(requests);
        Ok(process)
    }

    pub fn send(&self, request: Request) {
        if let Some(requests) = &self.requests {
            // A writer that has ended means a worker that has: the reader says so.
            let _ = requests.send(request);
        }
    }

    /// How it ended; `None` if the system does not say.
    pub fn end(mut self) -> Option<ExitStatus> {
        self.kill()
    }

    fn kill(&mut self) -> Option<ExitStatus> {
        self.requests = None;
        let killed = self.child.kill();
        let status = self.child.wait();
        tracing::debug!(?killed, ?status, "the embedding worker ended");
        status.ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
