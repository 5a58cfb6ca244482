//! `cargo xtask bench`: the engine's benchmark over a folder of the caller's choice.

use std::fs;
use std::path::absolute;

use anyhow::{Context, Result, bail};

use crate::arguments::BenchRequest;
use crate::command::{cargo, run};
use crate::install;
use crate::packages::Purpose;
use crate::workspace::Workspace;

pub fn bench(workspace: &Workspace, request: &BenchRequest) -> Result<()> {
    // cargo starts the benchmark in the engine's folder, so the paths must not be relative.
    let corpus = absolute(&request.corpus).context("the corpus has no usable path")?;
    if !corpus.is_dir() {
        bail!("{} is not a folder. Give the folder whose text is to be indexed.", corpus.display());
    }
    let json = match &request.json {
        Some(file) => absolute(file).context("the JSON file has no usable path")?,
        None => workspace.target().join("bench.json"),
    };
    let folder = json.parent().context("the JSON file is in no folder")?;
    fs::create_dir_all(folder)
        .with_context(|| format!("{} could not be made", folder.display()))?;

    install::ensure(Purpose::Bench)?;
    let program = if request.queries.is_some() { "quality" } else { "corpus" };
    let mut command = cargo(workspace);
    // The whole workspace, so that dependencies are built with the features they have anyway.
    command.args(["bench", "--workspace", "--bench", program, "--", "--corpus"]).arg(&corpus);
    if let Some(queries) = &request.queries {
        command
            .arg("--queries")
            .arg(absolute(queries).context("the questions have no usable path")?);
    }
    command.arg("--json").arg(&json).args(&request.extra);
    run(&mut command, "What it printed above says why.")?;
    println!("figures: {}", json.display());
    Ok(())
}
