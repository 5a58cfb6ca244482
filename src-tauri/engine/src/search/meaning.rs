//! What of an answer is compared with its question by meaning, and what the comparison says.
//!
//! What words found is compared and ranked anew, as far as it is embedded or can be at once; of
//! projects that are embedded, the nearest chunks join it though no word finds them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{rank, snippet};
use crate::embed::text::{self, Scope, Source};
use crate::index::document_reader::{ChunkPlace, DocumentReader};
use crate::index::manifest::Entry;
use crate::index::outline::{Outline, Outlined};
use crate::index::read::read_file;
use crate::index::{self, content_hash, language};
use crate::rel_path;
use crate::root_access::RootReader;

/// How meaning takes part in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// As one figure beside those of the words.
    Fused,
    /// Meaning alone gives the order.
    Alone,
}

impl Meaning {
    /// Places that are compared, if they are embedded …
    pub fn shortlist(self) -> usize {
        200
    }

    /// … and of these, those that are embedded for it.
    pub fn at_once(self) -> usize {
        match self {
            // More of them gained nothing.
            Meaning::Fused => 20,
            Meaning::Alone => 200,
        }
    }
}

/// When a chunk is embedded, the first ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    Definition,
    /// In tests, examples and what compilers wrote.
    LesserDefinition,
    /// Lines in which nothing is defined.
    Window,
}

/// Languages of files that are data: numbers and tables say nothing by meaning, and there are many.
const DATA: [&str; 5] = ["json", "xml", "yaml", "ini", "text"];

impl Tier {
    /// Of a chunk in the file at `path`; `None` for what is generated, vendored or data.
    pub fn of(path: &str, defines: bool) -> Option<Tier> {
        let share = rank::share(path);
        let language = language::of(path)?;
        if share <= rank::VENDORED || DATA.contains(&language) {
            return None;
        }
        Some(match (defines, share < 1.0) {
            (true, false) => Tier::Definition,
            (true, true) => Tier::LesserDefinition,
            (false, _) => Tier::Window,
        })
    }
}

/// A chunk among all projects: the project's id, the path in it, the first line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub project: String,
    pub path: String,
    pub line: u64,
}

/// A chunk to be compared with the question.
#[derive(Clone, Debug)]
pub struct Shortlisted {
    pub place: Place,
    pub(super) root: PathBuf,
    pub(super) reader: RootReader,
    pub(super) chunk: ChunkPlace,
    pub(super) indexed: Option<Entry>,
    pub(super) outline: Arc<Outline>,
}

impl Shortlisted {
    /// What reads its file.
    pub fn reader(&self) -> &RootReader {
        &self.reader
    }

    /// Whether it is worth a vector.
    pub fn is_embedded(&self) -> bool {
        Tier::of(&self.place.path, true).is_some()
    }

    /// What of it is to be embedded, from its file as it is now; nothing where that cannot be read.
    pub fn texts(&self) -> Vec<String> {
        let Some(_read) = self.reader.begin() else { return Vec::new() };
        let Some(read) = snippet::read(&self.root, &self.chunk, self.indexed.as_ref()) else {
            return Vec::new();
        };
        texts(&self.place.path, self.chunk.line_start, &self.outline, read.text())
    }
}

/// A chunk of a file, and what of it is embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkText {
    /// From 1.
    pub line_start: u64,
    /// `None`: it is not embedded before somebody asks for it.
    pub tier: Option<Tier>,
    pub texts: Vec<String>,
}

/// What of a file's chunks is embedded. `None` where the file is not what was indexed any more.
///
/// # Errors
/// Where the index cannot be read.
pub fn texts_of_file(
    root: &Path,
    path: &str,
    entry: &Entry,
    reader: &mut DocumentReader<'_>,
) -> tantivy::Result<Option<Vec<ChunkText>>> {
    let place = root.join(rel_path::decode(path));
    let Ok(Some(bytes)) = read_file(&place, entry.stamp.size) else { return Ok(None) };
    if entry.hash != Some(content_hash(&bytes)) {
        return Ok(None);
    }
    let Ok(text) = index::text::decode(&bytes) else { return Ok(None) };
    let mut chunks = Vec::new();
    for (address, chunk) in reader.chunks_of(path)? {
        let outline = reader.outline(address)?;
        let body = match chunk.bytes {
            Some((start, length)) => bytes
                .get(start as usize..(start + length) as usize)
                .and_then(|body| std::str::from_utf8(body).ok())
                .map(str::to_owned),
            None => snippet::lines(&text, &chunk),
        };
        chunks.push(ChunkText {
            line_start: chunk.line_start,
            tier: Tier::of(path, !outline.is_empty()),
            texts: texts(path, chunk.line_start, &outline, &body.unwrap_or_default()),
        });
    }
    Ok(Some(chunks))
}

/// What of a chunk is embedded. `line_start`: its first line, from 1.
fn texts(path: &str, line_start: u64, outline: &Outline, body: &str) -> Vec<String> {
    let within = |line: u64| line.cast_signed() - line_start.cast_signed();
    let definitions = outline.definitions.iter().chain(&outline.enclosing);
    let scope = |definition: &Outlined| Scope {
        lines: within(definition.line_start)..within(definition.line_end) + 1,
        name: match &definition.container {
            Some(container) => format!("{container} {}", definition.name),
            None => definition.name.clone(),
        },
    };
    let scopes: Vec<Scope> = definitions.map(scope).collect();
    let source = Source { path, scopes: &scopes, body };
    text::parts(&source).into_iter().map(|part| part.text).collect()
}

/// From this cosine on, a place is shown as found by meaning.
const ALIKE: f32 = 0.3;

/// How alike places are to the question: the cosine of their vectors.
#[derive(Clone, Debug, Default)]
pub struct Likeness {
    cosines: HashMap<Place, f32>,
    /// What the vectors found, with or without words.
    nearest: Vec<Place>,
    /// Of what words found: what is not embedded yet counts as that, so that it loses nothing.
    pub usual: f32,
}

impl Likeness {
    /// `nearest`: what the vectors found; `others`: what was found otherwise, and compared.
    pub fn new(nearest: Vec<(Place, f32)>, others: HashMap<Place, f32>) -> Likeness {
        let usual = others.values().sum::<f32>() / others.len().max(1) as f32;
        let mut cosines = others;
        cosines.extend(nearest.iter().cloned());
        let nearest = nearest.into_iter().map(|(place, _)| place).collect();
        Likeness { cosines, nearest, usual }
    }

    pub fn is_empty(&self) -> bool {
        self.cosines.is_empty()
    }

    /// What the vectors of one project found, by path and first line.
    pub fn near(&self, project: &str) -> impl Iterator<Item = (&str, u64)> {
        let of_project = self.nearest.iter().filter(move |place| place.project == project);
        of_project.map(|place| (place.path.as_str(), place.line))
    }

    /// At most 1; `None` for what was not compared.
    pub fn of(&self, place: &Place) -> Option<f32> {
        self.cosines.get(place).copied()
    }

    /// Whether the place is one that meaning finds.
    pub fn finds(&self, place: &Place) -> bool {
        self.of(place).is_some_and(|cosine| cosine >= ALIKE)
    }
}
