//! How fast texts become vectors, beside ONNX Runtime used bare in the same process with the same
//! model, texts and threads; what a question takes; what the worker keeps; how fast a project fills
//! and what Quarry itself keeps meanwhile; how fast vectors are searched, what the scan forgets and
//! what its index takes. `cargo xtask bench embed CORPUS`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use quarry_engine::embed::embedder::{Embedder, Options, Priority};
use quarry_engine::embed::model::Model;
use quarry_engine::embed::store::{Key, Store};
use quarry_engine::embed::text::{self, Source};
use quarry_engine::embed::worker::{NICENESS, WorkerArguments, serve};
use quarry_engine::engine::{self, Engine, Pacing};
use quarry_engine::status::LaneName;
use serde_json::{Value, json};

/// Given by the embedder when it starts this program as its worker.
const AS_WORKER: &str = "--as-worker";
const TEXTS: usize = 400;
const QUESTION: &str = "where is a closed connection given back to the pool";
const QUESTIONS: usize = 200;
const SEARCHES: usize = 60;
const DIMENSIONS: usize = 384;
const LINES: usize = 40;
/// A project fills for so long; what is left is told from that.
const FILLING: Duration = Duration::from_secs(60);
/// The project of which it is told.
const LARGE: f64 = 20_000.0;

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == AS_WORKER).is_some() {
        return Ok(serve(&WorkerArguments::parse(words)?)?);
    }
    let (mut corpus, mut json_file, mut most_rows) = (None, None, 1_000_000);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--corpus") => corpus = words.next().map(PathBuf::from),
            Some("--json") => json_file = words.next().map(PathBuf::from),
            Some("--rows") => {
                let number = words.next().context("--rows needs a number")?;
                most_rows = number.to_string_lossy().parse()?;
            }
            Some("--bench") => {}
            _ => bail!("unknown: {}", word.to_string_lossy()),
        }
    }
    let corpus = corpus.context("--corpus DIR is missing")?;
    // As low as the worker's: a busy machine is busy for both.
    #[cfg(unix)]
    rustix::process::setpriority_process(None, NICENESS)?;
    #[cfg(not(unix))]
    println!("the worker alone may run with niceness {NICENESS}");
    let texts = texts(&corpus)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let figures = json!({
        "embedding": runtime.block_on(embedding(&texts))?,
        "filling": runtime.block_on(filling(&corpus))?,
        "searching": searching(most_rows)?,
    });
    println!("{figures:#}");
    if let Some(file) = json_file {
        std::fs::write(&file, format!("{figures:#}\n"))?;
    }
    Ok(())
}

/// The parts of windows of lines, from all over the corpus.
fn texts(corpus: &Path) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in ignore::Walk::new(corpus) {
        let entry = entry?;
        let Ok(content) = std::fs::read_to_string(entry.path()) else { continue };
        let path = entry.path().strip_prefix(corpus)?.to_string_lossy().into_owned();
        let lines: Vec<&str> = content.lines().collect();
        for window in lines.chunks(LINES) {
            let body = window.join("\n");
            let source = Source { path: &path, body: &body, ..Source::default() };
            all.extend(text::parts(&source).into_iter().map(|part| part.text));
        }
    }
    let step = all.len().div_ceil(TEXTS).max(1);
    let texts: Vec<String> = all.into_iter().step_by(step).collect();
    ensure!(!texts.is_empty(), "{} has no text", corpus.display());
    Ok(texts)
}

async fn embedding(texts: &[String]) -> Result<Value> {
    let program = std::env::current_exe()?;
    let options = Options { threads: 1, ..Options::new(program.clone(), vec![AS_WORKER.into()]) };
    let embedder = Embedder::start(options)?;
    let first = Instant::now();
    embedder.embed_query(QUESTION.to_owned()).await?;
    let first = first.elapsed();
    let mut questions = Vec::new();
    for _ in 0..QUESTIONS {
        let begun = Instant::now();
        embedder.embed_query(QUESTION.to_owned()).await?;
        questions.push(begun.elapsed());
    }
    let mut bare = Bare::new(&Model::locate(None, &program)?)?;
    // What does not fit is cut there, and taken in windows here.
    let texts: Vec<String> = texts.iter().filter(|text| bare.fits(text)).cloned().collect();

    // In turns, so that what else the machine does falls on both alike.
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for some in texts.chunks(20) {
        let begun = Instant::now();
        for answer in embedder.embed_batch(some.to_vec(), Priority::Background, None).await {
            answer?;
        }
        ours += begun.elapsed();
        let begun = Instant::now();
        some.iter().try_for_each(|text| bare.embed(text))?;
        theirs += begun.elapsed();
    }
    let resident = worker_bytes()?;
    embedder.close().await;
    let per_second = |took: Duration| texts.len() as f64 / took.as_secs_f64();
    Ok(json!({
        "texts": texts.len(),
        "texts_per_second": per_second(ours),
        "bare_texts_per_second": per_second(theirs),
        "ratio_to_bare": theirs.as_secs_f64() / ours.as_secs_f64(),
        "first_question_ms": millis(first),
        "question_ms": percentiles(&mut questions),
        "worker_resident_mb": resident as f64 / 1e6,
    }))
}

