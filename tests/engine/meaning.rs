//! Answers that a comparison by meaning has ranked anew, with real workers and the real model.

use quarry_engine::embed::embedder;
use quarry_engine::search::habits::Opened;
use quarry_engine::search::{Hit, Mode, SearchAnswer, SearchRequest};
use quarry_engine::status::LaneName;
use rustix::process::{Signal, kill_process};
use tokio::sync::mpsc;

use crate::embedding::{copied_model, options, the_worker, workers};
use crate::world::{World, word};

const QUESTION: &str = "how long to pause before a failed connection is attempted again";

/// The answer to the question, and a text with the same one of its words, that comes first by words.
const FILES: [(&str, &str); 3] = [
    (
        "retry.rs",
        "fn back_off(failures: u32) {\n    // Wait between retries of the connection.\n    \
         sleep(delay(failures));\n}\n",
    ),
    (
        "music.rs",
        "fn next_song() {\n    // The connection to the speaker of music.\n    play(song);\n}\n",
    ),
    (
        "colour.rs",
        "fn blend(a: Rgb, b: Rgb) -> Rgb {\n    // No connection of one with the other.\n    \
         let red = a.red.mix(b.red, 0.5);\n    Rgb { red, green: a.green, blue: b.blue }\n}\n",
    ),
];

/// Nothing is embedded before somebody asks for it.
fn with(embedder: embedder::Options) -> World {
    World::with(|options| {
        options.embedder = Some(embedder);
        options.pacing.paused = true;
    })
}

fn meaning_note(answer: &SearchAnswer) -> Option<Option<&str>> {
    let report = answer.lanes.iter().find(|report| report.lane == LaneName::Meaning)?;
    Some(report.note.as_deref())
}

fn is_by_meaning(hit: &Hit) -> bool {
    hit.lanes.contains(&LaneName::Meaning)
}

