//! Quarry: the program in the tray and its command line.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking"))]

mod cli;
mod descriptors;
mod desktop;
mod embedding;
mod engine_settings;
mod fetching;
mod headless;
mod limits;
mod mcp;
mod owner;
mod place;
mod renderer;
mod settings;
mod signals;
mod words;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cli::output::{Failure, complain};
use cli::{Cli, Command};
use place::Place;
use quarry_engine::embed::worker::{WorkerArguments, serve};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

/// The system's allocator keeps what a bulk run has let go of: 480 MB after the Linux tree.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Says what is logged, to standard error; see the `EnvFilter` of tracing-subscriber.
const LOG_VARIABLE: &str = "QUARRY_LOG";
/// … without it. A merge that ends because its index is closed goes on when that is opened again;
/// one that fails says so to whoever waits for it.
const LOGGED: &str = "warn,tantivy::indexer::segment_updater=error";

/// What blocks a thread when everything else is done is left behind.
const THREADS_END: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    renderer::choose();
    descriptors::allow_many();
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let cli = match Cli::try_parse().and_then(Cli::check) {
        Ok(cli) => cli,
        Err(error) => {
            // Standard error may be closed; the status says it all the same.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    tracing::debug!(?cli, "started");
    // Before any thread is started, and without a place: it has nothing but its model.
    if let Some(Command::EmbedWorker { arguments }) = cli.command {
        return embed(arguments);
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("No threads can be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let status = start(&runtime, cli);
    tracing::debug!("ends");
    runtime.shutdown_timeout(THREADS_END);
    status
}

fn embed(arguments: Vec<OsString>) -> ExitCode {
    let served = WorkerArguments::parse(arguments).and_then(|arguments| serve(&arguments));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(runtime: &Runtime, cli: Cli) -> ExitCode {
    let place = match Place::resolve(cli.data_dir) {
        Ok(place) => place,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let outcome = match cli.command {
        Some(command) => runtime.block_on(cli::run::run(command, &place, cli.no_meaning)),
        None if cli.headless => runtime.block_on(headless::run(&place, cli.no_meaning)),
        None => return desktop::run(runtime, place, cli.no_meaning),
    };
    outcome.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}
