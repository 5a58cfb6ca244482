//! Fetches a model because a person asked for it: what the command line and the window share.

use std::env;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use quarry_engine::embed::published::{FetchError, HUB, Progress, Published};

/// Names another hub, as it does for everything that speaks with this one.
const HUB_VARIABLE: &str = "HF_ENDPOINT";

/// The address of the hub, without a slash at its end.
pub fn hub() -> String {
    let named = env::var(HUB_VARIABLE).ok().filter(|hub| !hub.is_empty());
    named.unwrap_or_else(|| HUB.to_owned()).trim_end_matches('/').to_owned()
}

/// Fetches it into its folder below `data_dir`, on a thread of its own; `progress` says whether to
/// go on.
///
/// # Errors
/// A sentence with the cause, and with the remedy where there is one but to try again.
pub async fn fetch(
    model: &Published,
    data_dir: &Path,
    progress: impl FnMut(Progress<'_>) -> ControlFlow<()> + Send + 'static,
) -> Result<PathBuf, String> {
    let (fetched, data_dir) = (model.clone(), data_dir.to_owned());
    let fetching = tokio::task::spawn_blocking(move || fetched.fetch(&hub(), &data_dir, progress));
    match fetching.await {
        Ok(Ok(folder)) => Ok(folder),
        Ok(Err(error)) => Err(not_fetched(model, &error)),
        Err(error) => Err(format!("{} is not fetched: {error}.", model.name)),
    }
}

fn not_fetched(model: &Published, error: &FetchError) -> String {
    let remedy = match error {
        FetchError::Hub { .. }
        | FetchError::Silent { .. }
        | FetchError::CutOff { .. }
        | FetchError::Interrupted { .. } => " Look whether this machine is online.",
        FetchError::Another { .. } => " Look whether this network asks for a login.",
        FetchError::DiskFull { .. } => " Make room there.",
        _ => "",
    };
    format!("{} is not fetched: {error}.{remedy}", model.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_model_and_what_helps() {
        let model = Published::named("BGESmallENV15").unwrap();
        let silent = FetchError::Silent { url: "http://hub/model.onnx".to_owned() };
        let said = not_fetched(&model, &silent);
        assert!(said.starts_with("BGESmallENV15 is not fetched: http://hub/model.onnx"), "{said}");
        assert!(said.ends_with("online."), "{said}");
        let full = FetchError::DiskFull { path: "/data/models".into() };
        let said = not_fetched(&model, &full);
        assert!(said.contains("the disk is full: /data/models"), "{said}");
        assert!(said.ends_with("Make room there."), "{said}");
    }
}
