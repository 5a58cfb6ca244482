//! What `cargo xtask` can be asked for. Parsed by hand: a parser crate would be most of xtask's
//! compile time, and this runs first on every machine.

use std::path::PathBuf;

pub const USAGE: &str = "\
Usage: cargo xtask COMMAND

  run [-- ARGS]             install what is missing, build, start Quarry with ARGS
  build                     the same without starting; leaves target/release/quarry
  test [--only STEP] [--long] [-- ARGS]
                            install what is missing, then every check and test; STEP is one of
                            fmt, page-format, page-lint, page-check, page-test, page-browser,
                            types, clippy, build, doc, test; --long runs the long versions of the kill, leak and
                            property tests; ARGS go to `cargo test` of the step `test`
  types                     write the page's types (ui/src/backend/generated) from the Rust ones
  bench CORPUS [--json FILE] [-- ARGS]
                            index and query the folder CORPUS, beside ripgrep; FILE is
                            target/bench.json unless given
  bench quality --queries FILE --corpus DIR [--json FILE] [-- --all --meaning]
                            score the answers to questions whose answers are known; --all asks
                            all projects at once, --meaning lets the model take part
  bench embed --corpus DIR [--json FILE] [-- --rows N]
                            texts to vectors beside bare ONNX Runtime, and search among up to N
                            vectors (100,000 unless given)
  bench saves [--json FILE] [-- ARGS]
                            how long a saved file takes to be searchable
  bench start [--json FILE] [-- ARGS]
                            how long a start with 1,000 projects takes, and the memory at rest
  bench ui CORPUS [--json FILE] [-- --projects N --shows N --rounds N]
                            from a start with N projects until the hotkey works; from the hotkey
                            and from a key until they show on a screen, with the folder CORPUS
                            registered
  screenshots               pictures of every view and state of the page, in both themes, into
                            target/screenshots/pages
  model                     put the embedding model and ONNX Runtime into target/model
  icons                     draw icons/*.png, .ico and .icns from icons/*.svg";

#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Help,
    /// `arguments` go to the program as they are.
    Run {
        arguments: Vec<String>,
    },
    Build,
    Test(TestRequest),
    Types,
    Bench(BenchRequest),
    Screenshots,
    Model,
    Icons,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestRequest {
    /// The name of the one step to take; all of them when `None`.
    pub only: Option<String>,
    pub long: bool,
    /// For `cargo test` in the step `test`: a filter, `--test desktop`, `-- --nocapture`.
    pub extra: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct BenchRequest {
    pub program: BenchProgram,
    pub json: Option<PathBuf>,
    /// For the bench program, after its own options.
    pub extra: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum BenchProgram {
    /// Speed of indexing and search over a folder.
    Corpus { corpus: PathBuf },
    /// Answers to questions with known answers.
    Quality { corpus: PathBuf, queries: PathBuf },
    /// From a save to its being found.
    Saves,
    /// Texts to vectors, beside bare ONNX Runtime, and the search among vectors.
    Embed { corpus: PathBuf },
    /// From the start to the first answers.
    Start,
    /// From a key to what it changes on the screen.
    Ui { corpus: PathBuf },
}

/// `Err` holds a sentence for the person who typed the arguments.
pub fn parse(arguments: &[String]) -> Result<Task, String> {
    let Some((command, rest)) = arguments.split_first() else {
        return Ok(Task::Help);
    };
    let (own, extra) = split_at_double_dash(rest);
    let nothing_more = |task: Task| match own.first().or(extra.first()) {
        None => Ok(task),
        Some(word) => Err(format!("`{command}` takes no `{word}`")),
    };
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        // Also without `--`: `cargo xtask run --headless` can only mean the program's option.
        "run" => Ok(Task::Run { arguments: [own, extra].concat() }),
        "build" => nothing_more(Task::Build),
        "types" => nothing_more(Task::Types),
        "screenshots" => nothing_more(Task::Screenshots),
        "model" => nothing_more(Task::Model),
        "icons" => nothing_more(Task::Icons),
        "test" => test_request(own, extra).map(Task::Test),
        "bench" => bench_request(own, extra).map(Task::Bench),
        other => Err(format!("there is no command `{other}`")),
    }
}

fn test_request(own: &[String], extra: &[String]) -> Result<TestRequest, String> {
    let mut request = TestRequest { extra: extra.to_vec(), ..TestRequest::default() };
    let mut words = own.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => {
                request.only =
                    Some(words.next().ok_or("`--only` needs the name of a step")?.clone());
            }
            "--long" => request.long = true,
            other => return Err(format!("`test` takes no `{other}`")),
        }
    }
    Ok(request)
}

/// Benches with a name; any other word is the folder for the one without.
const KINDS: [&str; 5] = ["quality", "saves", "start", "embed", "ui"];

fn bench_request(own: &[String], extra: &[String]) -> Result<BenchRequest, String> {
    let kind = own.first().map(String::as_str).filter(|word| KINDS.contains(word));
    let (mut corpus, mut queries, mut json) = (None, None, None);
    let mut words = own.iter().skip(usize::from(kind.is_some()));
    while let Some(word) = words.next() {
        let mut value =
            || words.next().map(PathBuf::from).ok_or_else(|| format!("`{word}` needs a path"));
        match word.as_str() {
            "--json" => json = Some(value()?),
            "--queries" if kind == Some("quality") => queries = Some(value()?),
            "--corpus" if matches!(kind, Some("quality" | "embed")) => corpus = Some(value()?),
            option if option.starts_with('-') => {
                return Err(format!("`bench` takes no `{option}` (put it behind `--`)"));
            }
            path if matches!(kind, None | Some("ui")) && corpus.is_none() => {
                corpus = Some(PathBuf::from(path))
            }
            more => return Err(format!("`bench` takes one folder, and `{more}` is too many")),
        }
    }
    let corpus = corpus.ok_or("`bench` needs the folder to index");
    let program = match kind {
        Some("saves") => BenchProgram::Saves,
        Some("embed") => BenchProgram::Embed { corpus: corpus? },
        Some("start") => BenchProgram::Start,
        Some("ui") => BenchProgram::Ui { corpus: corpus? },
        Some(_) => BenchProgram::Quality {
            corpus: corpus?,
            queries: queries.ok_or("`bench quality` needs `--queries FILE`")?,
        },
        None => BenchProgram::Corpus { corpus: corpus? },
    };
    Ok(BenchRequest { program, json, extra: extra.to_vec() })
}

fn split_at_double_dash(words: &[String]) -> (&[String], &[String]) {
    match words.iter().position(|word| word == "--") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_follows_the_dashes_goes_to_the_program() {
        let arguments = vec!["--headless".to_owned(), "--data-dir".to_owned(), "/d".to_owned()];
        assert_eq!(parsed("run -- --headless --data-dir /d"), Ok(Task::Run { arguments }));
        assert_eq!(parsed("run"), Ok(Task::Run { arguments: vec![] }));
    }

    #[test]
    fn test_takes_one_step_the_long_versions_and_a_filter() {
        assert_eq!(
            parsed("test --only test --long -- --test desktop -- --nocapture"),
            Ok(Task::Test(TestRequest {
                only: Some("test".to_owned()),
                long: true,
                extra: ["--test", "desktop", "--", "--nocapture"].map(str::to_owned).to_vec(),
            }))
        );
        assert!(parsed("test --only").is_err());
        assert!(parsed("test fmt").is_err());
    }

    #[test]
    fn bench_takes_one_folder() {
        assert_eq!(
            parsed("bench /corpus --json out.json -- --runs 3"),
            Ok(Task::Bench(BenchRequest {
                program: BenchProgram::Corpus { corpus: "/corpus".into() },
                json: Some("out.json".into()),
                extra: vec!["--runs".to_owned(), "3".to_owned()],
            }))
        );
        assert!(parsed("bench").is_err());
        assert!(parsed("bench a b").is_err());
        assert!(parsed("bench a --runs 3").is_err());
        assert!(parsed("bench a --queries q").is_err());
    }

    #[test]
    fn quality_is_measured_with_questions() {
        assert_eq!(
            parsed("bench quality --queries q.jsonl --corpus /corpus -- --all"),
            Ok(Task::Bench(BenchRequest {
                program: BenchProgram::Quality {
                    corpus: "/corpus".into(),
                    queries: "q.jsonl".into(),
                },
                json: None,
                extra: vec!["--all".to_owned()],
            }))
        );
        assert!(parsed("bench quality --corpus /corpus").is_err());
        assert!(parsed("bench quality --queries q.jsonl").is_err());
    }

    #[test]
    fn embedding_is_measured_with_the_text_of_a_folder() {
        assert_eq!(
            parsed("bench embed --corpus /corpus -- --rows 10000"),
            Ok(Task::Bench(BenchRequest {
                program: BenchProgram::Embed { corpus: "/corpus".into() },
                json: None,
                extra: vec!["--rows".to_owned(), "10000".to_owned()],
            }))
        );
        assert!(parsed("bench embed").is_err());
    }

    #[test]
    fn saves_and_start_need_no_folder() {
        let task = |program| Task::Bench(BenchRequest { program, json: None, extra: vec![] });
        assert_eq!(parsed("bench saves"), Ok(task(BenchProgram::Saves)));
        assert_eq!(parsed("bench start"), Ok(task(BenchProgram::Start)));
        assert!(parsed("bench saves /corpus").is_err());
    }

    #[test]
    fn the_window_is_measured_with_a_folder_registered() {
        let program = BenchProgram::Ui { corpus: "/corpus".into() };
        let extra = vec!["--shows".to_owned(), "5".to_owned()];
        let task = Task::Bench(BenchRequest { program, json: None, extra });
        assert_eq!(parsed("bench ui /corpus -- --shows 5"), Ok(task));
        assert!(parsed("bench ui").is_err());
        assert!(parsed("bench ui /corpus /other").is_err());
    }

    #[test]
    fn an_unknown_word_is_refused() {
        assert!(parsed("tset").is_err());
        assert!(parsed("build now").is_err());
        assert!(parsed("build -- now").is_err());
    }
}
