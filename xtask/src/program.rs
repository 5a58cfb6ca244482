//! The program: built with the page inside it, and started.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run as run_command};
use crate::install;
use crate::model;
use crate::packages::Purpose;
use crate::page;
use crate::workspace::Workspace;

const BYTES_PER_MB: f64 = 1_000_000.0;

pub fn build_and_report(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    let program = workspace.release_program();
    let bytes = fs::metadata(&program)
        .with_context(|| format!("cargo left no program at {}", program.display()))?
        .len();
    println!("{} ({:.1} MB)", program.display(), bytes as f64 / BYTES_PER_MB);
    Ok(())
}

/// Builds, then becomes the program. Without a display only a windowless call is started.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    build(workspace)?;
    if opens_windows(arguments) && !display_present() {
        let program = workspace.release_program();
        let program = program.display();
        bail!(
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can \
             be shown. Quarry is built; without windows it runs like this:\n  \
             {program} --headless &\n  \
             {program} add FOLDER\n  \
             {program} search WORDS"
        );
    }
    start(Command::new(workspace.release_program()).args(arguments))
}

/// Leaves the program at [`Workspace::release_program`].
pub fn build(workspace: &Workspace) -> Result<()> {
    page::check_node()?;
    install::ensure(Purpose::Build)?;
    page::ensure_built(workspace)?;
    model::ensure_if_possible(workspace);
    run_command(
        cargo(workspace).args(["build", "--release", "--package", "quarry"]),
        "Mend what the compiler names and start again.",
    )
}

/// The program takes xtask's place, so that signals and the exit status are its own.
#[cfg(unix)]
fn start(program: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    let error = program.exec();
    Err(error).with_context(|| format!("{} did not start", program.get_program().to_string_lossy()))
}

#[cfg(not(unix))]
fn start(program: &mut Command) -> Result<()> {
    run_command(program, "What it printed above says why.")
}

/// False for `--headless`, a subcommand, `--help` and the like: those need no display.
fn opens_windows(arguments: &[String]) -> bool {
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--data-dir" => {
                words.next();
            }
            "--no-meaning" => {}
            word if word.starts_with("--data-dir=") => {}
            _ => return false,
        }
    }
    true
}

fn display_present() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(line: &str) -> bool {
        opens_windows(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_plain_start_opens_windows() {
        assert!(opens(""));
        assert!(opens("--data-dir /tmp/d --no-meaning"));
        assert!(opens("--data-dir=/tmp/d"));
        assert!(!opens("--headless"));
        assert!(!opens("--data-dir /tmp/d --headless"));
        assert!(!opens("search words"));
        assert!(!opens("--help"));
    }
}
