//! The incremental index against a fresh one, over random edits of files, directories, rules,
//! git's branches, and of what the project leaves out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quarry_engine::search::{Mode, SearchRequest};
use quarry_engine::status::{LaneName, ProjectAction, ProjectStatus};

use crate::dice::Dice;
use crate::world::{DEADLINE, World, git, word, write};

/// Rounds of edits; the long version is for `cargo xtask test --long`.
fn rounds() -> u64 {
    if std::env::var_os("QUARRY_LONG").is_some() { 120 } else { 12 }
}

const WORDS: u64 = 12;
/// Parts of all names that there are.
const NAMES: [&str; 3] = ["rs", "tmp", "f1"];
/// More than there are.
const ALL_HITS: usize = 10_000;
const RULES: [&str; 4] =
    ["*.tmp\nbuild/\n", "*.tmp\n", "build/\n/a/f1.rs\n", "*.tmp\n!f2.tmp\nc/\n"];
const EXCLUDES: [&str; 4] = ["/a/b/", "*.c", "f3.*", "!f3.rs"];
const BRANCHES: [&str; 3] = ["main", "left", "right"];

/// Which of the edits are made: the first ones change files and folders only.
const FILES_AND_FOLDERS: u64 = 13;
const ALL: u64 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn after_any_edits_the_index_equals_a_fresh_one() {
    compare_with_fresh_ones(ALL).await;
}

/// Here no comparison of the whole tree makes good what an event missed.
#[tokio::test(flavor = "multi_thread")]
async fn after_edits_of_files_and_folders_the_events_alone_make_it_equal() {
    let world = compare_with_fresh_ones(FILES_AND_FOLDERS).await;
    assert_eq!(world.engine().activity("code").unwrap().rescans, 0);
}

async fn compare_with_fresh_ones(edits: u64) -> World {
    let mut dice = Dice::from_environment();
    let mut world = World::new();
    let root = world.folder("code", &[("seed.rs", &text(&mut dice))]);
    git(&root, &["init", "-q"]);
    write(&root.join(".gitignore"), RULES[0]);
    commit(&root);
    world.add(&root).await;
    let mut done = Vec::new();
    for round in 0..rounds() {
        done.clear();
        if edits == ALL && dice.roll(6) == 0 {
            // Some are made while nobody watches.
            world.close().await;
            for _ in 0..=dice.roll(6) {
                done.push(edit(&root, edits, &mut dice));
            }
            world.reopen().await;
        }
        for _ in 0..=dice.roll(25) {
            done.push(edit(&root, edits, &mut dice));
            if dice.roll(8) == 0 {
                // So that some come while a run is under way.
                tokio::time::sleep(Duration::from_millis(dice.roll(700))).await;
            }
        }
        if edits == ALL && dice.roll(2) == 0 {
            done.push(cover_otherwise(&world, &mut dice).await);
        }
        let fresh = fresh(&root, &world.status("code")).await;
        let wanted = picture(&fresh).await;
        // What the fresh index holds is what the old one has to come to.
        let started = Instant::now();
        loop {
            let now = picture(&world).await;
            if now == wanted && world.status("code").pending == 0 {
                break;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "round {round}, after {done:#?}: {:?}\nincremental {now:#?}\nfresh {wanted:#?}",
                world.status("code")
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    println!("{} rounds: {:?}", rounds(), world.engine().activity("code").unwrap());
    world
}

/// Another pattern, one less, or the ignored files too; says what.
async fn cover_otherwise(world: &World, dice: &mut Dice) -> String {
    let (engine, status) = (world.engine(), world.status("code"));
    match (dice.roll(3), status.excludes.first()) {
        (0, _) => {
            let action = if status.include_ignored {
                ProjectAction::IgnoredOff
            } else {
                ProjectAction::IgnoredOn
            };
            engine.act("code", action).await.unwrap();
            format!("{action:?}")
        }
        (1, Some(pattern)) => {
            engine.stop_excluding("code", pattern).await.unwrap();
            format!("no longer exclude {pattern}")
        }
        _ => {
            let pattern = EXCLUDES[dice.roll(4) as usize];
            engine.exclude("code", pattern).await.unwrap();
            format!("exclude {pattern}")
        }
    }
}

/// An engine that has indexed the folder once, with the settings of `like` from the beginning.
async fn fresh(root: &Path, like: &ProjectStatus) -> World {
    let mut fresh = World::new();
    let id = fresh.add(root).await.id;
    if like.excludes.is_empty() && !like.include_ignored {
        return fresh;
    }
    for pattern in &like.excludes {
        fresh.engine().exclude("code", pattern).await.unwrap();
    }
    if like.include_ignored {
        fresh.engine().act("code", ProjectAction::IgnoredOn).await.unwrap();
    }
    fresh.close().await;
    std::fs::remove_dir_all(fresh.options.data_dir.join("indexes").join(id)).unwrap();
    fresh.reopen().await;
    fresh.engine().wait("code", LaneName::Text).await.unwrap();
    fresh
}

fn text(dice: &mut Dice) -> String {
    let mut line = |_| {
        let (a, b) = (dice.roll(WORDS) as usize, dice.roll(WORDS) as usize);
        format!("fn {}() {{ {} }}\n", word(a), word(b))
    };
    (0..80).map(&mut line).collect()
}

fn commit(root: &Path) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "--allow-empty", "-m", "round"]);
}

