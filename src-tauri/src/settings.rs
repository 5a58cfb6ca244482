//! What the user may choose, from a file that may be edited by hand.

pub mod edit;
pub mod edits;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use quarry_engine::embed::published::Published;
use serde::{Deserialize, Serialize};
use toml_edit::{Document, Item, TomlError};
use ts_rs::TS;

pub const DEFAULT_HOTKEY: &str = "Ctrl+Shift+Space";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Shows and hides the popup, from anywhere.
    pub hotkey: String,
    /// The command that opens a hit, such as `code -g {file}:{line}`; detected where there is none.
    pub editor: Option<String>,
    pub theme: Theme,
    /// The popup goes away when another window is chosen.
    pub hide_on_blur: bool,
    /// Left as it is where this says nothing.
    pub start_at_login: Option<bool>,
    pub meaning: Meaning,
    /// Embeds in the background while the machine runs on its battery too.
    pub embed_on_battery: bool,
    /// Of the time, in percent: how much of it the background embeds.
    pub embedding_share: u8,
    /// Nothing is embedded in the background.
    pub embedding_paused: bool,
    /// How much of the memory and disk cache open projects may take together, in megabytes.
    pub hot_limit: u32,
    /// Larger files are not indexed, in megabytes.
    pub file_size_limit: u32,
}

/// The numbers that a setting may be.
#[derive(Debug)]
pub struct Bounds {
    pub least: u32,
    pub most: u32,
    /// The same in words.
    pub words: &'static str,
}

pub const HOT_LIMIT: Bounds =
    Bounds { least: 100, most: 1_000_000, words: "a number of megabytes from 100 to 1000000" };
/// A file is read as a whole, by several threads at a time.
pub const FILE_SIZE_LIMIT: Bounds =
    Bounds { least: 1, most: 200, words: "a number of megabytes from 1 to 200" };

pub const EMBEDDING_SHARE: Bounds =
    Bounds { least: 1, most: 100, words: "a number of percent from 1 to 100" };

impl Bounds {
    pub fn hold(&self, number: u32) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

/// What finds code by meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    Off,
    /// The model that came with the program.
    #[default]
    OwnModel,
    /// The one in this folder.
    Model(PathBuf),
    /// One that can be fetched.
    Published(Published),
}

/// Whether the windows are dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hotkey: DEFAULT_HOTKEY.to_owned(),
            editor: None,
            theme: Theme::System,
            hide_on_blur: true,
            start_at_login: None,
            meaning: Meaning::default(),
            embed_on_battery: false,
            embedding_share: 50,
            embedding_paused: false,
            hot_limit: 4000,
            file_size_limit: 16,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("The settings in {path} cannot be read, so that {all}: {source}", all = holds.all())]
    Unreadable { path: PathBuf, holds: Holds, source: io::Error },
    #[error("The settings in {path} are not valid TOML, so that {all}: {source}.", all = holds.all())]
    Syntax { path: PathBuf, holds: Holds, source: SyntaxError },
    #[error("The settings in {path} have no use for `{key}` in line {line}; they know {KEYS}.")]
    UnknownKey { path: PathBuf, line: usize, key: String },
    #[error(
        "The setting `{key}` in line {line} of {path} has to be {wanted}; {one}.",
        one = holds.one(key)
    )]
    WrongType { path: PathBuf, line: usize, key: &'static str, wanted: &'static str, holds: Holds },
}

/// Where a file is not TOML, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SyntaxError {
    line: usize,
    reason: String,
}

impl SyntaxError {
    fn new(text: &str, error: &TomlError) -> Self {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        Self { line, reason: error.message().lines().collect::<Vec<_>>().join(", ") }
    }
}

/// What is in effect in the place of what cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// What was in effect before.
    Earlier,
    /// What Quarry starts with: which model it is to use, it does not know then.
    Defaults,
}

