//! How long a saved file takes to be searchable: in a project of many files, one save after the
//! other, each asked for until it is found. Then what indexing does to searches, asked for as
//! people type: while nothing else goes on, and while every file is indexed anew.
//!
//! `[--json FILE] [--files N] [--saves N]`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use quarry_engine::engine::{Engine, Options};
use quarry_engine::search::SearchRequest;
use quarry_engine::status::{Freshness, LaneName, ProjectAction};
use serde_json::{Value, json};

/// A save that takes longer than this is lost.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(2);
const FILES_A_DIRECTORY: usize = 40;
/// Searches timed while nothing else goes on …
const SEARCHES: usize = 80;
/// … and, at least, while every file is indexed anew, which takes a few of them each time.
const BUSY_SEARCHES: usize = 24;
/// People type so many letters, one after the other …
const LETTERS: usize = 8;
const TYPING: Duration = Duration::from_millis(120);
/// … and then look at what there is.
const READING: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let (mut json, mut files, mut saves) = (None, 20_000, 200);
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        // cargo tells every bench that it is one.
        if name == "--bench" {
            continue;
        }
        let value = given.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--json" => json = Some(PathBuf::from(value)),
            "--files" => files = value.parse()?,
            "--saves" => saves = value.parse()?,
            other => bail!("{other} is not an option of this bench"),
        }
    }
    ensure!(files > 0 && saves > 0, "there is nothing to measure");
    let report = tokio::runtime::Runtime::new()?.block_on(measure(files, saves))?;
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

async fn measure(files: usize, saves: usize) -> Result<Value> {
    let base = tempfile::tempdir()?;
    let root = base.path().join("project");
    for at in 0..files {
        write(&path(&root, at), &format!("int original_{at}(void);\n").repeat(20))?;
    }
    let data = base.path().join("data");
    let engine = Engine::open(Options { home: None, ..Options::new(data) })?;
    let added = engine.add(&root, None).await?;
    engine.wait(&added.project.id, LaneName::Symbols).await?;
    let before = engine.status(&added.project.id)?.index_bytes;
    let mut times = Vec::new();
    for save in 0..saves {
        let word = format!("saved{save}");
        let request = SearchRequest { query: word.clone(), limit: 1, ..SearchRequest::default() };
        let started = Instant::now();
        write(&path(&root, save * 97 % files), &format!("int {word}(void);\n"))?;
        while engine.search(request.clone()).await?.results.is_empty() {
            ensure!(started.elapsed() < DEADLINE, "save {save} was never found");
            tokio::time::sleep(POLL).await;
        }
        times.push(started.elapsed());
    }
    let id = &added.project.id;
    let status = engine.wait(id, LaneName::Symbols).await?;
    let mut idle = Vec::new();
    for turn in 0..SEARCHES {
        idle.push(search(&engine, turn % files).await?);
    }
    let mut busy = Vec::new();
    while busy.len() < BUSY_SEARCHES {
        engine.act(id, ProjectAction::Reindex).await?;
        while engine.status(id)?.freshness != Freshness::Indexing {
            tokio::time::sleep(POLL).await;
        }
        let mut letters = (0..LETTERS).cycle();
        while engine.status(id)?.freshness == Freshness::Indexing {
            if letters.next() == Some(0) {
                tokio::time::sleep(READING).await;
            }
            let took = search(&engine, busy.len() % files).await?;
            if engine.status(id)?.freshness == Freshness::Indexing {
                busy.push(took);
            }
        }
    }
    engine.close().await;
    let at = |share: f64| percentile(&mut times.clone(), share);
    let grown = status.index_bytes as f64 / before as f64;
    println!("{saves} saves in a project of {files} files");
    println!(
        "save to searchable     p50 {:.0} ms, p95 {:.0} ms, max {:.0} ms",
        at(0.5),
        at(0.95),
        at(1.0)
    );
    println!("index                  {grown:.2} of its size before");
    for share in [0.5, 0.95, 0.99] {
        let (idle, busy) = (percentile(&mut idle, share), percentile(&mut busy, share));
        println!("search, p{:<14.0}{idle:.2} ms idle, {busy:.2} ms while indexing", share * 100.0);
    }
    let (idle, busy) = (percentile(&mut idle, 0.95), percentile(&mut busy, 0.95));
    Ok(
        json!({ "search_idle_p95_ms": idle, "search_busy_p95_ms": busy, "files": files, "saves": saves, "p50_ms": at(0.5), "p95_ms": at(0.95),
        "max_ms": at(1.0), "index_growth": grown }),
    )
}

/// How long a search for one file's word takes.
async fn search(engine: &Engine, file: usize) -> Result<Duration> {
    tokio::time::sleep(TYPING).await;
    let query = format!("original_{file}");
    let request = SearchRequest { query, limit: 20, ..SearchRequest::default() };
    let started = Instant::now();
    engine.search(request).await?;
    Ok(started.elapsed())
}

/// The time, in milliseconds, that this share of `times` does not exceed.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = (times.len() as f64 * share) as usize;
    times[place.min(times.len() - 1)].as_secs_f64() * 1000.0
}

fn path(root: &Path, at: usize) -> PathBuf {
    root.join(format!("d{}/f{at}.c", at / FILES_A_DIRECTORY))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
