//! Running other programs, so that a failure always says which one, how it ended and what to do.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use anyhow::{Result, anyhow, bail};

use crate::workspace::Workspace;

/// cargo, in the checkout's root; the one that started xtask.
pub fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root());
    command
}

/// Prints the command, runs it on this terminal and waits. `remedy` is a sentence that says what to
/// do if it fails.
pub fn run(command: &mut Command, remedy: &str) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|error| not_started(command, &error, remedy))?;
    expect_success(command, status, remedy)
}

/// As [`run`], but standard output is kept and shown only if the command fails.
pub fn run_quietly(command: &mut Command, remedy: &str) -> Result<()> {
    println!("$ {}", shown(command));
    let output = output(command.stderr(Stdio::inherit()), remedy)?;
    if !output.status.success() {
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
    expect_success(command, output.status, remedy)
}

/// What a command prints, without a word on the terminal; `Err` only if it could not be started.
pub fn output(command: &mut Command, remedy: &str) -> Result<Output> {
    command.output().map_err(|error| not_started(command, &error, remedy))
}

/// The file that `name` would start, by `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let mut words = vec![quoted(name)];
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{word}'")
    }
}

fn expect_success(command: &Command, status: ExitStatus, remedy: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let ending = match status.code() {
        Some(code) => format!("failed with exit status {code}"),
        None => format!("was ended ({status})"),
    };
    bail!("`{}` {ending}. {remedy}", shown(command))
}

fn not_started(command: &Command, error: &std::io::Error, remedy: &str) -> anyhow::Error {
    if error.kind() == ErrorKind::NotFound {
        anyhow!("`{}` was not found. {remedy}", command.get_program().to_string_lossy())
    } else {
        anyhow!("`{}` could not be started: {error}. {remedy}", shown(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["build", "--flag=a/b", "two words", ""]);
        assert_eq!(shown(&command), "cargo build --flag=a/b 'two words' ''");
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_its_remedy() {
        let error = run(&mut Command::new("quarry-no-such-program"), "Install it.").err();
        let said = error.map(|error| error.to_string());
        assert_eq!(said.as_deref(), Some("`quarry-no-such-program` was not found. Install it."));
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_says_command_status_and_remedy() {
        let error = run(Command::new("sh").args(["-c", "exit 3"]), "Try again.").err();
        let said = error.map(|error| error.to_string());
        assert_eq!(said.as_deref(), Some("`sh -c 'exit 3'` failed with exit status 3. Try again."));
    }
}