impl Holds {
    fn all(self) -> &'static str {
        match self {
            Self::Earlier => "everything stays as it was",
            Self::Defaults => "Quarry starts with the defaults and without search by meaning",
        }
    }

    fn one(self, key: &str) -> &'static str {
        match self {
            Self::Earlier => "it stays as it was",
            Self::Defaults if key == "meaning" => "Quarry starts without search by meaning",
            Self::Defaults => "Quarry starts with its default",
        }
    }
}

const KEYS: &str = "`hotkey`, `editor`, `theme`, `hide_on_blur`, `start_at_login`, `meaning`, \
                    `embed_on_battery`, `embedding_share`, `embedding_paused`, `hot_limit` and \
                    `file_size_limit`";

impl Settings {
    /// What the file says; the defaults where there is none. What cannot be read of it is as
    /// Quarry starts without knowing it.
    pub fn read(path: &Path) -> (Self, Option<SettingsError>) {
        // Another model than the one that was chosen would have the vectors of that one deleted.
        let unknown = Self { meaning: Meaning::Off, ..Self::default() };
        Self::read_or(path, &unknown, Holds::Defaults)
    }

    /// What the file says now. What cannot be read of it stays as it was `before`.
    pub fn read_again(path: &Path, before: &Self) -> (Self, Option<SettingsError>) {
        Self::read_or(path, before, Holds::Earlier)
    }

    fn read_or(path: &Path, unread: &Self, holds: Holds) -> (Self, Option<SettingsError>) {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, unread, holds),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Self::default(), None),
            Err(source) => {
                let error = SettingsError::Unreadable { path: path.to_owned(), holds, source };
                (unread.clone(), Some(error))
            }
        }
    }

    fn parse(
        text: &str,
        path: &Path,
        unread: &Self,
        holds: Holds,
    ) -> (Self, Option<SettingsError>) {
        let path = path.to_owned();
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(source) => {
                let source = SyntaxError::new(text, &source);
                let error = SettingsError::Syntax { path, holds, source };
                return (unread.clone(), Some(error));
            }
        };
        let mut settings = Self::default();
        let mut problem = None;
        for (key, item) in document.iter() {
            let Err(error) = settings.set(key, item) else { continue };
            let place = document.key(key).and_then(toml_edit::Key::span);
            let line = line_at(text, place.map_or(0, |span| span.start));
            let path = path.clone();
            problem.get_or_insert(match error {
                Unusable::Key => SettingsError::UnknownKey { path, line, key: key.to_owned() },
                Unusable::Value { key, wanted } => {
                    settings.take(key, unread);
                    SettingsError::WrongType { path, line, key, wanted, holds }
                }
            });
        }
        (settings, problem)
    }

    /// This setting as it is in `other`.
    fn take(&mut self, key: &str, other: &Self) {
        match key {
            "hotkey" => self.hotkey.clone_from(&other.hotkey),
            "editor" => self.editor.clone_from(&other.editor),
            "theme" => self.theme = other.theme,
            "hide_on_blur" => self.hide_on_blur = other.hide_on_blur,
            "start_at_login" => self.start_at_login = other.start_at_login,
            "meaning" => self.meaning.clone_from(&other.meaning),
            "embed_on_battery" => self.embed_on_battery = other.embed_on_battery,
            "embedding_share" => self.embedding_share = other.embedding_share,
            "embedding_paused" => self.embedding_paused = other.embedding_paused,
            "hot_limit" => self.hot_limit = other.hot_limit,
            "file_size_limit" => self.file_size_limit = other.file_size_limit,
            _ => {}
        }
    }

    fn set(&mut self, key: &str, item: &Item) -> Result<(), Unusable> {
        let wrong = |key, wanted| Unusable::Value { key, wanted };
        let text = || item.as_str().map(str::trim).filter(|text| !text.is_empty());
        let truth = |key| item.as_bool().ok_or_else(|| wrong(key, "true or false"));
        let number = |key, bounds: &Bounds| {
            let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
            number.filter(|number| bounds.hold(*number)).ok_or_else(|| wrong(key, bounds.words))
        };
        match key {
            "hotkey" => {
                let hotkey =
                    text().ok_or_else(|| wrong("hotkey", "keys, such as \"Alt+Space\""))?;
                self.hotkey = hotkey.to_owned();
            }
            "editor" => {
                let editor = text().ok_or_else(|| {
                    wrong("editor", "a command, such as \"code -g {file}:{line}\"")
                })?;
                self.editor = Some(editor.to_owned());
            }
            "theme" => {
                let named = Theme::ALL.into_iter().find(|theme| text() == Some(theme.as_str()));
                let choices = "\"system\", \"light\" or \"dark\"";
                self.theme = named.ok_or_else(|| wrong("theme", choices))?;
            }
            "hide_on_blur" => self.hide_on_blur = truth("hide_on_blur")?,
            "start_at_login" => self.start_at_login = Some(truth("start_at_login")?),
            "embed_on_battery" => self.embed_on_battery = truth("embed_on_battery")?,
            "embedding_paused" => self.embedding_paused = truth("embedding_paused")?,
            "embedding_share" => {
                let percent = item.as_integer().and_then(|percent| u8::try_from(percent).ok());
                self.embedding_share = percent
                    .filter(|percent| EMBEDDING_SHARE.hold(u32::from(*percent)))
                    .ok_or_else(|| wrong("embedding_share", EMBEDDING_SHARE.words))?;
            }
            "hot_limit" => self.hot_limit = number("hot_limit", &HOT_LIMIT)?,
            "file_size_limit" => {
                self.file_size_limit = number("file_size_limit", &FILE_SIZE_LIMIT)?;
            }
            "meaning" => {
                self.meaning = match (item.as_bool(), text()) {
                    (Some(true), _) => Meaning::OwnModel,
                    (Some(false), _) => Meaning::Off,
                    (None, Some(named)) => match Published::named(named) {
                        Ok(model) => Meaning::Published(model),
                        Err(_) => Meaning::Model(PathBuf::from(named)),
                    },
                    (None, None) => {
                        let wanted = "true, false, a folder with a model or a model's name";
                        return Err(wrong("meaning", wanted));
                    }
                };
            }
            _ => return Err(Unusable::Key),
        }
        Ok(())
    }
}

