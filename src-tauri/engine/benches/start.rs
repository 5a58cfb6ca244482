//! What a start with many registered projects takes: until there is an answer, until the first
//! search is answered, and the memory at rest. Of the engine alone and, given the program, of
//! `quarry --headless` with the command line asking it.
//!
//! `[--json FILE] [--program FILE] [--projects N] [--idle-projects N] [--scratch DIR]`
//!
//! Registering takes much longer than what is measured: with `--scratch` that is done once, and
//! the next run finds the projects there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use quarry_engine::engine::{Engine, Options};
use quarry_engine::search::SearchRequest;
use quarry_engine::status::{Freshness, LaneName, Residency};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FILES_A_PROJECT: usize = 5;
/// In one file of every project.
const WORD: &str = "needle";
const LONGEST: Duration = Duration::from_secs(120);
/// After the last change, for what goes on in the background to end.
const SETTLING: Duration = Duration::from_secs(3);

struct Arguments {
    json: Option<PathBuf>,
    program: Option<PathBuf>,
    projects: usize,
    idle_projects: usize,
    scratch: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let temporary = tempfile::tempdir()?;
    let base = arguments.scratch.as_deref().unwrap_or(temporary.path());
    let many = Scratch::new(base.join("many"));
    runtime.block_on(many.register(arguments.projects))?;
    let mut report = json!({ "projects": arguments.projects });
    println!("{} registered projects", arguments.projects);
    report["engine"] = runtime.block_on(many.start_engine())?;
    show("engine alone", &report["engine"]);
    if let Some(program) = &arguments.program {
        report["program"] = many.start_program(program)?;
        show("quarry --headless", &report["program"]);
        let idle = Scratch::new(base.join("idle"));
        runtime.block_on(idle.register(arguments.idle_projects))?;
        let memory = idle.memory_at_rest(program)?;
        println!(
            "{} projects at rest     {:.0} MB resident, {:.0} MB of it not files",
            arguments.idle_projects, memory.0, memory.1
        );
        report["idle"] = json!({
            "projects": arguments.idle_projects, "rss_mb": memory.0, "anonymous_mb": memory.1
        });
    }
    if let Some(path) = arguments.json {
        fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

impl Arguments {
    fn parse() -> Result<Arguments> {
        let mut arguments = Arguments {
            json: None,
            program: None,
            projects: 1000,
            idle_projects: 100,
            scratch: None,
        };
        let mut given = std::env::args().skip(1);
        while let Some(name) = given.next() {
            // cargo tells every bench that it is one.
            if name == "--bench" {
                continue;
            }
            let value = given.next().with_context(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--json" => arguments.json = Some(PathBuf::from(value)),
                "--program" => arguments.program = Some(PathBuf::from(value)),
                "--projects" => arguments.projects = value.parse()?,
                "--idle-projects" => arguments.idle_projects = value.parse()?,
                "--scratch" => arguments.scratch = Some(PathBuf::from(value)),
                other => bail!("{other} is not an option of this bench"),
            }
        }
        Ok(arguments)
    }
}

fn show(what: &str, figures: &Value) {
    let of = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
    println!(
        "{what:<20} states after {:>6.0} ms, first search after {:>6.0} ms, the next in {:>5.0} ms",
        of("status_ms"),
        of("first_search_ms"),
        of("next_search_ms")
    );
}

/// A data directory with projects beside it.
struct Scratch {
    base: PathBuf,
}

impl Scratch {
    fn new(base: PathBuf) -> Scratch {
        Scratch { base }
    }

    fn options(&self) -> Options {
        Options { home: None, ..Options::new(self.base.join("data")) }
    }

    async fn register(&self, projects: usize) -> Result<()> {
        let engine = Engine::open(self.options())?;
        for at in engine.snapshot().projects.len()..projects {
            let root = self.base.join(format!("code/p{at}"));
            fs::create_dir_all(&root)?;
            for file in 0..FILES_A_PROJECT {
                let text = format!("fn f{file}() {{ p{at}() }}\n").repeat(50);
                let text = if file == 0 { format!("fn {WORD}() {{}}\n{text}") } else { text };
                fs::write(root.join(format!("f{file}.rs")), text)?;
            }
            let added = engine.add(&root, None).await?;
            engine.wait(&added.project.id, LaneName::Text).await?;
        }
        engine.close().await;
        Ok(())
    }

    async fn start_engine(&self) -> Result<Value> {
        let started = Instant::now();
        // The one that registered them lets go of the directory a moment after it is closed.
        let engine = loop {
            match Engine::open(self.options()) {
                Ok(engine) => break engine,
                Err(error) if started.elapsed() > LONGEST => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let projects = engine.snapshot().projects.len();
        let status = started.elapsed();
        let request = SearchRequest { query: WORD.into(), limit: 20, ..SearchRequest::default() };
        let answer = engine.search(request.clone()).await?;
        let first = started.elapsed();
        ensure!(answer.searched.hot == projects, "{:?}", answer.searched);
        let again = Instant::now();
        engine.search(request).await?;
        let next = again.elapsed();
        engine.close().await;
        Ok(figures(status, first, next))
    }

    fn start_program(&self, program: &Path) -> Result<Value> {
        let started = Instant::now();
        let _owner = Owner::start(program, &self.base.join("data"))?;
        let ask = |arguments: &[&str]| self.ask(program, arguments);
        let projects = ask(&["status", "--json"])?["projects"].as_array().map_or(0, Vec::len);
        let status = started.elapsed();
        let answer = ask(&["search", "--json", "--limit", "20", WORD])?;
        let first = started.elapsed();
        ensure!(answer["searched"]["hot"] == projects, "{}", answer["searched"]);
        let again = Instant::now();
        ask(&["search", "--json", "--limit", "20", WORD])?;
        Ok(figures(status, first, again.elapsed()))
    }

    /// Megabytes that are resident, and those of them that belong to no file.
    fn memory_at_rest(&self, program: &Path) -> Result<(f64, f64)> {
        let owner = Owner::start(program, &self.base.join("data"))?;
        // Over all, so that as many are open as may be.
        self.ask(program, &["search", "--json", WORD])?;
        let started = Instant::now();
        loop {
            let states = self.ask(program, &["status", "--json"])?;
            let rests = |project: &Value| {
                let is = |field: &str, word: Value| project[field] == word;
                is("residency", json!(Residency::Cold)) || is("freshness", json!(Freshness::Fresh))
            };
            if states["projects"].as_array().is_some_and(|all| all.iter().all(rests)) {
                break;
            }
            ensure!(started.elapsed() < LONGEST, "the projects do not come to rest");
            std::thread::sleep(Duration::from_millis(200));
        }
        std::thread::sleep(SETTLING);
        let status = fs::read_to_string(format!("/proc/{}/status", owner.0.id()))
            .context("memory is read from /proc")?;
        let megabytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kilobytes / 1024.0)
        };
        megabytes("VmRSS").zip(megabytes("RssAnon")).context("the kernel tells no memory")
    }

    fn ask(&self, program: &Path, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new(program);
        command.args(arguments).arg("--data-dir").arg(self.base.join("data"));
        let output = command.output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {error}");
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn figures(status: Duration, first: Duration, next: Duration) -> Value {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    json!({ "status_ms": ms(status), "first_search_ms": ms(first), "next_search_ms": ms(next) })
}

/// A running `quarry --headless`, ended when it is dropped.
struct Owner(Child);

impl Owner {
    /// Returns once it serves.
    fn start(program: &Path, data: &Path) -> Result<Owner> {
        let mut command = Command::new(program);
        command.arg("--headless").arg("--data-dir").arg(data);
        let mut owner = Owner(command.stderr(Stdio::piped()).spawn()?);
        let errors = owner.0.stderr.take().context("it has no standard error")?;
        let mut lines = BufReader::new(errors).lines();
        // Warnings may come first.
        let serves = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Quarry owns"));
        ensure!(serves, "{} does not serve", program.display());
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(owner)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A scratch directory needs no orderly end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
