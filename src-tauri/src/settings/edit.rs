//! Changes one setting in the file and nothing else in it: comments and order are the user's.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use toml_edit::{Document, TomlError, Value};
use ts_rs::TS;

use quarry_engine::embed::published::Published;

use super::{Bounds, EMBEDDING_SHARE, FILE_SIZE_LIMIT, HOT_LIMIT, Meaning, SyntaxError, Theme};

/// What a file holds that Quarry makes: every setting with its default, as comments.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Held from a reading of the file to the writing of what came of it, by whichever part of the
/// program.
static WRITING: Mutex<()> = Mutex::new(());

/// One setting with what it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "setting", content = "value", rename_all = "snake_case")]
#[ts(export)]
pub enum SettingChange {
    Hotkey(String),
    /// A command; null lets Quarry choose.
    Editor(Option<String>),
    Theme(Theme),
    HideOnBlur(bool),
    StartAtLogin(bool),
    Meaning(ModelChoice),
    EmbedOnBattery(bool),
    /// In percent of the time.
    EmbeddingShare(u32),
    EmbeddingPaused(bool),
    /// In megabytes, as the next one.
    HotLimit(u32),
    FileSizeLimit(u32),
}

/// What finds code by meaning, as a page chooses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[ts(export)]
pub enum ModelChoice {
    Off,
    /// The model that came with the program.
    Own,
    /// The one in the folder with this absolute path.
    Folder(String),
    /// One that can be fetched, by its name.
    Published(String),
}

impl From<&Meaning> for ModelChoice {
    fn from(meaning: &Meaning) -> Self {
        match meaning {
            Meaning::Off => Self::Off,
            Meaning::OwnModel => Self::Own,
            Meaning::Model(folder) => Self::Folder(folder.display().to_string()),
            Meaning::Published(model) => Self::Published(model.name.clone()),
        }
    }
}

impl ModelChoice {
    fn value(&self) -> Value {
        match self {
            Self::Off => false.into(),
            Self::Own => true.into(),
            Self::Folder(named) | Self::Published(named) => named.as_str().into(),
        }
    }

