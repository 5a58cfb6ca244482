//! Scores search on questions with known answers: NDCG@10, MRR@10 and recall, on lines and on
//! files, each question inside its own project or all projects at once.
//!
//! `--queries FILE --corpus DIR [--json FILE] [--all] [--meaning [alone]] [--data DIR] [--every N]`:
//! with `--meaning` everything is embedded first, and with `alone` nothing else takes part; `--data`
//! keeps indexes and vectors for the next run; `--every` asks one question of N.
//!
//! FILE holds a JSON object a line: `{"id", "repo", "query", "kind", "source", "sub"?,
//! "ambiguous_global"?, "relevant": [{"path", "start_line"?, "end_line"?, "grade"?}]}`; the folder
//! of `repo` is `DIR/<repo>`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quarry_engine::embed::embedder;
use quarry_engine::embed::model::Model;
use quarry_engine::embed::worker::{WorkerArguments, serve};
use quarry_engine::engine::{Engine, Options};
use quarry_engine::search::{Hit, Mode, SearchAnswer, SearchRequest};
use quarry_engine::status::LaneName;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Given by the embedder when it starts this program as its worker.
const AS_WORKER: &str = "--as-worker";
/// What was edited longer ago gains next to nothing by that.
const LATELY: Duration = Duration::from_hours(7 * 24);
/// Hits asked for a question.
const TOP: usize = 50;
/// A definition this many lines from the wanted one counts as it: attributes and comments differ.
const LINE_SLACK: u64 = 3;

#[derive(Deserialize)]
struct Question {
    repo: String,
    query: String,
    kind: String,
    source: String,
    sub: Option<String>,
    #[serde(default)]
    ambiguous_global: bool,
    relevant: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    path: String,
    start_line: Option<u64>,
    end_line: Option<u64>,
    grade: Option<u8>,
}

/// How the questions are asked.
#[derive(Default)]
struct Asking {
    /// All projects at once.
    all: bool,
    meaning: bool,
    mode: Mode,
    /// Kept for the next run.
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Line,
    File,
}

/// NDCG@10, MRR@10, recall@1, @5, @10.
type Scores = [f64; 5];

