//! The lanes that read files: patterns, parts of longer words, and places in the symbol graph.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tantivy::Searcher;

use super::answer::{LaneReport, Mode};
use super::candidates::Candidate;
use super::files::Bounds;
use super::graph::{self, Relation};
use super::hits::HitMaker;
use super::progress::{Progress, not_defined, not_looked_up};
use super::{Audience, Found, Search, Target, milliseconds, regex};
use crate::status::LaneName;

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

/// A search that is to read files.
pub struct Reading<'a> {
    pub search: &'a Search,
    pub targets: &'a [Target],
    pub searchers: &'a [Searcher],
    pub audience: &'a dyn Audience,
}

impl Reading<'_> {
    /// The lane for patterns that were typed as such.
    pub fn lines(&self, hits: &mut HitMaker<'_>, found: &mut Found) {
        let (time, of_one_file) = match self.search.mode {
            Mode::Regex => (ASKED_PATTERN, usize::MAX),
            _ => (TYPED_PATTERN, LINES_OF_ONE_FILE),
        };
        self.files(time, of_one_file, hits, found);
    }

    /// What was typed, as a part of something longer.
    pub fn substrings(&self, hits: &mut HitMaker<'_>, found: &mut Found) {
        self.files(SUBSTRING, LINES_OF_ONE_FILE, hits, found);
    }

    fn files(
        &self,
        time: Duration,
        lines_of_one_file: usize,
        hits: &mut HitMaker<'_>,
        found: &mut Found,
    ) {
        let Search { route, query, .. } = self.search;
        let started = Instant::now();
        let patterns = if route.patterns.is_empty() { &route.substrings } else { &route.patterns };
        let mut progress = Progress::default();
        for (at, (target, searcher)) in self.targets.iter().zip(self.searchers).enumerate() {
            let bounds = self.bounds(hits, lines_of_one_file, started + time);
            if bounds.lines == 0 {
                break;
            }
            match regex::search(target, searcher, query, patterns, bounds) {
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
    pub fn related(&self, hits: &mut HitMaker<'_>, found: &mut Found) {
        let Search { route, query, .. } = self.search;
        let started = Instant::now();
        let until = started + RELATED;
        let mut progress = Progress::default();
        let (mut elsewhere, mut skipped) = (Vec::new(), 0);
        let mut defined = HashSet::new();
        for related in &route.related {
            for (at, (target, searcher)) in self.targets.iter().zip(self.searchers).enumerate() {
                if hits.wanted() == 0 {
                    break;
                }
                let outcome = if related.relation == Relation::Callees {
                    graph::callees(at, target, searcher, query, related, until).map(|callees| {
                        elsewhere.extend(callees.elsewhere);
                        skipped += callees.skipped;
                        let names = callees.defined.iter().flat_map(|chunk| &chunk.definition);
                        defined.extend(names.map(|definition| definition.name.clone()));
                        let chunks = callees.defined.into_iter();
                        hits.add(chunks.map(|chunk| Candidate::Chunk(Box::new(chunk))).collect());
                    })
                } else {
                    let bounds = self.bounds(hits, usize::MAX, until);
                    graph::usages(target, searcher, query, related, bounds)
                        .map(|outcome| progress.take(at, outcome, LaneName::Symbols, hits))
                };
                if let Err(error) = outcome {
                    found.fail(target, error);
                }
            }
        }
        // Each once, and none that another project calls and defines.
        elsewhere.retain(|name| defined.insert(name.clone()));
        let note = progress.note(RELATED);
        let note = note.or_else(|| not_looked_up(skipped, RELATED));
        let note = note.or_else(|| not_defined(&elsewhere));
        let took_ms = milliseconds(started);
        found.lanes.push(LaneReport { lane: LaneName::Symbols, took_ms, note });
    }

    fn bounds(&self, hits: &HitMaker<'_>, lines_of_one_file: usize, until: Instant) -> Bounds<'_> {
        Bounds { lines: hits.wanted(), lines_of_one_file, until, audience: self.audience }
    }
}
