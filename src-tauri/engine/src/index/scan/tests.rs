use super::*;
use std::fs;

fn tree(files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    dir
}

fn walk(rules: &Rules) -> Vec<String> {
    let scan = {
        let deaf: DirectoryListener = Arc::new(|_: &Path| {});
        rules.walk("", &CancellationToken::new(), &deaf).unwrap()
    };
    scan.files.into_iter().map(|file| file.path).collect()
}

#[test]
fn ignored_and_generated_directories_are_left_out_and_dotfiles_kept() {
    let dir = tree(&[
        ".git/HEAD",
        ".github/ci.yml",
        "a.rs",
        "build/out.o",
        "cache/CACHEDIR.TAG",
        "cache/b.rs",
        "node_modules/x.js",
        "sub/deep/c.rs",
        "quarry-data/index",
    ]);
    fs::write(dir.path().join(".gitignore"), "build/\n").unwrap();
    let rules = Rules::new(dir.path(), vec![dir.path().join("quarry-data")]);
    assert_eq!(walk(&rules), [".github/ci.yml", ".gitignore", "a.rs", "sub/deep/c.rs"]);
}

#[test]
fn a_directory_is_heard_of_before_it_is_listed() {
    let dir = tree(&["a/b/x.rs", ".git/HEAD"]);
    let rules = Rules::new(dir.path(), Vec::new());
    // What appears once a directory is heard of would be heard of too: the walk may find it
    // as well, but never neither.
    let listener: DirectoryListener = Arc::new(|directory: &Path| {
        fs::write(directory.join("late.rs"), "x").unwrap();
    });
    let scan = rules.walk("", &CancellationToken::new(), &listener).unwrap();
    let found: Vec<&str> = scan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(found, ["a/b/late.rs", "a/b/x.rs", "a/late.rs", "late.rs"]);
}

/// One of everything that a rule is about.
fn mixed_tree() -> tempfile::TempDir {
    let dir = tree(&[
        ".git/HEAD",
        "a.rs",
        "a.log",
        "keep.log",
        "build/x/out.rs",
        "sub/a.log",
        "sub/b.rs",
        "sub/only/c.rs",
        "sub/only/d.rs",
        "node_modules/y/z.js",
        "cache/CACHEDIR.TAG",
        "cache/in/b.rs",
    ]);
    fs::write(dir.path().join(".gitignore"), "*.log\n!keep.log\nbuild\n").unwrap();
    fs::write(dir.path().join("sub/.gitignore"), "/only/*\n!/only/c.rs\n").unwrap();
    dir
}

/// What the rules keep, by walking and by asking about every path, which must agree.
fn kept(rules: &Rules) -> Vec<String> {
    let walked = walk(rules);
    let mut matcher = rules.matcher().unwrap();
    let mut asked = Vec::new();
    for entry in walkdir(rules.root()) {
        if let Seen::File(found) = matcher.look(&entry).unwrap() {
            asked.push(found.path);
        }
    }
    asked.sort_unstable();
    assert_eq!(asked, walked);
    walked
}

#[test]
fn asking_about_single_paths_agrees_with_the_walk() {
    let dir = mixed_tree();
    let kept = kept(&Rules::new(dir.path(), Vec::new()));
    let expected =
        [".gitignore", "a.rs", "keep.log", "sub/.gitignore", "sub/b.rs", "sub/only/c.rs"];
    assert_eq!(kept, expected);
}

#[test]
fn a_projects_own_patterns_leave_out_folders_and_files_as_well() {
    let dir = mixed_tree();
    let rules =
        |patterns: &[&str]| Rules::new(dir.path(), Vec::new()).with(Excludes::new(patterns), false);
    assert_eq!(kept(&rules(&["/sub/", "*.log"])), [".gitignore", "a.rs"]);
    // They take nothing back that an ignore file leaves out.
    let all_but_one = kept(&rules(&["*.rs", "!a.rs", "!*.log"]));
    assert_eq!(all_but_one, [".gitignore", "a.rs", "keep.log", "sub/.gitignore"]);
}

#[test]
fn with_ignored_files_all_is_kept_but_version_controls_own_data_and_what_patterns_leave_out() {
    let dir = mixed_tree();
    let rules =
        |patterns: &[&str]| Rules::new(dir.path(), Vec::new()).with(Excludes::new(patterns), true);
    assert_eq!(kept(&rules(&[])).len(), 13);
    let without = kept(&rules(&["node_modules/", "/sub/", "*.log"]));
    let expected = [".gitignore", "a.rs", "build/x/out.rs", "cache/CACHEDIR.TAG", "cache/in/b.rs"];
    assert_eq!(without, expected);
}

fn walkdir(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walkdir(&path));
        }
        found.push(path);
    }
    found
}

#[cfg(unix)]
#[test]
fn ignore_files_without_an_end_are_not_read() {
    use std::os::unix::fs::symlink;

    let dir = tree(&["a.rs", "bad/b.rs", "bad/deep/c.rs", "good/d.rs", "huge/e.rs"]);
    symlink("/dev/zero", dir.path().join("bad/.gitignore")).unwrap();
    let huge = fs::File::create(dir.path().join("huge/.ignore")).unwrap();
    huge.set_len(LARGEST_RULES + 1).unwrap();
    let rules = Rules::new(dir.path(), Vec::new());
    let deaf: DirectoryListener = Arc::new(|_: &Path| {});
    let walk = |rules: &Rules| rules.walk("", &CancellationToken::new(), &deaf);
    let scan = walk(&rules).unwrap();
    let found: Vec<&str> = scan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(found, ["a.rs", "good/d.rs"]);
    let mut said: Vec<&str> = scan.unreadable.iter().map(|one| one.path.as_str()).collect();
    said.sort_unstable();
    assert_eq!(said, ["bad", "huge"]);
    assert!(scan.unreadable.iter().all(|one| one.reason.contains("no plain file")));
    let mut matcher = rules.matcher().unwrap();
    assert!(!matcher.keeps(&dir.path().join("bad/deep/c.rs"), false));

    symlink("/dev/zero", dir.path().join(".ignore")).unwrap();
    assert!(walk(&rules).unwrap_err().to_string().contains(".ignore is no plain file"));
    assert!(rules.matcher().is_err());
    let all = rules.with(Excludes::new::<&str>([]), true);
    assert_eq!(walk(&all).unwrap().files.len(), 6, "where nothing is ignored, nothing is read");
}

#[cfg(unix)]
#[test]
fn nothing_is_seen_through_a_link() {
    let dir = tree(&["vendor/lib/x.rs", "src/y.rs"]);
    std::os::unix::fs::symlink("vendor/lib", dir.path().join("lib")).unwrap();
    let mut matcher = Rules::new(dir.path(), Vec::new()).matcher().unwrap();
    let mut look = |path: &str| matcher.look(&dir.path().join(path)).unwrap();
    assert_eq!(look("lib/x.rs"), Seen::Nothing);
    assert!(matches!(look("vendor/lib/x.rs"), Seen::File(_)));
    assert_eq!(look("src/y.rs/z"), Seen::Nothing);
}
