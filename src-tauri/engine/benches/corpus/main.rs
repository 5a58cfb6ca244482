//! Indexes a tree from nothing, opens it cold, asks it a few queries, and has other programs search
//! the same tree in the same run. A table on standard output, the figures in a JSON file.
//!
//! `--corpus DIR [--json FILE] [--rare WORD] [--common WORD] [--two "A B"] [--phrase "A B"]`
//!
//! A file's name is measured beside `rg --files` alone, which only lists them.

#![allow(clippy::unwrap_used, reason = "arguments and samples are checked before they are used")]

mod rivals;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use quarry_engine::engine::{Engine, Options};
use quarry_engine::index::ProjectIndex;
use quarry_engine::root_access::RootAccess;
use quarry_engine::search::{Mode, Search, SearchRequest, Target};
use quarry_engine::status::{LaneName, ProjectStatus};
use rivals::{Ask, Rivals, Times};
use serde_json::{Value, json};

/// The allocator that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each query is asked this often, after one that does not count.
const QUERY_RUNS: usize = 200;
const OPENINGS: usize = 20;
/// Parts of the index that are listed.
const LARGEST_PARTS: usize = 16;
/// Hits a query asks for.
const TOP: usize = 50;

struct Arguments {
    corpus: PathBuf,
    json: Option<PathBuf>,
    queries: Vec<Question>,
}

/// What is asked, and how others are asked the same.
struct Question {
    name: &'static str,
    text: String,
    mode: Mode,
    ask: Ask,
}

fn main() -> Result<()> {
    let arguments = arguments()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(measure(&arguments))?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn arguments() -> Result<Arguments> {
    let (mut corpus, mut json) = (None, None);
    let question =
        |name, text: &str, mode, ask| Question { name, text: text.to_owned(), mode, ask };
    let mut queries = vec![
        question("rare identifier", "tcp_sendmsg_locked", Mode::Text, Ask::Word),
        question("common word", "return", Mode::Text, Ask::Word),
        question("two words", "socket buffer", Mode::Text, Ask::Words),
        question("phrase", "\"struct file_operations\"", Mode::Text, Ask::Word),
        question("as typed", "tcp_sendmsg_locked", Mode::Auto, Ask::Word),
        question("one letter", "t", Mode::Auto, Ask::Substring),
        question("three letters", "tcp", Mode::Auto, Ask::Substring),
        question("question", "where is the socket buffer freed", Mode::Auto, Ask::Words),
        question("definition", "tcp_sendm", Mode::Symbols, Ask::Substring),
        question("substring", "endmsg_locke", Mode::Regex, Ask::Substring),
        question("pattern", r"tcp_\w+_locked\(", Mode::Regex, Ask::Pattern),
        question("file name", "net/tcp_out", Mode::Names, Ask::Name),
    ];
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        // cargo tells every bench that it is one.
        if name == "--bench" {
            continue;
        }
        let value = given.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--corpus" => corpus = Some(PathBuf::from(value)),
            "--json" => json = Some(PathBuf::from(value)),
            "--rare" => queries[0].text = value,
            "--common" => queries[1].text = value,
            "--two" => queries[2].text = value,
            "--phrase" => queries[3].text = format!("\"{value}\""),
            other => bail!("{other} is not an option of this bench"),
        }
    }
    let corpus = corpus.context("--corpus DIR is missing")?.canonicalize()?;
    Ok(Arguments { corpus, json, queries })
}

