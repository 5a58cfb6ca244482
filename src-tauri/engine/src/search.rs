//! From a query to an answer: lanes over the open indexes, one list, a line to show of each hit.
//!
//! [`route`] says which lanes take part, each lane finds candidates, [`rank`] weighs them in one
//! table, and [`hits`] reads the files of the best.

pub mod answer;
mod chunks;
mod files;
mod graph;
pub mod habits;
mod hits;
pub mod meaning;
mod names;
mod pattern;
mod progress;
pub mod query;
mod rank;
mod regex;
mod route;
mod snippet;
mod symbols;
mod terms;
mod text;
mod variants;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tantivy::Searcher;

pub use answer::{
    FailedProject, Hit, LaneReport, Mode, SearchAnswer, SearchRequest, Searched, Snippet,
};

use crate::index::document_reader::DocumentReader;
use crate::index::{IndexError, ProjectIndex};
use crate::status::LaneName;
use chunks::RankedChunk;
use files::Bounds;
use graph::Relation;
use habits::Habits;
use hits::HitMaker;
use meaning::Meaning;
pub use meaning::{Likeness, Shortlisted};
use names::NameQuery;
use progress::{Progress, not_defined};
use query::Query;
use route::Route;

/// How long files are read for a pattern while somebody types …
const TYPED_PATTERN: Duration = Duration::from_secs(2);
/// … when patterns alone were asked for …
const ASKED_PATTERN: Duration = Duration::from_secs(30);
/// … and for what was typed as a part of something, when little else was found.
const SUBSTRING: Duration = Duration::from_millis(150);
/// How long files are parsed for the uses of a name.
const RELATED: Duration = Duration::from_secs(3);
/// While somebody types, one file shows so many lines that match a pattern.
const LINES_OF_ONE_FILE: usize = 5;

/// One open project to search.
#[derive(Clone)]
pub struct Target {
    /// The project's id.
    pub project: String,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("type a word, a \"phrase\" or part of a name")]
    Empty,
    #[error("describe in words what the code does")]
    NoQuestion,
    #[error("the pattern {pattern} cannot be read: {reason}")]
    BadPattern { pattern: String, reason: String },
}

/// What to look for, checked before any index is opened.
#[derive(Clone, Debug)]
pub struct Search {
    pub query: Query,
    route: Route,
    mode: Mode,
    limit: usize,
    /// Of the places that were compared by meaning.
    likeness: Likeness,
    habits: Habits,
}

/// The hits of all targets, best first, and what to know about them.
#[derive(Debug, Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub lanes: Vec<LaneReport>,
    /// What is to be compared by meaning, best first; empty once it was.
    pub shortlist: Vec<Shortlisted>,
    /// Targets whose index could not be read.
    pub failed: Vec<(String, IndexError)>,
}

/// Who waits for a search.
pub trait Audience: Sync {
    /// Hears what was found before the slowest part of a search begins.
    fn hear(&self, found: &Found);

    /// Whether nobody waits any more: what reads files ends then.
    fn has_left(&self) -> bool;
}

/// Somebody who waits for the end.
impl Audience for () {
    fn hear(&self, _found: &Found) {}

    fn has_left(&self) -> bool {
        false
    }
}

/// What the names lane gave; targets by their number.
#[derive(Default)]
struct NamesFound {
    candidates: Vec<Candidate>,
    failed: Vec<(usize, tantivy::TantivyError)>,
    took_ms: f64,
}

/// A place that may become a hit.
enum Candidate {
    Chunk(Box<RankedChunk>),
    File { target: usize, file: names::NamedFile, score: f32 },
}

impl Candidate {
    fn score(&self) -> f32 {
        match self {
            Candidate::Chunk(chunk) => chunk.score,
            Candidate::File { score, .. } => *score,
        }
    }

    fn add(&mut self, gain: f32) {
        match self {
            Candidate::Chunk(chunk) => chunk.score += gain,
            Candidate::File { score, .. } => *score += gain,
        }
    }

    fn place(&self) -> (usize, &str, u64) {
        match self {
            Candidate::Chunk(chunk) => (chunk.target, &chunk.place.path, chunk.line()),
            Candidate::File { target, file, .. } => (*target, &file.path, 0),
        }
    }
}

