//! What of an answer is compared with its question by meaning, and what the comparison says.
//!
//! The best of what words found is compared and ranked anew; what no word finds is not looked for.
//! So nothing has to be embedded before a question is asked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{rank, snippet};
use crate::embed::text::{self, Source};
use crate::index::manifest::{ChunkPlace, DocumentReader, Entry};
use crate::index::outline::Outline;
use crate::index::read::read_file;
use crate::index::{self, content_hash, language};
use crate::rel_path;

/// How meaning takes part in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// As one figure beside those of the words.
    Fused,
    /// Meaning alone gives the order.
    Alone,
}

impl Meaning {
    /// Places that are compared.
    pub fn shortlist(self) -> usize {
        match self {
            // More of them gained nothing.
            Meaning::Fused => 20,
            Meaning::Alone => 200,
        }
    }
}

/// Parts.
const MOST_PARTS: usize = 1;

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
    pub(super) chunk: ChunkPlace,
    pub(super) indexed: Option<Entry>,
    pub(super) outline: Outline,
}

impl Shortlisted {
    /// What of it is to be embedded, from its file as it is now; nothing where that cannot be read.
    pub fn texts(&self) -> Vec<String> {
        let Some(read) = snippet::read(&self.root, &self.chunk, self.indexed.as_ref()) else {
            return Vec::new();
        };
        texts(&self.place.path, &self.outline, read.text())
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
            texts: texts(path, &outline, &body.unwrap_or_default()),
        });
    }
    Ok(Some(chunks))
}

/// What of a chunk is embedded: with the names of all that is defined in it, or of what it lies in.
fn texts(path: &str, outline: &Outline, body: &str) -> Vec<String> {
    let first = outline.definitions.first().or(outline.enclosing.as_ref());
    let mut names: Vec<&str> = outline.definitions.iter().map(|it| it.name.as_str()).collect();
    if let (true, Some(enclosing)) = (names.is_empty(), &outline.enclosing) {
        names.push(&enclosing.name);
    }
    let source = Source {
        path,
        symbol: &names.join(" "),
        container: first.and_then(|it| it.container.as_deref()).unwrap_or_default(),
        doc: "",
        body,
    };
    text::parts(&source).into_iter().map(|part| part.text).take(MOST_PARTS).collect()
}

/// How alike places are to the question, beside each other.
#[derive(Clone, Debug, Default)]
pub struct Likeness {
    figures: HashMap<Place, f32>,
}

impl Likeness {
    /// From the cosine of each place: 0 is the mean of all, 1 the best.
    pub fn new(cosines: Vec<(Place, f32)>) -> Likeness {
        let mean = cosines.iter().map(|(_, c)| c).sum::<f32>() / cosines.len().max(1) as f32;
        let best = cosines.iter().map(|(_, c)| *c).fold(f32::MIN, f32::max);
        let spread = (best - mean).max(f32::MIN_POSITIVE);
        let figure = |(place, cosine)| (place, (cosine - mean) / spread);
        Likeness { figures: cosines.into_iter().map(figure).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// The compared chunks of one project, by path and first line.
    pub fn near(&self, project: &str) -> impl Iterator<Item = (&str, u64)> {
        let of_project = self.figures.keys().filter(move |place| place.project == project);
        of_project.map(|place| (place.path.as_str(), place.line))
    }

    /// At most 1; `None` for what was not compared.
    pub fn of(&self, place: &Place) -> Option<f32> {
        self.figures.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u64) -> Place {
        Place { project: "id".to_owned(), path: "a.rs".to_owned(), line }
    }

    #[test]
    fn the_best_has_the_whole_figure_and_the_mean_none() {
        let likeness =
            Likeness::new(vec![(place(1), 0.2), (place(2), 0.4), (place(3), 0.3), (place(4), 0.3)]);
        let of = |line| (likeness.of(&place(line)).unwrap() * 1000.0).round();
        assert_eq!((of(1), of(2), of(3)), (-1000.0, 1000.0, 0.0));
        assert_eq!(likeness.of(&place(5)), None);
    }

    #[test]
    fn places_that_are_all_alike_are_finite() {
        let likeness = Likeness::new(vec![(place(1), 0.5)]);
        assert_eq!(likeness.of(&place(1)), Some(0.0));
        assert!(Likeness::new(Vec::new()).is_empty());
    }
}
