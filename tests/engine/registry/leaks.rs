use std::process::Command;
use std::time::Duration;

use quarry_engine::search::Mode;
use quarry_engine::status::Residency;

use super::system::{descriptors, own_memory, threads, watched_inodes};
use crate::world::{World, until};

const PROJECTS: usize = 100;
const OPEN: usize = 5;
/// Set in the process that does nothing but this.
const ALONE: &str = "QUARRY_TEST_ALONE";
const NAME: &str = "registry::leaks::searching_over_a_hundred_projects_leaves_nothing_behind";
/// What the allocator may keep more of, from one measurement to the next, in kilobytes.
const SLACK: usize = 8 * 1024;

#[derive(Clone, Copy, Debug)]
struct Figures {
    watches: usize,
    descriptors: usize,
    threads: usize,
    memory_kb: usize,
}

/// Counts what the whole process has, so that it has to be alone in it.
#[test]
fn searching_over_a_hundred_projects_leaves_nothing_behind() {
    if std::env::var_os(ALONE).is_some() {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            // Threads that are not needed end at once, so that they can be counted.
            .thread_keep_alive(Duration::from_millis(200))
            .build()
            .unwrap()
            .block_on(search_again_and_again());
        return;
    }
    let alone = Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let (told, errors) =
        (String::from_utf8_lossy(&alone.stdout), String::from_utf8_lossy(&alone.stderr));
    assert!(alone.status.success(), "{told}{errors}");
    assert!(told.contains("1 passed"), "{told}");
    print!("{told}");
}

async fn search_again_and_again() {
    let world = World::with(|options| options.room.projects = OPEN);
    for at in 0..PROJECTS {
        let (common, own) = (format!("needle {at}"), format!("only{at:03}"));
        world.project(&format!("p{at}"), &[("a.rs", &common), ("sub/b.rs", &own)]).await;
    }
    let rounds = if std::env::var_os("QUARRY_LONG").is_some() { 20 } else { 4 };
    // What is made once, such as threads and kept readers, is there after the first.
    round(&world).await;
    let before = rest(&world, None).await;
    println!("after the first round   {before:?}");
    for at in 0..rounds {
        round(&world).await;
        println!("after round {:>2} of {rounds}    {:?}", at + 2, rest(&world, None).await);
    }
    rest(&world, Some(before)).await;
}

/// Searches over all, each finding another project, so that each opens some and closes others.
async fn round(world: &World) {
    for at in 0..PROJECTS {
        let answer = world.ask(&format!("only{at}"), Mode::Text).await;
        assert_eq!((answer.searched.hot, answer.searched.failed.len()), (PROJECTS, 0));
        assert_eq!(answer.results.len(), 1);
    }
    assert_eq!(world.search("needle").await.results.len(), PROJECTS);
}

/// The figures once everything has come to rest, and no higher than `limit`.
async fn rest(world: &World, limit: Option<Figures>) -> Figures {
    let mut last = None;
    let figures = until("it comes to rest", || {
        let figures = Figures {
            watches: watched_inodes().len(),
            descriptors: descriptors(),
            threads: threads(),
            memory_kb: own_memory(),
        };
        let projects = world.engine().snapshot().projects.clone();
        let resting = |p: &quarry_engine::status::ProjectStatus| {
            matches!(p.residency, Residency::Hot | Residency::Cold)
        };
        let hot = projects.iter().filter(|p| p.residency == Residency::Hot).count();
        let same = |last: &Figures| {
            (last.watches, last.descriptors, last.threads)
                == (figures.watches, figures.descriptors, figures.threads)
        };
        let steady = last.as_ref().is_some_and(same);
        last = Some(figures);
        let low = limit.is_none_or(|limit| {
            figures.watches <= limit.watches.max(2 * OPEN)
                && figures.descriptors <= limit.descriptors
                && figures.threads <= limit.threads
                && figures.memory_kb <= limit.memory_kb + SLACK
        });
        let rests = steady && low && hot <= OPEN && projects.iter().all(resting);
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            rests.then_some(figures)
        }
    })
    .await;
    assert!(figures.watches <= 3 * OPEN, "{figures:?}");
    figures
}