impl Search {
    /// # Errors
    /// [`SearchError`], a sentence for people.
    pub fn new(query: &str, mode: Mode, limit: usize) -> Result<Search, SearchError> {
        let query =
            if mode == Mode::Regex { query::parse_pattern(query) } else { query::parse(query) };
        let route = Route::new(&query, mode)?;
        let (likeness, habits) = (Likeness::default(), Habits::default());
        Ok(Search { query, route, mode, limit: limit.max(1), likeness, habits })
    }

    /// The same search, for somebody with these habits.
    pub fn minding(self, habits: Habits) -> Search {
        Search { habits, ..self }
    }

    /// The same search, with what a comparison by meaning has said.
    pub fn reranked(&self, likeness: Likeness) -> Search {
        Search { likeness, ..self.clone() }
    }

    /// Shows these places alone, the most alike first.
    pub fn alike(places: Vec<(meaning::Place, f32)>, limit: usize) -> Search {
        Search {
            query: Query::default(),
            route: Route { meaning: Some(Meaning::Alone), ..Route::default() },
            mode: Mode::Meaning,
            limit: limit.max(1),
            likeness: Likeness::new(places, HashMap::new()),
            habits: Habits::default(),
        }
    }

    /// Whether meaning takes part, once words have answered.
    pub fn asks_for_meaning(&self) -> bool {
        self.route.meaning.is_some()
    }

    /// How many places are embedded to be compared while somebody waits.
    pub fn compared_at_once(&self) -> usize {
        self.route.meaning.map_or(0, Meaning::at_once)
    }

    /// The question to compare places with.
    pub fn question(&self) -> String {
        self.query.words.join(" ")
    }

    /// Searches the targets as they are now.
    pub fn run(&self, targets: &[Target]) -> Found {
        self.run_before(&(), targets)
    }

    /// As [`Search::run`], before somebody who hears of what there is already.
    pub fn run_before(&self, audience: &dyn Audience, targets: &[Target]) -> Found {
        let mut found = Found::default();
        let searchers: Vec<Searcher> =
            targets.iter().map(|target| target.index.searcher()).collect();
        let mut hits = HitMaker::new(&self.query, targets, &searchers, self.limit);
        if !self.route.related.is_empty() {
            self.find_related(targets, &searchers, audience, &mut hits, &mut found);
        } else if !self.route.patterns.is_empty() {
            self.find_lines(targets, &searchers, audience, &mut hits, &mut found);
        } else {
            let mut candidates = self.candidates(targets, &searchers, &mut found);
            best_first(&mut candidates);
            self.mind_habits(targets, hits.readers(), &mut candidates);
            if self.likeness.is_empty() {
                found.shortlist = self.shortlist(&candidates, targets, hits.readers());
            }
            hits.add(candidates);
            if hits.wanted() > 0 && !self.route.substrings.is_empty() {
                found.hits = hits.so_far().to_vec();
                audience.hear(&found);
                self.find_substring(targets, &searchers, audience, &mut hits, &mut found);
            }
        }
        found.hits = hits.finish();
        found
    }

