//! The rules, with the time passed in and a worker that says nothing by itself.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;

use tokio::sync::oneshot;

use super::*;
use crate::embed::model::{ENCODER, MANIFEST, TOKENIZER};
use crate::embed::protocol::{Hello, Reply, VERSION};

type Answer = oneshot::Receiver<Result<Vec<f32>, EmbedError>>;

/// A model that can be found, with the library of the system it runs on.
fn model(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for name in TOKENIZER.iter().chain(&[ENCODER]) {
        fs::write(folder.join(name), "{}").unwrap();
    }
    for library in ["onnxruntime.dll", "libonnxruntime.dylib", "libonnxruntime.so"] {
        fs::write(folder.join(library), "").unwrap();
    }
}

struct Given {
    supervisor: Supervisor,
    now: Instant,
    folder: tempfile::TempDir,
}

impl Given {
    fn new() -> Given {
        let folder = tempfile::tempdir().unwrap();
        model(folder.path());
        Given::with(folder)
    }

    fn with(folder: tempfile::TempDir) -> Given {
        let silent = ["-c", "cat > /dev/null"].map(Into::into).to_vec();
        let options = Options {
            model: Some(folder.path().to_owned()),
            ..Options::new("/bin/sh".into(), silent)
        };
        let now = Instant::now();
        let (supervisor, _) = Supervisor::new(options, channel().0, now);
        Given { supervisor, now, folder }
    }

    fn after(&mut self, pause: Duration) {
        self.now += pause;
        self.supervisor.advance(self.now);
    }

    fn ask(&mut self, priority: Priority, model: Option<&str>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let (text, model) = (String::new(), model.map(str::to_owned));
        let job = Job { text, priority, model, attempts: 0, answer };
        self.supervisor.submit(job, self.now);
        self.supervisor.advance(self.now);
        answered
    }

    fn question(&mut self) -> Answer {
        self.ask(Priority::Query, None)
    }

    fn hear(&mut self, reply: Reply) {
        self.supervisor.hear(Heard::Reply(reply), self.now);
        self.supervisor.advance(self.now);
    }

    fn hello(&mut self, model: String) {
        let hello = Hello { version: VERSION, model, dimensions: 3, threads: 2 };
        self.hear(Reply::Hello(hello));
    }

    fn ready(&mut self) {
        self.hello(self.supervisor.model_id().unwrap());
        assert_eq!(self.state(), State::Ready);
    }

    /// The answer to the only text that is with the worker.
    fn vector(&mut self, values: Vec<f32>, micros: u64) {
        let given = &self.supervisor.running.as_ref().unwrap().given;
        let (id, _) = given.first_key_value().unwrap();
        self.hear(Reply::Vector { id: *id, tokens: 1, micros, values });
    }

    fn die(&mut self) {
        self.supervisor.hear(Heard::Ended, self.now);
        self.supervisor.advance(self.now);
    }

    fn state(&self) -> State {
        self.supervisor.state.borrow().clone()
    }
}

fn is_refused(answer: &mut Answer) -> bool {
    matches!(answer.try_recv(), Ok(Err(EmbedError::Unavailable(_))))
}

#[test]
fn a_worker_that_died_while_nobody_asked_is_there_for_the_next_question() {
    let mut given = Given::new();
    let mut first = given.question();
    given.ready();
    given.vector(vec![1.0; 3], 1);
    assert!(first.try_recv().unwrap().is_ok());
    given.die();
    assert!(matches!(given.state(), State::Failed { next_retry: Some(_), .. }));
    let due = given.supervisor.deadline().unwrap();
    given.after(due - given.now);
    assert_eq!(given.state(), State::Idle, "nothing is in the way any more");
    assert_eq!(given.supervisor.deadline(), None);
    let mut second = given.question();
    given.ready();
    given.vector(vec![1.0; 3], 1);
    assert!(second.try_recv().unwrap().is_ok());
}

#[test]
fn questions_are_refused_while_a_worker_fails_again_and_again_and_only_then() {
    let mut given = Given::new();
    let mut waiting = given.question();
    given.die();
    assert!(waiting.try_recv().is_err(), "the first attempt comes within a second");
    let mut brief = given.question();
    assert!(brief.try_recv().is_err(), "for whoever asks meanwhile as well");
    given.after(Duration::from_secs(1));
    given.die();
    assert!(is_refused(&mut waiting) && is_refused(&mut brief));
    assert!(is_refused(&mut given.question()));
    let mut background = given.ask(Priority::Background, None);
    assert!(background.try_recv().is_err());
    drop(background);
    given.after(Duration::from_secs(2));
    let mut late = given.question();
    given.ready();
    given.vector(vec![1.0; 3], 1);
    assert!(late.try_recv().unwrap().is_ok());
}

#[test]
fn a_broken_model_that_was_mended_is_used() {
    let folder = tempfile::tempdir().unwrap();
    model(folder.path());
    fs::write(folder.path().join(MANIFEST), "{ \"name\": \"cut").unwrap();
    let mut given = Given::with(folder);
    assert!(matches!(given.state(), State::Failed { cause: Cause::ModelDamaged, .. }));
    fs::write(given.folder.path().join(MANIFEST), "{}").unwrap();
    given.after(LOOK_AGAIN);
    let mut question = given.question();
    given.ready();
    given.vector(vec![1.0; 3], 1);
    assert!(question.try_recv().unwrap().is_ok());
}

#[test]
fn a_model_that_was_taken_away_stays_missing_after_the_pause() {
    let mut given = Given::new();
    let _question = given.question();
    given.die();
    fs::remove_file(given.folder.path().join(ENCODER)).unwrap();
    given.supervisor.retry(given.now);
    given.after(Duration::from_secs(60));
    assert!(matches!(given.state(), State::Missing { .. }), "{:?}", given.state());
}

#[test]
fn a_worker_with_another_model_gives_no_vectors_for_the_one_before() {
    let mut given = Given::new();
    let before = given.supervisor.model_id().unwrap();
    let mut question = given.question();
    let mut text = given.ask(Priority::Background, Some(&before));
    fs::write(given.folder.path().join(ENCODER), "another").unwrap();
    given.hello("another".into());
    let after = given.supervisor.model_id().unwrap();
    assert_ne!(before, after);
    assert!(is_refused(&mut text), "a vector of the new one is of no use");
    given.ready();
    given.vector(vec![1.0; 3], 1);
    assert!(question.try_recv().unwrap().is_ok(), "whoever asked gets one of the new one");
}

#[test]
fn a_vector_of_another_length_is_none() {
    let mut given = Given::new();
    let mut question = given.question();
    given.ready();
    given.vector(vec![1.0; 2], 1);
    assert!(matches!(question.try_recv(), Ok(Err(EmbedError::Rejected(_)))));
}

#[test]
fn only_background_work_counts_as_such_and_threads_share_it() {
    let mut given = Given::new();
    let _question = given.question();
    given.ready();
    given.vector(vec![1.0; 3], 1_000);
    let _text = given.ask(Priority::Background, None);
    given.vector(vec![1.0; 3], 1_000);
    assert_eq!(*given.supervisor.background.borrow(), Duration::from_micros(500));
}
