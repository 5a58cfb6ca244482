//! The command line, as scripts rely on it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use quarry_engine::search::Mode;
use quarry_engine::status::{LaneName, ProjectAction};

pub mod add;
pub mod doctor;
pub mod exclude;
pub mod fetch;
pub mod meaning;
pub mod output;
pub mod projects;
pub mod run;
pub mod search;

/// Finds code on your own machine.
///
/// Without a command: starts in the tray; a second start shows the popup of the first.
#[derive(Debug, Parser)]
#[command(name = "quarry", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Own the data directory and serve its socket, without tray and windows
    #[arg(long)]
    pub headless: bool,
    /// Keep everything in DIR [env: QUARRY_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Start no model: find nothing by meaning
    #[arg(long, global = true)]
    pub no_meaning: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show or hide the popup of the running Quarry
    Toggle,
    /// Register folders
    Add(AddArgs),
    /// Forget a project and delete its index; the folder is never touched
    Remove(Named),
    /// Every registered project, whatever its state
    List {
        #[arg(long)]
        json: bool,
    },
    /// What the projects are doing
    Status {
        /// Id or unique name; all projects where there is none
        project: Option<String>,
        #[arg(long)]
        json: bool,
        /// A line for every change
        #[arg(long)]
        watch: bool,
    },
    /// Find lines, files and definitions
    Search(SearchArgs),
    /// Build a project's index anew
    Reindex(Named),
    /// Try a failed project again at once
    Retry(Named),
    /// Stop watching a project
    Pause(Named),
    /// Watch a paused project again
    Resume(Named),
    /// Keep a project open, whatever the memory
    Pin(Named),
    /// Let a project be closed when memory is short
    Unpin(Named),
    /// Leave files out of a project's index, as a .gitignore file at its root would
    Exclude(ExcludeArgs),
    /// Whether a project's index holds what ignore files leave out
    Ignored {
        #[command(subcommand)]
        order: IgnoredOrder,
    },
    /// What search by meaning is doing, or what it is to do
    Meaning {
        #[command(subcommand)]
        order: Option<MeaningOrder>,
    },
    /// What is installed, what is missing, what to do
    Doctor,
    /// Model Context Protocol over stdio
    Mcp,
    /// Holds the embedding model; started by the owner of the data directory
    #[command(hide = true)]
    EmbedWorker {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Debug, Subcommand)]
pub enum MeaningOrder {
    /// Embed nothing in the background until it is resumed, after a restart too
    Pause,
    /// Go on embedding in the background
    Resume,
    /// Look for the model again and try what has failed at once
    Retry,
    /// Get a model from the network, by its name
    Fetch {
        /// As fastembed knows it, such as BGESmallENV15; another word shows all names
        model: String,
    },
    /// Embed a project, to be found by meaning
    On(Named),
    /// Leave a project to the other ways of searching
    Off(Named),
}

#[derive(Debug, Subcommand)]
pub enum IgnoredOrder {
    /// Index them too
    On(Named),
    /// Leave them out
    Off(Named),
}

#[derive(Debug, Args)]
pub struct ExcludeArgs {
    /// Id or unique name
    pub project: String,
    /// Such as /vendor/ or *.min.js; without any, those that there are
    #[arg(value_name = "PATTERN")]
    pub patterns: Vec<String>,
    /// Take these patterns back
    #[arg(long, requires = "patterns")]
    pub undo: bool,
}

#[derive(Debug, Args)]
pub struct Named {
    /// Id or unique name
    pub project: String,
}

#[derive(Debug, Args)]
pub struct AddArgs {
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What to call it; the folder's name where there is none
    #[arg(long)]
    pub name: Option<String>,
    /// Wait until this is complete
    #[arg(long, value_name = "LANE")]
    pub wait: Option<WaitLane>,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words, "exact", /regex/, project:, path:, path:/from/the/root/, lang:, sym:, refs:, callers:,
    /// callees:, case:yes; a - before any of the first leaves out: quarry search -- word -other
    /// -path:docs (behind --, as it would be an option elsewhere)
    #[arg(required_unless_present = "like", value_name = "QUERY")]
    pub query: Vec<String>,
    /// Instead of a query: what is like the code on this line
    #[arg(long, value_name = "PATH:LINE", conflicts_with_all = ["query", "mode"])]
    pub like: Option<String>,
    /// Search only there: id or unique name
    #[arg(long = "project", value_name = "PROJECT")]
    pub projects: Vec<String>,
    #[arg(long, value_enum, default_value_t = ModeName::Auto)]
    pub mode: ModeName,
    /// So many hits, a million at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WaitLane {
    Text,
    Symbols,
    Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    Auto,
    Names,
    Text,
    Regex,
    Symbols,
    Meaning,
}

impl From<WaitLane> for LaneName {
    fn from(lane: WaitLane) -> Self {
        match lane {
            WaitLane::Text => Self::Text,
            WaitLane::Symbols => Self::Symbols,
            WaitLane::Meaning => Self::Meaning,
        }
    }
}

impl From<ModeName> for Mode {
    fn from(mode: ModeName) -> Self {
        match mode {
            ModeName::Auto => Self::Auto,
            ModeName::Names => Self::Names,
            ModeName::Text => Self::Text,
            ModeName::Regex => Self::Regex,
            ModeName::Symbols => Self::Symbols,
            ModeName::Meaning => Self::Meaning,
        }
    }
}

