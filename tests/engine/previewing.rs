//! The lines around a hit.

use quarry_engine::engine::{EngineError, Preview};
use quarry_engine::status::Residency;

use crate::world::World;

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
