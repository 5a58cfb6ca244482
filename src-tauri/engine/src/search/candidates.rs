//! What words, definitions and names give: the places that may become hits.

use std::time::Instant;

use tantivy::Searcher;

use super::answer::{LaneReport, Mode};
use super::chunks::{self, RankedChunk};
use super::names::{NameQuery, NamedFile};
use super::query::Query;
use super::{Found, Search, Target, milliseconds, projects, rank, text};
use crate::status::LaneName;

/// A place that may become a hit.
pub enum Candidate {
    Chunk(Box<RankedChunk>),
    File { target: usize, file: NamedFile, score: f32 },
}

impl Candidate {
    pub fn score(&self) -> f32 {
        match self {
            Candidate::Chunk(chunk) => chunk.score,
            Candidate::File { score, .. } => *score,
        }
    }

    pub fn add(&mut self, gain: f32) {
        match self {
            Candidate::Chunk(chunk) => chunk.score += gain,
            Candidate::File { score, .. } => *score += gain,
        }
    }

    pub fn place(&self) -> (usize, &str, u64) {
        match self {
            Candidate::Chunk(chunk) => (chunk.target, &chunk.place.path, chunk.line()),
            Candidate::File { target, file, .. } => (*target, &file.path, 0),
        }
    }
}

/// What the names lane gave; targets by their number.
#[derive(Default)]
struct NamesFound {
    candidates: Vec<Candidate>,
    failed: Vec<(usize, tantivy::TantivyError)>,
    took_ms: f64,
}

impl Search {
    /// What words, definitions and names give, in no particular order. The names lane runs on a
    /// thread of its own.
    pub(super) fn candidates(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        found: &mut Found,
    ) -> Vec<Candidate> {
        let Some(names) = &self.route.names else { return self.chunks(targets, searchers, found) };
        let (mut candidates, files) = std::thread::scope(|scope| {
            let files = scope.spawn(|| self.files(names, targets, searchers));
            let chunks = self.chunks(targets, searchers, found);
            (chunks, files.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        candidates.extend(files.candidates);
        for (at, error) in files.failed {
            found.fail(&targets[at], error);
        }
        let report = LaneReport { lane: LaneName::Names, took_ms: files.took_ms, note: None };
        found.lanes.push(report);
        candidates
    }

    /// The text and symbol lanes.
    fn chunks(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        found: &mut Found,
    ) -> Vec<Candidate> {
        if !self.route.text && !self.route.by_symbol && self.likeness.is_empty() {
            return Vec::new();
        }
        let started = Instant::now();
        let ranked = chunks::find(self, targets, searchers, found);
        let took_ms = milliseconds(started);
        if self.route.text {
            let note = self.nothing_to_look_up();
            found.lanes.push(LaneReport { lane: LaneName::Text, took_ms, note });
        }
        if self.route.by_symbol && self.route.symbols.is_some() {
            let waiting = targets.iter().filter(|target| !target.index.is_deep()).count();
            let note = (waiting > 0).then(|| {
                format!("Definitions are still being looked for in {}.", projects(waiting))
            });
            found.lanes.push(LaneReport { lane: LaneName::Symbols, took_ms, note });
        }
        ranked.into_iter().map(|chunk| Candidate::Chunk(Box::new(chunk))).collect()
    }

    /// What to know where the index knows nothing of what was typed, and no file is read for it.
    fn nothing_to_look_up(&self) -> Option<String> {
        let Query { phrases, words, .. } = &self.query;
        if text::has_words(&self.query) || !self.route.substrings.is_empty() {
            return None;
        }
        let typed = phrases.iter().chain(words).next()?;
        let pattern = regex_syntax::escape(typed).replace('/', r"\/");
        Some(format!("Signs alone are found as a pattern: /{pattern}/"))
    }

    /// The names lane.
    fn files(&self, names: &NameQuery, targets: &[Target], searchers: &[Searcher]) -> NamesFound {
        let started = Instant::now();
        let most = if self.mode == Mode::Names { self.limit } else { rank::MOST_FILES };
        let mut found = NamesFound::default();
        for (at, (target, searcher)) in targets.iter().zip(searchers).enumerate() {
            let paths = match target.index.paths(searcher) {
                Ok(paths) => paths,
                Err(error) => {
                    found.failed.push((at, error));
                    continue;
                }
            };
            let allowed = |path: &str| self.query.allows(path);
            for file in names.find(&paths, searcher, most, &allowed) {
                let score = rank::file_score(&file, names.is_path);
                found.candidates.push(Candidate::File { target: at, file, score });
            }
        }
        found.took_ms = milliseconds(started);
        found
    }
}

/// Sorts them.
pub fn best_first(candidates: &mut [Candidate]) {
    candidates
        .sort_by(|a, b| b.score().total_cmp(&a.score()).then_with(|| a.place().cmp(&b.place())));
}