/// Embeds the corpus as a project for a while, and says how long all of it would take.
async fn filling(corpus: &Path) -> Result<Value> {
    let data = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let embedder = Options { threads: 1, ..Options::new(program, vec![AS_WORKER.into()]) };
    let pacing = Pacing { paused: true, on_battery: true, share: 1.0 };
    let embedder = Some(embedder);
    let options =
        engine::Options { embedder, pacing, home: None, ..engine::Options::new(data.path()) };
    let engine = Engine::open(options)?;
    let added = engine.add(corpus, None).await?;
    let id = added.project.id;
    let files = engine.wait(&id, LaneName::Symbols).await?.files;
    let listing = Instant::now();
    let wanted = loop {
        let status = engine.status(&id)?;
        match status.vectors_wanted {
            Some(wanted) if status.progress.is_none() => break wanted,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let listing = listing.elapsed();
    let before = own_bytes()?;
    engine.pause_meaning(false);
    let until = async |least: u64| -> Result<u64> {
        loop {
            let done = engine.status(&id)?.vectors;
            if done >= least {
                return Ok(done);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // Once the worker has loaded its model.
    let first = until(1).await?;
    let begun = Instant::now();
    let end = begun + FILLING;
    let mut most = before;
    while Instant::now() < end && engine.status(&id)?.vectors < wanted {
        most = most.max(own_bytes()?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let done = engine.status(&id)?.vectors;
    let per_second = (done - first) as f64 / begun.elapsed().as_secs_f64();
    let after = own_bytes()?;
    let worker = worker_bytes()?;
    engine.close().await;
    let seconds = wanted as f64 / per_second;
    let large = seconds * LARGE / files as f64;
    Ok(json!({
        "files": files,
        "texts": wanted,
        "embedded": done,
        "listed_ms": millis(listing),
        "texts_per_second": per_second,
        "extrapolated": {
            "half_after_s": (seconds / 2.0).round(),
            "whole_after_s": seconds.round(),
            "half_of_20000_files_after_s": (large / 2.0).round(),
            "whole_of_20000_files_after_s": large.round(),
        },
        "own_memory_mb": {
            "before": before as f64 / 1e6,
            "most": most as f64 / 1e6,
            "after": after as f64 / 1e6,
        },
        "worker_resident_mb": worker as f64 / 1e6,
    }))
}

/// ONNX Runtime with the same model and one thread, texts one by one; tokens included.
struct Bare {
    session: ort::session::Session,
    tokenizer: tokenizers::Tokenizer,
}

impl Bare {
    fn new(model: &Model) -> Result<Bare> {
        let environment = ort::init_from(&model.library)?.build()?;
        let builder = ort::session::Session::builder(&environment)?;
        let mut builder =
            builder.with_intra_threads(1).map_err(|error| anyhow::anyhow!("{error}"))?;
        let session = builder.commit_from_file(model.directory.join("model.onnx"))?;
        let file = model.directory.join("tokenizer.json");
        let mut tokenizer =
            tokenizers::Tokenizer::from_file(file).map_err(|error| anyhow::anyhow!(error))?;
        let limit =
            tokenizers::TruncationParams { max_length: model.max_tokens, ..Default::default() };
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(limit)).map_err(|error| anyhow::anyhow!(error))?;
        Ok(Bare { session, tokenizer })
    }

    fn fits(&self, text: &str) -> bool {
        self.tokenizer
            .encode(text, true)
            .is_ok_and(|encoding| encoding.get_overflowing().is_empty())
    }

    fn embed(&mut self, text: &str) -> Result<()> {
        let encoding = self.tokenizer.encode(text, true).map_err(|error| anyhow::anyhow!(error))?;
        let ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
        let mask = vec![1_i64; ids.len()];
        let shape = [1, ids.len()];
        let outputs = self.session.run(ort::inputs![
            "input_ids" => ort::value::Tensor::from_array((shape, ids))?,
            "attention_mask" => ort::value::Tensor::from_array((shape, mask))?,
        ])?;
        let (_, values) = outputs["last_hidden_state"].try_extract_tensor::<f32>()?;
        ensure!(!values.is_empty(), "no vector");
        Ok(())
    }
}

/// Resident memory of the process that this one has started.
fn worker_bytes() -> Result<u64> {
    let parent = format!("PPid:\t{}", std::process::id());
    for entry in std::fs::read_dir("/proc")? {
        let status = std::fs::read_to_string(entry?.path().join("status")).unwrap_or_default();
        if status.lines().any(|line| line == parent) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let number = line.and_then(|line| line.split_whitespace().next()).unwrap_or("0");
            return Ok(number.parse::<u64>()? << 10);
        }
    }
    bail!("there is no worker")
}

/// This process's own memory: without the pages of files that it maps, which the system takes back.
fn own_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next()).context("no RssAnon")?;
    Ok(number.parse::<u64>()? << 10)
}

/// Vectors in loose clusters, as those of code are; questions near some of them.
fn searching(most: usize) -> Result<Vec<Value>> {
    let mut figures = Vec::new();
    for count in [10_000, 100_000, 1_000_000].into_iter().filter(|count| *count <= most) {
        let folder = tempfile::tempdir()?;
        let mut random = Random(7);
        let centres: Vec<Vec<f32>> = (0..200).map(|_| random.vector(&[], 1.0)).collect();
        let vectors: Vec<Vec<f32>> =
            (0..count).map(|at| random.vector(&centres[at % centres.len()], 0.8)).collect();
        let store = Store::open(folder.path(), "bench")?;
        let begun = Instant::now();
        let keys: Vec<Key> = (0..count).map(|at| Key::of(&at.to_string())).collect();
        for (key, vector) in keys.iter().zip(&vectors) {
            store.put(*key, vector)?;
        }
        let put = begun.elapsed();
        drop(store);
        let before = own_bytes()?;
        let begun = Instant::now();
        let store = Store::open(folder.path(), "bench")?;
        let opened = begun.elapsed();
        let begun = Instant::now();
        let (rows, _) = store.rows(&keys).forward();
        let built = begun.elapsed();
        let kept = own_bytes()?.saturating_sub(before);
        let (mut took, mut recall) = (Vec::new(), 0.0);
        for at in 0..SEARCHES {
            let query = random.vector(&vectors[at * (count / SEARCHES)], 0.8);
            let begun = Instant::now();
            let found = rows.top_k(&query, 10, |_| true);
            took.push(begun.elapsed());
            let exact = exact(&vectors, &query);
            recall += found.iter().filter(|(row, _)| exact.contains(row)).count() as f64 / 10.0;
        }
        figures.push(json!({
            "rows": count,
            "search_ms": percentiles(&mut took),
            "recall_at_10": recall / SEARCHES as f64,
            "put_per_second": count as f64 / put.as_secs_f64(),
            "open_ms": millis(opened),
            "build_ms": millis(built),
            "own_memory_mb": kept as f64 / 1e6,
        }));
    }
    Ok(figures)
}

fn exact(vectors: &[Vec<f32>], query: &[f32]) -> Vec<usize> {
    let dot = |vector: &[f32]| vector.iter().zip(query).map(|(a, b)| a * b).sum::<f32>();
    let mut scored: Vec<(f32, usize)> =
        vectors.iter().enumerate().map(|(at, vector)| (dot(vector), at)).collect();
    scored.select_nth_unstable_by(9, |a, b| b.0.total_cmp(&a.0));
    scored[..10].iter().map(|(_, at)| *at).collect()
}

struct Random(u64);

impl Random {
    /// xorshift64*, in -1..1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Of length 1, near `centre` (of length 1, or nothing) with this much noise.
    fn vector(&mut self, centre: &[f32], noise: f32) -> Vec<f32> {
        let spread = noise * (3.0 / DIMENSIONS as f32).sqrt();
        let values: Vec<f32> = (0..DIMENSIONS)
            .map(|at| centre.get(at).copied().unwrap_or(0.0) + self.next() * spread)
            .collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.iter().map(|value| value / length).collect()
    }
}

fn percentiles(durations: &mut [Duration]) -> Value {
    durations.sort_unstable();
    let at = |share: f64| durations[((durations.len() - 1) as f64 * share) as usize];
    json!({ "p50": millis(at(0.5)), "p95": millis(at(0.95)) })
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