impl Command {
    /// Whether it asks for meaning in so many words: then it is worth loading a model for.
    pub fn wants_meaning(&self) -> bool {
        match self {
            Self::Search(search) => search.mode == ModeName::Meaning || search.like.is_some(),
            Self::Add(add) => add.wait == Some(WaitLane::Meaning),
            Self::Meaning { .. } => true,
            _ => false,
        }
    }

    /// The project and the action, of a command that is nothing but these.
    pub fn action(&self) -> Option<(&str, ProjectAction)> {
        let (named, action) = match self {
            Self::Remove(named) => (named, ProjectAction::Remove),
            Self::Reindex(named) => (named, ProjectAction::Reindex),
            Self::Retry(named) => (named, ProjectAction::Retry),
            Self::Pause(named) => (named, ProjectAction::Pause),
            Self::Resume(named) => (named, ProjectAction::Resume),
            Self::Pin(named) => (named, ProjectAction::Pin),
            Self::Unpin(named) => (named, ProjectAction::Unpin),
            Self::Meaning { order: Some(MeaningOrder::On(named)) } => {
                (named, ProjectAction::MeaningOn)
            }
            Self::Meaning { order: Some(MeaningOrder::Off(named)) } => {
                (named, ProjectAction::MeaningOff)
            }
            Self::Ignored { order: IgnoredOrder::On(named) } => (named, ProjectAction::IgnoredOn),
            Self::Ignored { order: IgnoredOrder::Off(named) } => (named, ProjectAction::IgnoredOff),
            _ => return None,
        };
        Some((&named.project, action))
    }
}

impl Cli {
    /// What no single argument shows to be wrong.
    pub fn check(self) -> Result<Self, clap::Error> {
        let conflict =
            |message: &str| Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        match &self.command {
            Some(_) if self.headless => conflict("--headless goes with no command"),
            Some(Command::Add(add)) if add.name.is_some() && add.paths.len() > 1 => {
                conflict("--name goes with one PATH only")
            }
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once(&"quarry").chain(line)).and_then(Cli::check)
    }

    fn search(line: &[&str]) -> SearchArgs {
        match parse(line).unwrap().command {
            Some(Command::Search(search)) => search,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_starts_the_program() {
        let cli = parse(&["--data-dir", "/d", "--no-meaning"]).unwrap();
        assert!(cli.command.is_none());
        assert!(!cli.headless);
        assert!(cli.no_meaning);
        assert_eq!(cli.data_dir, Some(PathBuf::from("/d")));
        assert!(parse(&["--headless"]).unwrap().headless);
    }

    #[test]
    fn options_for_all_may_follow_the_command() {
        let cli = parse(&["list", "--json", "--data-dir", "/d"]).unwrap();
        assert_eq!(cli.data_dir, Some(PathBuf::from("/d")));
    }

    #[test]
    fn a_search_takes_words_and_options_in_any_order() {
        let found = search(&[
            "search",
            "fn",
            "--limit",
            "3",
            "main",
            "--project",
            "a",
            "--project",
            "b",
            "--mode",
            "text",
            "--json",
        ]);
        assert_eq!(found.query, ["fn", "main"]);
        assert_eq!(found.projects, ["a", "b"]);
        assert_eq!((found.limit, found.mode, found.json), (3, ModeName::Text, true));
    }

    #[test]
    fn words_that_look_like_options_follow_two_dashes() {
        assert_eq!(search(&["search", "--", "main", "-test"]).query, ["main", "-test"]);
    }

    #[test]
    fn an_action_names_its_project() {
        let cases = [
            ("remove", ProjectAction::Remove),
            ("reindex", ProjectAction::Reindex),
            ("retry", ProjectAction::Retry),
            ("pause", ProjectAction::Pause),
            ("resume", ProjectAction::Resume),
            ("pin", ProjectAction::Pin),
            ("unpin", ProjectAction::Unpin),
        ];
        for (word, action) in cases {
            let command = parse(&[word, "linux"]).unwrap().command.unwrap();
            assert_eq!(command.action(), Some(("linux", action)));
        }
    }

    #[test]
    fn a_place_stands_in_for_a_query() {
        let found = search(&["search", "--like", "src/main.rs:3", "--project", "a"]);
        assert_eq!(found.like.as_deref(), Some("src/main.rs:3"));
        assert!(parse(&["search", "--like", "a:3", "word"]).is_err());
    }

    #[test]
    fn meaning_is_switched_for_one_project() {
        let command = parse(&["meaning", "off", "linux"]).unwrap().command.unwrap();
        assert_eq!(command.action(), Some(("linux", ProjectAction::MeaningOff)));
        assert!(parse(&["meaning"]).unwrap().command.unwrap().action().is_none());
    }

    #[test]
    fn ignored_files_are_included_for_one_project() {
        let command = parse(&["ignored", "on", "linux"]).unwrap().command.unwrap();
        assert_eq!(command.action(), Some(("linux", ProjectAction::IgnoredOn)));
    }

    #[test]
    fn wrong_usage_has_status_2() {
        let wrong: [&[&str]; 9] = [
            &["exclude", "linux", "--undo"],
            &["search"],
            &["add"],
            &["remove"],
            &["dance"],
            &["search", "x", "--limit", "0"],
            &["add", "a", "--wait", "names"],
            &["add", "a", "b", "--name", "x"],
            &["--headless", "list"],
        ];
        for line in wrong {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line:?}");
        }
    }
}
