//! Many events, few runs.

use std::time::{Duration, Instant};

use quarry_engine::status::Activity;

use crate::confined::{ALONE, Turn, confined};
use crate::world::{World, until, word, write};

/// What happened since `before`, printed.
fn since(before: Activity, world: &World, what: &str) -> Activity {
    let now = world.engine().activity("code").unwrap();
    let done = Activity {
        events: now.events - before.events,
        rescans: now.rescans - before.rescans,
        runs: now.runs - before.runs,
        read: now.read - before.read,
        written: now.written - before.written,
        deepened: now.deepened - before.deepened,
        commits: now.commits - before.commits,
        merges: now.merges - before.merges,
        at_work: now.at_work,
    };
    println!("{what}: {done:?}");
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_files_are_created_renamed_and_deleted_in_few_runs() {
    const FILES: u64 = 10_000;
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let before = world.engine().activity("code").unwrap();
    for at in 0..FILES {
        write(&root.join(format!("burst/d{}/f{at}.rs", at % 20)), &word(at as usize));
    }
    world.until_status("code", "complete", |status| status.files == FILES + 1).await;
    world.until_fresh("code").await;
    let created = since(before, &world, "10,000 files created");
    assert!(created.runs <= 12, "{created:?}");

    let before = world.engine().activity("code").unwrap();
    for at in 0..FILES {
        let place = root.join(format!("burst/d{}", at % 20));
        std::fs::rename(place.join(format!("f{at}.rs")), place.join(format!("g{at}.rs"))).unwrap();
    }
    world.until_found(&word(77), &["burst/d17/g77.rs"]).await;
    world.until_fresh("code").await;
    let renamed = since(before, &world, "10,000 files renamed");
    assert_eq!(world.status("code").files, FILES + 1);
    assert!(renamed.runs <= 12, "{renamed:?}");

    let before = world.engine().activity("code").unwrap();
    std::fs::rename(root.join("burst"), root.join("moved")).unwrap();
    world.until_found(&word(77), &["moved/d17/g77.rs"]).await;
    world.until_fresh("code").await;
    since(before, &world, "their folder renamed");
    assert_eq!(world.status("code").files, FILES + 1);

    let before = world.engine().activity("code").unwrap();
    std::fs::remove_dir_all(root.join("moved")).unwrap();
    world.until_status("code", "empty again", |status| status.files == 1).await;
    world.until_fresh("code").await;
    let deleted = since(before, &world, "10,000 files deleted");
    assert_eq!(deleted.read, 0, "nothing is read to forget a file");
    assert!(deleted.runs <= 12, "{deleted:?}");
}

/// The largest amount of memory that this process ever had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_a_hundred_thousand_events_ends_with_the_right_index() {
    const TEST: &str =
        "watching::events::a_burst_of_a_hundred_thousand_events_ends_with_the_right_index";
    if confined(TEST, ALONE) == Turn::Over {
        return;
    }
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..500 {
        write(&root.join(format!("d{}/f{at}.rs", at % 10)), "first");
    }
    world.add(&root).await;
    let (before, memory) = (world.engine().activity("code").unwrap(), peak_memory());
    let started = Instant::now();
    let storm = {
        let root = root.clone();
        tokio::task::spawn_blocking(move || {
            for turn in 0..60 {
                for at in 0..500 {
                    // Creates, writes, renames or deletes: two to four events each.
                    let path = root.join(format!("d{}/f{at}.rs", at % 10));
                    match (turn + at) % 4 {
                        0 => drop(std::fs::remove_file(&path)),
                        1 => drop(std::fs::rename(&path, path.with_extension("moved"))),
                        _ => std::fs::write(&path, format!("storm t{turn} n{at}")).unwrap(),
                    }
                    std::fs::write(path.with_extension("tmp"), "temporary").unwrap();
                    std::fs::remove_file(path.with_extension("tmp")).unwrap();
                }
            }
            for at in 0..500 {
                let path = root.join(format!("d{}/f{at}.rs", at % 10));
                drop(std::fs::remove_file(path.with_extension("moved")));
                std::fs::write(path, format!("last {}", word(at))).unwrap();
            }
        })
    };
    storm.await.unwrap();
    let lasted = started.elapsed();
    until("the last content is there", || async {
        let found = world.found(&word(499)).await;
        (world.status("code").files == 500 && found == ["d9/f499.rs"]).then_some(())
    })
    .await;
    world.until_fresh("code").await;
    let done = since(before, &world, "a storm");
    let grown = peak_memory() - memory;
    println!("{} events in {lasted:?}, memory grew by {} MB", done.events, grown >> 20);
    assert!(done.events >= 100_000, "{done:?}");
    // A run every five seconds at most, and one or two for what came last.
    assert!(u128::from(done.runs) <= lasted.as_millis() / 4000 + 6, "{done:?}");
    assert!(grown < 200 << 20, "{grown} bytes more");
    for (word, count) in [("storm", 0), ("temporary", 0), ("last", 500)] {
        let request = quarry_engine::search::SearchRequest {
            query: word.into(),
            limit: 1000,
            ..Default::default()
        };
        let answer = world.engine().search(request).await.unwrap();
        assert_eq!(answer.results.len(), count, "{word}");
    }
}

