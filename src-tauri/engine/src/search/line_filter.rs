//! Which lines of files become hits. Asked while the files are read, so that a line which does not
//! become one takes nobody's place.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use tantivy::Searcher;

use super::Target;
use super::files::TargetFile;
use super::query::Query;
use super::symbol_name::SymbolName;
use crate::index::document_reader::DocumentReader;
use crate::index::outline::Outlined;
use crate::rel_path;

/// What is shown already, by file.
#[derive(Debug, Default)]
pub struct Shown {
    /// Lines, and 0 for the file itself.
    lines: HashMap<PathBuf, HashSet<u64>>,
    /// First and last lines of chunks.
    chunks: HashMap<PathBuf, Vec<(u64, u64)>>,
}

impl Shown {
    /// Notes a line; whether it is new.
    pub fn add_line(&mut self, file: &Path, line: u64) -> bool {
        self.lines.entry(file.to_owned()).or_default().insert(line)
    }

    pub fn add_chunk(&mut self, file: PathBuf, first: u64, last: u64) {
        self.chunks.entry(file).or_default().push((first, last));
    }

    pub fn has_file(&self, file: &Path) -> bool {
        self.lines.get(file).is_some_and(|lines| lines.contains(&0))
    }

    pub fn has_chunk_of(&self, file: &Path) -> bool {
        self.chunks.contains_key(file)
    }

    fn has_line(&self, file: &Path, line: u64) -> bool {
        let in_chunk = |chunks: &Vec<(u64, u64)>| {
            chunks.iter().any(|(first, last)| (*first..=*last).contains(&line))
        };
        self.lines.get(file).is_some_and(|lines| lines.contains(&line))
            || self.chunks.get(file).is_some_and(in_chunk)
    }
}

/// What the lines of one search are asked.
#[derive(Clone, Copy)]
pub struct LineFilter<'a> {
    pub query: &'a Query,
    pub targets: &'a [Target],
    pub searchers: &'a [Searcher],
    pub shown: &'a Shown,
}

impl<'a> LineFilter<'a> {
    /// For one thread.
    pub fn reader(self) -> LineReader<'a> {
        let readers = self.targets.iter().map(|_| None).collect();
        LineReader { filter: self, readers }
    }
}

/// Looks up the definitions that lines stand in.
pub struct LineReader<'a> {
    filter: LineFilter<'a>,
    /// Of those targets that were asked for.
    readers: Vec<Option<DocumentReader<'a>>>,
}

impl LineReader<'_> {
    /// Whether the line of the file becomes a hit.
    pub fn lets_through(&mut self, file: &TargetFile, line: u64) -> bool {
        let LineFilter { query, targets, shown, .. } = self.filter;
        let at = targets[file.target].root.join(rel_path::decode(&file.path));
        if shown.has_line(&at, line) {
            return false;
        }
        if query.excluded_symbols.is_empty() && query.symbols.is_empty() {
            return true;
        }
        let around = self.around(file, line);
        !is_excluded(query, around.as_ref())
            && query.symbols.iter().all(|typed| {
                let typed = SymbolName::new(typed);
                around.as_ref().is_some_and(|around| is_inside(&typed, around))
            })
    }

    fn around(&mut self, file: &TargetFile, line: u64) -> Option<Outlined> {
        let LineFilter { targets, searchers, .. } = self.filter;
        let target = file.target;
        let reader = self.readers[target]
            .get_or_insert_with(|| targets[target].index.documents(&searchers[target]));
        let chunk = reader.chunk_with_line(&file.path, line).ok()??;
        reader.outline(chunk).ok()?.around(line).cloned()
    }
}

/// Whether the definition is one that the query does not want, or stands in one.
pub fn is_excluded(query: &Query, definition: Option<&Outlined>) -> bool {
    let inside = |definition| query.excluded_symbols.iter().any(|it| is_inside(it, definition));
    definition.is_some_and(inside)
}

/// Whether the definition is of this name, or stands in one that is.
fn is_inside(typed: &SymbolName, definition: &Outlined) -> bool {
    let container = definition.container.as_deref();
    let holder =
        container.map(|of| of.rsplit_once('.').map_or((of, None), |(of, name)| (name, Some(of))));
    typed.means_in_any_case(&definition.name, container)
        || holder.is_some_and(|(name, of)| typed.means_in_any_case(name, of))
}
