//! Bytes of an index that are not what was written. Whatever the damage: nobody is told that the
//! index is fresh while it answers wrongly, and it ends made anew or with a cause.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quarry_engine::status::{Freshness, LaneName, ProjectStatus, Residency};

use crate::world::{DEADLINE, World, word, write};

/// Projects that are damaged and opened at the same time.
const PROJECTS: usize = 16;
const FILES: usize = 40;
const BLOCK: usize = 4096;

/// An index in which every kind of file has some bytes: one deleted file, several commits.
async fn grown(world: &World) -> BTreeMap<String, PathBuf> {
    let mut roots = BTreeMap::new();
    for project in 0..PROJECTS {
        let name = format!("p{project}");
        let root = world.folder(&name, &[("gone.rs", "gone")]);
        for at in 0..FILES {
            let line = |line: usize| format!("fn {}() {{ shared(); }}\n", word(at * 1000 + line));
            write(&root.join(format!("f{at}.rs")), &(0..200).map(line).collect::<String>());
        }
        let added = world.engine().add(&root, None).await.unwrap();
        roots.insert(added.project.id, root);
    }
    for (id, root) in &roots {
        world.engine().wait(id, LaneName::Text).await.unwrap();
        std::fs::remove_file(root.join("gone.rs")).unwrap();
    }
    for id in roots.keys() {
        world.until_status(id, "smaller", |status| status.files == FILES as u64).await;
        world.until_fresh(id).await;
    }
    roots
}

/// What an index has to answer.
async fn answers(world: &World, id: &str) -> Result<(), String> {
    for at in [0, FILES / 2, FILES - 1] {
        let found = found_in(world, id, &word(at * 1000 + 199)).await;
        if found != [format!("f{at}.rs")] {
            return Err(format!("{found:?} for file {at}"));
        }
    }
    let shared = found_in(world, id, "shared").await.len();
    if shared != FILES {
        return Err(format!("{shared} of {FILES} files"));
    }
    let gone = found_in(world, id, "gone").await;
    if gone.is_empty() { Ok(()) } else { Err(format!("{gone:?}")) }
}

async fn found_in(world: &World, id: &str, query: &str) -> Vec<String> {
    let request = quarry_engine::search::SearchRequest {
        query: query.into(),
        limit: 1000,
        projects: vec![id.to_owned()],
        ..Default::default()
    };
    let answer = world.engine().search(request).await.unwrap();
    crate::world::paths(&answer.results)
}

/// Waits until the project is fresh and right, or has failed with a cause; says which.
async fn settled(world: &World, id: &str, damage: &str) -> String {
    let started = std::time::Instant::now();
    loop {
        let status: ProjectStatus = world.status(id);
        if (status.residency, status.freshness) == (Residency::Hot, Freshness::Fresh) {
            let answer = answers(world, id).await;
            // It may have been found damaged by this very search.
            let now = world.status(id);
            if (now.residency, now.freshness) == (Residency::Hot, Freshness::Fresh) {
                assert_eq!(answer, Ok(()), "{damage}: {now:?}");
                assert_eq!(now.files, FILES as u64, "{damage}");
                return "fresh".to_owned();
            }
        } else if matches!(status.freshness, Freshness::Failing)
            && let Some(error) = status.error
        {
            return error.cause;
        }
        assert!(started.elapsed() < DEADLINE, "{damage}: {:?}", world.status(id));
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    }
}

/// What is done to one file.
type Damage = (String, String, Box<dyn Fn(&mut Vec<u8>)>);

