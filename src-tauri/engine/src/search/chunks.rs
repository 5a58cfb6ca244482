//! The text and symbol lanes together: finds chunks by their words and by what they define, and
//! weighs them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tantivy::query::BooleanQuery;
use tantivy::{DocAddress, Searcher};

use super::meaning::{Likeness, Meaning, Place};
use super::query::Query;
use super::rank::{self, Figures};
use super::route::Route;
use super::statistics::{Statistics, Wanted};
use super::symbols::{self, Sieve, SymbolQuery};
use super::text::{self, WordSet};
use super::{Found, Search, Target};
use crate::index::document_reader::{ChunkPlace, DocumentReader};
use crate::index::outline::{Outline, Outlined};
use crate::index::schema::Fields;
use crate::status::LaneName;

/// A search that is to be verified in the files weighs this many times the hits wanted.
const VERIFY_FACTOR: usize = 4;
/// Chunks weighed beyond the hits wanted, and at least; of each project.
const MORE_CHUNKS: usize = 30;
const FEWEST_CHUNKS: usize = 150;
/// Chunks that hold everything just as it was typed; of each project.
const MOST_PHRASES: usize = 20;
/// Chunks of all projects together that are weighed, beyond the hits wanted; so many that were found
/// by their words, and as many in each other way.
const MOST_CHUNKS: usize = 400;

/// A chunk that has been weighed.
pub struct RankedChunk {
    pub target: usize,
    pub score: f32,
    pub place: ChunkPlace,
    pub outline: Arc<Outline>,
    /// What of it was asked for.
    pub definition: Option<Outlined>,
    /// That definition is the hit, not the whole chunk.
    pub is_definition: bool,
    pub lanes: Vec<LaneName>,
    pub words: WordSet,
}

impl RankedChunk {
    /// Where the hit is, from 1.
    pub fn line(&self) -> u64 {
        let own = self.definition.as_ref().filter(|_| self.is_definition);
        own.map_or(self.place.line_start, |own| own.name_line)
    }
}

/// How a chunk was found: each figure is 0 where it was not found that way.
#[derive(Default)]
struct Candidate {
    /// BM25.
    text: f32,
    /// All that was typed stands there as it was typed: BM25 of that.
    phrase: f32,
    /// How near the name of a definition is to what was typed.
    symbol: f32,
    by_meaning: bool,
}

/// The chunks of all targets that may be wanted, in no particular order.
pub fn find(
    search: &Search,
    targets: &[Target],
    searchers: &[Searcher],
    found: &mut Found,
) -> Vec<RankedChunk> {
    let Search { query, route, limit, .. } = search;
    let Some(first) = targets.first() else { return Vec::new() };
    let fields = first.index.fields();
    let mut statistics = Statistics::new(searchers);
    let wanted = statistics.wanted(query, fields);
    let lanes =
        Lanes { query, route, fields, wanted: &wanted, statistics: &statistics, limit: *limit };
    let mut candidates = Vec::with_capacity(targets.len());
    for (target, searcher) in targets.iter().zip(searchers) {
        let reader = target.index.documents(searcher);
        let near = search.likeness.near(&target.project);
        candidates.push(lanes.candidates(searcher, reader, near).unwrap_or_else(|error| {
            found.fail(target, error);
            HashMap::new()
        }));
    }
    keep_best(&mut candidates, *limit + MOST_CHUNKS);
    let mut weighed = Vec::new();
    for (at, of_target) in candidates.into_iter().enumerate() {
        let reader = targets[at].index.documents(&searchers[at]);
        match lanes.weigh(at, &searchers[at], reader, of_target) {
            Ok(mut of_target) => {
                let paths = of_target.iter().map(|(chunk, _)| chunk.place.path.as_str());
                let compiled = rank::compiled_shares(paths);
                let named = rank::project_share(query, &targets[at].root, targets.len());
                for ((_, figures), compiled) in of_target.iter_mut().zip(compiled) {
                    figures.share *= compiled * named;
                }
                weighed.extend(of_target);
            }
            Err(error) => found.fail(&targets[at], error),
        }
    }
    compare(&mut weighed, &wanted);
    if !search.likeness.is_empty() {
        compare_by_meaning(&mut weighed, targets, &search.likeness);
    }
    let scored = weighed.into_iter().map(|(mut chunk, figures)| {
        let place = chunk.place_in(targets);
        let likeness = search.likeness.of(&place);
        let words = figures.score(wanted.len());
        chunk.score = match (route.meaning, likeness) {
            (Some(Meaning::Alone), Some(likeness)) => rank::ABOVE_WORDS + likeness,
            _ => words,
        };
        if search.likeness.finds(&place) {
            chunk.lanes.push(LaneName::Meaning);
        }
        chunk
    });
    scored.collect()
}

