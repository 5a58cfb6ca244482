//! Where one Quarry keeps its things. Two with different places never meet.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// Names the data directory where `--data-dir` does not.
pub const DATA_DIR_VARIABLE: &str = "QUARRY_DATA_DIR";

const SETTINGS_FILE: &str = "settings.toml";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Absolute, and without links where the system has sockets in folders.
    pub data_dir: PathBuf,
    pub settings_file: PathBuf,
    /// The data directory was named by the user; the settings lie in it too.
    pub named: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error(
        "Quarry does not know where to keep its data, as the home folder is not known. Name a \
         folder with --data-dir."
    )]
    NoHome,
    #[error("The data directory {path} has no absolute path: {source}")]
    NotAbsolute { path: PathBuf, source: io::Error },
}

impl Place {
    /// The place that `--data-dir`, the environment or the system names, in this order.
    pub fn resolve(option: Option<PathBuf>) -> Result<Self, PlaceError> {
        let variable = env::var_os(DATA_DIR_VARIABLE).filter(|value| !value.is_empty());
        match option.or_else(|| variable.map(PathBuf::from)) {
            Some(path) => Self::named(&path),
            None => {
                let dirs =
                    ProjectDirs::from("dev", "Quarry", "quarry").ok_or(PlaceError::NoHome)?;
                Ok(Self {
                    data_dir: without_links(dirs.data_local_dir().to_owned()),
                    settings_file: dirs.config_dir().join(SETTINGS_FILE),
                    named: false,
                })
            }
        }
    }

    pub fn named(path: &Path) -> Result<Self, PlaceError> {
        let data_dir = std::path::absolute(path)
            .map_err(|source| PlaceError::NotAbsolute { path: path.to_owned(), source })?;
        let data_dir = without_links(data_dir);
        Ok(Self { settings_file: data_dir.join(SETTINGS_FILE), data_dir, named: true })
    }
}

/// The folder that a path leads to, as far as it is there: by way of whatever link a process comes
/// to it, all of them meet at one socket.
#[cfg(unix)]
fn without_links(path: PathBuf) -> PathBuf {
    let real = path.ancestors().find_map(|ancestor| {
        let rest = path.strip_prefix(ancestor).ok()?;
        // An empty rest would end the path with a separator.
        ancestor.canonicalize().ok().map(|real| real.iter().chain(rest).collect())
    });
    real.unwrap_or(path)
}

/// The pipe of a data directory is named for its path; nothing asks whether that is a link.
#[cfg(windows)]
fn without_links(path: PathBuf) -> PathBuf {
    path
}

/// What a place is called where its path cannot be. FNV-1a: the same in every build, so that client
/// and owner agree.
pub fn fingerprint(path: &Path) -> u64 {
    path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_place_is_absolute_and_holds_its_settings() {
        let place = Place::named(Path::new("some/where")).unwrap();
        assert!(place.data_dir.is_absolute());
        assert!(place.data_dir.ends_with("some/where"));
        assert_eq!(place.settings_file, place.data_dir.join("settings.toml"));
    }

    #[cfg(unix)]
    #[test]
    fn a_place_behind_a_link_is_the_place_itself_whether_it_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("real");
        std::fs::create_dir(&real).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(Place::named(&link).unwrap(), Place::named(&real).unwrap());
        assert_eq!(Place::named(&link).unwrap().data_dir, real);
        let not_yet = Place::named(&link.join("not/yet")).unwrap();
        assert_eq!(not_yet.data_dir, real.join("not/yet"));
    }

    #[test]
    fn the_option_names_the_place() {
        let place = Place::resolve(Some(PathBuf::from("/tmp/elsewhere"))).unwrap();
        assert_eq!(place, Place::named(Path::new("/tmp/elsewhere")).unwrap());
    }
}