    /// Among the best candidates, those come first that somebody edited or opened lately.
    fn mind_habits(
        &self,
        targets: &[Target],
        readers: &mut [DocumentReader<'_>],
        candidates: &mut [Candidate],
    ) {
        let best = candidates.len().min(self.limit * 2);
        let candidates = &mut candidates[..best];
        let mut gains: HashMap<(usize, String), f32> = HashMap::new();
        for candidate in &mut *candidates {
            let (target, path, _) = candidate.place();
            let file = (target, path.to_owned());
            let gain = *gains.entry(file).or_insert_with(|| {
                let indexed = readers[target].file(path).ok().flatten();
                let modified = indexed.map(|entry| entry.stamp.mtime);
                self.habits.gain(&targets[target].project, path, modified)
            });
            candidate.add(gain);
        }
        best_first(candidates);
    }

    /// What words, definitions and names give, in no particular order. The names lane runs on a
    /// thread of its own.
    fn candidates(
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
            found.lanes.push(LaneReport { lane: LaneName::Text, took_ms, note: None });
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

    /// The best chunks among `candidates`, as far as they are compared by meaning.
    fn shortlist(
        &self,
        candidates: &[Candidate],
        targets: &[Target],
        readers: &mut [DocumentReader<'_>],
    ) -> Vec<Shortlisted> {
        let Some(meaning) = self.route.meaning else { return Vec::new() };
        let chunks = candidates.iter().filter_map(|candidate| match candidate {
            Candidate::Chunk(chunk) => Some(&**chunk),
            Candidate::File { .. } => None,
        });
        let shortlisted = |chunk: &RankedChunk| Shortlisted {
            place: chunk.place_in(targets),
            root: targets[chunk.target].root.clone(),
            indexed: readers[chunk.target].file(&chunk.place.path).ok().flatten(),
            chunk: chunk.place.clone(),
            outline: chunk.outline.clone(),
        };
        chunks.take(meaning.shortlist()).map(shortlisted).collect()
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

    /// The lane for patterns that were typed as such.
    fn find_lines(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        audience: &dyn Audience,
        hits: &mut HitMaker<'_>,
        found: &mut Found,
    ) {
        let limits = match self.mode {
            Mode::Regex => (ASKED_PATTERN, usize::MAX),
            _ => (TYPED_PATTERN, LINES_OF_ONE_FILE),
        };
        self.search_files(targets, searchers, audience, limits, hits, found);
    }

    /// What was typed, as a part of something longer.
    fn find_substring(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        audience: &dyn Audience,
        hits: &mut HitMaker<'_>,
        found: &mut Found,
    ) {
        let limits = (SUBSTRING, LINES_OF_ONE_FILE);
        self.search_files(targets, searchers, audience, limits, hits, found);
    }

    /// `limits`: for how long, and how many lines of one file.
    fn search_files(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        audience: &dyn Audience,
        (time, lines_of_one_file): (Duration, usize),
        hits: &mut HitMaker<'_>,
        found: &mut Found,
    ) {
        let started = Instant::now();
        let patterns = if self.route.patterns.is_empty() {
            &self.route.substrings
        } else {
            &self.route.patterns
        };
        let mut progress = Progress::default();
        for (at, (target, searcher)) in targets.iter().zip(searchers).enumerate() {
            let (lines, until) = (hits.wanted(), started + time);
            let bounds = Bounds { lines, lines_of_one_file, until, audience };
            if bounds.lines == 0 {
                break;
            }
            match regex::search(target, searcher, &self.query, patterns, bounds) {
                Ok(outcome) => progress.take(at, outcome, LaneName::Regex, hits),
                Err(error) => found.fail(target, error),
            }
        }
        found.lanes.push(LaneReport {
            lane: LaneName::Regex,
            took_ms: milliseconds(started),
            note: progress.note(time),
        });
    }

    /// The places in the symbol graph that were asked for.
    fn find_related(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        audience: &dyn Audience,
        hits: &mut HitMaker<'_>,
        found: &mut Found,
    ) {
        let started = Instant::now();
        let until = started + RELATED;
        let mut progress = Progress::default();
        let mut elsewhere = Vec::new();
        for related in &self.route.related {
            for (at, (target, searcher)) in targets.iter().zip(searchers).enumerate() {
                if hits.wanted() == 0 {
                    break;
                }
                let outcome = if related.relation == Relation::Callees {
                    graph::callees(at, target, searcher, &self.query, related, until).map(
                        |callees| {
                            elsewhere.extend(callees.elsewhere);
                            let chunks = callees.defined.into_iter();
                            hits.add(
                                chunks.map(|chunk| Candidate::Chunk(Box::new(chunk))).collect(),
                            );
                        },
                    )
                } else {
                    let (lines, lines_of_one_file) = (hits.wanted(), usize::MAX);
                    let bounds = Bounds { lines, lines_of_one_file, until, audience };
                    graph::usages(target, searcher, &self.query, related, bounds)
                        .map(|outcome| progress.take(at, outcome, LaneName::Symbols, hits))
                };
                if let Err(error) = outcome {
                    found.fail(target, error);
                }
            }
        }
        let note = progress.note(RELATED).or_else(|| not_defined(&elsewhere));
        let took_ms = milliseconds(started);
        found.lanes.push(LaneReport { lane: LaneName::Symbols, took_ms, note });
    }
}

fn best_first(candidates: &mut [Candidate]) {
    candidates
        .sort_by(|a, b| b.score().total_cmp(&a.score()).then_with(|| a.place().cmp(&b.place())));
}

impl Found {
    fn fail(&mut self, target: &Target, error: tantivy::TantivyError) {
        let error = IndexError::from_tantivy(&target.root, error);
        self.failed.push((target.project.clone(), error));
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn projects(count: usize) -> String {
    if count == 1 { "1 project".to_owned() } else { format!("{count} projects") }
}