/// All answers to a search that sends what it has.
pub async fn streamed(world: &World, query: &str, mode: Mode) -> Vec<SearchAnswer> {
    let request =
        SearchRequest { query: query.into(), mode, limit: 100, ..SearchRequest::default() };
    let (sender, mut updates) = mpsc::channel(1);
    let engine = world.engine().clone();
    let search = tokio::spawn(async move { engine.search_streaming(request, sender).await });
    let mut answers = Vec::new();
    while let Some(answer) = updates.recv().await {
        answers.push(answer);
    }
    answers.push(search.await.unwrap().unwrap());
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_other_words_has_its_answer_first_and_the_answer_by_words_comes_before() {
    let mut world = with(options());
    world.project("code", &FILES).await;
    let answers = streamed(&world, QUESTION, Mode::Auto).await;
    let (first, last) = (answers.first().unwrap(), answers.last().unwrap());
    assert_eq!(meaning_note(first), None);
    assert_eq!(first.results[0].path, "music.rs");
    assert!(meaning_note(last).unwrap().unwrap().contains("% embedded"));
    assert_eq!(last.results[0].path, "retry.rs");
    assert!(is_by_meaning(&last.results[0]) && !is_by_meaning(last.results.last().unwrap()));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meaning_alone_orders_what_words_found() {
    let mut world = with(options());
    world.project("code", &FILES).await;
    let answers = streamed(&world, "connection", Mode::Meaning).await;
    let last = answers.last().unwrap();
    assert!(meaning_note(last).unwrap().unwrap().contains("% embedded"));
    let scores: Vec<f32> = last.results.iter().map(|hit| hit.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
    let answers = streamed(&world, "the song that comes next", Mode::Meaning).await;
    assert_eq!(answers.last().unwrap().results[0].path, "music.rs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_opens_often_is_no_more_alike_for_it() {
    let mut world = with(options());
    let root = world.folder("code", &FILES);
    for (path, _) in FILES {
        let file = std::fs::File::options().write(true).open(root.join(path)).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    let project = world.add(&root).await.id;
    let compared = async |opened: Vec<Opened>| {
        let request = SearchRequest {
            query: "connection".into(),
            mode: Mode::Meaning,
            limit: 10,
            opened,
            ..SearchRequest::default()
        };
        let (sender, mut updates) = mpsc::channel(1);
        let engine = world.engine().clone();
        let search = tokio::spawn(async move { engine.search_streaming(request, sender).await });
        while updates.recv().await.is_some() {}
        let answer = search.await.unwrap().unwrap();
        assert!(answer.results.iter().any(is_by_meaning));
        answer.results.into_iter().map(|hit| hit.path).collect::<Vec<_>>()
    };
    let before = compared(Vec::new()).await;
    let last = before.last().unwrap().clone();
    let often = Opened { project, path: last, times: 9, seconds_ago: 0 };
    assert_eq!(compared(vec![often]).await, before);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_embedded_once_is_compared_again_without_a_worker_for_it() {
    let mut world = with(options());
    world.project("code", &FILES).await;
    let before = streamed(&world, QUESTION, Mode::Auto).await.pop().unwrap();
    world.reopen().await;
    let vectors = world.options.data_dir.join("vectors");
    let files = || -> Vec<std::path::PathBuf> {
        let models = std::fs::read_dir(&vectors).unwrap().map(|model| model.unwrap().path());
        models
            .flat_map(|model| std::fs::read_dir(model).unwrap())
            .map(|f| f.unwrap().path())
            .collect()
    };
    let content = std::fs::read(&files()[0]).unwrap();
    let after = streamed(&world, QUESTION, Mode::Auto).await.pop().unwrap();
    let order = |answer: &SearchAnswer| -> Vec<String> {
        answer.results.iter().map(|hit| hit.path.clone()).collect()
    };
    assert_eq!(order(&before), order(&after));
    assert_eq!(std::fs::read(&files()[0]).unwrap(), content, "nothing was embedded again");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_the_words_answer_and_the_lane_says_why() {
    let empty = tempfile::tempdir().unwrap();
    let mut world = with(embedder::Options { model: Some(empty.path().to_owned()), ..options() });
    world.project("code", &FILES).await;
    for mode in [Mode::Auto, Mode::Meaning] {
        let answer = world.ask(QUESTION, mode).await;
        assert_eq!(answer.results[0].path, "music.rs");
        let note = meaning_note(&answer).unwrap().unwrap();
        assert!(note.contains("has no model"), "{note}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_without_an_embedder_says_that_meaning_is_off() {
    let world = World::new();
    world.project("code", &FILES).await;
    let answer = world.search(QUESTION).await;
    assert_eq!(answer.results[0].path, "music.rs");
    assert!(meaning_note(&answer).unwrap().unwrap().contains("is off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_a_phrase_starts_no_worker() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let mut world = with(embedder::Options { model: Some(model.clone()), ..options() });
    world.project("code", &FILES).await;
    for query in ["back_off", "next song", "\"to the speaker\" long song was attempted"] {
        let answer = world.search(query).await;
        assert!(!answer.results.is_empty());
        assert_eq!(meaning_note(&answer), None, "{query}");
    }
    assert_eq!(workers(&model), []);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_in_the_middle_costs_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let mut world = with(embedder::Options { model: Some(model.clone()), ..options() });
    let text = |n| {
        format!(
            "fn {}() {{\n{}}}\n",
            word(n),
            "    // pause before the failed connection is tried again, long\n".repeat(20)
        )
    };
    let files: Vec<(String, String)> = (0..60).map(|n| (format!("{n}.rs"), text(n))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    world.project("code", &files).await;
    let (answers, ()) = tokio::join!(streamed(&world, QUESTION, Mode::Auto), async {
        kill_process(the_worker(&model).await, Signal::KILL).unwrap();
    });
    let last = answers.last().unwrap();
    assert_eq!(last.results.len(), 60);
    let note = meaning_note(last).unwrap().unwrap();
    assert!(!note.contains("compared"), "all were compared, by the next worker: {note}");
    assert!(last.results.iter().any(is_by_meaning));
    world.close().await;
    assert_eq!(workers(&model), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_cannot_wait_says_that_nothing_was_compared() {
    let folder = tempfile::tempdir().unwrap();
    let silent = embedder::Options {
        program: "/bin/sh".into(),
        // Never says a word, and is not known to be stuck for a minute.
        arguments: vec!["-c".into(), "cat > /dev/null".into()],
        model: Some(copied_model(folder.path())),
        ..options()
    };
    let mut world = with(silent);
    world.project("code", &FILES).await;
    let answer = world.search(QUESTION).await;
    assert_eq!(answer.results[0].path, "music.rs");
    assert_eq!(meaning_note(&answer), Some(Some("Nothing was compared by meaning in time.")));
    world.close().await;
}
