//! `cargo xtask bench`: the engine's benchmarks.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result, bail};

use crate::arguments::{BenchProgram, BenchRequest};
use crate::command::{cargo, run};
use crate::install;
use crate::model;
use crate::packages::Purpose;
use crate::program;
use crate::steps::PROGRAM;
use crate::workspace::Workspace;

pub fn bench(workspace: &Workspace, request: &BenchRequest) -> Result<()> {
    let json = match &request.json {
        Some(file) => absolute(file).context("the JSON file has no usable path")?,
        None => workspace.target().join("bench.json"),
    };
    let mut purpose = Purpose::Bench;
    let mut options: Vec<(&str, PathBuf)> = Vec::new();
    let program = match &request.program {
        BenchProgram::Corpus { corpus } => {
            options.push(("--corpus", folder(corpus)?));
            "corpus"
        }
        BenchProgram::Quality { corpus, queries } => {
            options.push(("--corpus", folder(corpus)?));
            let queries = absolute(queries).context("the questions have no usable path")?;
            options.push(("--queries", queries));
            "quality"
        }
        BenchProgram::Saves => "saves",
        BenchProgram::Embed { corpus } => {
            options.push(("--corpus", folder(corpus)?));
            model::ensure(workspace)?;
            "embed"
        }
        BenchProgram::Start => {
            program::build(workspace)?;
            options.push(("--program", workspace.release_program()));
            "start"
        }
        BenchProgram::Ui { corpus } => {
            program::build(workspace)?;
            options.push(("--corpus", folder(corpus)?));
            purpose = Purpose::Test;
            "ui"
        }
    };
    options.push(("--json", json.clone()));
    let parent = json.parent().context("the JSON file is in no folder")?;
    fs::create_dir_all(parent)
        .with_context(|| format!("{} could not be made", parent.display()))?;

    install::ensure(purpose)?;
    let mut command = cargo(workspace);
    // The whole workspace, so that dependencies are built with the features they have anyway.
    command.args(["bench", "--workspace", "--bench", program]);
    if matches!(request.program, BenchProgram::Ui { .. }) {
        // It only presses keys and looks: the program that it measures is the one that is fast.
        command.args(["--profile", "dev"]);
    }
    command.arg("--");
    for (name, path) in &options {
        command.arg(name).arg(path);
    }
    command.env(PROGRAM, workspace.release_program());
    run(command.args(&request.extra), "What it printed above says why.")?;
    println!("figures: {}", json.display());
    Ok(())
}

/// Absolute, as cargo starts the benchmark in the engine's folder.
fn folder(corpus: &Path) -> Result<PathBuf> {
    let corpus = absolute(corpus).context("the corpus has no usable path")?;
    if !corpus.is_dir() {
        bail!("{} is not a folder. Give the folder whose text is to be indexed.", corpus.display());
    }
    Ok(corpus)
}
