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
    /// Absolute.
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
                    data_dir: dirs.data_local_dir().to_owned(),
                    settings_file: dirs.config_dir().join(SETTINGS_FILE),
                    named: false,
                })
            }
        }
    }

    pub fn named(path: &Path) -> Result<Self, PlaceError> {
        let data_dir = std::path::absolute(path)
            .map_err(|source| PlaceError::NotAbsolute { path: path.to_owned(), source })?;
        Ok(Self { settings_file: data_dir.join(SETTINGS_FILE), data_dir, named: true })
    }
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

    #[test]
    fn the_option_names_the_place() {
        let place = Place::resolve(Some(PathBuf::from("/tmp/elsewhere"))).unwrap();
        assert_eq!(place, Place::named(Path::new("/tmp/elsewhere")).unwrap());
    }
}
