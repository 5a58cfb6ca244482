//! How fast files are read for their symbols, by language.
//!
//! `cargo bench --bench symbols -- DIR…`: reads what stands below the folders, by language, in one
//! thread, and prints megabytes a second of processor time.

use quarry_engine::index::language;
use quarry_engine::symbols::{Extractor, Wanted, supports};
use std::collections::BTreeMap;
use std::time::Duration;

/// Of each language this much is read.
const MOST_BYTES: usize = 16 << 20;

fn main() -> anyhow::Result<()> {
    let folders: Vec<String> =
        std::env::args().skip(1).filter(|it| !it.starts_with("--")).collect();
    anyhow::ensure!(!folders.is_empty(), "name the folders to read");
    let mut texts: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for folder in &folders {
        for entry in ignore::Walk::new(folder).flatten() {
            let path = entry.path().to_string_lossy();
            let Some(language) = language::of(&path).filter(|it| supports(it)) else { continue };
            let known = texts.entry(language).or_default();
            if known.iter().map(String::len).sum::<usize>() < MOST_BYTES
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                known.push(text);
            }
        }
    }
    println!("language        MB  definitions MB/s  with references MB/s  definitions/s");
    for (language, texts) in &texts {
        let megabytes = texts.iter().map(String::len).sum::<usize>() as f64 / 1e6;
        let (alone, found) = read(language, texts, Wanted::Definitions)?;
        let (all, _) = read(language, texts, Wanted::DefinitionsAndReferences)?;
        println!(
            "{language:12} {megabytes:6.1}  {:16.2}  {:20.2}  {:13.0}",
            megabytes / alone.as_secs_f64(),
            megabytes / all.as_secs_f64(),
            found as f64 / alone.as_secs_f64(),
        );
    }
    Ok(())
}

/// The processor time that the texts take, and how many definitions they have.
fn read(language: &str, texts: &[String], wanted: Wanted) -> anyhow::Result<(Duration, usize)> {
    let mut extractor = Extractor::new();
    let start = processor_time()?;
    let found =
        texts.iter().map(|text| extractor.extract(language, text, wanted).definitions.len()).sum();
    Ok((processor_time()?.saturating_sub(start).max(Duration::from_micros(1)), found))
}

/// What this thread has had of a processor, by the scheduler's count.
fn processor_time() -> anyhow::Result<Duration> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = line.split(' ').next().unwrap_or_default().parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}
