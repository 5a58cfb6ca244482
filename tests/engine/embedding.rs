//! The embedder with real worker processes and the real model.

use std::path::{Path, PathBuf};
use std::time::Duration;

use quarry_engine::embed::embedder::{EmbedError, Embedder, Options, Priority};
use quarry_engine::embed::model::Model;
use quarry_engine::embed::state::{Cause, State};
use rustix::process::{Pid, Signal, kill_process};

use crate::world::{DEADLINE, until};

const WORKER: &str = env!("CARGO_BIN_EXE_embed-worker");

pub fn options() -> Options {
    let options = Options { threads: 1, ..Options::new(WORKER.into(), vec![]) };
    let located = Model::locate(None, Path::new(WORKER));
    assert!(located.is_ok(), "run `cargo xtask model` first: {located:?}");
    options
}

/// A folder with the model's files, and the program's own library beside the program.
pub fn copied_model(into: &Path) -> PathBuf {
    let model = Model::locate(None, Path::new(WORKER)).unwrap();
    for entry in std::fs::read_dir(&model.directory).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), into.join(entry.file_name())).unwrap();
    }
    into.to_owned()
}

/// The same model under another name: its vectors are kept by themselves.
pub fn renamed_model(into: &Path) -> PathBuf {
    let model = copied_model(into);
    let path = model.join("model.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["name"] = "another".into();
    manifest["max_tokens"] = 128.into();
    std::fs::write(path, manifest.to_string()).unwrap();
    model
}

/// The workers whose parent is this process and whose model is in `model`.
pub fn workers(model: &Path) -> Vec<Pid> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.first() == Some(&WORKER.as_bytes())
            && words.get(1) == Some(&model.as_os_str().as_encoded_bytes())
    })
    .filter_map(Pid::from_raw)
    .collect()
}

pub async fn the_worker(model: &Path) -> Pid {
    until("a worker runs", async || workers(model).first().copied()).await
}

async fn until_state(embedder: &Embedder, what: &str, fits: impl Fn(&State) -> bool) -> State {
    let mut states = embedder.states();
    let waited = tokio::time::timeout(DEADLINE, states.wait_for(|state| fits(state))).await;
    match waited {
        Ok(state) => state.unwrap().clone(),
        Err(_) => panic!("never {what}: {:?}", embedder.state()),
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn long_texts(count: usize) -> Vec<String> {
    let text = |n| format!("fn number_{n}() {{ {} }}", "let value = compute(value); ".repeat(25));
    (0..count).map(text).collect()
}

#[tokio::test]
async fn after_a_switch_no_vector_comes_of_the_model_before() {
    let folder = tempfile::tempdir().unwrap();
    let model = renamed_model(folder.path());
    let embedder = Embedder::start(options()).unwrap();
    let before = embedder.model().unwrap().id;
    let busy = tokio::spawn({
        let (embedder, before) = (embedder.clone(), before.clone());
        async move { embedder.embed_batch(long_texts(400), Priority::Background, Some(&before)).await }
    });
    until_state(&embedder, "ready", |state| *state == State::Ready).await;
    embedder.switch(Options { model: Some(model), ..options() });
    let answers = busy.await.unwrap();
    assert!(matches!(answers.last(), Some(Err(EmbedError::Unavailable(_)))), "{answers:?}");
    let after = embedder.model().unwrap().id;
    assert_ne!(before, after);
    let one = async |id: &str| {
        let texts = vec!["close the socket".to_owned()];
        embedder.embed_batch(texts, Priority::Background, Some(id)).await.pop().unwrap()
    };
    assert!(matches!(one(&before).await, Err(EmbedError::Unavailable(_))));
    assert_eq!(one(&after).await.unwrap().len(), 384);
    embedder.switch(Options { off: true, ..options() });
    until_state(&embedder, "off", |state| *state == State::Off).await;
    assert_eq!(embedder.model(), None);
    embedder.switch(options());
    until_state(&embedder, "on again", |state| *state != State::Off).await;
    assert!(one(&before).await.is_ok());
    embedder.close().await;
}

#[tokio::test]
async fn vectors_are_those_of_the_reference_model() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden_vectors.json")).unwrap();
    let embedder = Embedder::start(options()).unwrap();
    for case in golden.as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let values = case["vector"].as_array().unwrap().iter();
        let expected: Vec<f32> = values.map(|value| value.as_f64().unwrap() as f32).collect();
        let vector = embedder.embed_query(text.to_owned()).await.unwrap();
        assert!((vector.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-3);
        let alike = cosine(&vector, &expected);
        assert!(alike >= 0.99, "{alike} for {text}");
    }
    embedder.close().await;
}

#[tokio::test]
async fn a_text_has_the_same_vector_whatever_it_is_embedded_with() {
    let embedder = Embedder::start(options()).unwrap();
    let alone = embedder.embed_query("close the socket".into()).await.unwrap();
    let mut texts = long_texts(3);
    texts.push("close the socket".into());
    let among =
        embedder.embed_batch(texts, Priority::Background, None).await.pop().unwrap().unwrap();
    assert_eq!(alone, among);
    embedder.close().await;
}

#[tokio::test]
async fn the_end_of_a_text_beyond_the_models_window_counts() {
    let embedder = Embedder::start(options()).unwrap();
    let start = "the parser reads a number and then a comma. ".repeat(60);
    let end = "a bird sings in the garden while rain falls on the roof. ".repeat(60);
    let whole = embedder.embed_query(format!("{start}{end}")).await.unwrap();
    let birds = embedder.embed_query("a bird sings in the rain".into()).await.unwrap();
    let begun = embedder.embed_query(start).await.unwrap();
    let (whole, begun) = (cosine(&whole, &birds), cosine(&begun, &birds));
    assert!(whole > begun + 0.1, "{whole} {begun}");
    embedder.close().await;
}

#[tokio::test]
async fn a_question_overtakes_what_waits() {
    let embedder = Embedder::start(options()).unwrap();
    let batch = tokio::spawn({
        let embedder = embedder.clone();
        async move { embedder.embed_batch(long_texts(400), Priority::Background, None).await }
    });
    until_state(&embedder, "ready", |state| *state == State::Ready).await;
    embedder.embed_query("what is asked".into()).await.unwrap();
    assert!(!batch.is_finished(), "the question waited for the whole batch");
    batch.abort();
    embedder.close().await;
}

#[tokio::test]
async fn killing_workers_in_the_middle_loses_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let options = Options { model: Some(model.clone()), ..options() };
    let embedder = Embedder::start(options).unwrap();
    let texts = long_texts(60);
    let batch = tokio::spawn({
        let (embedder, texts) = (embedder.clone(), texts.clone());
        async move { embedder.embed_batch(texts, Priority::Background, None).await }
    });
    for _ in 0..2 {
        let worker = the_worker(&model).await;
        until_state(&embedder, "ready", |state| *state == State::Ready).await;
        kill_process(worker, Signal::KILL).unwrap();
        until_state(&embedder, "failed", |state| {
            matches!(state, State::Failed { cause: Cause::Crashed, next_retry: Some(_), .. })
        })
        .await;
    }
    let vectors = batch.await.unwrap();
    assert_eq!(vectors.len(), texts.len());
    let again = embedder.embed_query(texts[59].clone()).await.unwrap();
    assert_eq!(vectors[59].as_ref(), Ok(&again));
    assert!(vectors.iter().all(Result::is_ok));
    embedder.close().await;
    assert_eq!(workers(&model), []);
}

