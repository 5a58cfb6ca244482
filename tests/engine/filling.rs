//! Projects that are embedded in the background, with real workers and the real model.

mod disk;
mod leavings;
mod narrowed;
mod order;
mod store;

use std::path::PathBuf;

use quarry_engine::embed::embedder;
use quarry_engine::embed::model::Model;
use quarry_engine::engine::LikeRequest;
use quarry_engine::search::{Mode, SearchAnswer};
use quarry_engine::status::{LaneName, MeaningState, ProjectAction, ProjectStatus};
use rustix::process::{Signal, kill_process};

use crate::embedding::{copied_model, options, renamed_model, the_worker, workers};
use crate::meaning::streamed;
use crate::world::{DEADLINE, World, until, word, write};

/// Asks for the pause in other words than the file has.
const QUESTION: &str = "delay before trying something again after an error";

const FILES: [(&str, &str); 3] = [
    (
        "retry.rs",
        "/// Sleeps ever longer between attempts.\nfn back_off(failures: u32) {\n    \
         sleep(FIRST * 2u32.pow(failures));\n}\n",
    ),
    ("music.rs", "fn next_song(list: &mut Playlist) -> Song {\n    list.songs.pop_front()\n}\n"),
    (
        "colour.rs",
        "fn blend(a: Rgb, b: Rgb) -> Rgb {\n    Rgb { red: a.red.mix(b.red, 0.5), ..a }\n}\n",
    ),
];

fn filling(embedder: embedder::Options) -> World {
    World::with(|options| {
        options.embedder = Some(embedder);
        options.pacing.on_battery = true;
    })
}

