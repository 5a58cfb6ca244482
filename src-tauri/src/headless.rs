//! `quarry --headless`: the owner without tray and windows.

use std::time::Duration;

use crate::cli::output::{Failure, complain, remark};
use crate::embedding;
use crate::engine_settings;
use crate::owner::answering::{Host, Owner};
use crate::owner::protocol::Problem;
use crate::owner::server::{self, Server};
use crate::owner::session::{self, Claim};
use crate::place::Place;
use crate::settings::Settings;
use crate::signals::asked_to_end;

/// What a call that is under way may still take when the process is asked to end.
const GRACE: Duration = Duration::from_millis(300);

pub async fn run(place: &Place, no_meaning: bool) -> Result<(), Failure> {
    let (settings, problem) = Settings::read(&place.settings_file);
    if let Some(problem) = problem {
        complain(&problem);
    }
    let embedder = if no_meaning { None } else { embedding::options(&settings, &place.data_dir) };
    let (engine, address) = match session::claim_to_stay(place, &settings, embedder).await? {
        Claim::Ours(engine, address) => (engine, address),
        Claim::Theirs(_) => {
            let sentence = format!("Another Quarry owns {} already.", place.data_dir.display());
            return Err(Problem::new("AlreadyOwned", sentence).into());
        }
    };
    let owner = Owner {
        engine: engine.clone(),
        host: Host::Headless,
        settings_file: place.settings_file.clone(),
    };
    let listener = server::bind(&address).map_err(|error| session::no_socket(&error))?;
    let server = Server::start(owner, listener);
    remark(&format!("Quarry owns {} until it is ended.", place.data_dir.display()));
    let following = tokio::spawn(engine_settings::follow(engine.clone(), place.clone(), settings));
    asked_to_end().await;
    following.abort();
    server.stop(GRACE).await;
    engine.close().await;
    Ok(())
}
