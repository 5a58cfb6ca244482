//! SIGKILL at random moments, many times over: while it starts, indexes, writes the catalogue,
//! closes and opens projects.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quarry_engine::engine::{Engine, Options};
use quarry_engine::index::ProjectIndex;
use quarry_engine::search::SearchRequest;
use quarry_engine::status::ProjectAction;
use tantivy::Term;
use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;

use crate::dice::Dice;
use crate::world::{World, word, write};

const TEST: &str = "killed::two_hundred_kills_lose_no_project_and_leave_no_mixed_state";
/// Tells the process that is to be killed its folder, and what to do.
const VICTIM: &str = "QUARRY_TEST_VICTIM";
const SEED: &str = "QUARRY_TEST_SEED";
const ROOTS: usize = 5;
const FILES: u64 = 60;
/// A victim that nobody kills ends by itself.
const LONGEST_LIFE: Duration = Duration::from_secs(60);

fn options(base: &Path) -> Options {
    let mut options = Options { home: None, ..Options::new(base.join("data")) };
    // So few may be open that projects are closed all the time.
    options.room.projects = 2;
    options.tuning.quiet = Duration::from_millis(10);
    options
}

fn root(base: &Path, at: usize) -> PathBuf {
    base.join(format!("root{at}"))
}

/// Text of one version: its first and its last line, far apart, say which.
fn text(version: usize) -> String {
    let filler: String = (0..150).map(|line| format!("let line{line} = shared();\n")).collect();
    format!("first{0}\n{filler}last{0}\n", word(version))
}

/// What the victim does until it is killed; what it has begun and done goes to the journal.
async fn live(base: &Path, mut dice: Dice) {
    let mut journal =
        std::fs::File::options().append(true).create(true).open(base.join("journal")).unwrap();
    // In one call: a line is there or it is not.
    let mut note = |line: String| journal.write_all(format!("{line}\n").as_bytes()).unwrap();
    let engine = Engine::open(options(base)).unwrap();
    let mut ids = BTreeMap::new();
    for project in &engine.snapshot().projects {
        note(format!("seen {} {} {}", project.root, project.id, project.pinned));
        ids.insert(project.root.clone(), project.id.clone());
    }
    note("open".to_owned());
    let started = Instant::now();
    while started.elapsed() < LONGEST_LIFE {
        let at = root(base, dice.roll(ROOTS as u64) as usize);
        let name = at.display().to_string();
        match (dice.roll(12), ids.get(&name).cloned()) {
            (0..=2, None) => {
                note(format!("begin add {name}"));
                let added = engine.add(&at, None).await.unwrap();
                note(format!("done add {name} {}", added.project.id));
                ids.insert(name, added.project.id);
            }
            (0, Some(id)) => {
                note(format!("begin remove {name}"));
                engine.act(&id, ProjectAction::Remove).await.unwrap();
                note(format!("done remove {name}"));
                ids.remove(&name);
            }
            (1 | 2, Some(id)) => {
                let pin = dice.roll(2) == 0;
                let action = if pin { ProjectAction::Pin } else { ProjectAction::Unpin };
                note(format!("begin pin {name}"));
                engine.act(&id, action).await.unwrap();
                note(format!("done pin {name} {pin}"));
            }
            (3, Some(id)) => drop(engine.act(&id, ProjectAction::Reindex).await),
            (4..=7, _) => {
                let version = dice.roll(500) as usize;
                for _ in 0..dice.roll(40) {
                    let path = at.join(format!("d{}/f{}.rs", dice.roll(3), dice.roll(FILES)));
                    match dice.roll(5) {
                        0 => drop(std::fs::remove_file(path)),
                        // In one step: the kill is to tear the index, not the file.
                        _ => {
                            let next = base.join("next.rs");
                            write(&next, &text(version));
                            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                            std::fs::rename(next, path).unwrap();
                        }
                    }
                }
            }
            _ => {
                let request = SearchRequest { query: "shared".into(), ..Default::default() };
                drop(engine.search(request).await);
            }
        }
        tokio::time::sleep(Duration::from_millis(dice.roll(15))).await;
    }
}

/// What the journal says about one root.
#[derive(Default, Debug)]
struct Known {
    id: Option<String>,
    pinned: bool,
    /// Begun and not known to have ended.
    open: BTreeSet<String>,
}

/// Follows the journal; what a victim saw when it started has to agree with what was done before.
#[derive(Default)]
struct Ledger {
    lines: usize,
    known: BTreeMap<String, Known>,
    seen: BTreeMap<String, (String, bool)>,
    starts: u32,
}

