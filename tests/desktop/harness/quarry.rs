//! The program under test: where it is, its command line, and one that stays.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::account::{Account, Started};
use super::processes;
use super::wait::until;

/// What one call of the command line came to.
#[derive(Debug)]
pub struct Ran {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The same, if it went well.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("standard output is not one JSON value ({error}): {self:?}"),
        }
    }
}

pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub fn binary() -> PathBuf {
    let path = std::env::var_os("QUARRY_BIN")
        .map_or_else(|| workspace().join("target/debug/quarry"), PathBuf::from);
    assert!(
        path.is_file(),
        "{} is missing: `cargo build --workspace --bin quarry` builds it",
        path.display()
    );
    path
}

impl Account {
    pub fn quarry_command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command(binary());
        self.mark_program(&mut command);
        command.args(args);
        command
    }

    /// Starts it without waiting for its end.
    pub fn start_quarry<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Started {
        let mut command = self.quarry_command(args);
        let name = command.get_args().last().map_or("quarry".to_owned(), log_name);
        let started = self.start(&mut command, &name);
        self.tell_about(&started);
        started
    }

    /// Waits for the end of a call of the command line.
    #[track_caller]
    pub fn ran(&self, started: &Started) -> Ran {
        let (status, stdout, stderr) = self.finish(started);
        Ran { code: status.code(), stdout, stderr }
    }

    #[track_caller]
    pub fn quarry<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let started = self.start_quarry(args);
        self.ran(&started)
    }

    /// The list of projects, as `list --json` has it.
    #[track_caller]
    pub fn projects(&self) -> Vec<Value> {
        let list = self.quarry(["list", "--json"]).done().json();
        list["projects"].as_array().cloned().unwrap_or_else(|| panic!("no list: {list}"))
    }

    /// The only project of this name.
    #[track_caller]
    pub fn project(&self, name: &str) -> Value {
        let projects = self.projects();
        let mut named = projects.iter().filter(|project| project["name"] == name);
        match (named.next(), named.next()) {
            (Some(project), None) => project.clone(),
            _ => panic!("{name} is not there, or not once: {projects:?}"),
        }
    }

    /// An owner of the data directory without windows, ready to be asked.
    #[track_caller]
    pub fn start_headless(&self) -> Started {
        let headless = self.start_quarry(["--headless"]);
        self.wait_until_it_serves(&headless);
        headless
    }

    /// Waits until it answers: by then it has its hotkey and its tray item too.
    #[track_caller]
    pub fn wait_until_it_serves(&self, quarry: &Started) {
        until("Quarry listens on its socket", || {
            assert!(self.runs(quarry), "Quarry ended: {:?}", self.exit(quarry));
            !processes::listening(quarry.pid).is_empty()
        });
        self.quarry(["list"]).done();
    }
}

fn log_name(argument: &OsStr) -> String {
    argument.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).take(24).collect()
}
