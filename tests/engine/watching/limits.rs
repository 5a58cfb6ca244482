//! Limits of the system, missing rights, and things that are no files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use quarry_engine::index::SkipReason;
use quarry_engine::status::{Freshness, ProjectAction, WatchMode};

use crate::confined::{ALONE, LIMITS, NOBODY, Turn, confined, watches};
use crate::world::{World, git, until, word, write};

#[tokio::test(flavor = "multi_thread")]
async fn where_the_system_gives_no_more_watches_changes_are_looked_for() {
    const TEST: &str =
        "watching::limits::where_the_system_gives_no_more_watches_changes_are_looked_for";
    if confined(TEST, LIMITS) == Turn::Over {
        return;
    }
    // Of this user namespace only: it ends with the process.
    const LIMIT: &str = "/proc/sys/user/max_inotify_watches";
    if std::fs::write(LIMIT, "20").is_err() {
        println!("{TEST}: not shown, {LIMIT} cannot be written here");
        return;
    }
    let world = World::with(|options| options.tuning.poll_every = Duration::from_secs(1));
    let root = world.folder("code", &[]);
    for at in 0..100 {
        write(&root.join(format!("d{at}/f.rs")), "needle");
    }
    let status = world.add(&root).await;
    assert_eq!((status.files, status.watch_mode), (100, WatchMode::Polling));
    let reason = status.watch_reason.unwrap();
    assert!(reason.contains("limit of watched folders"), "{reason}");
    until("the watches are given back", || async { (watches() == 0).then_some(()) }).await;

    let before = world.engine().activity("code").unwrap();
    write(&root.join("d99/f.rs"), "changed");
    world.until_found("changed", &["d99/f.rs"]).await;
    // It is found a moment before its run ends.
    let after = until("the run has ended", || async {
        let after = world.engine().activity("code").unwrap();
        (after.read > before.read).then_some(after)
    })
    .await;
    println!("a change was found after {} comparisons", after.runs - before.runs);
    assert_eq!(after.read - before.read, 1);

    std::fs::write(LIMIT, "1000").unwrap();
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_status("code", "watched", |status| status.watch_mode == WatchMode::Native).await;
    world.until_fresh("code").await;
    write(&root.join("d98/f.rs"), "heard");
    world.until_found("heard", &["d98/f.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_without_watchers_to_give_is_polled_and_retried_seldom() {
    const TEST: &str =
        "watching::limits::a_system_without_watchers_to_give_is_polled_and_retried_seldom";
    if confined(TEST, LIMITS) == Turn::Over {
        return;
    }
    if std::fs::write("/proc/sys/user/max_inotify_instances", "0").is_err() {
        println!("{TEST}: not shown, the limit cannot be written here");
        return;
    }
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    let status = world.add(&root).await;
    assert_eq!(status.watch_mode, WatchMode::Polling);
    assert!(status.watch_reason.unwrap().contains("limit of watchers"));
    let runs = world.engine().activity("code").unwrap().runs;
    write(&root.join("a.rs"), "beta");
    // Somebody who cannot wait for the poll asks.
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_found("beta", &["a.rs"]).await;
    world.until_fresh("code").await;
    assert_eq!(world.engine().activity("code").unwrap().runs, runs + 1, "no storm of retries");
    assert_eq!(world.status("code").watch_mode, WatchMode::Polling);
}

fn forbid(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
}

fn permit(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_listed_and_costs_nothing_else() {
    const TEST: &str = "watching::limits::what_may_not_be_read_is_listed_and_costs_nothing_else";
    if rustix::process::geteuid().is_root() && confined(TEST, NOBODY) == Turn::Over {
        return;
    }
    let mut world = World::new();
    let files = [
        ("a.rs", "needle"),
        ("secret.rs", "needle"),
        ("locked/in/b.rs", "needle"),
        ("late/c.rs", "needle"),
    ];
    let root = world.folder("code", &files);
    forbid(&root.join("secret.rs"));
    forbid(&root.join("locked"));
    let status = world.add(&root).await;
    assert_eq!((status.files, status.skipped), (2, 2), "{status:?}");
    let listed = async |world: &World| {
        let skipped = world.engine().skipped("code").await.unwrap();
        let said: Vec<_> =
            skipped.into_iter().map(|file| (file.path, file.reason, file.note)).collect();
        assert!(said.iter().all(|(_, reason, _)| *reason == SkipReason::Unreadable), "{said:?}");
        assert!(said.iter().all(|(.., note)| note.contains("denied")), "{said:?}");
        said.into_iter().map(|(path, ..)| path).collect::<Vec<_>>()
    };
    assert_eq!(listed(&world).await, ["locked", "secret.rs"]);

    // Rights that are taken away while it is watched: what was indexed below stays.
    forbid(&root.join("late"));
    world.until_status("code", "listed", |status| status.skipped == 3).await;
    world.until_fresh("code").await;
    assert_eq!(listed(&world).await, ["late", "locked", "secret.rs"]);
    assert_eq!(world.found("needle").await, ["a.rs", "late/c.rs"]);
    // Nothing is written for them at the next start.
    let stamp = world.status("code").last_indexed;
    world.reopen().await;
    world.until_fresh("code").await;
    assert_eq!(world.status("code").last_indexed, stamp);
    assert_eq!(listed(&world).await, ["late", "locked", "secret.rs"]);

    for name in ["secret.rs", "locked", "late"] {
        permit(&root.join(name));
    }
    world.until_found("needle", &["a.rs", "late/c.rs", "locked/in/b.rs", "secret.rs"]).await;
    world.until_status("code", "whole", |status| status.skipped == 0).await;
    write(&root.join("locked/in/d.rs"), "watched");
    world.until_found("watched", &["locked/in/d.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_and_things_that_are_no_files_are_followed_like_others() {
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "needle")]);
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    std::os::unix::fs::symlink("..", root.join("sub/up")).unwrap();
    std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
    let status = world.add(&root).await;
    assert_eq!((status.files, status.skipped), (1, 2), "pipe and socket are skipped, links left");

    let mut names: Vec<Vec<u8>> = [
        &b"two\nlines.rs"[..],
        b"<b onclick=alert(1)>&amp;.rs",
        b"byte\xFF.rs",
        b" blank .rs",
        b"quote\"'.rs",
        b"-rf.rs",
        "\u{202E}sr.txt".as_bytes(),
        "o\u{308}.rs".as_bytes(),
        "\u{F6}.rs".as_bytes(),
        b"back\\slash.rs",
    ]
    .map(<[u8]>::to_vec)
    .into();
    names.push([&b"x".repeat(252)[..], b".rs"].concat());
    for name in &names {
        std::fs::write(root.join(OsStr::from_bytes(name)), "needle").unwrap();
    }
    let folder = root.join(OsStr::from_bytes(b"dir\n\xFE"));
    write(&folder.join("in.rs"), "needle");
    let all = names.len() as u64 + 2;
    world.until_status("code", "whole", |status| status.files == all).await;
    let found = world.found("needle").await;
    assert_eq!(found.len() as u64, all);
    for path in &found {
        let place = world.engine().file_path("code", path).await.unwrap();
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "needle", "{path:?}");
    }
    for name in &names {
        std::fs::remove_file(root.join(OsStr::from_bytes(name))).unwrap();
    }
    write(&folder.join("in.rs"), "other");
    world.until_status("code", "smaller", |status| status.files == 2).await;
    world.until_fresh("code").await;
    assert_eq!(world.found("other").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_only_its_case_is_another_name() {
    let world = World::new();
    let root = world.project("code", &[("Readme.rs", "alpha"), ("Dir/a.rs", "beta")]).await;
    std::fs::rename(root.join("Readme.rs"), root.join("README.rs")).unwrap();
    std::fs::rename(root.join("Dir"), root.join("dir")).unwrap();
    world.until_found("alpha", &["README.rs"]).await;
    world.until_found("beta", &["dir/a.rs"]).await;
    assert_eq!(world.status("code").files, 2);
    write(&root.join("dir/a.rs"), "gamma");
    world.until_found("gamma", &["dir/a.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_way_of_another_hard_link_is_found_by_the_regular_comparison() {
    let world = World::with(|options| options.tuning.reconcile_every = Duration::from_secs(2));
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let outside = world.path("outside.rs");
    std::fs::hard_link(root.join("a.rs"), &outside).unwrap();
    std::fs::hard_link(root.join("a.rs"), root.join("b.rs")).unwrap();
    world.until_found("alpha", &["a.rs", "b.rs"]).await;
    write(&outside, "gamma, longer");
    world.until_found("gamma", &["a.rs", "b.rs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_ignored_files_cost_no_watch_no_run_and_no_read() {
    const TEST: &str =
        "watching::limits::fifty_thousand_ignored_files_cost_no_watch_no_run_and_no_read";
    if confined(TEST, ALONE) == Turn::Over {
        return;
    }
    let world = World::new();
    let root = world.folder("code", &[("src/a.rs", "alpha"), (".gitignore", "vendor/\n")]);
    git(&root, &["init", "-q"]);
    let fill = |folder: &str| {
        for package in 0..500 {
            let place = root.join(format!("{folder}/p{package}/lib"));
            std::fs::create_dir_all(&place).unwrap();
            for at in 0..50 {
                std::fs::write(place.join(format!("f{at}.js")), "needle").unwrap();
            }
        }
    };
    fill("node_modules");
    let status = world.add(&root).await;
    assert_eq!(status.files, 2);
    // The root, src, and git's own: itself, its list of excluded files, its branches.
    let watched = watches();
    assert_eq!(watched, 5);
    let before = world.engine().activity("code").unwrap();
    fill("vendor");
    std::fs::remove_dir_all(root.join("node_modules")).unwrap();
    write(&root.join("src/a.rs"), "beta");
    world.until_found("beta", &["src/a.rs"]).await;
    world.until_fresh("code").await;
    let after = world.engine().activity("code").unwrap();
    println!("50,000 ignored files came and went: {} events", after.events - before.events);
    assert_eq!((after.runs - before.runs, after.read - before.read), (1, 1));
    assert_eq!(watches(), watched);

    // What is ignored from now on is watched no longer.
    write(&root.join(".gitignore"), "vendor/\nsrc/\n");
    world.until_found("beta", &[]).await;
    until("src is not watched", || async { (watches() == watched - 1).then_some(()) }).await;
    world.engine().act("code", ProjectAction::Pause).await.unwrap();
    until("nothing is watched", || async { (watches() == 0).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_writer_makes_the_change_wait_and_says_so() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    let lock = world.index_directory().join(".tantivy-writer.lock");
    let file = std::fs::File::options().create(true).append(true).open(lock).unwrap();
    file.lock().unwrap();
    write(&root.join("a.rs"), "beta");
    let status = world
        .until_status("code", "retrying", |status| status.freshness == Freshness::Retrying)
        .await;
    assert_eq!(status.error.unwrap().cause, "Locked");
    assert_eq!(status.pending, 1);
    assert_eq!(world.found("alpha").await, ["a.rs"], "searches go on");
    let status = world
        .until_status("code", "failing", |status| status.freshness == Freshness::Failing)
        .await;
    assert!(status.error.unwrap().attempts >= 5);
    drop(file);
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_found("beta", &["a.rs"]).await;
    let status = world.until_fresh("code").await;
    assert_eq!((status.error, status.pending), (None, 0));
}

/// The lock under which tantivy opens a commit's files; whoever asks for it waits for ever.
fn hold_up(index: &Path) -> std::fs::File {
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(index.join(".tantivy-meta.lock"))
        .unwrap();
    file.lock().unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_hangs_is_called_stuck_stays_alone_and_its_late_end_counts() {
    let world = World::with(|options| {
        options.tuning.stall = Duration::from_millis(400);
        options.tuning.cancel_grace = Duration::from_millis(400);
    });
    let root = world.project("code", &[("a.rs", "alpha")]).await;
    until("it rests", || async {
        (!world.engine().activity("code").unwrap().at_work).then_some(())
    })
    .await;
    let held = hold_up(&world.index_directory());
    write(&root.join("a.rs"), "beta");
    world.until_status("code", "stuck", |status| status.freshness == Freshness::Stuck).await;
    let runs = world.engine().activity("code").unwrap().runs;
    write(&root.join("b.rs"), "gamma");
    world.until_status("code", "pending", |status| status.pending >= 2).await;
    let status = world.status("code");
    assert_eq!(
        (status.freshness, status.error.unwrap().cause.as_str()),
        (Freshness::Stuck, "TimedOut")
    );
    assert_eq!(world.found("alpha").await, ["a.rs"], "searches go on");
    assert_eq!(world.engine().activity("code").unwrap().runs, runs, "never a second run");
    drop(held);
    world.until_found("beta", &["a.rs"]).await;
    world.until_found("gamma", &["b.rs"]).await;
    let status = world.until_fresh("code").await;
    assert_eq!((status.error, status.pending), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_saves_leave_an_index_of_about_the_size_of_a_fresh_one() {
    let saves = if std::env::var_os("QUARRY_LONG").is_some() { 1000 } else { 200 };
    let world = World::with(|options| options.tuning.quiet = Duration::from_millis(5));
    let root = world.folder("code", &[]);
    let text = |at: usize, turn: usize| {
        let line =
            |line| format!("fn {}() {{ name{at}(); }}\n", word((turn * 50 + at) * 100 + line));
        (0..100).map(line).collect::<String>()
    };
    for at in 0..50 {
        write(&root.join(format!("f{at}.rs")), &text(at, 0));
    }
    world.add(&root).await;
    for turn in 1..=saves {
        write(&root.join(format!("f{}.rs", turn % 50)), &text(turn % 50, turn));
        let last = word((turn * 50 + turn % 50) * 100 + 99);
        world.until_found(&last, &[&format!("f{}.rs", turn % 50)]).await;
    }
    world.until_fresh("code").await;
    let fresh = World::new();
    fresh.add(&root).await;
    let new = on_disk(&fresh.index_directory());
    // Merging comes after everything else.
    until("its size is about that of a fresh one", || async {
        let worn = on_disk(&world.index_directory());
        let rests = !world.engine().activity("code").unwrap().at_work;
        let small = rests && worn * 2 <= new * 3;
        small.then(|| println!("{saves} saves: {worn} bytes, a fresh index has {new}"))
    })
    .await;
}

fn on_disk(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap();
    // A file that a merge takes away meanwhile has no size.
    files.filter_map(|file| file.unwrap().metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_is_not_taken_for_hanging_while_a_file_is_written_all_the_time() {
    /// A debug build takes several seconds for them.
    const FILES: u64 = 20_000;
    let world = World::with(|options| options.tuning.stall = Duration::from_millis(300));
    let root = world.folder("code", &[]);
    let text: String = (0..60).map(|line| format!("fn {}() {{}}\n", word(line))).collect();
    for at in 0..FILES {
        write(&root.join(format!("f{at}.rs")), &text);
    }
    let log = root.join("server.log");
    write(&log, "started\n");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        let pause = Duration::from_millis(5);
        while stopped.recv_timeout(pause) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            write(&log, "still at it\n");
        }
    });
    world.engine().add(&root, None).await.unwrap();
    let ended = until("a run has ended", || async {
        let activity = world.engine().activity("code").ok()?;
        (activity.written > 0 && activity.runs > 0).then_some(activity)
    });
    let activity = ended.await;
    drop(stop);
    writer.join().unwrap();
    assert_eq!(activity.written, FILES + 1, "{activity:?}");
    world.until_fresh("code").await;
}