/// What one line of the file cannot be taken for.
enum Unusable {
    /// No setting has this name.
    Key,
    Value {
        key: &'static str,
        wanted: &'static str,
    },
}

/// The line that holds the byte at `offset`, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Settings, Option<SettingsError>) {
        Settings::parse(
            text,
            Path::new("settings.toml"),
            &Settings { meaning: Meaning::Off, ..Settings::default() },
            Holds::Defaults,
        )
    }

    #[test]
    fn no_file_means_the_defaults_and_no_problem() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, problem) = Settings::read(&folder.path().join("settings.toml"));
        assert_eq!(settings, Settings::default());
        assert!(problem.is_none());
    }

    #[test]
    fn every_key_is_read() {
        let (settings, problem) = parse(
            "hotkey = \"Alt+Space\"\neditor = \"nvim +{line} {file}\"\nstart_at_login = true\n\
             theme = \"dark\"\nhide_on_blur = false\nembed_on_battery = true\n\
             embedding_share = 40\nembedding_paused = true\nhot_limit = 500\nfile_size_limit = 2",
        );
        assert_eq!((settings.hot_limit, settings.file_size_limit), (500, 2));
        assert_eq!((settings.embed_on_battery, settings.embedding_share), (true, 40));
        assert!(settings.embedding_paused);
        assert_eq!((settings.theme, settings.hide_on_blur), (Theme::Dark, false));
        assert_eq!(settings.hotkey, "Alt+Space");
        assert_eq!(settings.editor.as_deref(), Some("nvim +{line} {file}"));
        assert_eq!(settings.start_at_login, Some(true));
        assert!(problem.is_none());
    }

    #[test]
    fn a_model_has_a_name_or_a_folder() {
        let model = |text: &str| parse(&format!("meaning = \"{text}\"")).0.meaning;
        let Meaning::Published(known) = model("BGESmallENV15") else { panic!("not known") };
        assert_eq!(known.name, "BGESmallENV15");
        for folder in ["/models/BGESmallENV15", "BGESmallENV16"] {
            assert_eq!(model(folder), Meaning::Model(folder.into()));
        }
    }

    #[test]
    fn a_start_with_a_broken_file_has_the_defaults_and_no_model() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let without_model = Settings { meaning: Meaning::Off, ..Settings::default() };
        for text in [&b"hotkey = \""[..], b"hotkey = \"\xff\""] {
            fs::write(&path, text).unwrap();
            let (settings, problem) = Settings::read(&path);
            assert_eq!(settings, without_model);
            let sentence = problem.unwrap().to_string();
            assert!(sentence.contains("without search by meaning"), "{sentence}");
        }
        let (settings, problem) = parse("hot_limit = 500\nmeaning = 3");
        assert_eq!(settings, Settings { hot_limit: 500, ..without_model });
        assert!(problem.unwrap().to_string().contains("without search by meaning"));
    }

    #[test]
    fn what_cannot_be_read_of_a_running_programs_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let text = "hotkey = \"F1\"\neditor = \"zed\"\ntheme = \"dark\"\nhide_on_blur = false\n\
                    start_at_login = true\nmeaning = \"BGESmallENV15\"\nembed_on_battery = true\n\
                    embedding_share = 9\nembedding_paused = true\nhot_limit = 500\n\
                    file_size_limit = 2\n";
        fs::write(&path, text).unwrap();
        let (before, problem) = Settings::read(&path);
        assert!(problem.is_none(), "{problem:?}");
        let again = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            let (settings, problem) = Settings::read_again(&path, &before);
            (settings, problem.map(|problem| problem.to_string()).unwrap_or_default())
        };
        for text in [&b"hotkey = \""[..], b"hotkey = \"\xff\""] {
            let (settings, sentence) = again(text);
            assert_eq!(settings, before);
            assert!(sentence.contains("everything stays as it was"), "{sentence}");
        }
        let wrong: String = text
            .lines()
            .map(|line| {
                let (key, _) = line.split_once(" =").unwrap();
                format!("{key} = []\n")
            })
            .collect();
        let (settings, sentence) = again(wrong.as_bytes());
        assert_eq!(settings, before);
        assert!(sentence.contains("`hotkey` in line 1") && sentence.contains("stays as it was"));
        assert_eq!(
            again(b"theme = 3\nhot_limit = 700").0,
            Settings { theme: Theme::Dark, hot_limit: 700, ..Settings::default() }
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(Settings::read_again(&path, &before).0, Settings::default());
    }

    #[test]
    fn one_wrong_key_leaves_the_others() {
        let (settings, problem) = parse("hotkey = 3\neditor = \"zed {file}:{line}\"");
        assert_eq!(settings.hotkey, DEFAULT_HOTKEY);
        assert_eq!(settings.editor.as_deref(), Some("zed {file}:{line}"));
        assert!(matches!(problem, Some(SettingsError::WrongType { key: "hotkey", .. })));

        for text in ["hot_limit = 99", "hot_limit = \"4 GB\"", "hot_limit = -1"] {
            let (settings, problem) = parse(text);
            assert_eq!(settings, Settings::default());
            let sentence = problem.unwrap().to_string();
            assert!(sentence.contains("megabytes from 100 to 1000000"), "{sentence}");
        }
        let (_, problem) = parse("# a comment\n\nhotkeys = \"F1\"");
        let sentence = problem.unwrap().to_string();
        assert!(sentence.contains("`hotkeys`") && sentence.contains("line 3"), "{sentence}");
        let (_, problem) = parse("editor = \"zed\"\ntheme = \"blue\"");
        assert!(problem.unwrap().to_string().contains("`theme` in line 2"));
    }
}
