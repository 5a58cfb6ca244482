//! From a query to an answer: lanes over the open indexes, one list, a line to show of each hit.
//!
//! [`route`] says which lanes take part, each lane finds candidates, [`rank`] weighs them in one
//! table, and [`hits`] reads the files of the best.

pub mod answer;
mod best;
mod candidates;
mod chunks;
mod classes;
mod files;
mod graph;
pub mod habits;
mod hits;
mod line_filter;
pub mod meaning;
mod names;
mod path_filter;
mod pattern;
mod progress;
pub mod query;
mod rank;
mod reading;
mod regex;
mod route;
mod snippet;
mod statistics;
mod symbol_name;
mod symbols;
mod term_union;
mod terms;
mod text;
mod variants;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tantivy::Searcher;

pub use answer::{
    FailedProject, Hit, LaneReport, Mode, SearchAnswer, SearchRequest, Searched, Snippet,
};

use crate::index::document_reader::DocumentReader;
use crate::index::{IndexError, ProjectIndex};
use crate::root_access::RootReader;
use candidates::{Candidate, best_first};
use chunks::RankedChunk;
use habits::Habits;
use hits::HitMaker;
use meaning::Meaning;
pub use meaning::{Likeness, Shortlisted};
use query::Query;
use reading::Reading;
use route::Route;

/// An answer is held in memory whole: nobody gets more hits, whatever the limit.
const MOST_HITS: usize = 1_000_000;

/// One open project to search.
#[derive(Clone)]
pub struct Target {
    /// The project's id.
    pub project: String,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
    /// Reads the project's files for this search.
    pub reader: RootReader,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("type a word, a \"phrase\" or part of a name")]
    Empty,
    #[error("type up to three words of a file's name or path, of two letters or more")]
    NoFileName,
    #[error("type the name of a definition, in up to six words")]
    NoSymbolName,
    #[error("describe in words what the code does")]
    NoQuestion,
    #[error("type a regular expression")]
    NoPattern,
    #[error("a pattern cannot be left out: write a word or a \"text\" behind the hyphen")]
    ExcludedPattern,
    #[error("no language is called {0}")]
    UnknownLanguage(String),
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

impl Search {
    /// # Errors
    /// [`SearchError`], a sentence for people.
    pub fn new(query: &str, mode: Mode, limit: usize) -> Result<Search, SearchError> {
        let query =
            if mode == Mode::Regex { query::parse_pattern(query) } else { query::parse(query) };
        if let Some(unknown) = query.unknown_language() {
            return Err(SearchError::UnknownLanguage(unknown.to_owned()));
        }
        if query.excludes_pattern {
            return Err(SearchError::ExcludedPattern);
        }
        let route = Route::new(&query, mode)?;
        let (likeness, habits) = (Likeness::default(), Habits::default());
        Ok(Search { query, route, mode, limit: limit.clamp(1, MOST_HITS), likeness, habits })
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
            limit: limit.clamp(1, MOST_HITS),
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

    /// How many hits meaning alone is to give.
    pub fn listed_by_meaning(&self) -> usize {
        if self.route.meaning == Some(Meaning::Alone) { self.limit } else { 0 }
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
        let reading = Reading { search: self, targets, searchers: &searchers, audience };
        if !self.route.related.is_empty() {
            reading.related(&mut hits, &mut found);
        } else if !self.route.patterns.is_empty() {
            reading.lines(&mut hits, &mut found);
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
                reading.substrings(&mut hits, &mut found);
            }
        }
        if let Some(note) = hits.unread() {
            found.note(note);
        }
        found.hits = hits.finish();
        found
    }

    /// Among the best candidates, those come first that somebody edited or opened lately; not where
    /// meaning alone gives the order: what tells its scores apart is less than that.
    fn mind_habits(
        &self,
        targets: &[Target],
        readers: &mut [DocumentReader<'_>],
        candidates: &mut [Candidate],
    ) {
        if self.route.meaning == Some(Meaning::Alone) {
            return;
        }
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
            reader: targets[chunk.target].reader.clone(),
            indexed: readers[chunk.target].file(&chunk.place.path).ok().flatten(),
            chunk: chunk.place.clone(),
            outline: Arc::clone(&chunk.outline),
        };
        chunks.take(meaning.shortlist()).map(shortlisted).collect()
    }
}

impl Found {
    /// Says it with the first lane that has nothing else to say.
    fn note(&mut self, note: String) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.note.is_none()) {
            lane.note = Some(note);
        }
    }

    /// Each lane may meet the same damage.
    fn fail(&mut self, target: &Target, error: tantivy::TantivyError) {
        if self.failed.iter().any(|(project, _)| *project == target.project) {
            return;
        }
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
