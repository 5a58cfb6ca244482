//! Makes hits of the best candidates: reads their files, as they are now, for a line to show.

use std::collections::BTreeSet;

use tantivy::Searcher;

use super::chunks::RankedChunk;
use super::files::{MatchingLine, TargetFile};
use super::line_filter::{Shown, is_excluded};
use super::names::NameQuery;
use super::query::Query;
use super::snippet::Source;
use super::terms::{self, Highlighter};
use super::{Candidate, Hit, Snippet, Target, projects, rank, snippet};
use crate::index::document_reader::{ChunkPlace, DocumentReader};
use crate::index::language;
use crate::index::outline::Outlined;
use crate::rel_path;
use crate::status::LaneName;
use crate::symbols::SymbolKind;

/// What a hit is where nothing is defined.
const WINDOW: &str = "window";
const FILE: &str = "file";
/// Neighbours that answer a question are one place, up to so many lines.
const LONGEST_PLACE: u64 = 100;

/// Collects hits up to a limit, each place once.
pub struct HitMaker<'a> {
    query: &'a Query,
    targets: &'a [Target],
    readers: Vec<DocumentReader<'a>>,
    highlighter: Highlighter,
    names: Option<NameQuery>,
    is_question: bool,
    shown: Shown,
    /// Targets whose disk does not answer.
    unanswered: BTreeSet<usize>,
    /// Targets whose root is not there.
    rootless: BTreeSet<usize>,
    hits: Vec<Hit>,
    limit: usize,
}

impl<'a> HitMaker<'a> {
    pub fn new(
        query: &'a Query,
        targets: &'a [Target],
        searchers: &'a [Searcher],
        limit: usize,
    ) -> Self {
        let reader =
            |(target, searcher): (&'a Target, &'a Searcher)| target.index.documents(searcher);
        let readers = targets.iter().zip(searchers).map(reader).collect();
        HitMaker {
            query,
            targets,
            readers,
            highlighter: Highlighter::new(query),
            names: NameQuery::new(query),
            is_question: rank::is_question(terms::wanted(query).len()),
            shown: Shown::default(),
            unanswered: BTreeSet::new(),
            rootless: BTreeSet::new(),
            hits: Vec::new(),
            limit,
        }
    }

    /// What reads the documents of each target.
    pub fn readers(&mut self) -> &mut [DocumentReader<'a>] {
        &mut self.readers
    }

    /// What is a hit already.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// How many more hits are wanted.
    pub fn wanted(&self) -> usize {
        self.limit - self.hits.len()
    }

    /// Those found so far, the best first.
    pub fn so_far(&self) -> &[Hit] {
        &self.hits
    }

    /// What to know of targets whose files could not be looked at; `None` where there are none.
    pub fn unread(&self) -> Option<String> {
        let said = |targets: &BTreeSet<usize>, what: &str, fails: &str| {
            let of = projects(targets.len());
            let sentence = || format!("The {what} of {of} {fails}: shown as it was indexed.");
            (!targets.is_empty()).then(sentence)
        };
        let silent = said(&self.unanswered, "disk", "does not answer");
        let rootless = said(&self.rootless, "folder", "is not there");
        let notes: Vec<String> = silent.into_iter().chain(rootless).collect();
        (!notes.is_empty()).then(|| notes.join(" "))
    }

    pub fn finish(self) -> Vec<Hit> {
        self.hits
    }

    /// Takes candidates, the best first.
    pub fn add(&mut self, candidates: Vec<Candidate>) {
        for candidate in candidates {
            if self.wanted() == 0 {
                return;
            }
            let hit = match candidate {
                Candidate::Chunk(chunk) => self.chunk(*chunk),
                Candidate::File { target, file, score } => self.file(target, &file.path, score),
            };
            self.hits.extend(hit);
        }
    }