async fn suffer(damages: impl Fn(&str, usize) -> Vec<(String, Box<dyn Fn(&mut Vec<u8>)>)>) {
    let mut world = World::new();
    let roots = grown(&world).await;
    world.close().await;
    let indexes = world.options.data_dir.join("indexes");
    let sound = world.path("sound");
    for id in roots.keys() {
        copy(&indexes.join(id), &sound.join(id));
    }
    // The same files everywhere, under names of their own: the damage goes by their order.
    let mut all: Vec<Damage> = Vec::new();
    let first = files(&sound.join(roots.keys().next().unwrap()));
    for (at, file) in first.iter().enumerate() {
        let size = std::fs::metadata(file).unwrap().len() as usize;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (what, change) in damages(&name, size) {
            all.push((format!("{name} of {size} bytes: {what}"), at.to_string(), change));
        }
    }
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for round in all.chunks(PROJECTS) {
        for id in roots.keys() {
            let _ = std::fs::remove_dir_all(indexes.join(id));
            let _ = std::fs::remove_dir_all(indexes.join(id).with_extension("damaged"));
            copy(&sound.join(id), &indexes.join(id));
        }
        for ((_, at, change), id) in round.iter().zip(roots.keys()) {
            let file = &files(&indexes.join(id))[at.parse::<usize>().unwrap()];
            let mut bytes = std::fs::read(file).unwrap();
            change(&mut bytes);
            std::fs::write(file, bytes).unwrap();
        }
        world.reopen().await;
        for ((damage, ..), id) in round.iter().zip(roots.keys()) {
            let end = settled(&world, id, damage).await;
            let again = indexes.join(id).with_extension("damaged").exists();
            let end = if end == "fresh" && again { "made anew".to_owned() } else { end };
            *ends.entry(end).or_default() += 1;
        }
        world.close().await;
    }
    println!("{} damages: {ends:?}", all.len());
    assert!(ends.get("made anew").is_some_and(|count| *count > 10), "{ends:?}");
}

/// In the order of their kinds and sizes: the names begin with random ids.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|file| {
        let kind = file.extension().map(|extension| extension.to_string_lossy().into_owned());
        (kind, std::fs::metadata(file).unwrap().len(), file.clone())
    });
    files
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_cut_short_anywhere_is_made_anew_or_says_why_not() {
    suffer(|_, size| {
        let mut cuts: Vec<usize> = (0..size).step_by(BLOCK).collect();
        cuts.extend([1, size / 2, size.saturating_sub(1)]);
        cuts.retain(|cut| *cut < size);
        cuts.dedup();
        let damage = |cut: usize| {
            let change = move |bytes: &mut Vec<u8>| bytes.truncate(cut);
            (format!("cut at {cut}"), Box::new(change) as Box<dyn Fn(&mut Vec<u8>)>)
        };
        cuts.into_iter().map(damage).collect()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_with_flipped_bits_is_made_anew_or_says_why_not() {
    let places: usize = if std::env::var_os("QUARRY_LONG").is_some() { 64 } else { 6 };
    suffer(move |_, size| {
        let place = move |at: usize| (at * size / places + at * 7) % size.max(1);
        let damage = |at: usize| {
            let (at, bit) = (place(at), at % 8);
            let change = move |bytes: &mut Vec<u8>| {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            };
            (format!("bit {bit} of byte {at}"), Box::new(change) as Box<dyn Fn(&mut Vec<u8>)>)
        };
        (0..places).map(damage).collect()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_cannot_be_read_costs_no_other_project_its_answers() {
    let world = World::new();
    let mut ids = Vec::new();
    for name in ["first", "damaged", "last"] {
        let root = world.project(name, &[("a.rs", "fn needle() { thread(); }\n")]).await;
        let id = world.status(name).id;
        world.engine().wait(&id, LaneName::Symbols).await.unwrap();
        world.until_fresh(&id).await;
        ids.push((id, root));
    }
    let damaged = &ids[1].0;
    let directory = world.options.data_dir.join("indexes").join(damaged);
    for file in files(&directory) {
        if file.extension().is_some_and(|extension| extension == "term") {
            let size = std::fs::metadata(&file).unwrap().len() as usize;
            // In place: it is mapped into memory.
            let mut terms = std::fs::File::options().write(true).open(&file).unwrap();
            std::io::Write::write_all(&mut terms, &vec![0; size]).unwrap();
        }
    }
    let answer = world.search("needle \"thread()\"").await;
    let mut found: Vec<&str> = answer.results.iter().map(|hit| hit.project.as_str()).collect();
    found.sort_unstable();
    let mut sound = [ids[0].0.as_str(), ids[2].0.as_str()];
    sound.sort_unstable();
    assert_eq!(found, sound);
    let failed: Vec<&str> =
        answer.searched.failed.iter().map(|failed| failed.project.as_str()).collect();
    assert_eq!(failed, [damaged.as_str()]);
}
