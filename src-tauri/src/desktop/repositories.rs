//! Finds git repositories below a folder, for a person to choose from.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use ts_rs::TS;

/// As many projects as one person can be thought to want; folders with more are caches of others'
/// work, and stay one project.
const MOST: usize = 1000;
/// How far below the home folder people keep their repositories.
const DEEPEST: usize = 4;
/// Folders that hold programs' own things.
const NOT_LOOKED_INTO: [&str; 6] =
    ["node_modules", "target", "vendor", "Library", "AppData", "snap"];
/// As long as somebody who asked is willing to wait.
const LONGEST: Duration = Duration::from_secs(3);
const MOST_SUGGESTIONS: usize = 6;

/// A folder in which there are repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Suggestion {
    pub path: String,
    pub repositories: usize,
}

pub fn is_repository(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// The repositories right in a folder that is none itself, by name; none where there is only one,
/// or where there are more than [`MOST`].
pub fn directly_in(folder: &Path) -> Vec<PathBuf> {
    if is_repository(folder) {
        return Vec::new();
    }
    let mut found: Vec<PathBuf> =
        folders_in(folder).into_iter().filter(|path| is_repository(path)).take(MOST + 1).collect();
    found.sort();
    if (2..=MOST).contains(&found.len()) { found } else { Vec::new() }
}

/// The folders below `home` with the most repositories right in them, the one with most first.
/// Repositories beside nothing but other folders are suggested themselves.
pub fn suggestions(home: &Path) -> Vec<Suggestion> {
    let deadline = Instant::now() + LONGEST;
    let mut counts: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut waiting = VecDeque::from([(home.to_owned(), 0)]);
    while let Some((folder, depth)) = waiting.pop_front() {
        if Instant::now() >= deadline {
            break;
        }
        for inside in folders_in(&folder) {
            if is_repository(&inside) {
                counts.entry(folder.clone()).or_default().push(inside);
            } else if depth < DEEPEST {
                waiting.push_back((inside, depth + 1));
            }
        }
    }
    let mut found: Vec<(usize, PathBuf)> = counts
        .into_iter()
        .flat_map(|(folder, inside)| {
            // The home folder itself can be no project.
            if inside.len() > 1 && folder != home {
                vec![(inside.len(), folder)]
            } else {
                inside.into_iter().map(|repository| (1, repository)).collect()
            }
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(MOST_SUGGESTIONS);
    let told = |(repositories, path): (usize, PathBuf)| {
        let path = path.to_str()?.to_owned();
        Some(Suggestion { path, repositories })
    };
    found.into_iter().filter_map(told).collect()
}

/// Real folders that are not hidden; none of one that cannot be read.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !NOT_LOOKED_INTO.contains(&name.as_ref())
        })
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(repositories: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for path in repositories {
            fs::create_dir_all(home.path().join(path).join(".git")).unwrap();
        }
        home
    }

    #[test]
    fn the_folder_with_the_most_repositories_is_suggested_first() {
        let home = home(&[
            "work/a",
            "work/b",
            "work/c",
            "src/github/x",
            "src/github/y",
            "alone",
            ".cache/hidden",
            "js/node_modules/dependency",
            "work/a/inside",
        ]);
        let told: Vec<(String, usize)> = suggestions(home.path())
            .into_iter()
            .map(|one| (one.path.replace(home.path().to_str().unwrap(), "~"), one.repositories))
            .collect();
        let expected = [("~/work", 3), ("~/src/github", 2), ("~/alone", 1)];
        assert_eq!(told, expected.map(|(path, count)| (path.to_owned(), count)));
    }

    #[test]
    fn a_folder_of_repositories_has_them_and_a_repository_has_none() {
        let home = home(&["many/b", "many/a", "one/only", "whole", "whole/x", "whole/y"]);
        let names = |folder: &str| -> Vec<String> {
            let found = directly_in(&home.path().join(folder));
            found.iter().map(|path| path.file_name().unwrap().display().to_string()).collect()
        };
        assert_eq!(names("many"), ["a", "b"]);
        assert!(names("one").is_empty() && names("whole").is_empty() && names("gone").is_empty());
    }

    #[test]
    fn all_repositories_of_a_folder_are_offered_or_none() {
        let home = home(&[]);
        let repository = |number: usize| {
            fs::create_dir_all(home.path().join(format!("{number}/.git"))).unwrap();
        };
        (0..MOST).for_each(repository);
        assert_eq!(directly_in(home.path()).len(), MOST);
        repository(MOST);
        assert_eq!(directly_in(home.path()), Vec::<PathBuf>::new());
    }
}
