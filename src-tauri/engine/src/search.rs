//! From a query to an answer: lanes over the open indexes, one list, a line to show of each hit.

pub mod answer;
pub mod query;
mod snippet;
mod terms;
mod text;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tantivy::{DocAddress, Searcher};

pub use answer::{
    FailedProject, Hit, LaneReport, Mode, SearchAnswer, SearchRequest, Searched, Snippet,
};

use crate::index::manifest::{ChunkPlace, DocumentReader};
use crate::index::{IndexError, ProjectIndex, language};
use crate::rel_path;
use crate::status::LaneName;
use query::Query;
use terms::Highlighter;

/// A search that is to be verified in the files reads this many times the hits wanted.
const VERIFY_FACTOR: usize = 4;
/// Hits asked for beyond those wanted, so that equal ones can be put in order.
const TIES: usize = 30;

/// One open project to search.
#[derive(Clone)]
pub struct Target {
    pub project: String,
    pub root: PathBuf,
    pub index: Arc<ProjectIndex>,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("type a word, a \"phrase\" or part of a name")]
    Empty,
    #[error("{0} cannot be searched yet")]
    NotYet(&'static str),
}

/// What to look for, checked before any index is opened.
#[derive(Clone, Debug)]
pub struct Search {
    pub query: Query,
    limit: usize,
}

/// The hits of all targets, best first, and what to know about them.
#[derive(Debug, Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub lanes: Vec<LaneReport>,
    /// Targets whose index could not be read.
    pub failed: Vec<(String, IndexError)>,
}

/// A chunk among the best of its index.
#[derive(Clone, Copy)]
struct Candidate {
    target: usize,
    score: f32,
    address: DocAddress,
}

impl Search {
    /// # Errors
    /// [`SearchError`], a sentence for people.
    pub fn new(query: &str, mode: Mode, limit: usize) -> Result<Search, SearchError> {
        let query = query::parse(query);
        match mode {
            Mode::Auto | Mode::Text => {}
            Mode::Names => return Err(SearchError::NotYet("File names")),
            Mode::Regex => return Err(SearchError::NotYet("Regular expressions")),
            Mode::Symbols => return Err(SearchError::NotYet("Symbols")),
            Mode::Meaning => return Err(SearchError::NotYet("Meaning")),
        }
        if !query.regexes.is_empty() {
            return Err(SearchError::NotYet("Regular expressions"));
        }
        if !query.symbols.is_empty() {
            return Err(SearchError::NotYet("Symbols"));
        }
        if query.is_empty() {
            return Err(SearchError::Empty);
        }
        Ok(Search { query, limit: limit.max(1) })
    }

    /// Searches the targets as they are now.
    pub fn run(&self, targets: &[Target]) -> Found {
        let started = Instant::now();
        let searchers: Vec<Searcher> =
            targets.iter().map(|target| target.index.searcher()).collect();
        let mut found = Found::default();
        let candidates = self.candidates(targets, &searchers, &mut found);
        self.verify(targets, &searchers, candidates, &mut found);
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        found.lanes.push(LaneReport { lane: LaneName::Text, took_ms, note: self.note() });
        found
    }

    fn note(&self) -> Option<String> {
        let unsearchable =
            self.query.phrases.iter().any(|phrase| terms::identifiers(phrase).is_empty());
        unsearchable.then(|| "Punctuation alone cannot be searched yet.".to_owned())
    }

    fn must_verify(&self) -> bool {
        !self.query.phrases.is_empty() || self.query.case_sensitive
    }