    /// Takes a line that was found by reading its file; see [`super::line_filter`].
    pub fn add_line(&mut self, file: &TargetFile, line: MatchingLine, lane: LaneName) {
        let TargetFile { target, path } = file;
        let target = *target;
        let at = self.targets[target].root.join(rel_path::decode(path));
        // Two targets may hold the same file.
        if self.wanted() == 0 || !self.shown.add_line(&at, line.number) {
            return;
        }
        let reader = &mut self.readers[target];
        let around = reader.chunk_with_line(path, line.number).ok().flatten();
        let outline = around.and_then(|address| reader.outline(address).ok()).unwrap_or_default();
        let definition = outline.around(line.number);
        let MatchingLine { number, text, ranges } = line;
        self.hits.push(Hit {
            project: self.targets[target].project.clone(),
            path: path.clone(),
            path_highlights: Vec::new(),
            line_start: number,
            line_end: number,
            kind: kind_of(definition).to_owned(),
            symbol: definition.map(|definition| definition.name.clone()),
            lang: language::of(path).map(str::to_owned),
            score: rank::share(path),
            lanes: vec![lane],
            stale: false,
            snippet: Some(snippet::cut(number, &text, ranges)),
        });
    }

    /// `None` where the chunk is shown already, or its file as it is now does not match exactly and
    /// has to.
    fn chunk(&mut self, chunk: RankedChunk) -> Option<Hit> {
        let line = chunk.line();
        let RankedChunk { place, outline, definition, .. } = chunk;
        let own = definition.as_ref().filter(|_| chunk.is_definition);
        let (line_start, line_end) =
            own.map_or((place.line_start, place.line_end), |own| (own.line_start, own.line_end));
        if !self.query.allows_path(&place.path) {
            return None;
        }
        let targets = self.targets;
        let Target { root, project, .. } = &targets[chunk.target];
        let at = root.join(rel_path::decode(&place.path));
        if !self.shown.add_line(&at, line) {
            return None;
        }
        let source = self.source(chunk.target, &place);
        if let Some(source) = &source
            && self.query.is_exact()
            && !self.matches_exactly(source.text(), definition.as_ref())
        {
            return None;
        }
        let snippet = source.as_ref().and_then(|source| match &definition {
            Some(definition) => source.line(definition.name_line, &self.highlighter),
            None => source.best_line(&self.highlighter),
        });
        // Found by its path alone, and its file is shown already.
        let shows_nothing = snippet.as_ref().is_none_or(|snippet| snippet.highlights.is_empty());
        if definition.is_none() && shows_nothing && self.shown.has_file(&at) {
            return None;
        }
        let is_named = definition.is_some();
        let around = definition.or_else(|| {
            let line = snippet.as_ref().map_or(place.line_start, |snippet| snippet.line);
            outline.around(line).cloned()
        });
        if is_excluded(self.query, around.as_ref()) {
            return None;
        }
        self.shown.add_chunk(at, place.line_start, place.line_end);
        let stale = source.as_ref().is_none_or(|source| source.stale);
        if !is_named && self.widen_neighbour(&targets[chunk.target], &place, stale) {
            return None;
        }
        let ChunkPlace { path, .. } = place;
        Some(Hit {
            project: project.clone(),
            path_highlights: self.names.as_ref().map_or_else(Vec::new, |n| n.ranges(&path)),
            lang: language::of(&path).map(str::to_owned),
            path,
            line_start,
            line_end,
            kind: kind_of(around.as_ref()).to_owned(),
            symbol: around.map(|definition| definition.name),
            score: chunk.score,
            lanes: chunk.lanes,
            stale,
            snippet,
        })
    }

