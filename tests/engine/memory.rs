//! What Quarry itself keeps in memory while a worker embeds, with a real worker and the real model.

use std::time::{Duration, Instant};

use quarry_engine::search::Mode;
use quarry_engine::status::LaneName;

use crate::confined::{ALONE, Turn, confined};
use crate::embedding::options;
use crate::registry::system::own_memory;
use crate::world::{DEADLINE, World, word, write};

const TEXTS: usize = 4000;
/// What the process may have more of while it embeds and afterwards, in kilobytes. The vectors
/// alone take 3 MB on the disk, and as what the worker sends 6 MB.
const SLACK: usize = 4 * 1024;
/// Between two looks at the memory, and how many of them without a fall say that it rests.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS_AT_REST: usize = 20;

/// Measures the whole process, so that it has to be alone in it.
#[test]
fn embedding_thousands_of_texts_takes_no_memory_of_quarrys_own() {
    let name = "memory::embedding_thousands_of_texts_takes_no_memory_of_quarrys_own";
    if confined(name, ALONE) == Turn::Inside {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap().block_on(embed_and_measure());
    }
}

async fn embed_and_measure() {
    let mut world = World::with(|all| {
        all.embedder = Some(options());
        all.pacing.on_battery = true;
        all.pacing.paused = true;
    });
    let root = world.folder("code", &[]);
    for n in 0..TEXTS {
        write(&root.join(format!("{}.rs", word(n))), &format!("fn {}() {{}}\n", word(n)));
    }
    world.add(&root).await;
    world
        .until_status("code", "counted", |status| status.vectors_wanted == Some(TEXTS as u64))
        .await;
    let before = settled().await;
    world.engine().pause_meaning(false);
    let mut most = before;
    let mut snapshots = world.engine().subscribe();
    while world.status("code").vectors < TEXTS as u64 {
        snapshots.changed().await.unwrap();
        most = most.max(own_memory());
    }
    world.engine().wait("code", LaneName::Meaning).await.unwrap();
    let after = settled().await;
    world.ask("what has an empty body", Mode::Meaning).await;
    let searched = settled().await;
    println!(
        "{TEXTS} texts: {before} kB before, at most {most} kB, {after} kB after, {searched} kB searched"
    );
    assert!(most <= before + SLACK, "{before} kB before, {most} kB while embedding");
    assert!(after <= before + SLACK, "{before} kB before, {after} kB afterwards");
    assert!(searched <= before + SLACK, "{before} kB before, {searched} kB after a search");
    world.close().await;
}

/// Once nothing more of what came before is given back.
async fn settled() -> usize {
    let started = Instant::now();
    let (mut lowest, mut unchanged) = (own_memory(), 0);
    while unchanged < LOOKS_AT_REST {
        assert!(started.elapsed() < DEADLINE, "memory is given back without an end");
        tokio::time::sleep(LOOK).await;
        let now = own_memory();
        unchanged = if now < lowest { 0 } else { unchanged + 1 };
        lowest = lowest.min(now);
    }
    own_memory()
}