fn place(root: &Path, dice: &mut Dice) -> PathBuf {
    root.join(["", "a", "a/b", "c", "build", "d.rs", "a/b/e"][dice.roll(7) as usize])
}

fn file(root: &Path, dice: &mut Dice) -> PathBuf {
    let extension = ["rs", "c", "tmp"][dice.roll(3) as usize];
    place(root, dice).join(format!("f{}.{extension}", dice.roll(6)))
}

/// Makes room for a file or directory at `path`, whatever is in its way.
fn clear(root: &Path, path: &Path) {
    let below = path.strip_prefix(root).unwrap();
    for ancestor in below.ancestors().skip(1) {
        let ancestor = root.join(ancestor);
        if ancestor.is_symlink() || ancestor.is_file() {
            std::fs::remove_file(ancestor).unwrap();
        }
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if path.is_symlink() {
        std::fs::remove_file(path).unwrap();
    }
    if path.is_dir() && path != root {
        std::fs::remove_dir_all(path).unwrap();
    }
}

/// Changes something; says what. Many of the steps fail at times, which is as good.
fn edit(root: &Path, edits: u64, dice: &mut Dice) -> String {
    let (one, other) = (file(root, dice), file(root, dice));
    match dice.roll(edits) {
        0..=4 => {
            clear(root, &one);
            write(&one, &text(dice));
            format!("write {}", one.display())
        }
        5 => {
            drop(std::fs::remove_file(&one));
            format!("remove {}", one.display())
        }
        6 => {
            let directory = place(root, dice);
            if directory != root {
                drop(std::fs::remove_dir_all(&directory));
            }
            format!("remove {}", directory.display())
        }
        7 => {
            clear(root, &other);
            drop(std::fs::rename(&one, &other));
            format!("rename {} {}", one.display(), other.display())
        }
        8 | 9 => {
            let (from, to) = (place(root, dice), place(root, dice));
            if from != root && to != root && !to.starts_with(&from) && !from.starts_with(&to) {
                clear(root, &to);
                drop(std::fs::rename(&from, &to));
            }
            format!("rename {} {}", from.display(), to.display())
        }
        10 => {
            // Out of the project, changed there, and back in under another name.
            let (from, out, to) =
                (place(root, dice), root.with_extension("out"), place(root, dice));
            if from != root && to != root && !to.starts_with(&from) && !from.starts_with(&to) {
                if std::fs::rename(&from, &out).is_ok() && out.is_dir() {
                    clear(&out, &out.join("f0.rs"));
                    write(&out.join("f0.rs"), &text(dice));
                    clear(root, &to);
                    drop(std::fs::rename(&out, &to));
                }
                drop(std::fs::remove_file(&out));
                drop(std::fs::remove_dir_all(&out));
            }
            format!("move {} out and in as {}", from.display(), to.display())
        }
        11 => {
            // As editors save.
            clear(root, &one);
            write(&root.join(".saving"), &text(dice));
            drop(std::fs::rename(root.join(".saving"), &one));
            format!("replace {}", one.display())
        }
        12 => {
            clear(root, &other);
            drop(std::fs::remove_file(&other));
            drop(std::os::unix::fs::symlink(&one, &other));
            format!("link {} to {}", other.display(), one.display())
        }
        13 => {
            commit(root);
            let branch = BRANCHES[dice.roll(3) as usize];
            // A new one, or one that was left somewhere else.
            let known = std::process::Command::new("git")
                .arg("-C")
                .arg(root)
                .args(["checkout", "-q", branch])
                .output()
                .unwrap();
            if !known.status.success() {
                git(root, &["checkout", "-q", "-b", branch]);
            }
            format!("switch to {branch}")
        }
        14 => {
            write(&root.join(".gitignore"), RULES[dice.roll(4) as usize]);
            "other rules".to_owned()
        }
        _ => {
            let rules = root.join("a/.gitignore");
            if dice.roll(2) == 0 {
                clear(root, &rules);
                write(&rules, ["*.c\n", "b\n", "!*.tmp\n"][dice.roll(3) as usize]);
            } else {
                drop(std::fs::remove_file(rules));
            }
            "other rules in a".to_owned()
        }
    }
}

/// What the index holds, and what it answers.
async fn picture(world: &World) -> (u64, u64, u64, Vec<(String, u64, u64)>, Vec<String>) {
    let status = world.status("code");
    let mut answers = Vec::new();
    let words = (0..WORDS as usize).map(|at| (word(at), Mode::Auto));
    let names = NAMES.map(|name| (name.to_owned(), Mode::Names));
    for (query, mode) in words.chain(names) {
        // All of them: which ones come last may depend on what was deleted and is not merged yet.
        let request = SearchRequest {
            query: query.clone(),
            mode,
            limit: ALL_HITS,
            ..SearchRequest::default()
        };
        for hit in world.engine().search(request).await.unwrap().results {
            answers.push((format!("{query} {}", hit.path), hit.line_start, hit.line_end));
        }
    }
    answers.sort();
    let skipped = world.engine().skipped("code").await.unwrap();
    let skipped = skipped.into_iter().map(|file| format!("{file:?}")).collect();
    (status.files, status.chunks, status.skipped, answers, skipped)
}