    fn candidates(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        found: &mut Found,
    ) -> Vec<Candidate> {
        let wanted = if self.must_verify() { self.limit * VERIFY_FACTOR } else { self.limit };
        let wanted = wanted + TIES;
        let statistics = text::Statistics(searchers);
        let mut candidates = Vec::new();
        for (target, searcher) in searchers.iter().enumerate() {
            let project = &targets[target];
            let Some(query) = text::index_query(&self.query, project.index.fields()) else {
                continue;
            };
            match text::best_chunks(searcher, &query, wanted, &statistics) {
                Ok(best) => candidates.extend(best.into_iter().map(|(score, address)| Candidate {
                    target,
                    score,
                    address,
                })),
                Err(error) => {
                    let error = IndexError::from_tantivy(&project.root, error);
                    found.failed.push((project.project.clone(), error));
                }
            }
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates
    }

    /// Reads the files of the best candidates and makes hits of them.
    fn verify(
        &self,
        targets: &[Target],
        searchers: &[Searcher],
        candidates: Vec<Candidate>,
        found: &mut Found,
    ) {
        let highlighter = Highlighter::new(&self.query);
        let mut readers: Vec<DocumentReader<'_>> = targets
            .iter()
            .zip(searchers)
            .map(|(target, searcher)| DocumentReader::new(searcher, target.index.fields()))
            .collect();
        let mut shown = Shown::new(targets);
        for equals in candidates.chunk_by(|a, b| a.score == b.score) {
            if found.hits.len() >= self.limit {
                break;
            }
            let mut placed = Vec::with_capacity(equals.len());
            for &Candidate { target, score, address } in equals {
                match readers[target].chunk(address) {
                    Ok(place) => placed.extend(place.map(|place| (target, score, place))),
                    Err(error) => {
                        let Target { project, root, .. } = &targets[target];
                        found.failed.push((project.clone(), IndexError::from_tantivy(root, error)));
                    }
                }
            }
            // Where a chunk lies in its index is chance: the same tree gives the same answer.
            placed.sort_by(|(a, _, x), (b, _, y)| {
                (a, &x.path, x.line_start).cmp(&(b, &y.path, y.line_start))
            });
            for (target, score, place) in placed {
                if found.hits.len() >= self.limit {
                    break;
                }
                let (project, reader) = (&targets[target], &mut readers[target]);
                if shown.is_first(project, &place)
                    && let Some(hit) = self.hit(project, reader, score, place, &highlighter)
                {
                    found.hits.push(hit);
                }
            }
        }
    }

    /// `None` where the file as it is now does not match exactly, and has to.
    fn hit(
        &self,
        target: &Target,
        reader: &mut DocumentReader<'_>,
        score: f32,
        place: ChunkPlace,
        highlighter: &Highlighter,
    ) -> Option<Hit> {
        let indexed = reader.file(&place.path).ok().flatten();
        let source = snippet::read(&target.root, &place, indexed.as_ref());
        if let Some(source) = &source
            && self.must_verify()
            && !self.matches_exactly(source.text(), highlighter)
        {
            return None;
        }
        Some(Hit {
            project: target.project.clone(),
            lang: language::of(&place.path).map(str::to_owned),
            path: place.path,
            line_start: place.line_start,
            line_end: place.line_end,
            kind: "window".to_owned(),
            symbol: None,
            score,
            lanes: vec![LaneName::Text],
            stale: source.as_ref().is_none_or(|source| source.stale),
            snippet: source.as_ref().and_then(|source| source.best_line(highlighter)),
        })
    }

    fn matches_exactly(&self, text: &str, highlighter: &Highlighter) -> bool {
        let words_match = !self.query.case_sensitive
            || self.query.words.iter().all(|word| text.contains(word.as_str()));
        words_match && highlighter.has_phrases(text)
    }
}

/// Sees to it that a chunk which nested projects share is shown once.
struct Shown {
    /// `None` where no project lies in another.
    seen: Option<HashSet<(PathBuf, u64)>>,
}

impl Shown {
    fn new(targets: &[Target]) -> Shown {
        let nested = targets.iter().any(|inner| {
            targets
                .iter()
                .any(|outer| inner.project != outer.project && inner.root.starts_with(&outer.root))
        });
        Shown { seen: nested.then(HashSet::new) }
    }

    fn is_first(&mut self, target: &Target, place: &ChunkPlace) -> bool {
        let Some(seen) = &mut self.seen else { return true };
        seen.insert((target.root.join(rel_path::decode(&place.path)), place.line_start))
    }
}