    /// What is written has to be read as what was chosen.
    fn is_valid(&self) -> bool {
        match self {
            Self::Off | Self::Own => true,
            Self::Folder(folder) => Path::new(folder).is_absolute(),
            Self::Published(name) => Published::named(name).is_ok(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("The setting `{key}` has to be {wanted}.")]
    OutOfBounds { key: &'static str, wanted: &'static str },
    #[error("The settings in {path} are not valid TOML; mend them first: {source}.")]
    Syntax { path: PathBuf, source: SyntaxError },
    #[error("The settings in {path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("The settings in {path} cannot be written: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
}

impl SettingChange {
    fn key(&self) -> &'static str {
        match self {
            Self::Hotkey(_) => "hotkey",
            Self::Editor(_) => "editor",
            Self::Theme(_) => "theme",
            Self::HideOnBlur(_) => "hide_on_blur",
            Self::StartAtLogin(_) => "start_at_login",
            Self::Meaning(_) => "meaning",
            Self::EmbedOnBattery(_) => "embed_on_battery",
            Self::EmbeddingShare(_) => "embedding_share",
            Self::EmbeddingPaused(_) => "embedding_paused",
            Self::HotLimit(_) => "hot_limit",
            Self::FileSizeLimit(_) => "file_size_limit",
        }
    }

    /// None where the line goes.
    fn value(&self) -> Option<Value> {
        match self {
            Self::Hotkey(keys) => Some(keys.as_str().into()),
            Self::Editor(command) => command.as_deref().map(Into::into),
            Self::Theme(theme) => Some(theme.as_str().into()),
            Self::Meaning(choice) => Some(choice.value()),
            Self::HideOnBlur(on)
            | Self::StartAtLogin(on)
            | Self::EmbedOnBattery(on)
            | Self::EmbeddingPaused(on) => Some((*on).into()),
            Self::EmbeddingShare(number) | Self::HotLimit(number) | Self::FileSizeLimit(number) => {
                Some(i64::from(*number).into())
            }
        }
    }

    fn check(&self) -> Result<(), EditError> {
        let check = |number: &u32, bounds: Bounds| {
            let refused = EditError::OutOfBounds { key: self.key(), wanted: bounds.words };
            if bounds.hold(*number) { Ok(()) } else { Err(refused) }
        };
        match self {
            Self::EmbeddingShare(percent) => check(percent, EMBEDDING_SHARE),
            Self::HotLimit(megabytes) => check(megabytes, HOT_LIMIT),
            Self::FileSizeLimit(megabytes) => check(megabytes, FILE_SIZE_LIMIT),
            Self::Meaning(choice) if !choice.is_valid() => {
                let wanted = "the absolute path of a folder, or the name of a model";
                Err(EditError::OutOfBounds { key: self.key(), wanted })
            }
            _ => Ok(()),
        }
    }
}

/// Writes the change into the file, which is made where it is not there.
///
/// # Errors
/// [`EditError`]; the file is then as it was.
pub fn write(path: &Path, change: &SettingChange) -> Result<(), EditError> {
    change.check()?;
    let _one_at_a_time = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read_or_template(path)?;
    let edited = edited(&text, change.key(), change.value()).map_err(|error| {
        let source = SyntaxError::new(&text, &error);
        EditError::Syntax { path: path.to_owned(), source }
    })?;
    replace(path, &edited).map_err(|source| EditError::Unwritable { path: path.to_owned(), source })
}

/// Makes the file where it is not there, for a person to edit.
///
/// # Errors
/// [`EditError::Unreadable`] or [`EditError::Unwritable`].
pub fn create(path: &Path) -> Result<(), EditError> {
    let _one_at_a_time = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if path.exists() {
        return Ok(());
    }
    replace(path, TEMPLATE)
        .map_err(|source| EditError::Unwritable { path: path.to_owned(), source })
}

fn read_or_template(path: &Path) -> Result<String, EditError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TEMPLATE.to_owned()),
        Err(source) => Err(EditError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Whole or not at all: a reader never meets half a file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Those who keep their settings elsewhere have a link here.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Another process may write the same file.
    let beside = path.with_extension(format!("toml.new-{}", std::process::id()));
    let replaced = write_whole(&beside, text, &path).and_then(|()| fs::rename(&beside, &path));
    if replaced.is_err() {
        // A part of it, of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// With the permissions of the file that it will replace.
fn write_whole(path: &Path, text: &str, replaces: &Path) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match replaces.metadata() {
        Ok(metadata) => file.set_permissions(metadata.permissions()),
        Err(_) => Ok(()),
    }
}

/// The text with this key set, or without it.
fn edited(text: &str, key: &str, value: Option<Value>) -> Result<String, TomlError> {
    let document = Document::parse(text)?;
    let place =
        document.get_key_value(key).and_then(|(key, item)| Some((key.span()?.start, item.span()?)));
    let line = value.as_ref().map(|value| format!("{key} = {value}\n"));
    let mut edited = text.to_owned();
    match (place, value) {
        (Some((_, span)), Some(value)) => edited.replace_range(span, value.to_string().trim()),
        (Some((start, span)), None) => {
            let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
            edited.replace_range(start..end, "");
        }
        (None, Some(_)) => {
            edited.insert_str(below_its_comment(text, key), &line.unwrap_or_default())
        }
        (None, None) => {}
    }
    Document::parse(edited.as_str())?;
    Ok(edited)
}

/// Where a new line for the key belongs: below the comment that shows it, or at the top, where no
/// table has begun.
fn below_its_comment(text: &str, key: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let shown = line.strip_prefix('#').map(str::trim_start).and_then(|l| l.strip_prefix(key));
        if shown.is_some_and(|rest| rest.trim_start().starts_with('=')) && line.ends_with('\n') {
            return at;
        }
        if line.trim_start().starts_with('[') {
            break;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn after(text: &str, change: &SettingChange) -> String {
        edited(text, change.key(), change.value()).unwrap()
    }

    #[test]
    fn a_change_keeps_every_comment_and_line() {
        let text = "# mine\nhotkey = \"F1\"  # old\n\neditor = 'zed {file}'\n# end\n";
        let changed = after(text, &SettingChange::Hotkey("Alt+Space".to_owned()));
        assert_eq!(changed, text.replace("\"F1\"", "\"Alt+Space\""));
        let removed = after(text, &SettingChange::Editor(None));
        assert_eq!(removed, "# mine\nhotkey = \"F1\"  # old\n\n# end\n");
    }

    #[test]
    fn a_new_setting_stands_below_the_comment_that_shows_it() {
        let changed = after(TEMPLATE, &SettingChange::Theme(Theme::Dark));
        assert!(changed.contains("# theme = \"system\"\ntheme = \"dark\"\n"), "{changed}");
        assert_eq!(
            after("[table]\nx = 1\n", &SettingChange::HideOnBlur(false)).lines().next(),
            Some("hide_on_blur = false")
        );
    }

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/settings.toml");
        let command = "'/opt/my \"editor\"' {file}\\:{line}";
        for change in [
            SettingChange::Hotkey("Alt+K".to_owned()),
            SettingChange::Editor(Some(command.to_owned())),
            SettingChange::Theme(Theme::Light),
            SettingChange::HideOnBlur(false),
            SettingChange::StartAtLogin(true),
            SettingChange::Hotkey("Ctrl+K".to_owned()),
            SettingChange::EmbeddingShare(30),
            SettingChange::HotLimit(8000),
            SettingChange::FileSizeLimit(32),
        ] {
            write(&path, &change).unwrap();
        }
        let (settings, problem) = Settings::read(&path);
        let wanted = Settings {
            hotkey: "Ctrl+K".to_owned(),
            editor: Some(command.to_owned()),
            theme: Theme::Light,
            hide_on_blur: false,
            start_at_login: Some(true),
            embedding_share: 30,
            hot_limit: 8000,
            file_size_limit: 32,
            ..Settings::default()
        };
        assert!(problem.is_none());
        assert_eq!(settings, wanted);
    }

    #[test]
    fn a_chosen_model_is_read_as_it_was_chosen_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "# mine\nhotkey = \"F1\"  # old\n").unwrap();
        for choice in [
            ModelChoice::Off,
            ModelChoice::Published("BGESmallENV15".to_owned()),
            ModelChoice::Folder("/models/BGE \"Small\"".to_owned()),
            ModelChoice::Own,
        ] {
            write(&path, &SettingChange::Meaning(choice.clone())).unwrap();
            let (settings, problem) = Settings::read(&path);
            assert!(problem.is_none(), "{problem:?}");
            assert_eq!(ModelChoice::from(&settings.meaning), choice);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains("# mine\nhotkey = \"F1\"  # old\n"), "{text}");
        }
        for choice in [
            ModelChoice::Published("gpt".to_owned()),
            ModelChoice::Folder("BGESmallENV15".to_owned()),
        ] {
            let refused = write(&path, &SettingChange::Meaning(choice)).unwrap_err();
            assert!(refused.to_string().contains("`meaning`"), "{refused}");
        }
        assert_eq!(Settings::read(&path).0.meaning, Meaning::OwnModel);
    }

    #[test]
    fn changes_at_the_same_time_are_all_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for change in [
                    SettingChange::EmbeddingPaused(true),
                    SettingChange::HideOnBlur(false),
                    SettingChange::HotLimit(700),
                    SettingChange::Theme(Theme::Dark),
                ] {
                    let path = &path;
                    scope.spawn(move || write(path, &change).unwrap());
                }
            });
            let (settings, problem) = Settings::read(&path);
            assert!(problem.is_none(), "{problem:?}");
            assert!(settings.embedding_paused && !settings.hide_on_blur);
            assert_eq!((settings.hot_limit, settings.theme), (700, Theme::Dark));
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left beside it");
    }

    #[test]
    fn a_broken_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "hotkey = \n").unwrap();
        let refused = write(&path, &SettingChange::HideOnBlur(true));
        assert!(matches!(refused, Err(EditError::Syntax { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "hotkey = \n");
    }

    #[test]
    fn a_number_out_of_bounds_is_refused_in_words_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let refused = write(&path, &SettingChange::FileSizeLimit(0)).unwrap_err();
        let sentence =
            "The setting `file_size_limit` has to be a number of megabytes from 1 to 200.";
        assert_eq!(refused.to_string(), sentence);
        assert!(!path.exists());
    }

    #[test]
    fn what_the_template_shows_is_what_holds_without_it() {
        // All but examples, and what is left to the system.
        let shown = TEMPLATE.lines().filter_map(|line| line.strip_prefix("# "));
        let settings: String = shown
            .filter(|line| line.contains(" = "))
            .filter(|line| !["editor", "start_at_login"].iter().any(|key| line.starts_with(key)))
            .map(|line| format!("{line}\n"))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, &settings).unwrap();
        let (read, problem) = Settings::read(&path);
        assert!(problem.is_none(), "{problem:?}");
        assert_eq!(read, Settings::default());
        assert!(!settings.is_empty());
    }

    #[test]
    fn the_template_says_nothing_but_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        create(&path).unwrap();
        let (settings, problem) = Settings::read(&path);
        assert_eq!(settings, Settings::default());
        assert!(problem.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("dotfiles.toml");
        fs::write(&real, "# mine\n").unwrap();
        let path = folder.path().join("settings.toml");
        std::os::unix::fs::symlink(&real, &path).unwrap();
        write(&path, &SettingChange::HideOnBlur(false)).unwrap();
        assert!(path.symlink_metadata().unwrap().is_symlink());
        assert!(fs::read_to_string(real).unwrap().contains("# mine"));
    }
}