/// Drops those candidates that are among the best in no way in which they were found, so that many
/// projects cost no more than one.
fn keep_best(candidates: &mut [HashMap<DocAddress, Candidate>], most: usize) {
    let least = |figure: fn(&Candidate) -> f32| {
        let all = candidates.iter().flat_map(HashMap::values).map(figure);
        let mut found: Vec<f32> = all.filter(|figure| *figure > 0.0).collect();
        if found.len() <= most {
            return f32::MIN_POSITIVE;
        }
        *found.select_nth_unstable_by(most, |a, b| b.total_cmp(a)).1
    };
    let (text, phrase, symbol) =
        (least(|one| one.text), least(|one| one.phrase), least(|one| one.symbol));
    for of_target in candidates {
        of_target.retain(|_, one| {
            one.text >= text || one.phrase >= phrase || one.symbol >= symbol || one.by_meaning
        });
    }
}

impl RankedChunk {
    pub fn place_in(&self, targets: &[Target]) -> Place {
        let ChunkPlace { path, line_start, .. } = &self.place;
        let project = targets[self.target].project.clone();
        Place { project, path: path.clone(), line: *line_start }
    }
}

struct Lanes<'a> {
    query: &'a Query,
    route: &'a Route,
    fields: Fields,
    wanted: &'a [Wanted],
    statistics: &'a Statistics<'a>,
    limit: usize,
}

