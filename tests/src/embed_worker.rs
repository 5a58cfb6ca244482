//! The embedding worker by itself, with the arguments that Quarry gives to its own.

use quarry_engine::embed::worker::{WorkerArguments, WorkerError, serve};

fn main() -> Result<(), WorkerError> {
    serve(&WorkerArguments::parse(std::env::args_os().skip(1))?)
}