/// Many files with a definition each.
fn many(count: usize) -> Vec<(String, String)> {
    let text =
        |n| format!("fn {}() {{\n{}}}\n", word(n), "    // once more, with care\n".repeat(9));
    (0..count).map(|n| (format!("{n}.rs"), text(n))).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

async fn embedded(world: &World, project: &str) -> ProjectStatus {
    world.engine().wait(project, LaneName::Meaning).await.unwrap()
}

/// Why waiting for it is of no use.
async fn refused(world: &World, project: &str) -> String {
    let waited = world.engine().wait(project, LaneName::Meaning);
    let waited = tokio::time::timeout(DEADLINE, waited).await.expect("it waits for nothing");
    waited.unwrap_err().to_string()
}

/// The whole answer, however long a worker takes to start.
async fn ask(world: &World, query: &str, mode: Mode) -> SearchAnswer {
    streamed(world, query, mode).await.pop().unwrap()
}

fn paths(answer: &SearchAnswer) -> Vec<&str> {
    answer.results.iter().map(|hit| hit.path.as_str()).collect()
}

fn note(answer: &SearchAnswer) -> Option<&str> {
    let report = answer.lanes.iter().find(|report| report.lane == LaneName::Meaning)?;
    report.note.as_deref()
}

fn vector_files(world: &World) -> Vec<PathBuf> {
    let vectors = world.options.data_dir.join("vectors");
    let models =
        std::fs::read_dir(vectors).into_iter().flatten().map(|model| model.unwrap().path());
    models
        .flat_map(|model| std::fs::read_dir(model).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_word_finds_is_found_once_the_project_is_embedded() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    let status = embedded(&world, "code").await;
    assert_eq!((status.vectors, status.vectors_wanted), (3, Some(3)));
    assert!(world.ask(QUESTION, Mode::Text).await.results.is_empty());
    for mode in [Mode::Auto, Mode::Meaning] {
        let answer = ask(&world, QUESTION, mode).await;
        assert_eq!(paths(&answer).first(), Some(&"retry.rs"), "{mode:?}");
        assert_eq!(answer.results[0].symbol.as_deref(), Some("back_off"));
        assert_eq!(note(&answer), None);
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_holds_for_what_meaning_finds() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    embedded(&world, "code").await;
    let outside = ask(&world, &format!("{QUESTION} path:music"), Mode::Meaning).await;
    assert!(!paths(&outside).contains(&"retry.rs"), "{:?}", paths(&outside));
    let inside = ask(&world, &format!("{QUESTION} path:retry lang:rust"), Mode::Meaning).await;
    assert_eq!(paths(&inside), ["retry.rs"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_edited_or_deleted_is_not_found_any_more() {
    let mut world = filling(options());
    let root = world.project("code", &FILES).await;
    embedded(&world, "code").await;
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    write(&root.join("retry.rs"), "fn weather(city: &str) -> Sky {\n    forecast(city)\n}\n");
    std::fs::remove_file(root.join("music.rs")).unwrap();
    world.until_found("weather", &["retry.rs"]).await;
    world.until_found("playlist", &[]).await;
    // Before anything is embedded anew, and after it.
    for _ in 0..2 {
        let answer = ask(&world, QUESTION, Mode::Meaning).await;
        assert!(!paths(&answer).contains(&"music.rs"));
        let symbols = answer.results.iter().filter_map(|hit| hit.symbol.as_deref());
        assert!(!symbols.into_iter().any(|symbol| symbol == "back_off"));
        embedded(&world, "code").await;
    }
    let status = world.status("code");
    assert_eq!((status.vectors, status.vectors_wanted), (2, Some(2)));
    let answer = ask(&world, "will it rain tomorrow", Mode::Meaning).await;
    assert_eq!(paths(&answer)[0], "retry.rs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_vendored_and_data_files_are_not_embedded() {
    let mut world = filling(options());
    let text = FILES[0].1;
    let files = [
        ("src/lib.rs", text),
        ("vendor/lib.rs", text),
        ("static/app.min.js", "function a(b) { return b }\n"),
        ("package-lock.json", "{ \"name\": \"quarry\" }\n"),
        ("LICENSE", "Do what you like.\n"),
    ];
    world.project("code", &files).await;
    assert_eq!(embedded(&world, "code").await.vectors_wanted, Some(1));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_while_it_embeds_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let mut world = filling(embedder::Options { model: Some(model.clone()), ..options() });
    world.project("code", &borrowed(&many(80))).await;
    for some in [1, 30] {
        world.until_status("code", "partly embedded", |status| status.vectors >= some).await;
        kill_process(the_worker(&model).await, Signal::KILL).unwrap();
    }
    let status = embedded(&world, "code").await;
    assert_eq!((status.vectors, status.vectors_wanted), (80, Some(80)));
    world.close().await;
    assert_eq!(workers(&model), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let mut world = filling(embedder::Options { model: Some(model.clone()), ..options() });
    world.project("code", &borrowed(&many(120))).await;
    let before =
        world.until_status("code", "partly embedded", |status| status.vectors >= 20).await.vectors;
    world.options.pacing.paused = true;
    world.reopen().await;
    let counted = |status: &ProjectStatus| status.vectors_wanted == Some(120);
    let after = world.until_status("code", "counted", counted).await.vectors;
    assert!(after >= before, "{after} of {before}");
    assert_eq!(workers(&model), [], "what is known needs no model");
    world.engine().pause_meaning(false);
    assert_eq!(embedded(&world, "code").await.vectors, 120);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_that_were_damaged_are_made_anew() {
    let mut world = filling(options());
    let root = world.project("code", &FILES).await;
    embedded(&world, "code").await;
    // While it is open, cut; while it is closed, changed.
    let file = std::fs::OpenOptions::new().write(true).open(&vector_files(&world)[0]).unwrap();
    file.set_len(100).unwrap();
    write(&root.join("more.rs"), "fn more() { again(); }\n");
    world.until_found("more", &["more.rs"]).await;
    assert_eq!(embedded(&world, "code").await.vectors, 4);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
    for path in vector_files(&world) {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().skip(64).for_each(|byte| *byte ^= 0x55);
        std::fs::write(&path, bytes).unwrap();
    }
    world.reopen().await;
    assert_eq!(embedded(&world, "code").await.vectors, 4);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_texts_that_was_damaged_is_made_anew() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    embedded(&world, "code").await;
    world.close().await;
    std::fs::write(world.options.data_dir.join("texts.sqlite"), vec![7; 9000]).unwrap();
    world.reopen().await;
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_it_and_answers_say_how_much_is_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let model = copied_model(folder.path());
    let mut world = filling(embedder::Options { model: Some(model.clone()), ..options() });
    let mut changes = world.engine().subscribe_to_meaning();
    world.engine().pause_meaning(true);
    assert!(changes.next().await, "whoever listens hears of it");
    let meaning = world.engine().meaning();
    assert!(meaning.state == MeaningState::Paused && meaning.sentence.is_some(), "{meaning:?}");
    world.project("code", &FILES).await;
    world.until_status("code", "counted", |status| status.vectors_wanted == Some(3)).await;
    assert_eq!(workers(&model), []);
    let answer = ask(&world, QUESTION, Mode::Meaning).await;
    assert!(note(&answer).unwrap().starts_with("0 % embedded"), "{:?}", note(&answer));
    world.engine().pause_meaning(false);
    assert_eq!(world.engine().meaning().state, MeaningState::Working);
    embedded(&world, "code").await;
    let answer = ask(&world, QUESTION, Mode::Meaning).await;
    assert_eq!(note(&answer), None, "{:?}", world.engine().meaning());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_with_the_same_files_are_all_complete_once_one_is() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    for name in ["code", "fork", "worktree"] {
        world.project(name, &FILES).await;
        world.until_status(name, "counted", |status| status.vectors_wanted == Some(3)).await;
    }
    world.engine().pause_meaning(false);
    for name in ["code", "fork", "worktree"] {
        assert_eq!(embedded(&world, name).await.vectors, 3, "{name}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_left_out_is_not_embedded() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    world.project("code", &FILES).await;
    world.engine().act("code", ProjectAction::MeaningOff).await.unwrap();
    world.project("other", &FILES[1..]).await;
    world.engine().pause_meaning(false);
    embedded(&world, "other").await;
    assert_eq!(world.status("code").vectors_wanted, None);
    assert!(world.engine().wait("code", LaneName::Meaning).await.is_err());
    world.reopen().await;
    assert!(!world.status("code").meaning, "it is remembered");
    world.engine().act("code", ProjectAction::MeaningOn).await.unwrap();
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_away_for_a_while_is_embedded_once_it_is_there_again() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    let root = world.project("code", &FILES).await;
    world.engine().act("code", ProjectAction::MeaningOff).await.unwrap();
    world.engine().act("code", ProjectAction::Pause).await.unwrap();
    // The index still holds it.
    let (place, away) = (root.join("retry.rs"), world.path("away.rs"));
    std::fs::rename(&place, &away).unwrap();
    world.engine().act("code", ProjectAction::MeaningOn).await.unwrap();
    world.engine().pause_meaning(false);
    world.until_status("code", "embedded as far as it is there", |it| it.vectors == 2).await;
    std::fs::rename(&away, &place).unwrap();
    let whole = |it: &ProjectStatus| (it.vectors, it.vectors_wanted) == (3, Some(3));
    world.until_status("code", "embedded", whole).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_was_missing_is_used_after_a_retry() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("model");
    let mut world = filling(embedder::Options { model: Some(missing.clone()), ..options() });
    world.project("code", &FILES).await;
    let meaning = world.engine().meaning();
    assert_eq!(meaning.state, MeaningState::ModelMissing);
    assert!(meaning.needs_a_person());
    assert!(meaning.sentence.unwrap().contains("model"));
    let refused = world.engine().wait("code", LaneName::Meaning).await.unwrap_err();
    assert!(refused.to_string().contains("no model"), "{refused}");
    std::fs::create_dir(&missing).unwrap();
    copied_model(&missing);
    world.engine().retry_meaning();
    until("the model is found", async || {
        (world.engine().meaning().state == MeaningState::Working).then_some(())
    })
    .await;
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_is_used_at_once_and_embeds_everything_anew() {
    let folder = tempfile::tempdir().unwrap();
    let another = embedder::Options { model: Some(renamed_model(folder.path())), ..options() };
    let mut world = filling(options());
    world.project("code", &FILES).await;
    embedded(&world, "code").await;
    let vectors = world.options.data_dir.join("vectors");
    // Those of another model go once everything is embedded with this one.
    let only_vectors_of = async |options: &embedder::Options| {
        let id = Model::locate(options.model.as_deref(), &options.program).unwrap().id;
        until("only the vectors of this model are there", async || {
            let models = std::fs::read_dir(&vectors).unwrap();
            let names: Vec<_> = models.map(|model| model.unwrap().file_name()).collect();
            (names == [id.as_str()]).then_some(())
        })
        .await;
    };
    only_vectors_of(&options()).await;
    world.engine().switch_model(another.clone());
    only_vectors_of(&another).await;
    assert_eq!(world.engine().meaning().model.as_deref(), Some("another"));
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    assert_eq!(paths(&ask(&world, QUESTION, Mode::Meaning).await)[0], "retry.rs");
    world.engine().switch_model(embedder::Options { off: true, ..options() });
    until("it is off", async || {
        (world.engine().meaning().state == MeaningState::Off).then_some(())
    })
    .await;
    assert_eq!(world.engine().meaning().model, None);
    world.engine().switch_model(options());
    only_vectors_of(&options()).await;
    assert_eq!(embedded(&world, "code").await.vectors, 3);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_like_this_finds_the_same_thing_in_another_project() {
    let mut world = filling(options());
    world.project("code", &FILES).await;
    let twin = "def wait_between_retries(failures):\n    time.sleep(first * 2 ** failures)\n";
    world.project("twin", &[("net.py", twin), ("sky.py", "def colour_of(sky):\n    blue\n")]).await;
    embedded(&world, "code").await;
    embedded(&world, "twin").await;
    let like = |path: &str, line| LikeRequest {
        project: "code".into(),
        path: path.into(),
        line,
        projects: vec![],
        limit: 3,
    };
    let answer = world.engine().more_like(like("retry.rs", 3)).await.unwrap();
    assert_eq!(paths(&answer).len(), 3);
    assert_eq!(paths(&answer)[0], "net.py");
    assert!(!paths(&answer).contains(&"retry.rs"), "not itself");
    let only = LikeRequest { projects: vec!["code".into()], ..like("retry.rs", 3) };
    let answer = world.engine().more_like(only).await.unwrap();
    assert_eq!(paths(&answer).len(), 2);
    for nowhere in [like("absent.rs", 1), like("../code/retry.rs", 1)] {
        assert!(world.engine().more_like(nowhere).await.is_err());
    }
    world.close().await;
}