impl Ledger {
    fn read(&mut self, journal: &str) {
        for line in journal.lines().skip(self.lines) {
            self.lines += 1;
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["begin", action, root] => {
                    let known = self.known.entry((*root).to_owned()).or_default();
                    known.open.insert((*action).to_owned());
                }
                ["done", action, root, rest @ ..] => {
                    let known = self.known.entry((*root).to_owned()).or_default();
                    known.open.remove(*action);
                    match (*action, rest) {
                        ("add", [id]) => {
                            (known.id, known.pinned) = (Some((*id).to_owned()), false);
                        }
                        ("remove", []) => known.id = None,
                        ("pin", [pinned]) => known.pinned = *pinned == "true",
                        other => panic!("{other:?}"),
                    }
                }
                ["seen", root, id, pinned] => {
                    let seen = ((*id).to_owned(), *pinned == "true");
                    self.seen.insert((*root).to_owned(), seen);
                }
                ["open"] => {
                    self.starts += 1;
                    self.compare();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The projects that are neither being added nor removed.
    fn certain(&self) -> Vec<String> {
        let certain = |known: &&Known| !known.open.contains("remove");
        self.known.values().filter(certain).filter_map(|known| known.id.clone()).collect()
    }

    fn compare(&mut self) {
        let mut seen = std::mem::take(&mut self.seen);
        for (root, known) in &mut self.known {
            let now = seen.remove(root);
            let unsure = |action: &str| known.open.contains(action);
            match (&known.id, &now) {
                (Some(id), Some((now, _))) => assert_eq!(id, now, "{root} is another project"),
                (None, None) => {}
                (None, Some(_)) => assert!(unsure("add"), "{root} came back: {known:?}"),
                (Some(_), None) => assert!(unsure("remove"), "{root} was lost: {known:?}"),
            }
            if let (Some((_, pinned)), false) = (&now, unsure("pin") || unsure("add")) {
                assert_eq!(*pinned, known.pinned, "{root}: {known:?}");
            }
            known.open.clear();
            known.pinned = now.as_ref().is_some_and(|(_, pinned)| *pinned);
            known.id = now.map(|(id, _)| id);
        }
        assert_eq!(seen, BTreeMap::new(), "never added");
    }
}

/// The files that hold the word, by the index itself.
fn holders(index: &ProjectIndex, word: &str) -> BTreeSet<String> {
    let searcher = index.searcher();
    let term = Term::from_field_text(index.fields().text, word);
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    let mut reader = index.documents(&searcher);
    let found = searcher.search(&query, &DocSetCollector).unwrap();
    found.into_iter().map(|address| reader.chunk(address).unwrap().unwrap().path).collect()
}

/// No file is half of one version and half of another, in any index as it was left.
fn no_mixed_state(base: &Path, ids: &[String]) {
    for id in ids {
        let path = base.join("data/indexes").join(id);
        assert!(!path.with_extension("damaged").exists(), "{id} was taken for damaged");
        if !path.join("meta.json").exists() {
            continue;
        }
        let index = ProjectIndex::open(&path).unwrap();
        let mut all = BTreeSet::new();
        for version in 0..500 {
            let first = holders(&index, &format!("first{}", word(version)));
            let last = holders(&index, &format!("last{}", word(version)));
            assert_eq!(first, last, "version {version}");
            for file in first {
                assert!(all.insert(file.clone()), "{file} is there in two versions");
            }
        }
        assert_eq!(all.len() as u64, index.counts().unwrap().files);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_lose_no_project_and_leave_no_mixed_state() {
    if let Some(base) = std::env::var_os(VICTIM) {
        let seed = std::env::var(SEED).unwrap().parse().unwrap();
        return live(Path::new(&base), Dice::new(seed)).await;
    }
    let kills = if std::env::var_os("QUARRY_LONG").is_some() { 2000 } else { 200 };
    let mut world = World::with(|options| options.tuning.quiet = Duration::from_millis(10));
    world.close().await;
    let base = world.path("");
    let base = base.as_path();
    for at in 0..ROOTS {
        write(&root(base, at).join("d0/f0.rs"), &text(0));
    }
    let (mut dice, mut ledger) = (Dice::from_environment(), Ledger::default());
    for _ in 0..kills {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(VICTIM, base)
            .env(SEED, dice.roll(u64::MAX).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + dice.roll(300)));
        victim.kill().unwrap();
        let output = victim.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!complaint.contains("panicked"), "{complaint}");
        let journal = std::fs::read(base.join("journal")).unwrap_or_default();
        ledger.read(&String::from_utf8_lossy(&journal));
        no_mixed_state(base, &ledger.certain());
    }
    println!("{kills} kills survived, {} of them after it was open", ledger.starts);
    assert!(ledger.starts > kills / 4, "too few lived long enough: {}", ledger.starts);

    // The next start works by itself, and ends with what an undisturbed one has.
    world.reopen().await;
    let undisturbed = World::new();
    let projects = world.engine().snapshot().projects.clone();
    println!("{} projects are left", projects.len());
    for project in projects {
        let fresh = undisturbed.add(Path::new(&project.root)).await;
        world.engine().wait(&project.id, quarry_engine::status::LaneName::Text).await.unwrap();
        let settled = world.until_fresh(&project.id).await;
        assert_eq!(
            (settled.files, settled.chunks, settled.skipped, &settled.error),
            (fresh.files, fresh.chunks, fresh.skipped, &None),
            "{settled:?}"
        );
    }
    world.close().await;
    no_mixed_state(base, &ledger.certain());
}