#[tokio::test]
async fn a_missing_model_is_said_and_found_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { model: Some(folder.path().to_owned()), ..options() };
    let embedder = Embedder::start(options).unwrap();
    let State::Missing { what, .. } = embedder.state() else { panic!("{:?}", embedder.state()) };
    assert!(what.contains(folder.path().to_str().unwrap()));
    let refused = embedder.embed_query("anything".into()).await;
    assert!(matches!(refused, Err(EmbedError::Unavailable(State::Missing { .. }))));

    copied_model(folder.path());
    embedder.retry();
    until_state(&embedder, "ready", |state| *state == State::Ready).await;
    embedder.embed_query("anything".into()).await.unwrap();
    embedder.close().await;
}

#[tokio::test]
async fn a_damaged_model_waits_for_retry() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let whole = std::fs::read(model.join("model.onnx")).unwrap();
    std::fs::write(model.join("model.onnx"), &whole[..whole.len() / 2]).unwrap();
    let options = Options { model: Some(model.clone()), ..options() };
    let embedder = Embedder::start(options).unwrap();
    let refused = embedder.embed_query("anything".into()).await;
    let Err(EmbedError::Unavailable(State::Failed { cause, next_retry, message, .. })) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!((cause, next_retry), (Cause::ModelDamaged, None));
    assert!(message.contains("model.onnx"), "{message}");
    let waits = embedder.embed_batch(vec!["a".into()], Priority::Background, None).await;
    assert!(waits[0].is_err(), "nothing waits for what never comes by itself");

    std::fs::write(model.join("model.onnx"), whole).unwrap();
    embedder.retry();
    until_state(&embedder, "ready", |state| *state == State::Ready).await;
    embedder.embed_query("anything".into()).await.unwrap();
    embedder.close().await;
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_a_failure_that_is_tried_again() {
    let model = Model::locate(None, Path::new(WORKER)).unwrap();
    // Its library is named by the model's folder, as the program has none beside it.
    let options =
        Options { program: "/bin/false".into(), model: Some(model.directory), ..options() };
    let embedder = Embedder::start(options).unwrap();
    let refused = embedder.embed_query("anything".into()).await;
    assert!(matches!(
        refused,
        Err(EmbedError::Unavailable(State::Failed { next_retry: Some(_), attempts: 2, .. }))
    ));
    embedder.close().await;
}

