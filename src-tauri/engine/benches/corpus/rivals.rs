//! Other programs that answer the same questions, timed from start to end as people run them:
//! ripgrep always, codesearch and fzf where they are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::percentiles;

/// Each program is run this often, after a run that does not count.
const RUNS: usize = 5;

/// How the other programs are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The text as a whole word.
    Word,
    /// Any of its words.
    Words,
    /// The text anywhere.
    Substring,
    Pattern,
    /// A file's name that holds its letters in order.
    Name,
}

/// Medians in milliseconds.
pub struct Times {
    pub ripgrep: f64,
    /// The program made for such questions, and what it takes.
    pub other: Option<(&'static str, f64)>,
}

/// The rivals over one tree.
pub struct Rivals {
    root: PathBuf,
    /// The index of codesearch.
    codesearch: Option<PathBuf>,
    has_fzf: bool,
}

impl Rivals {
    /// Has codesearch index the tree, into a file in `directory`.
    pub fn new(root: &Path, directory: &Path) -> Result<Rivals> {
        let has = |program| Command::new(program).arg("--help").output().is_ok();
        let index = directory.join("codesearch");
        let codesearch = has("cindex").then(|| -> Result<PathBuf> {
            let mut command = Command::new("cindex");
            let started = Instant::now();
            let ended = quiet(&mut command).env("CSEARCHINDEX", &index).arg(root).status()?;
            ensure!(ended.success(), "cindex failed");
            let bytes = std::fs::metadata(&index)?.len();
            let seconds = started.elapsed().as_secs_f64();
            println!("codesearch             {seconds:>9.1} s, {:.0} MB", bytes as f64 / 1e6);
            Ok(index)
        });
        Ok(Rivals {
            root: root.to_owned(),
            codesearch: codesearch.transpose()?,
            has_fzf: has("fzf"),
        })
    }

    pub fn time(&self, ask: Ask, text: &str) -> Result<Times> {
        let ripgrep = median(|| self.ripgrep(ask, text))?;
        let other = match (ask, &self.codesearch) {
            (Ask::Name, _) if self.has_fzf => Some(("fzf", median(|| self.fzf(text))?)),
            (Ask::Word | Ask::Substring | Ask::Pattern, Some(index)) => {
                let pattern =
                    if ask == Ask::Word { format!(r"\b{text}\b") } else { text.to_owned() };
                Some(("codesearch", median(|| codesearch(index, &pattern))?))
            }
            _ => None,
        };
        Ok(Times { ripgrep, other })
    }

    fn ripgrep(&self, ask: Ask, text: &str) -> Command {
        let arguments: Vec<&str> = match ask {
            Ask::Word => vec!["--word-regexp", "--fixed-strings", "-e", text],
            Ask::Words => {
                let words = text.split(' ').flat_map(|word| ["-e", word]);
                ["--word-regexp", "--fixed-strings"].into_iter().chain(words).collect()
            }
            Ask::Substring => vec!["--fixed-strings", "-e", text],
            Ask::Pattern => vec!["-e", text],
            Ask::Name => vec!["--files"],
        };
        let mut command = Command::new("rg");
        command.args(["--line-number", "--ignore-case"]).args(arguments).arg(&self.root);
        command
    }

    fn fzf(&self, text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", r#"rg --files "$0" | fzf --filter "$1""#]).arg(&self.root).arg(text);
        command
    }
}

fn codesearch(index: &Path, pattern: &str) -> Command {
    let mut command = Command::new("csearch");
    command.env("CSEARCHINDEX", index).args(["-n", "-i", pattern]);
    command
}

fn median(program: impl Fn() -> Command) -> Result<f64> {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..=RUNS {
        let mut command = program();
        let started = Instant::now();
        quiet(&mut command).status().context("a rival could not be started")?;
        times.push(started.elapsed());
    }
    times.remove(0);
    Ok(percentiles(&mut times).0)
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
