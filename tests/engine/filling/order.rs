//! What is embedded first, and what embedding waits for.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use quarry_engine::embed::embedder;
use quarry_engine::embed::inventory::Inventory;
use quarry_engine::embed::model::Model;
use quarry_engine::embed::store::{Key, Store};
use quarry_engine::engine::Pacing;
use quarry_engine::search::{Mode, SearchRequest};
use quarry_engine::status::{Freshness, LaneName, MeaningState, ProjectStatus, Snapshot};

use super::{embedded, filling, refused};
use crate::embedding::{copied_model, options};
use crate::world::{DEADLINE, World, until, word, write};

/// Texts that are on their way when something stops the rest, with what was just counted.
const ON_THE_WAY: u64 = 64;

/// Files with a short definition each, so that each is embedded in a moment.
pub fn short(numbers: std::ops::Range<usize>) -> Vec<(String, String)> {
    numbers.map(|n| (format!("{}.rs", word(n)), format!("fn {}() {{}}\n", word(n)))).collect()
}

async fn project(world: &World, name: &str, files: &[(String, String)]) {
    world.project(name, &super::borrowed(files)).await;
    world
        .until_status(name, "counted", |status| status.vectors_wanted == Some(files.len() as u64))
        .await;
}

fn of<'a>(snapshot: &'a Snapshot, name: &str) -> &'a ProjectStatus {
    snapshot.projects.iter().find(|project| project.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_project_used_last_is_embedded_before_the_others() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    project(&world, "searched", &short(0..120)).await;
    project(&world, "indexed", &short(200..320)).await;
    let request = SearchRequest {
        query: word(7),
        mode: Mode::Text,
        projects: vec!["searched".into()],
        ..SearchRequest::default()
    };
    world.engine().search(request).await.unwrap();
    let mut snapshots = world.engine().subscribe();
    world.engine().pause_meaning(false);
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        let (first, second) = (of(&snapshot, "searched"), of(&snapshot, "indexed"));
        let begun = second.vectors > 0;
        assert!(!begun || first.vectors == 120, "{} and {}", first.vectors, second.vectors);
        if begun {
            break;
        }
        snapshots.changed().await.unwrap();
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_embedded_before_lines_without_any() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    let lines = |n| (format!("a{}.rs", word(n)), format!("// about the {}\n", word(n)));
    let tested = |n| (format!("b/tests/{}.rs", word(n)), format!("fn {}() {{}}\n", word(n)));
    let defined = |n| (format!("c{}.rs", word(n)), format!("fn {}() {{}}\n", word(n)));
    let files: Vec<_> =
        (0..30).flat_map(|n| [lines(n), tested(n + 100), defined(n + 200)]).collect();
    project(&world, "code", &files).await;
    world.engine().pause_meaning(false);
    embedded(&world, "code").await;
    let id = world.status("code").id;
    world.close().await;

    let data = &world.options.data_dir;
    let inventory = Inventory::open(&data.join("texts.sqlite")).unwrap();
    let (mut keys, mut kinds): (Vec<Key>, Vec<char>) = (Vec::new(), Vec::new());
    let list = |path: &str, texts: quarry_engine::embed::inventory::FileTexts| {
        for key in texts.chunks.into_iter().flat_map(|chunk| chunk.keys) {
            keys.push(key);
            kinds.extend(path.chars().next());
        }
    };
    inventory.each(&id, list).unwrap();
    let model = std::fs::read_dir(data.join("vectors")).unwrap().next().unwrap().unwrap();
    let store = Store::open(data, model.file_name().to_str().unwrap()).unwrap();
    // Vectors lie one behind the other as they came.
    let (_, order) = store.rows(&keys).forward();
    let came: String = order.into_iter().map(|at| kinds[at as usize]).collect();
    assert_eq!(came, ["c".repeat(30), "b".repeat(30), "a".repeat(30)].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_it_in_the_middle() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    project(&world, "code", &short(0..3000)).await;
    world.engine().pause_meaning(false);
    world.until_status("code", "begun", |status| status.vectors > 0).await;
    let before = world.status("code").vectors;
    world.engine().pause_meaning(true);
    until("it has stopped", async || {
        (world.engine().meaning().state == MeaningState::Paused).then_some(())
    })
    .await;
    let after = world.status("code").vectors;
    assert!(after <= before + ON_THE_WAY, "{before} before, {after} after");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_indexed_come_first() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    project(&world, "embedded", &short(0..3000)).await;
    let root = world.folder("indexed", &[]);
    for n in 0..800 {
        let text = format!("fn {}() {{ let value = compute(value); }}\n", word(n)).repeat(600);
        write(&root.join(format!("{n}.rs")), &text);
    }
    world.engine().pause_meaning(false);
    world.until_status("embedded", "begun", |status| status.vectors > 0).await;
    let mut snapshots = world.engine().subscribe();
    world.engine().add(&root, None).await.unwrap();
    let mut since = None;
    let mut seen = 0;
    loop {
        snapshots.changed().await.unwrap();
        let snapshot = snapshots.borrow_and_update().clone();
        let (vectors, indexed) = (of(&snapshot, "embedded").vectors, of(&snapshot, "indexed"));
        let reads = |progress: quarry_engine::status::Progress| progress.lane != LaneName::Meaning;
        if indexed.freshness == Freshness::Indexing || indexed.progress.is_some_and(reads) {
            let before = *since.get_or_insert(vectors);
            assert!(vectors <= before + ON_THE_WAY, "{before} before, {vectors} meanwhile");
            seen += 1;
        } else if seen > 0 {
            break;
        }
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_what_is_paused_is_told() {
    let mut world = filling(options());
    world.engine().pause_meaning(true);
    project(&world, "code", &short(0..20)).await;
    let refused = refused(&world, "code").await;
    assert!(refused.contains("paused") && refused.contains("resume"), "{refused}");
    world.engine().pause_meaning(false);
    embedded(&world, "code").await;
    world.engine().pause_meaning(true);
    // Nothing is missing of it, nor of another one with the same texts.
    embedded(&world, "code").await;
    world.project("fork", &super::borrowed(&short(0..20))).await;
    embedded(&world, "fork").await;
    world.close().await;
}

/// The worker, after some seconds, and with a model that has its library beside it.
fn slow_to_start(folder: &Path) -> embedder::Options {
    let located = Model::locate(None, &options().program).unwrap();
    let model = copied_model(folder);
    std::fs::copy(&located.library, model.join(located.library.file_name().unwrap())).unwrap();
    let slowly = "sleep 3; exec \"$0\" \"$@\"".to_owned();
    let arguments = vec!["-c".into(), slowly.into(), options().program.into()];
    embedder::Options { program: "/bin/sh".into(), arguments, model: Some(model), ..options() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_share_does_not_pay_for_the_start_of_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = filling(slow_to_start(folder.path()));
    // For every second of the model's 49 others, and there is more than one batch.
    let pacing = Pacing { on_battery: true, share: 0.02, ..Pacing::default() };
    world.engine().set_pacing(pacing);
    project(&world, "code", &short(0..20)).await;
    let all = tokio::time::timeout(DEADLINE, embedded(&world, "code")).await;
    assert_eq!(all.expect("the start counts").vectors, 20);
    world.close().await;
}

static ON_BATTERY: AtomicBool = AtomicBool::new(false);

#[tokio::test(flavor = "multi_thread")]
async fn on_its_battery_the_machine_embeds_only_where_it_may() {
    ON_BATTERY.store(true, Ordering::Relaxed);
    let mut world = World::with(|all| {
        all.embedder = Some(options());
        all.on_battery = || ON_BATTERY.load(Ordering::Relaxed);
    });
    project(&world, "code", &short(0..20)).await;
    until("it is said", async || {
        (world.engine().meaning().state == MeaningState::OnBattery).then_some(())
    })
    .await;
    assert_eq!(world.status("code").vectors, 0);
    let refused = refused(&world, "code").await;
    assert!(refused.contains("0 of 20") && refused.contains("plugged in"), "{refused}");
    world.engine().set_pacing(Pacing { on_battery: true, ..Pacing::default() });
    assert_eq!(embedded(&world, "code").await.vectors, 20);

    world.engine().set_pacing(Pacing::default());
    project(&world, "more", &short(40..60)).await;
    assert_eq!(world.status("more").vectors, 0);
    ON_BATTERY.store(false, Ordering::Relaxed);
    // Whatever happens next, it is looked again.
    world.engine().set_pacing(Pacing::default());
    assert_eq!(embedded(&world, "more").await.vectors, 20);
    world.close().await;
}
