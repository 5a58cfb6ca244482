//! Real repositories: commits, branches, worktrees, submodules, excluded files.

use std::path::Path;

use quarry_engine::status::ProjectAction;

use crate::world::{World, git, until, write};

/// A repository with two branches of `files` files each.
fn two_branches(root: &Path, files: usize) {
    git(root, &["init", "-q"]);
    for (branch, word) in [("main", "first"), ("other", "second")] {
        git(root, &["checkout", "-qB", branch]);
        for at in 0..files {
            write(&root.join(format!("src/f{at}.rs")), &format!("fn {word}{at}() {{}}\n"));
        }
        write(&root.join(format!("src/only_{word}.rs")), &format!("{word}only"));
        git(root, &["add", "-A"]);
        git(root, &["commit", "-qm", word]);
    }
}

async fn rescans(world: &World, project: &str) -> u64 {
    world.engine().activity(project).unwrap().rescans
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_switch_is_followed_whole() {
    let world = World::new();
    let root = world.folder("code", &[]);
    two_branches(&root, 300);
    world.add(&root).await;
    assert_eq!(world.found("second42").await, ["src/f42.rs"]);
    let before = world.engine().activity("code").unwrap();
    git(&root, &["checkout", "-q", "main"]);
    world.until_found("first299", &["src/f299.rs"]).await;
    world.until_found("secondonly", &[]).await;
    until("git's move is compared", || async {
        (rescans(&world, "code").await > before.rescans).then_some(())
    })
    .await;
    world.until_fresh("code").await;
    assert_eq!(world.found("second42").await, [""; 0]);
    let after = world.engine().activity("code").unwrap();
    println!(
        "a switch of 300 files: {} events, {} runs, {} files read",
        after.events - before.events,
        after.runs - before.runs,
        after.read - before.read
    );
    assert_eq!(after.written - before.written, 300, "each file once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_is_compared_once_git_has_removed_its_lock() {
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "first"]);
    world.add(&root).await;
    let before = rescans(&world, "code").await;
    write(&root.join(".git/index.lock"), "");
    std::fs::copy(root.join(".git/HEAD"), root.join(".git/copy")).unwrap();
    std::fs::rename(root.join(".git/copy"), root.join(".git/HEAD")).unwrap();
    // Events come in order: once this one is known, git's move was heard of.
    write(&root.join("marker.rs"), "marker");
    world.until_found("marker", &["marker.rs"]).await;
    assert_eq!(rescans(&world, "code").await, before, "git is still at it");
    std::fs::remove_file(root.join(".git/index.lock")).unwrap();
    until("compared", || async { (rescans(&world, "code").await > before).then_some(()) }).await;
    world.until_fresh("code").await;
    assert_eq!(rescans(&world, "code").await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_changes_no_file_is_one_comparison_that_reads_none() {
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "alpha")]);
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "first"]);
    world.add(&root).await;
    let before = world.engine().activity("code").unwrap();
    git(&root, &["commit", "-q", "--allow-empty", "-m", "second"]);
    until("compared", || async { (rescans(&world, "code").await > before.rescans).then_some(()) })
        .await;
    world.until_fresh("code").await;
    let after = world.engine().activity("code").unwrap();
    assert_eq!((after.read, after.runs), (before.read, before.runs + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_worktree_hears_of_its_own_head_and_of_shared_rules() {
    let world = World::new();
    let main = world.folder("main", &[]);
    two_branches(&main, 5);
    let linked = world.path("linked");
    git(&main, &["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    assert!(linked.join(".git").is_file());
    world.add(&linked).await;
    assert_eq!(world.found("first3").await, ["src/f3.rs"]);
    let before = rescans(&world, "linked").await;
    git(&linked, &["checkout", "-q", "--detach", "other"]);
    world.until_found("second3", &["src/f3.rs"]).await;
    until("compared", || async { (rescans(&world, "linked").await > before).then_some(()) }).await;
    write(&main.join(".git/info/exclude"), "f3.rs\n");
    world.until_found("second3", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submodule_hears_of_its_own_head() {
    let world = World::new();
    let (library, main) = (world.folder("library", &[]), world.folder("main", &[]));
    two_branches(&library, 5);
    git(&main, &["init", "-q"]);
    let source = library.to_str().unwrap();
    git(&main, &["-c", "protocol.file.allow=always", "submodule", "add", "-q", source, "sub"]);
    let sub = main.join("sub");
    assert!(sub.join(".git").is_file());
    world.add(&sub).await;
    assert_eq!(world.found("second3").await, ["src/f3.rs"]);
    let before = rescans(&world, "sub").await;
    git(&sub, &["checkout", "-q", "--detach", "origin/main"]);
    world.until_found("first3", &["src/f3.rs"]).await;
    until("compared", || async { (rescans(&world, "sub").await > before).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_every_kind_take_effect_in_both_directions() {
    let world = World::new();
    let top = world.folder("top", &[]);
    git(&top, &["init", "-q"]);
    let root = world.folder("top/code", &[("sub/a.gen", "needle"), ("b.rs", "needle")]);
    world.add(&root).await;
    let both = ["b.rs", "sub/a.gen"];
    assert_eq!(world.found("needle").await, both);
    let rules = [
        root.join(".gitignore"),
        root.join("sub/.gitignore"),
        root.join(".ignore"),
        top.join(".git/info/exclude"),
        // Above the root, and still within its repository.
        top.join(".gitignore"),
    ];
    for file in rules {
        let old = std::fs::read_to_string(&file).unwrap_or_default();
        write(&file, &format!("{old}\n*.gen\n"));
        world.until_found("needle", &["b.rs"]).await;
        match old.is_empty() {
            true => std::fs::remove_file(&file).unwrap(),
            false => write(&file, &old),
        }
        world.until_found("needle", &both).await;
    }
    write(&root.join("sub/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55");
    world.until_found("needle", &["b.rs"]).await;
    // A folder of generated data is not watched: that the mark is gone shows when it is compared.
    std::fs::remove_file(root.join("sub/CACHEDIR.TAG")).unwrap();
    world.engine().act("code", ProjectAction::Retry).await.unwrap();
    world.until_found("needle", &both).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_while_rules_above_cannot_be_read_is_not_forgotten() {
    let world = World::new();
    let top = world.folder("top", &[]);
    git(&top, &["init", "-q"]);
    let root = world.folder("top/code", &[("a.rs", "alpha")]);
    world.add(&root).await;
    let rules = top.join(".gitignore");
    write(&rules, &"# nothing\n".repeat(120_000));
    write(&root.join("b.rs"), "beta");
    let status = world.until_status("code", "in trouble", |status| status.error.is_some()).await;
    assert!(status.error.unwrap().message.contains(".gitignore"));
    std::fs::remove_file(&rules).unwrap();
    world.until_found("beta", &["b.rs"]).await;
    world.until_fresh("code").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_count_from_the_moment_that_a_repository_is_made() {
    let world = World::new();
    let root = world.project("code", &[("a.gen", "needle"), (".gitignore", "*.gen\n")]).await;
    assert_eq!(world.found("needle").await, ["a.gen"], "not git's, so not its rules");
    git(&root, &["init", "-q"]);
    world.until_found("needle", &[]).await;
    std::fs::remove_dir_all(root.join(".git")).unwrap();
    world.until_found("needle", &["a.gen"]).await;
    git(&root, &["init", "-q"]);
    world.until_found("needle", &[]).await;
    write(&root.join(".git/info/exclude"), "*.rs\n");
    write(&root.join("b.rs"), "needle");
    write(&root.join("c.md"), "needle");
    world.until_found("needle", &["c.md"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_leave_out_most_files_are_no_loss() {
    let world = World::new();
    let root = world.folder("code", &[("a.rs", "needle")]);
    for at in 0..100 {
        write(&root.join(format!("data/f{at}.txt")), "needle");
    }
    git(&root, &["init", "-q"]);
    world.add(&root).await;
    write(&root.join(".gitignore"), "data/\n");
    world.until_found("needle", &["a.rs"]).await;
    world.until_fresh("code").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_takes_its_rules_along_when_it_is_renamed() {
    let world = World::new();
    let files = [("one/.gitignore", "*.gen\n"), ("one/a.gen", "needle"), ("two/a.gen", "needle")];
    let root = world.folder("code", &files);
    git(&root, &["init", "-q"]);
    world.add(&root).await;
    assert_eq!(world.found("needle").await, ["two/a.gen"]);
    // The rules of both folders are known to the watcher now.
    write(&root.join("one/b.gen"), "needle");
    write(&root.join("two/b.gen"), "needle");
    world.until_found("needle", &["two/a.gen", "two/b.gen"]).await;
    std::fs::rename(root.join("one"), root.join("three")).unwrap();
    std::fs::rename(root.join("two"), root.join("one")).unwrap();
    world.until_found("needle", &["one/a.gen", "one/b.gen"]).await;
    write(&root.join("one/c.gen"), "needle");
    world.until_found("needle", &["one/a.gen", "one/b.gen", "one/c.gen"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_made_inside_has_rules_of_its_own() {
    let world = World::new();
    let root = world.folder("code", &[("nest/a.gen", "zebra"), ("b.rs", "beta")]);
    git(&root, &["init", "-q"]);
    write(&root.join(".gitignore"), "*.gen\n");
    world.add(&root).await;
    world.until_fresh("code").await;
    assert!(world.found("zebra").await.is_empty());
    git(&root.join("nest"), &["init", "-q"]);
    world.until_found("zebra", &["nest/a.gen"]).await;
}