impl Lanes<'_> {
    /// `near`: what the vectors of this project found, by path and first line.
    fn candidates<'n>(
        &self,
        searcher: &Searcher,
        reader: DocumentReader<'_>,
        near: impl Iterator<Item = (&'n str, u64)>,
    ) -> tantivy::Result<HashMap<DocAddress, Candidate>> {
        let hits = if self.query.needs_a_look() { self.limit * VERIFY_FACTOR } else { self.limit };
        let compared = self.route.meaning.map_or(0, Meaning::shortlist);
        let most = (hits + MORE_CHUNKS).max(FEWEST_CHUNKS).max(compared);
        let mut candidates: HashMap<DocAddress, Candidate> = HashMap::new();
        if self.route.text {
            let Self { query, wanted, fields, statistics, .. } = *self;
            let found = text::best_chunks(searcher, query, wanted, fields, most, statistics)?;
            let candidate = |text| Candidate { text, ..Candidate::default() };
            candidates.extend(found.into_iter().map(|(text, address)| (address, candidate(text))));
        }
        if self.route.text
            && let Some(query) = text::as_typed(self.query, self.fields)
        {
            for (phrase, address) in text::best_of(searcher, &query, MOST_PHRASES, self.statistics)?
            {
                candidates.entry(address).or_default().phrase = phrase;
            }
        }
        // What holds a phrase is found by that, where text is looked for.
        let by_symbol = self.route.by_symbol && (self.query.phrases.is_empty() || !self.route.text);
        if let Some(symbols) = self.symbols().filter(|_| by_symbol) {
            let found = symbols::chunks(searcher, self.fields, self.query, symbols, most)?;
            for (place, (nearness, address)) in found.into_iter().enumerate() {
                // Of equally near names, no project's are taken before those of the others.
                let symbol = nearness + 1.0 / (place + 2) as f32;
                candidates.entry(address).or_default().symbol = symbol;
            }
        }
        self.add_near(searcher, reader, near, &mut candidates)?;
        Ok(candidates)
    }

    /// Adds what was found by meaning, as far as the query allows it.
    fn add_near<'n>(
        &self,
        searcher: &Searcher,
        mut reader: DocumentReader<'_>,
        near: impl Iterator<Item = (&'n str, u64)>,
        candidates: &mut HashMap<DocAddress, Candidate>,
    ) -> tantivy::Result<()> {
        let mut chunks = Vec::new();
        for (path, line) in near {
            chunks.extend(reader.chunk_with_line(path, line)?);
        }
        chunks.sort_unstable();
        chunks.dedup();
        let score = |query: &BooleanQuery| text::scores(searcher, query, self.statistics, &chunks);
        let allowed = score(&text::allowed(self.query, self.fields))?;
        let texts = match text::index_query(self.query, self.wanted, self.fields) {
            Some(query) => score(&query)?,
            None => vec![None; chunks.len()],
        };
        for ((chunk, allowed), text) in chunks.iter().zip(allowed).zip(texts) {
            if allowed.is_some() {
                let new = || Candidate { text: text.unwrap_or(0.0), ..Candidate::default() };
                candidates.entry(*chunk).or_insert_with(new).by_meaning = true;
            }
        }
        Ok(())
    }

    fn symbols(&self) -> Option<&SymbolQuery> {
        self.route.symbols.as_ref()
    }

    fn weigh(
        &self,
        target: usize,
        searcher: &Searcher,
        mut reader: DocumentReader<'_>,
        candidates: HashMap<DocAddress, Candidate>,
    ) -> tantivy::Result<Vec<(RankedChunk, Figures)>> {
        let mut candidates: Vec<(DocAddress, Candidate)> = candidates.into_iter().collect();
        candidates.sort_by_key(|(address, _)| *address);
        let chunks: Vec<DocAddress> = candidates.iter().map(|(address, _)| *address).collect();
        let sets = text::word_sets(searcher, self.fields, self.wanted, &chunks)?;
        let sieve = self.symbols().map(|symbols| Sieve::new(symbols, self.wanted));
        let mut weighed = Vec::with_capacity(candidates.len());
        for ((address, candidate), words) in candidates.into_iter().zip(sets) {
            let Candidate { text, phrase, by_meaning, .. } = candidate;
            let is_phrase = phrase > 0.0;
            let Some(place) = reader.chunk(address)? else { continue };
            let outline = Arc::new(reader.outline(address)?);
            let mut definitions: Vec<(Option<Outlined>, f32)> = self
                .symbols()
                .zip(sieve.as_ref())
                .map(|(symbols, sieve)| rank::definitions(&outline, symbols, sieve, self.wanted))
                .unwrap_or_default()
                .into_iter()
                .map(|(definition, quality)| (Some(definition.clone()), quality))
                .collect();
            if definitions.is_empty() {
                // Found by a part of a name, and is nothing of what was typed.
                if text == 0.0 && !is_phrase && !by_meaning {
                    continue;
                }
                definitions.push((None, 0.0));
            }
            let (stem, directory) = rank::path_figures(&place.path, self.wanted);
            let figures = Figures {
                text,
                coverage: text::weight_of(words, self.wanted),
                stem,
                directory,
                defines: f32::from(u8::from(!outline.definitions.is_empty())),
                phrase: f32::from(u8::from(is_phrase)),
                share: rank::share(&place.path),
                ..Figures::default()
            };
            for (at, (definition, symbol)) in definitions.into_iter().enumerate() {
                let mut lanes = Vec::new();
                if text > 0.0 || is_phrase {
                    lanes.push(LaneName::Text);
                }
                if definition.is_some() {
                    lanes.push(LaneName::Symbols);
                }
                let chunk = RankedChunk {
                    target,
                    score: 0.0,
                    place: place.clone(),
                    outline: Arc::clone(&outline),
                    is_definition: at > 0 || rank::is_meant(symbol),
                    definition,
                    lanes,
                    words,
                };
                weighed.push((chunk, Figures { symbol, ..figures }));
            }
        }
        Ok(weighed)
    }
}

