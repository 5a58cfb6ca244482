use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use quarry_engine::engine::Options;
use quarry_engine::index::{Limits, SkipReason};
use quarry_engine::search::Mode;

use crate::world::{World, git, paths, write};

#[tokio::test(flavor = "multi_thread")]
async fn text_of_every_kind_is_searchable() {
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "fn needle() {}"), ("noextension", "needle here")]);
    write(&root.join(".github/ci.yml"), "run: needle");
    std::fs::write(root.join("latin.txt"), b"caf\xE9 needle").unwrap();
    std::fs::write(root.join("wide.txt"), b"\xFF\xFEn\0e\0e\0d\0l\0e\0").unwrap();
    std::fs::write(root.join(OsStr::from_bytes(b"odd\xFFname.c")), "needle").unwrap();
    write(&root.join("with space and \"quotes\".txt"), "needle");
    world.add(&root).await;
    let found = world.found("needle").await;
    assert_eq!(found.len(), 7, "{found:?}");
    assert_eq!(world.found("café").await, ["latin.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_that_end_in_a_letter_of_several_bytes_are_searchable() {
    let world = World::new();
    let files = [
        ("README.zh.md", "# 说明\n\nneedle。"),
        ("fr.yml", "fr:\n  needle: Annulé"),
        ("features.md", "## needle 🚀\n"),
    ];
    let root = world.folder("code", &files);
    world.add(&root).await;
    assert_eq!(world.found("needle").await.len(), 3);
    let defined = world.ask("needle", Mode::Symbols).await;
    let mut defined = paths(&defined.results);
    defined.sort();
    assert_eq!(defined, ["features.md", "fr.yml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_searched_has_a_reason() {
    let world = World::with(|options: &mut Options| options.limits = Limits { file_bytes: 1000 });
    let root = world.folder("code", &[("a.rs", "fn kept() {}"), (".env", "SECRET=kept")]);
    std::fs::write(root.join("program"), b"\x7FELF\0\0kept").unwrap();
    write(&root.join("large.txt"), &"kept ".repeat(500));
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    std::os::unix::fs::symlink(&root, root.join("loop")).unwrap();
    let status = world.add(&root).await;
    assert_eq!(world.found("kept").await, ["a.rs"]);
    assert_eq!((status.files, status.skipped), (1, 4));
    let skipped = world.engine().skipped("code").await.unwrap();
    let reasons: Vec<_> = skipped.iter().map(|file| (file.path.as_str(), file.reason)).collect();
    assert_eq!(
        reasons,
        [
            (".env", SkipReason::Credential),
            ("large.txt", SkipReason::TooLarge),
            ("pipe", SkipReason::NotAFile),
            ("program", SkipReason::Binary),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_files_are_left_out_as_git_would() {
    let world = World::new();
    let root = world.folder(
        "code",
        &[
            ("a.rs", "needle"),
            ("a.log", "needle"),
            ("keep.log", "needle"),
            ("target/debug/x.rs", "needle"),
            ("node_modules/x/index.js", "needle"),
            (".gitignore", "*.log\n!keep.log\n/target\n"),
        ],
    );
    git(&root, &["init", "-q"]);
    world.add(&root).await;
    assert_eq!(world.found("needle").await, ["a.rs", "keep.log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_thousands_of_files_is_indexed_whole() {
    let world = World::new();
    let root = world.folder("code", &[]);
    for at in 0..3000 {
        write(&root.join(format!("d{}/f{at}.c", at % 50)), &format!("int needle_{at};\n"));
    }
    let status = world.add(&root).await;
    assert_eq!(status.files, 3000);
    for at in [0, 1499, 2999] {
        let found = world.search(&format!("needle_{at}")).await;
        assert_eq!(found.results[0].path, format!("d{}/f{at}.c", at % 50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_complete_at_once() {
    let world = World::new();
    let root = world.folder("empty", &[]);
    let status = world.add(&root).await;
    assert_eq!((status.files, status.chunks), (0, 0));
    assert_eq!(world.search("anything").await.searched.hot, 1);
}