/// On one thread, which makes the events and does not take them meanwhile: the queue runs over.
#[tokio::test]
async fn events_that_were_lost_are_made_good_by_a_comparison() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("gone.rs", "beta")]).await;
    let before = world.engine().activity("code").unwrap();
    std::fs::remove_file(root.join("gone.rs")).unwrap();
    for at in 0..6000 {
        let path = root.join(format!("f{at}.tmp"));
        std::fs::write(&path, "x").unwrap();
        std::fs::remove_file(path).unwrap();
    }
    write(&root.join("sub/last.rs"), "gamma");
    world.until_found("gamma", &["sub/last.rs"]).await;
    world.until_fresh("code").await;
    let done = since(before, &world, "more events than the queue holds");
    assert!(done.rescans >= 1, "{done:?}");
    assert_eq!((world.status("code").files, done.read), (2, 1));
    write(&root.join("sub/next.rs"), "delta");
    world.until_found("delta", &["sub/next.rs"]).await;
}

/// A pipe as an ignore file: whoever reads the rules waits for the end of what is written to it, and
/// with the listener that waits the system's own queue runs over.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_replaced_while_events_were_lost_is_watched_again() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("sub/b.rs", "beta")]).await;
    world.until_fresh("code").await;
    let pipe = world.path("pipe");
    crate::confined::run("mkfifo", &[pipe.to_str().unwrap()]);
    let writer = std::fs::File::options().read(true).write(true).open(&pipe).unwrap();
    std::fs::rename(&pipe, root.join(".ignore")).unwrap();
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    // Each is created and removed: two events.
    for at in 0..limit.trim().parse::<usize>().unwrap() / 2 + 1000 {
        let path = root.join(format!("f{at}.tmp"));
        std::fs::write(&path, "").unwrap();
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir_all(root.join("sub")).unwrap();
    write(&root.join("sub/c.rs"), "gamma");
    std::fs::remove_file(root.join(".ignore")).unwrap();
    drop(writer);
    world.until_found("gamma", &["sub/c.rs"]).await;
    world.until_fresh("code").await;
    write(&root.join("sub/d.rs"), "delta");
    world.until_found("delta", &["sub/d.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_written_without_end_is_indexed_again_and_again() {
    let world = World::with(|options| options.tuning.max_wait = Duration::from_secs(1));
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let before = world.engine().activity("code").unwrap();
    let started = Instant::now();
    let mut line = 0;
    let written = until("three runs while it is written", || {
        line += 1;
        write(&root.join("log.txt"), &format!("line l{line}"));
        let runs = world.engine().activity("code").unwrap().runs - before.runs;
        async move { (runs >= 3).then_some(line) }
    })
    .await;
    let done = since(before, &world, "written without end");
    println!("{written} writes in {:?}", started.elapsed());
    assert!(u128::from(done.runs) <= started.elapsed().as_millis() / 1000 + 1, "{done:?}");
    world.until_found(&format!("l{written}"), &["log.txt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_changes_among_many_files_read_and_write_only_these() {
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..2000 {
        write(&root.join(format!("d{}/f{at}.rs", at % 20)), &format!("fn number{at}() {{}}"));
    }
    world.add(&root).await;
    let before = world.engine().activity("code").unwrap();
    for at in 0..7 {
        write(&root.join(format!("d{at}/f{at}.rs")), "fn changed() {}");
    }
    std::fs::remove_file(root.join("d8/f8.rs")).unwrap();
    world.until_status("code", "smaller", |status| status.files == 1999).await;
    world.until_fresh("code").await;
    let done = since(before, &world, "8 of 2,000 files changed");
    assert_eq!(world.found("changed").await.len(), 7);
    assert_eq!((done.read, done.written, done.commits), (7, 7, done.runs));
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_files_makes_no_event_and_no_run() {
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..500 {
        write(&root.join(format!("f{at}.rs")), "needle");
    }
    world.add(&root).await;
    let before = world.engine().activity("code").unwrap();
    for at in 0..500 {
        std::fs::read(root.join(format!("f{at}.rs"))).unwrap();
        std::fs::read_dir(&root).unwrap().for_each(drop);
    }
    // What is heard of next comes after all that: nothing else was.
    write(&root.join("marker.rs"), "marker");
    world.until_found("marker", &["marker.rs"]).await;
    world.until_fresh("code").await;
    let done = since(before, &world, "500 files read");
    assert!(done.events <= 3, "{done:?}");
    assert_eq!((done.read, done.rescans), (done.runs, 0), "only the marker");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_keeps_time_and_size_is_found_when_it_is_heard_of() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "alpha")]).await;
    let file = root.join("a.rs");
    let time = file.metadata().unwrap().modified().unwrap();
    let change = |text: &str| {
        write(&file, text);
        let times = std::fs::FileTimes::new().set_modified(time);
        std::fs::File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
    };
    change("gamma");
    world.until_found("gamma", &["a.rs"]).await;
    assert_eq!(world.found("alpha").await, ["b.rs"]);
    // An index that was not there to hear of it believes the stamp, until all is indexed anew.
    let mut world = world;
    world.close().await;
    change("delta");
    world.reopen().await;
    world.until_fresh("code").await;
    assert_eq!(world.found("delta").await, [""; 0]);
    world.engine().act("code", quarry_engine::status::ProjectAction::Reindex).await.unwrap();
    world.until_found("delta", &["a.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_clock_was_set_back_is_indexed_again() {
    let mut world = World::new();
    let root = world.project("code", &[("a.rs", "alpha"), ("b.rs", "beta")]).await;
    let set_back = |name: &str, text: &str| {
        write(&root.join(name), text);
        let long_ago = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1000);
        let times = std::fs::FileTimes::new().set_modified(long_ago);
        let file = std::fs::File::options().write(true).open(root.join(name)).unwrap();
        file.set_times(times).unwrap();
    };
    set_back("a.rs", "gamma");
    world.until_found("gamma", &["a.rs"]).await;
    world.close().await;
    set_back("b.rs", "delta");
    world.reopen().await;
    world.until_found("delta", &["b.rs"]).await;
    assert_eq!(world.found("beta").await, [""; 0]);
}