async fn measure(arguments: &Arguments) -> Result<Value> {
    let corpus = &arguments.corpus;
    let data = tempfile::tempdir()?;
    println!("corpus                 {}", corpus.display());
    let indexing = index(corpus, data.path()).await?;
    let directory = only_index(data.path())?;
    let opening = open_cold(&directory)?;
    let target = Target {
        project: "bench".to_owned(),
        root: corpus.clone(),
        index: Arc::new(ProjectIndex::open(&directory)?),
        reader: Arc::<RootAccess>::default().reader(),
    };
    let space = space(&target.index)?;
    let rivals = Rivals::new(corpus, data.path())?;
    println!(
        "\n{:<18} {:<32} {:>9} {:>9} {:>6}   {:>12} {:>8}",
        "query", "", "p50 ms", "p95 ms", "hits", "ripgrep ms", "ratio"
    );
    let mut queries = Vec::new();
    for question in &arguments.queries {
        queries.push(query(&target, question, &rivals)?);
    }
    Ok(
        json!({ "corpus": corpus, "indexing": indexing, "opening": opening, "space": space, "queries": queries }),
    )
}

async fn index(corpus: &Path, data: &Path) -> Result<Value> {
    let engine = Engine::open(Options { home: None, ..Options::new(data) })?;
    let memory = MemorySampler::start();
    let started = Instant::now();
    let added = engine.add(corpus, None).await?;
    let first = first_answer(&engine, started).await?;
    let status = engine.wait(&added.project.id, LaneName::Text).await?;
    let took = started.elapsed();
    engine.wait(&added.project.id, LaneName::Regex).await?;
    engine.wait(&added.project.id, LaneName::Symbols).await?;
    let deep = started.elapsed();
    let status_deep = quiet(&engine).await?;
    let settled = started.elapsed();
    let private = memory.stop();
    engine.close().await;
    let source = source_bytes(data)?;
    let seconds = took.as_secs_f64();
    let (files, megabytes) = (status.files as f64, source as f64 / 1e6);
    let share = status.index_bytes as f64 / source as f64;
    println!("files                  {:>9}   {:>8.0} a second", status.files, files / seconds);
    println!("text                   {megabytes:>9.0} MB {:>8.1} MB a second", megabytes / seconds);
    println!(
        "text searchable        {seconds:>9.1} s  (first answers after {:.1} s)",
        first.as_secs_f64()
    );
    println!(
        "index of the text      {:>9.0} MB ({share:.2} of the text)",
        status.index_bytes as f64 / 1e6
    );
    let (deep, settled) = (deep.as_secs_f64(), settled.as_secs_f64());
    println!("all lanes              {deep:>9.1} s  (nothing left to do after {settled:.1} s)");
    let deep_share = status_deep.index_bytes as f64 / source as f64;
    println!(
        "index of all lanes     {:>9.0} MB ({deep_share:.2} of the text), {} definitions",
        status_deep.index_bytes as f64 / 1e6,
        status_deep.symbols
    );
    println!("peak private memory    {:>9.0} MB", private as f64 / 1e6);
    Ok(json!({
        "files": status.files, "chunks": status.chunks, "skipped": status.skipped,
        "text_bytes": source, "seconds": seconds, "first_answer_seconds": first.as_secs_f64(),
        "index_bytes": status.index_bytes, "index_share": share, "all_lanes_seconds": deep, "settled_seconds": settled,
        "all_lanes_index_bytes": status_deep.index_bytes, "all_lanes_index_share": deep_share,
        "symbols": status_deep.symbols, "peak_private_memory_bytes": private,
    }))
}