    /// Lets a hit that ends or begins where `place` begins or ends stand for it too, where the
    /// question is for a place and not for each of its lines.
    fn widen_neighbour(&mut self, target: &Target, place: &ChunkPlace, stale: bool) -> bool {
        let joined = |hit: &Hit| {
            let touches =
                hit.line_end + 1 == place.line_start || place.line_end + 1 == hit.line_start;
            let (first, last) =
                (hit.line_start.min(place.line_start), hit.line_end.max(place.line_end));
            let is_small = last + 1 - first <= LONGEST_PLACE;
            let is_of_file = hit.path == place.path && hit.project == target.project;
            let found_by_name =
                hit.lanes.iter().any(|lane| matches!(lane, LaneName::Symbols | LaneName::Names));
            (is_of_file && touches && is_small && !found_by_name).then_some((first, last))
        };
        if !self.is_question {
            return false;
        }
        let mut neighbours = self.hits.iter_mut();
        let found = neighbours.find_map(|hit| joined(hit).map(|lines| (hit, lines)));
        let Some((hit, lines)) = found else { return false };
        (hit.line_start, hit.line_end) = lines;
        hit.stale |= stale;
        true
    }

    /// A file by its name; `None` where something in it is shown already.
    fn file(&mut self, target: usize, path: &str, score: f32) -> Option<Hit> {
        let at = self.targets[target].root.join(rel_path::decode(path));
        let names = self.names.as_ref()?;
        let path_highlights = names.ranges(path);
        let mut line = names.line.unwrap_or(1);
        if (names.line.is_none() && self.shown.has_chunk_of(&at)) || !self.shown.add_line(&at, 0) {
            return None;
        }
        let reader = &mut self.readers[target];
        let chunk = reader.chunk_with_line(path, line).ok().flatten();
        let mut place = chunk.and_then(|address| reader.chunk(address).ok().flatten());
        if place.is_none() && line > 1 {
            // The file has become shorter since somebody wrote the line down.
            place = reader.chunks_of(path).ok().and_then(|mut all| Some(all.pop()?.1));
            line = place.as_ref().map_or(1, |last| line.min(last.line_end));
        }
        let source = place.as_ref().and_then(|place| self.source(target, place));
        let stale = match &source {
            Some(source) => source.stale,
            None => place.is_some(),
        };
        let snippet = source.and_then(|source| source.line(line, &Highlighter::default()));
        Some(Hit {
            project: self.targets[target].project.clone(),
            path: path.to_owned(),
            path_highlights,
            line_start: line,
            line_end: line,
            kind: FILE.to_owned(),
            symbol: None,
            lang: language::of(path).map(str::to_owned),
            score,
            lanes: vec![LaneName::Names],
            stale,
            snippet: snippet.filter(|snippet: &Snippet| snippet.line == line),
        })
    }

    /// The chunk's text as it is now; `None` where it cannot be read.
    fn source(&mut self, target: usize, place: &ChunkPlace) -> Option<Source> {
        let indexed = self.readers[target].file(&place.path).ok().flatten();
        let Target { root, reader, .. } = &self.targets[target];
        let Some(_read) = reader.begin() else {
            self.unanswered.insert(target);
            return None;
        };
        let source = snippet::read(root, place, indexed.as_ref());
        if source.is_none() && !root.is_dir() {
            self.rootless.insert(target);
        }
        source
    }

    fn matches_exactly(&self, text: &str, definition: Option<&Outlined>) -> bool {
        let named = |typed: &String| {
            let mut words = typed.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let inside = |own: &Outlined, word: &str| {
                own.name.contains(word) || own.container.iter().any(|of| of.contains(word))
            };
            definition.is_some_and(|own| words.all(|word| inside(own, word)))
        };
        let case_matches = !self.query.case_sensitive
            || (self.query.words.iter().all(|word| text.contains(word.as_str()))
                && self.query.symbols.iter().all(named));
        case_matches && self.highlighter.has_phrases(text) && !self.highlighter.has_excluded(text)
    }
}

fn kind_of(definition: Option<&Outlined>) -> &'static str {
    definition.and_then(Outlined::kind).map_or(WINDOW, SymbolKind::as_str)
}
