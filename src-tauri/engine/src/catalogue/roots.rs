//! Which folders may be registered.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum RootError {
    #[error("{path} does not exist")]
    Missing { path: PathBuf },
    #[error("{path} is a link whose target does not exist")]
    DeadLink { path: PathBuf },
    #[error("{path} is a file; only folders can be registered")]
    NotAFolder { path: PathBuf },
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is the whole file system; register the folders that hold your code")]
    FileSystemRoot { path: PathBuf },
    #[error(
        "{path} is or contains your home folder; register the folders in it that hold your code"
    )]
    Home { path: PathBuf },
    #[error("{path} is where Quarry keeps its own data")]
    OwnData { path: PathBuf },
}

/// The absolute path of `path` without links, if it may be registered.
/// `home` and `data` are absolute paths without links as well.
///
/// # Errors
/// [`RootError`], each a sentence for people.
pub fn check(path: &Path, home: Option<&Path>, data: &Path) -> Result<PathBuf, RootError> {
    let shown = || path.to_owned();
    let root = match path.canonicalize() {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(if path.is_symlink() {
                RootError::DeadLink { path: shown() }
            } else {
                RootError::Missing { path: shown() }
            });
        }
        Err(source) => {
            return Err(RootError::Unreadable { path: shown(), source });
        }
    };
    if !root.is_dir() {
        return Err(RootError::NotAFolder { path: shown() });
    }
    if root.parent().is_none() {
        return Err(RootError::FileSystemRoot { path: root });
    }
    if home.is_some_and(|home| home.starts_with(&root)) {
        return Err(RootError::Home { path: root });
    }
    if root.starts_with(data) {
        return Err(RootError::OwnData { path: root });
    }
    if let Err(source) = std::fs::read_dir(&root) {
        return Err(RootError::Unreadable { path: root, source });
    }
    Ok(root)
}

/// A name for the project in `root` that none of `taken` has: the folder's, or with its parent's.
pub fn name_for(root: &Path, taken: &dyn Fn(&str) -> bool) -> String {
    let part = |path: &Path| {
        path.file_name().map_or_else(|| "project".to_owned(), |n| n.to_string_lossy().into_owned())
    };
    let name = part(root);
    if !taken(&name) {
        return name;
    }
    let longer = root.parent().map_or_else(|| name.clone(), |p| format!("{}/{name}", part(p)));
    if !taken(&longer) {
        return longer;
    }
    (2..).map(|n| format!("{name} {n}")).find(|name| !taken(name)).unwrap_or(longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_project_folder_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let at = |name: &str| base.join(name);
        for folder in ["home/code", "data/indexes"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        std::fs::write(at("home/file"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("nowhere"), at("dead")).unwrap();
        let check = |path: &Path| check(path, Some(&at("home")), &at("data"));

        assert_eq!(check(&at("home/code")).unwrap(), at("home/code"));
        assert!(matches!(check(&at("absent")), Err(RootError::Missing { .. })));
        assert!(matches!(check(&at("home/file")), Err(RootError::NotAFolder { .. })));
        assert!(matches!(check(Path::new("/")), Err(RootError::FileSystemRoot { .. })));
        assert!(matches!(check(&at("home")), Err(RootError::Home { .. })));
        assert!(matches!(check(&base), Err(RootError::Home { .. })));
        assert!(matches!(check(&at("data/indexes")), Err(RootError::OwnData { .. })));
        #[cfg(unix)]
        assert!(matches!(check(&at("dead")), Err(RootError::DeadLink { .. })));
    }

    #[test]
    fn a_name_that_is_taken_gets_the_parents() {
        let root = Path::new("/work/backend/api");
        assert_eq!(name_for(root, &|_| false), "api");
        assert_eq!(name_for(root, &|name| name == "api"), "backend/api");
        assert_eq!(name_for(root, &|name| !name.ends_with('3')), "api 3");
    }
}