#[tokio::test]
async fn a_worker_that_nobody_asks_ends_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let idle = Duration::from_millis(200);
    let options = Options { model: Some(model.clone()), idle, ..options() };
    let embedder = Embedder::start(options).unwrap();
    assert_eq!(workers(&model), [], "nothing runs before something is asked");
    embedder.embed_query("first".into()).await.unwrap();
    until_state(&embedder, "idle", |state| *state == State::Idle).await;
    until("the worker ends", async || workers(&model).is_empty().then_some(())).await;
    embedder.embed_query("second".into()).await.unwrap();
    embedder.close().await;
}

#[tokio::test]
async fn a_worker_that_was_killed_while_nobody_asked_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let embedder = Embedder::start(Options { model: Some(model.clone()), ..options() }).unwrap();
    embedder.embed_query("first".into()).await.unwrap();
    kill_process(the_worker(&model).await, Signal::KILL).unwrap();
    until_state(&embedder, "failed", |state| matches!(state, State::Failed { .. })).await;
    embedder.embed_query("at once".into()).await.unwrap();
    kill_process(the_worker(&model).await, Signal::KILL).unwrap();
    until_state(&embedder, "failed", |state| matches!(state, State::Failed { .. })).await;
    until_state(&embedder, "idle", |state| *state == State::Idle).await;
    embedder.embed_query("later".into()).await.unwrap();
    embedder.close().await;
}

#[tokio::test]
async fn model_files_that_were_replaced_never_answer_for_the_model_before() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let idle = Duration::from_millis(100);
    let embedder =
        Embedder::start(Options { model: Some(model.clone()), idle, ..options() }).unwrap();
    let before = embedder.model().unwrap().id;
    embedder.embed_query("first".into()).await.unwrap();
    until_state(&embedder, "idle", |state| *state == State::Idle).await;
    renamed_model(&model);
    let texts = || vec!["close the socket".to_owned()];
    let of = |id: String| {
        let embedder = embedder.clone();
        async move { embedder.embed_batch(texts(), Priority::Background, Some(&id)).await.pop() }
    };
    assert!(matches!(of(before.clone()).await, Some(Err(EmbedError::Unavailable(_)))));
    let after = embedder.model().unwrap();
    assert_eq!(after.name, "another");
    assert!(matches!(of(after.id).await, Some(Ok(_))));
    embedder.close().await;
}

#[tokio::test]
async fn a_worker_above_its_memory_is_replaced_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    // Every worker is above this from the beginning.
    let options = Options { model: Some(model.clone()), memory_limit: 1 << 20, ..options() };
    let embedder = Embedder::start(options).unwrap();
    embedder.embed_query("first".into()).await.unwrap();
    let first = the_worker(&model).await;
    let vectors = embedder.embed_batch(long_texts(40), Priority::Background, None).await;
    assert!(vectors.iter().all(Result::is_ok));
    embedder.embed_query("last".into()).await.unwrap();
    assert_ne!(the_worker(&model).await, first);
    embedder.close().await;
}

#[tokio::test]
async fn an_embedder_that_is_off_starts_nothing_and_says_so() {
    let embedder = Embedder::off();
    let refused = embedder.embed_query("anything".into()).await;
    assert_eq!(refused, Err(EmbedError::Unavailable(State::Off)));
    assert!(embedder.model().is_none());
    embedder.close().await;
}

#[test]
fn a_worker_ends_with_its_parent() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let model = Model::locate(None, &copied_model(folder.path()).join("no-program"));
    drop(model);
    let library = Model::locate(None, Path::new(WORKER)).unwrap().library;
    // A shell in between, that is killed while the worker waits for its input.
    let script = "\"$0\" \"$@\" <&3 & wait";
    let mut shell = Command::new("sh")
        .args(["-c", &format!("exec 3<&0; {script}"), WORKER])
        .args([folder.path().as_os_str(), library.as_os_str()])
        .args(["1", "1000000000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while workers(folder.path()).is_empty() {
        assert!(started.elapsed() < DEADLINE, "no worker");
        std::thread::sleep(Duration::from_millis(10));
    }
    let input = shell.stdin.take();
    shell.kill().unwrap();
    shell.wait().unwrap();
    drop(input);
    while !workers(folder.path()).is_empty() {
        assert!(started.elapsed() < DEADLINE, "the worker outlives its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
}