fn main() -> Result<()> {
    let mut given = std::env::args().skip(1).peekable();
    if given.next_if(|word| word == AS_WORKER).is_some() {
        return Ok(serve(&WorkerArguments::parse(given.map(OsString::from))?)?);
    }
    let (mut queries, mut corpus, mut json) = (None, None, None);
    let mut asking = Asking::default();
    let mut every = 1;
    while let Some(name) = given.next() {
        let mut value =
            || given.next().map(PathBuf::from).with_context(|| format!("{name}: of what?"));
        match name.as_str() {
            "--bench" => {}
            "--all" => asking.all = true,
            "--meaning" => {
                asking.meaning = true;
                let alone = given.next_if(|word| word == "alone").is_some();
                asking.mode = if alone { Mode::Meaning } else { Mode::Auto };
            }
            "--every" => every = given.next().context("--every: how many?")?.parse()?,
            "--queries" => queries = Some(value()?),
            "--corpus" => corpus = Some(value()?),
            "--json" => json = Some(value()?),
            "--data" => asking.data = Some(value()?),
            other => bail!("{other} is not an option of this bench"),
        }
    }
    let queries = std::fs::read_to_string(queries.context("--queries FILE is missing")?)?;
    let questions: Vec<Question> =
        queries.lines().step_by(every).map(serde_json::from_str).collect::<Result<_, _>>()?;
    let corpus = corpus.context("--corpus DIR is missing")?.canonicalize()?;
    let report = tokio::runtime::Runtime::new()?.block_on(measure(&questions, &corpus, &asking))?;
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

fn edited_lately(folder: &std::path::Path) -> usize {
    let is_lately = |file: &ignore::DirEntry| {
        let edited = file.metadata().ok().and_then(|metadata| metadata.modified().ok());
        file.file_type().is_some_and(|kind| kind.is_file())
            && edited.and_then(|at| at.elapsed().ok()).is_some_and(|age| age < LATELY)
    };
    ignore::Walk::new(folder).flatten().filter(is_lately).count()
}

async fn measure(
    questions: &[Question],
    corpus: &std::path::Path,
    asking: &Asking,
) -> Result<Value> {
    let Asking { all, meaning, mode, ref data } = *asking;
    let passing = tempfile::tempdir()?;
    let data = data.as_deref().unwrap_or(passing.path());
    let program = std::env::current_exe()?;
    let embedder = meaning.then(|| embedder::Options::new(program.clone(), vec![AS_WORKER.into()]));
    if meaning {
        Model::locate(None, &program).context("`cargo xtask model` makes the model")?;
    }
    let options = Options { home: None, embedder, ..Options::new(data) };
    let engine = Engine::open(options)?;
    let repos: HashSet<&str> = questions.iter().map(|question| question.repo.as_str()).collect();
    let lately: usize = repos.iter().map(|repo| edited_lately(&corpus.join(repo))).sum();
    if lately > 0 {
        println!(
            "{lately} files were edited within a week, and go before their equals: give all an old \
             date for figures that last"
        );
    }
    let mut ids = HashMap::new();
    for repo in repos {
        let added = engine.add(&corpus.join(repo), Some(repo.to_owned())).await?;
        let lane = if meaning { LaneName::Meaning } else { LaneName::Symbols };
        engine.wait(&added.project.id, lane).await?;
        ids.insert(repo, added.project.id);
    }
    let mut groups: BTreeMap<(bool, String), Vec<(Scores, Scores)>> = BTreeMap::new();
    let mut times = Vec::new();
    for question in questions.iter().filter(|question| !(all && question.ambiguous_global)) {
        let id = &ids[question.repo.as_str()];
        let request = SearchRequest {
            query: question.query.clone(),
            mode,
            projects: if all { Vec::new() } else { vec![id.clone()] },
            limit: TOP,
            ..SearchRequest::default()
        };
        let started = Instant::now();
        let hits = last_answer(&engine, request).await;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        let scores =
            (score(question, id, &hits, Level::Line), score(question, id, &hits, Level::File));
        let sub = question.sub.as_deref().unwrap_or(&question.kind);
        groups.entry((false, "all".to_owned())).or_default().push(scores);
        groups.entry((true, format!("{}/{sub}", question.source))).or_default().push(scores);
    }
    engine.close().await;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    println!("{:<26}{:>5}  {:^34}   {:^16}", "", "", "lines", "files");
    println!(
        "{:<26}{:>5}  {:>6} {:>6} {:>6} {:>6} {:>6}   {:>7} {:>8}",
        "", "n", "NDCG", "MRR", "R@1", "R@5", "R@10", "NDCG", "MRR"
    );
    let mut report = serde_json::Map::new();
    for ((_, name), scores) in &groups {
        let line = mean(scores.iter().map(|(line, _)| line));
        let file = mean(scores.iter().map(|(_, file)| file));
        println!(
            "{name:<26}{:>5}  {:>6.3} {:>6.3} {:>6.3} {:>6.3} {:>6.3}   {:>7.3} {:>8.3}",
            scores.len(),
            line[0],
            line[1],
            line[2],
            line[3],
            line[4],
            file[0],
            file[1]
        );
        report.insert(name.clone(), json!({ "n": scores.len(), "lines": line, "files": file }));
    }
    println!("latency p50 {:.2} ms, p95 {:.2} ms", at(0.5), at(0.95));
    report.insert("latency_ms".to_owned(), json!({ "p50": at(0.5), "p95": at(0.95) }));
    Ok(Value::Object(report))
}

/// The hits of the complete answer. A question that is refused has found nothing.
async fn last_answer(engine: &Engine, request: SearchRequest) -> Vec<Hit> {
    let (updates, mut answers) = mpsc::channel::<SearchAnswer>(1);
    let others = async { while answers.recv().await.is_some() {} };
    let (last, ()) = tokio::join!(engine.search_streaming(request, updates), others);
    last.map(|answer| answer.results).unwrap_or_default()
}

fn score(question: &Question, project: &str, hits: &[Hit], level: Level) -> Scores {
    let by_line = level == Level::Line && question.relevant.iter().any(|w| w.start_line.is_some());
    let mut seen = HashSet::new();
    let ranked: Vec<&Hit> =
        hits.iter().filter(|hit| by_line || seen.insert((&hit.project, &hit.path))).collect();
    let mut ranks = Vec::new();
    let mut first_primary: Option<usize> = None;
    for wanted in &question.relevant {
        let fits = |hit: &&Hit| {
            let overlaps = match (by_line, wanted.start_line) {
                (true, Some(start)) => {
                    let end = wanted.end_line.unwrap_or(start).min(start);
                    hit.line_start <= start + LINE_SLACK && hit.line_end + LINE_SLACK >= end
                }
                _ => true,
            };
            hit.project == project && hit.path == wanted.path && overlaps
        };
        let Some(rank) = ranked.iter().position(fits).map(|at| at + 1) else { continue };
        if !ranks.contains(&rank) {
            ranks.push(rank);
        }
        if wanted.grade.unwrap_or(2) == 2 {
            first_primary = Some(first_primary.map_or(rank, |best| best.min(rank)));
        }
    }
    let gain = |rank: usize| 1.0 / ((rank + 1) as f64).log2();
    let ideal: f64 = (1..=question.relevant.len().min(10)).map(gain).sum();
    let found: f64 = ranks.iter().filter(|rank| **rank <= 10).map(|rank| gain(*rank)).sum();
    let within = |top: usize| f64::from(u8::from(first_primary.is_some_and(|rank| rank <= top)));
    let reciprocal = first_primary.filter(|rank| *rank <= 10).map_or(0.0, |rank| 1.0 / rank as f64);
    [found / ideal, reciprocal, within(1), within(5), within(10)]
}

fn mean<'a>(scores: impl ExactSizeIterator<Item = &'a Scores>) -> Scores {
    let count = scores.len().max(1) as f64;
    let mut sum = [0.0; 5];
    for score in scores {
        for (total, value) in sum.iter_mut().zip(score) {
            *total += value / count;
        }
    }
    sum
}