/// Completes the figures that compare chunks and files with each other.
fn compare(weighed: &mut [(RankedChunk, Figures)], wanted: &[Wanted]) {
    let best_text = weighed.iter().map(|(_, f)| f.text).fold(f32::MIN_POSITIVE, f32::max);
    let mut files: HashMap<(usize, String), (f32, WordSet)> = HashMap::new();
    let mut counted = HashSet::new();
    for (chunk, figures) in weighed.iter_mut() {
        figures.text /= best_text;
        let file = files.entry((chunk.target, chunk.place.path.clone())).or_default();
        // A chunk with several definitions counts once.
        if counted.insert((chunk.target, chunk.place.path.clone(), chunk.place.line_start)) {
            file.0 += figures.text;
        }
        file.1 |= chunk.words;
    }
    let best_file = files.values().map(|(sum, _)| *sum).fold(f32::MIN_POSITIVE, f32::max);
    for (chunk, figures) in weighed {
        if let Some((sum, words)) = files.get(&(chunk.target, chunk.place.path.clone())) {
            figures.file = sum / best_file;
            figures.file_coverage = text::weight_of(*words, wanted);
        }
    }
}

/// So many places of a file, those most alike, say how alike it is to the question; with three of
/// them, questions about a whole part of a program found less.
const PLACES_OF_A_FILE: usize = 6;

/// Takes in how alike in meaning chunks and files are to the question.
fn compare_by_meaning(
    weighed: &mut [(RankedChunk, Figures)],
    targets: &[Target],
    likeness: &Likeness,
) {
    let mut files: HashMap<(usize, String), Vec<(u64, f32)>> = HashMap::new();
    let own: Vec<f32> = weighed
        .iter()
        .map(|(chunk, _)| {
            let own = likeness.of(&chunk.place_in(targets)).unwrap_or(likeness.usual);
            let file = files.entry((chunk.target, chunk.place.path.clone())).or_default();
            file.push((chunk.place.line_start, own));
            own
        })
        .collect();
    for places in files.values_mut() {
        places.sort_unstable_by_key(|(line, _)| *line);
        places.dedup_by_key(|(line, _)| *line);
        places.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        places.truncate(PLACES_OF_A_FILE);
    }
    for ((chunk, figures), own) in weighed.iter_mut().zip(own) {
        let places = files.get(&(chunk.target, chunk.place.path.clone()));
        let places = places.map_or(&[][..], Vec::as_slice);
        let of_file = places.iter().map(|(_, of)| of).sum::<f32>() / places.len().max(1) as f32;
        figures.compare(own, of_file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(figures: impl Iterator<Item = Candidate>) -> HashMap<DocAddress, Candidate> {
        (0..).map(|doc| DocAddress::new(0, doc)).zip(figures).collect()
    }

    #[test]
    fn of_many_projects_the_best_of_each_way_are_kept() {
        let of_project = |project: u16| {
            let by_text = (0..150_u16).map(move |at| Candidate {
                text: f32::from(1 + (at * 100 + project)),
                ..Candidate::default()
            });
            let by_name = (0..150_u16).map(move |at| {
                let nearness = if at == 0 && project == 99 { 4.0 } else { 1.0 };
                Candidate { symbol: nearness + 1.0 / f32::from(at + 2), ..Candidate::default() }
            });
            found(by_text.chain(by_name))
        };
        let mut candidates: Vec<_> = (0..100).map(of_project).collect();
        candidates
            .push(found(std::iter::once(Candidate { by_meaning: true, ..Default::default() })));
        keep_best(&mut candidates, 410);
        let kept = |wanted: fn(&Candidate) -> bool| {
            let of_each =
                candidates.iter().map(|one| one.values().filter(|one| wanted(one)).count());
            of_each.collect::<Vec<_>>()
        };
        let sum = |kept: Vec<usize>| kept.into_iter().sum::<usize>();
        assert!((410..=411).contains(&sum(kept(|one| one.text > 0.0))));
        let by_name = kept(|one| one.symbol > 0.0);
        assert!(by_name[..100].iter().all(|count| (4..=5).contains(count)), "{by_name:?}");
        assert_eq!(sum(kept(|one| one.symbol > 4.0)), 1);
        assert_eq!(sum(kept(|one| one.by_meaning)), 1);
    }

    #[test]
    fn what_is_found_in_one_project_stays() {
        let one = || found((0..150).map(|_| Candidate { symbol: 1.0, ..Candidate::default() }));
        let mut candidates = [one()];
        keep_best(&mut candidates, 410);
        assert_eq!(candidates[0].len(), 150);
    }
}
