//! `cargo xtask`: builds, runs, tests and measures Quarry on a machine that has only Rust, Node and
//! a package manager. One module a job; `arguments` says what can be asked for.

mod arguments;
mod bench;
mod command;
mod icons;
mod install;
mod model;
mod packages;
mod page;
mod program;
mod steps;
mod types;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use arguments::{Task, USAGE};
use workspace::Workspace;

/// The status for a command line that was not understood, as in the program itself.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = match arguments::parse(&arguments) {
        Ok(task) => task,
        Err(wrong) => {
            eprintln!("xtask: {wrong}\n\n{USAGE}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match perform(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Task::Run { arguments } => program::run(&workspace, &arguments),
        Task::Build => program::build_and_report(&workspace),
        Task::Test(request) => steps::test(&workspace, &request),
        Task::Types => types::regenerate(&workspace),
        Task::Bench(request) => bench::bench(&workspace, &request),
        Task::Screenshots => page::screenshots(&workspace),
        Task::Model => model::ensure(&workspace),
        Task::Icons => icons::regenerate(&workspace),
    }
}
