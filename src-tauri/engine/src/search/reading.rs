//! The lanes that read files: patterns, parts of longer words, and places in the symbol graph.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tantivy::Searcher;

use super::answer::{LaneReport, Mode};
use super::candidates::Candidate;
use super::files::{self, Bounds, TargetFile};
use super::graph::{self, Relation};
use super::hits::HitMaker;
use super::line_filter::LineFilter;
use super::progress::{Progress, not_defined, not_looked_up};
use super::{Audience, Found, Search, Target, milliseconds, regex};
use crate::rel_path;
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
        let mut files = self.candidates(found, |target, searcher| {
            regex::candidates(&target.index, searcher, query, patterns)
        });
        // What somebody sees nothing of yet comes first.
        if !hits.so_far().is_empty() {
            files.sort_by_cached_key(|TargetFile { target, path }| {
                let root = &self.targets[*target].root;
                hits.shown().has_chunk_of(&root.join(rel_path::decode(path)))
            });
        }
        let bounds = self.bounds(hits, lines_of_one_file, started + time);
        let outcome = regex::search(&files, self.filter(hits), patterns, bounds);
        let mut progress = Progress::default();
        progress.take(outcome, LaneName::Regex, hits);
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
            if related.relation == Relation::Callees {
                for (at, (target, searcher)) in self.targets.iter().zip(self.searchers).enumerate()
                {
                    if hits.wanted() == 0 {
                        break;
                    }
                    match graph::callees(at, target, searcher, query, related, until) {
                        Ok(callees) => {
                            elsewhere.extend(callees.elsewhere);
                            skipped += callees.skipped;
                            let names = callees.defined.iter().flat_map(|chunk| &chunk.definition);
                            defined.extend(names.map(|definition| definition.name.clone()));
                            let chunks = callees.defined.into_iter();
                            let chunks = chunks.map(|chunk| Candidate::Chunk(Box::new(chunk)));
                            hits.add(chunks.collect());
                        }
                        Err(error) => found.fail(target, error),
                    }
                }
            } else {
                let files = self.candidates(found, |target, searcher| {
                    graph::mentioning(target, searcher, query, related)
                });
                let bounds = self.bounds(hits, usize::MAX, until);
                let outcome = graph::usages(&files, self.filter(hits), related, bounds);
                progress.take(outcome, LaneName::Symbols, hits);
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

    /// The files of all targets that may hold something, in the order in which they are read.
    fn candidates(
        &self,
        found: &mut Found,
        of: impl Fn(&Target, &Searcher) -> tantivy::Result<Vec<String>>,
    ) -> Vec<TargetFile> {
        let mut of_one = |(target, searcher)| {
            of(target, searcher).unwrap_or_else(|error| {
                found.fail(target, error);
                Vec::new()
            })
        };
        files::in_order(self.targets.iter().zip(self.searchers).map(&mut of_one).collect())
    }

    fn filter<'s>(&'s self, hits: &'s HitMaker<'_>) -> LineFilter<'s> {
        let Reading { search, targets, searchers, .. } = self;
        LineFilter { query: &search.query, targets, searchers, shown: hits.shown() }
    }

    fn bounds(&self, hits: &HitMaker<'_>, lines_of_one_file: usize, until: Instant) -> Bounds<'_> {
        Bounds { lines: hits.wanted(), lines_of_one_file, until, audience: self.audience }
    }
}
