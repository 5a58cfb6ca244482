//! The incremental index against a fresh one, over random edits.

use std::path::Path;

use crate::world::{World, git, write};

/// Rounds of edits; the long version is for `cargo xtask test --long`.
fn rounds() -> u64 {
    if std::env::var_os("QUARRY_LONG").is_some() { 60 } else { 8 }
}

/// A small generator: the same edits for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64: https://www.jstatsoft.org/article/view/v008i14
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_edits_the_index_equals_a_fresh_one() {
    let world = World::new();
    let root = world.folder("code", &[("seed.rs", "fn word0() {}\n")]);
    git(&root, &["init", "-q"]);
    write(&root.join(".gitignore"), "*.tmp\nbuild/\n");
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "start"]);
    world.add(&root).await;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..rounds() {
        for _ in 0..=dice.roll(25) {
            edit(&root, &mut dice);
        }
        let fresh = World::new();
        fresh.add(&root).await;
        let wanted = picture(&fresh).await;
        // What the fresh index holds is what the old one has to come to.
        let started = std::time::Instant::now();
        loop {
            let now = picture(&world).await;
            if now == wanted && world.status("code").pending == 0 {
                break;
            }
            assert!(
                started.elapsed() < crate::world::DEADLINE,
                "round {round}: incremental {now:#?}\nfresh {wanted:#?}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

fn edit(root: &Path, dice: &mut Dice) {
    let file = |dice: &mut Dice| {
        let directory = ["", "a/", "a/b/", "c/", "build/", "d.rs/"][dice.roll(6) as usize];
        let extension = ["rs", "c", "tmp"][dice.roll(3) as usize];
        root.join(format!("{directory}f{}.{extension}", dice.roll(6)))
    };
    match dice.roll(12) {
        0..=4 => {
            let text: String = (0..=dice.roll(80))
                .map(|_| format!("fn word{}() {{ word{} }}\n", dice.roll(9), dice.roll(9)))
                .collect();
            let path = file(dice);
            let parent = path.parent().unwrap();
            if parent.is_file() {
                std::fs::remove_file(parent).unwrap();
            }
            if path.is_dir() {
                std::fs::remove_dir_all(&path).unwrap();
            }
            write(&path, &text);
        }
        5 | 6 => drop(std::fs::remove_file(file(dice))),
        7 => drop(std::fs::remove_dir_all(
            file(dice).parent().filter(|p| *p != root).unwrap_or(&root.join("c")),
        )),
        8 => {
            let (from, to) = (file(dice), file(dice));
            drop(std::fs::create_dir_all(to.parent().unwrap()));
            drop(std::fs::rename(from, to));
        }
        9 => drop(std::fs::rename(root.join("a"), root.join("c/a"))),
        10 => {
            git(root, &["add", "-A"]);
            git(root, &["commit", "-q", "--allow-empty", "-m", "round"]);
        }
        _ => {
            let rules = ["*.tmp\nbuild/\n", "*.tmp\n", "build/\n/a/f1.rs\n"];
            write(&root.join(".gitignore"), rules[dice.roll(3) as usize]);
            git(root, &["checkout", "-q", "HEAD~0"]);
        }
    }
}

/// What the index holds, and what it answers.
async fn picture(world: &World) -> (u64, u64, u64, Vec<(String, u64, u64)>) {
    let status = world.status("code");
    let mut answers = Vec::new();
    for word in 0..9 {
        for hit in world.search(&format!("word{word}")).await.results {
            answers.push((format!("word{word} {}", hit.path), hit.line_start, hit.line_end));
        }
    }
    answers.sort();
    (status.files, status.chunks, status.skipped, answers)
}