/// Waits until no run is left, nor any merging after it.
async fn quiet(engine: &Engine) -> Result<ProjectStatus> {
    loop {
        let status = engine.snapshot().projects.first().cloned().context("the project is gone")?;
        if status.progress.is_none() {
            return Ok(status);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How long until a search answers anything at all.
async fn first_answer(engine: &Engine, started: Instant) -> Result<Duration> {
    let request = SearchRequest { query: "the".into(), limit: 1, ..SearchRequest::default() };
    while engine.search(request.clone()).await?.results.is_empty() {
        let status = engine.snapshot();
        let ended = status.projects.iter().all(|project| project.last_indexed.is_some());
        ensure!(!ended || started.elapsed() < Duration::from_secs(600), "nothing is found");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(started.elapsed())
}

/// What each part of the index takes.
fn space(index: &ProjectIndex) -> Result<Value> {
    let searcher = index.searcher();
    let usage = searcher.space_usage()?;
    let mut parts: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for segment in usage.segments() {
        let of_fields = [
            ("terms", segment.termdict()),
            ("postings", segment.postings()),
            ("positions", segment.positions()),
            ("columns", segment.fast_fields()),
            ("lengths", segment.fieldnorms()),
        ];
        for (part, fields) in of_fields {
            for field in fields.fields() {
                let name = (field.field_name().to_owned(), part);
                *parts.entry(name).or_default() += field.total().get_bytes();
            }
        }
        *parts.entry(("(stored)".to_owned(), "")).or_default() +=
            segment.store().total().get_bytes();
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    println!(
        "segments               {:>9}   {} documents, {} more deleted",
        usage.segments().len(),
        searcher.num_docs(),
        searcher.segment_readers().iter().map(|segment| segment.num_deleted_docs()).sum::<u32>()
    );
    for ((field, part), bytes) in parts.iter().take(LARGEST_PARTS) {
        println!("  {field:<14} {part:<10} {:>9.1} MB", *bytes as f64 / 1e6);
    }
    let parts = parts.into_iter().map(|((field, part), bytes)| json!([field, part, bytes]));
    Ok(Value::Array(parts.collect()))
}

fn open_cold(directory: &Path) -> Result<Value> {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let started = Instant::now();
        let index = ProjectIndex::open(directory)?;
        times.push(started.elapsed());
        drop(index);
    }
    let (p50, p95) = percentiles(&mut times);
    println!("opening                {p50:>9.2} ms (p95 {p95:.2})");
    Ok(json!({ "p50_ms": p50, "p95_ms": p95 }))
}

fn query(target: &Target, question: &Question, rivals: &Rivals) -> Result<Value> {
    let Question { name, text, mode, ask } = question;
    let search = Search::new(text, *mode, TOP)?;
    let targets = std::slice::from_ref(target);
    let hits = search.run(targets).hits.len();
    let mut times = Vec::new();
    for _ in 0..QUERY_RUNS {
        let started = Instant::now();
        std::hint::black_box(search.run(targets));
        times.push(started.elapsed());
    }
    let (p50, p95) = percentiles(&mut times);
    let Times { ripgrep, other } = rivals.time(*ask, text.trim_matches('"'))?;
    let beside = other.map_or_else(String::new, |(program, took)| {
        format!("   {program} {took:.1} ms, {:.1}x", took / p50)
    });
    println!(
        "{name:<18} {text:<32} {p50:>9.3} {p95:>9.3} {hits:>6}   {ripgrep:>12.1} {:>7.0}x{beside}",
        ripgrep / p50
    );
    let (program, took) = other.unzip();
    Ok(json!({ "name": name, "query": text, "mode": mode, "p50_ms": p50, "p95_ms": p95,
        "hits": hits, "ripgrep_p50_ms": ripgrep, "other": program, "other_p50_ms": took }))
}

/// Median and 95th percentile, in milliseconds.
fn percentiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times[place.min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    (at(0.5), at(0.95))
}

fn only_index(data: &Path) -> Result<PathBuf> {
    let mut directories = std::fs::read_dir(data.join("indexes"))?;
    Ok(directories.next().context("no index was made")??.path())
}

/// The size of all files that the index holds as text.
fn source_bytes(data: &Path) -> Result<u64> {
    Ok(ProjectIndex::open(&only_index(data)?)?.text_bytes()?)
}

/// Samples the memory that the process holds for itself; mapped index files are the system's cache.
struct MemorySampler {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u64>,
}

impl MemorySampler {
    fn start() -> MemorySampler {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut peak = 0;
            while !stopped.load(Ordering::Relaxed) {
                peak = peak.max(private_memory());
                std::thread::sleep(Duration::from_millis(20));
            }
            peak
        });
        MemorySampler { stop, thread }
    }

    /// The most that was seen, in bytes.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(0)
    }
}

/// Bytes; 0 where the system does not say.
fn private_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
