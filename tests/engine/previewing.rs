//! The lines around a hit.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc;

use quarry_engine::engine::{EngineError, Preview};
use quarry_engine::status::Residency;
use rustix::io::{FdFlags, fcntl_setfd};

use crate::confined::{MOUNTS, Turn, confined, run};
use crate::world::{DEADLINE, World};

async fn shown(world: &World, path: &str, line: u64) -> Preview {
    world.engine().preview("code", path, line, 2).await.unwrap()
}

async fn refused(world: &World, path: &str) -> (&'static str, String) {
    match world.engine().preview("code", path, 1, 2).await {
        Err(error) => (error.code(), error.to_string()),
        Ok(preview) => panic!("{path} is shown: {preview:?}"),
    }
}

fn texts(preview: &Preview) -> Vec<&str> {
    preview.lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_above_the_root_may_become_a_link() {
    let world = World::new();
    let above = world.path("above");
    crate::world::write(&above.join("code/a.rs"), "1\n2\n");
    world.add(&above.join("code")).await;
    std::fs::rename(&above, world.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(world.path("elsewhere"), &above).unwrap();
    assert_eq!(texts(&shown(&world, "a.rs", 1).await), ["1", "2"]);
    crate::world::write(&world.path("others/b.rs"), "3\n");
    std::os::unix::fs::symlink(world.path("others"), above.join("code/out")).unwrap();
    assert_eq!(refused(&world, "out/b.rs").await.0, "Refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_has_the_lines_around_and_says_when_they_are_others() {
    let world = World::new();
    let root = world.project("code", &[("src/a.rs", "1\n2\n3\n4\n5\n6\n7\n")]).await;
    let preview = shown(&world, "src/a.rs", 4).await;
    assert_eq!((preview.first_line, preview.more, preview.stale), (2, true, Some(false)));
    assert_eq!(texts(&preview), ["2", "3", "4", "5", "6"]);

    // Paused, so that the change stays unseen.
    world.engine().act("code", quarry_engine::status::ProjectAction::Pause).await.unwrap();
    std::fs::write(root.join("src/a.rs"), "another\n").unwrap();
    let preview = shown(&world, "src/a.rs", 4).await;
    assert_eq!((preview.first_line, preview.more, preview.stale), (1, false, Some(true)));
    assert_eq!(texts(&preview), ["another"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_closed_project_is_shown_and_not_called_changed() {
    let world = World::with(|options| options.room.projects = 1);
    world.project("code", &[("a.rs", "one\n")]).await;
    world.project("another", &[("b.rs", "two\n")]).await;
    world.until_status("code", "closed", |status| status.residency == Residency::Cold).await;
    let preview = shown(&world, "a.rs", 1).await;
    assert_eq!((texts(&preview), preview.stale), (vec!["one"], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_of_the_project_is_refused_with_a_sentence() {
    let world = World::new();
    let root = world.project("code", &[("a.rs", "x\n"), (".env", "TOKEN=1\n")]).await;
    std::fs::write(root.join("b.bin"), b"\x7fELF\0\0").unwrap();
    std::fs::write(world.path("secret"), "outside\n").unwrap();
    std::os::unix::fs::symlink(world.path("secret"), root.join("link")).unwrap();
    assert_eq!(refused(&world, "../secret").await.0, "Refused");
    assert_eq!(refused(&world, "link").await.0, "Refused");
    for (path, words) in
        [("b.bin", "no text"), (".env", "passwords"), ("gone.rs", "does not exist")]
    {
        let (code, sentence) = refused(&world, path).await;
        assert_eq!(code, "Failed");
        assert!(sentence.contains(path) && sentence.contains(words), "{sentence}");
    }
    let unknown = world.engine().preview("nobody", "a.rs", 1, 2).await;
    assert!(matches!(unknown, Err(EngineError::NotFound(_))));
}

/// A disk that answers nothing, in the place of this folder, until the file is closed.
fn mount_dead_disk(folder: &Path) -> File {
    let server = File::options().read(true).write(true).open("/dev/fuse").unwrap();
    fcntl_setfd(&server, FdFlags::empty()).unwrap();
    let options =
        format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", server.as_raw_fd());
    // Not by way of a helper, which would not have the file.
    run("mount", &["-i", "-t", "fuse", "-o", &options, "none", folder.to_str().unwrap()]);
    server
}

#[test]
fn previews_of_files_on_a_dead_disk_hold_up_nothing_else() {
    const TEST: &str = "previewing::previews_of_files_on_a_dead_disk_hold_up_nothing_else";
    if confined(TEST, MOUNTS) == Turn::Over {
        return;
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Fewer threads than there are questions: the dead disk would have all of them.
    let runtime = runtime.worker_threads(2).max_blocking_threads(64).enable_all().build().unwrap();
    let world = runtime.block_on(async {
        let world = World::new();
        world.project("code", &[("away/a.rs", "alpha\n")]).await;
        world.project("other", &[("b.rs", "beta\n")]).await;
        world
    });
    let dead = mount_dead_disk(&world.path("code/away"));
    let (answer, answers) = mpsc::channel();
    let ask = |project: &'static str, path: &'static str| {
        let (engine, answer) = (world.engine().clone(), answer.clone());
        runtime.spawn(async move { answer.send(engine.preview(project, path, 1, 2).await) })
    };
    let asked: Vec<_> = (0..100).map(|_| ask("code", "away/a.rs")).collect();
    ask("other", "b.rs");
    let mut refused = 0;
    let shown = loop {
        match answers.recv_timeout(DEADLINE).expect("the other file is shown") {
            Ok(preview) => break preview,
            Err(EngineError::Failed { cause, .. }) => {
                assert_eq!(cause, "VolumeUnavailable");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(texts(&shown), ["beta"]);
    assert!(refused > 0 && asked.iter().any(|asked| !asked.is_finished()), "the disk is dead");
    drop(dead);
    for asked in asked {
        runtime.block_on(asked).unwrap().unwrap();
    }
    assert!(answers.try_iter().all(|answer| answer.is_err()));
}
