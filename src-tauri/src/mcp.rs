//! `quarry mcp`: what Quarry finds, for programs that help with code. Model Context Protocol over
//! standard input and output.

mod answer;
mod arguments;
mod file;
mod footing;
mod listing;
mod searching;
mod server;

use std::io::{self, IsTerminal};
use std::sync::Arc;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use rmcp::transport::io::stdio_pipes;

use crate::cli::output::{Failure, remark};
use crate::owner::protocol::Problem;
use crate::place::Place;
use crate::signals::asked_to_end;
use footing::Footing;
use server::Assistant;

/// Serves until its client closes standard input, or a signal ends it; both are no failure.
pub async fn run(place: &Place, meaning: bool) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        remark("Waits for an assistant that starts it and speaks the Model Context Protocol.");
    }
    let footing = Arc::new(Footing::new(place.clone(), meaning));
    let outcome = tokio::select! {
        outcome = serve(Arc::clone(&footing)) => outcome,
        () = asked_to_end() => Ok(()),
    };
    footing.leave().await;
    outcome
}

async fn serve(footing: Arc<Footing>) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Problem::new("Failed", format!("It broke off: {error}."));
    match Assistant::new(footing).serve(stdio_pipes()).await {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| failed(&error).into()),
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(failed(&error).into()),
    }
}
