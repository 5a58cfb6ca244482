//! The names lane: files by what somebody remembers of their path.

use std::borrow::Cow;

use memchr::memmem::Finder;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tantivy::Searcher;

use super::query::Query;
use crate::index::paths::{KnownPath, Paths, sought};
use crate::index::tokenizer::lower;
use crate::rel_path;

/// A longer question is not about a file's name.
const MOST_WORDS: usize = 3;
/// A single letter is in every path.
const SHORTEST_WORD: usize = 2;
/// No file's name is longer.
const LONGEST_WORD: usize = 255;
/// So few letters are somewhere in most paths: they have to stand side by side.
const FEW_LETTERS: usize = 2;

/// The scale of a name's quality.
mod quality {
    pub const NAME: f32 = 1.0;
    pub const STEM: f32 = 0.85;
    /// The typed path is the end of the file's.
    pub const TAIL: f32 = 1.0;
    pub const PREFIX: f32 = 0.6;
    /// The letters are there, in order: this for all in one run, less where they are scattered.
    pub const FUZZY: f32 = 0.5;
    /// Below this the letters are in the path by chance.
    pub const LEAST_FUZZY: f32 = 0.55;
}

/// What was typed, as a file's name.
#[derive(Clone, Debug)]
pub struct NameQuery {
    words: Vec<Word>,
    /// The line that was asked for, from 1.
    pub line: Option<u64>,
    /// It is written like a path: with a slash or an extension.
    pub is_path: bool,
}

#[derive(Clone, Debug)]
struct Word {
    folded: String,
    has_slash: bool,
    atom: Atom,
    /// The score of a perfect match.
    best: f32,
}

/// A file whose path matches.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFile {
    pub path: String,
    /// From 0 to 1.
    pub quality: f32,
}

impl NameQuery {
    /// `None` where the query cannot mean a file.
    pub fn new(query: &Query) -> Option<NameQuery> {
        let count = query.words.len();
        let others = query.phrases.len() + query.symbols.len() + query.regexes.len();
        if count == 0 || count > MOST_WORDS || others > 0 {
            return None;
        }
        let mut line = None;
        let mut words = Vec::new();
        let mut is_path = false;
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        for typed in &query.words {
            let name = match split_line(typed) {
                Some((name, number)) => {
                    line = Some(number);
                    name
                }
                None => typed,
            };
            if !(SHORTEST_WORD..=LONGEST_WORD).contains(&name.chars().count()) {
                return None;
            }
            is_path |= name.contains('/') || has_extension(name);
            let few = name.chars().count() <= FEW_LETTERS;
            let kind = if few { AtomKind::Substring } else { AtomKind::Fuzzy };
            let atom = Atom::new(name, CaseMatching::Ignore, Normalization::Smart, kind, false);
            let mut buffer = Vec::new();
            let own = Utf32Str::new(name, &mut buffer);
            let best = f32::from(atom.score(own, &mut matcher)?.max(1));
            words.push(Word { folded: lower(name), has_slash: name.contains('/'), atom, best });
        }
        Some(NameQuery { words, line, is_path })
    }

    /// The best of the files of `paths`, which fit `searcher`, that are `allowed`; at most `limit`.
    pub fn find(
        &self,
        paths: &Paths,
        searcher: &Searcher,
        limit: usize,
        allowed: &dyn Fn(&str) -> bool,
    ) -> Vec<NamedFile> {
        let needed = self.words.iter().fold(0, |set, word| set | sought(&word.folded));
        self.best_of(|| paths.with_letters(searcher, needed), allowed, limit)
    }

    fn best_of<'a, I: Iterator<Item = KnownPath<'a>>>(
        &self,
        known: impl Fn() -> I,
        allowed: &dyn Fn(&str) -> bool,
        limit: usize,
    ) -> Vec<NamedFile> {
        // Each way of looking takes several times as long as the one before it, and finds nothing
        // that is better: it is for the room that is left.
        let mut found = rated(known(), |path| self.by_name(path));
        found.retain(|(_, path)| allowed(path));
        if found.len() < limit {
            let words: Vec<Finder<'_>> =
                self.words.iter().map(|word| Finder::new(word.folded.as_str())).collect();
            let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
            let mut quality = |path: &KnownPath<'_>| self.quality(path, &mut matcher);
            let known = || known().filter(|path| allowed(path.text));
            found = rated(known().filter(|path| holds(path, &words)), &mut quality);
            if found.len() < limit {
                found = rated(known(), &mut quality);
            }
        }
        best(found, limit)
    }

    fn quality(&self, path: &KnownPath<'_>, matcher: &mut Matcher) -> f32 {
        let by_name = self.by_name(path);
        if by_name > 0.0 { by_name } else { self.by_letters(path.text, matcher) }
    }

    /// How well the one word is the name of the file, or begins it: better than any letters that
    /// are somewhere in its path, or 0.
    fn by_name(&self, path: &KnownPath<'_>) -> f32 {
        let [word] = self.words.as_slice() else { return 0.0 };
        let typed = word.folded.as_str();
        if word.has_slash {
            let path = folded(path, path.text);
            let before = path.strip_suffix(typed);
            let is_tail = before.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
            return if is_tail { quality::TAIL } else { 0.0 };
        }
        let name = folded(path, path.name());
        match name.strip_prefix(typed) {
            None => 0.0,
            Some("") => quality::NAME,
            Some(rest) if rest.starts_with('.') => quality::STEM,
            Some(_) => {
                let share = typed.len() as f32 / name.len() as f32;
                quality::PREFIX + share * (quality::STEM - quality::PREFIX)
            }
        }
    }

    fn by_letters(&self, path: &str, matcher: &mut Matcher) -> f32 {
        let mut buffer = Vec::new();
        let haystack = Utf32Str::new(path, &mut buffer);
        let mut weakest = 1.0_f32;
        for word in &self.words {
            let Some(score) = word.atom.score(haystack, matcher) else { return 0.0 };
            weakest = weakest.min(f32::from(score) / word.best);
        }
        if weakest < quality::LEAST_FUZZY { 0.0 } else { quality::FUZZY * weakest }
    }

    /// The byte ranges of `path` that match.
    pub fn ranges(&self, path: &str) -> Vec<(usize, usize)> {
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut buffer = Vec::new();
        let haystack = Utf32Str::new(path, &mut buffer);
        let mut indices = Vec::new();
        for word in &self.words {
            word.atom.indices(haystack, &mut matcher, &mut indices);
        }
        indices.sort_unstable();
        indices.dedup();
        let starts: Vec<(usize, usize)> =
            path.char_indices().map(|(at, c)| (at, at + c.len_utf8())).collect();
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for (from, to) in indices.iter().filter_map(|&at| starts.get(at as usize).copied()) {
            match ranges.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => ranges.push((from, to)),
            }
        }
        ranges
    }
}

/// The paths that have a quality, with it.
fn rated<'a>(
    paths: impl Iterator<Item = KnownPath<'a>>,
    mut quality: impl FnMut(&KnownPath<'a>) -> f32,
) -> Vec<(f32, &'a str)> {
    paths.map(|path| (quality(&path), path.text)).filter(|(it, _)| *it > 0.0).collect()
}

/// The best ones, of equal quality the shorter path first.
fn best(mut rated: Vec<(f32, &str)>, limit: usize) -> Vec<NamedFile> {
    let order = |(a, a_path): &(f32, &str), (b, b_path): &(f32, &str)| {
        b.total_cmp(a)
            .then_with(|| a_path.len().cmp(&b_path.len()))
            .then_with(|| a_path.cmp(b_path))
    };
    if rated.len() > limit {
        // Two letters are in most paths, and only a few of those are wanted.
        rated.select_nth_unstable_by(limit, order);
        rated.truncate(limit);
    }
    rated.sort_unstable_by(order);
    rated.into_iter().map(|(quality, path)| NamedFile { path: path.to_owned(), quality }).collect()
}

/// `main.rs:12` and `main.rs:12:5` ask for a line.
fn split_line(typed: &str) -> Option<(&str, u64)> {
    let (head, last) = typed.rsplit_once(':')?;
    let number: u64 = last.parse().ok()?;
    match head.rsplit_once(':').and_then(|(name, line)| Some((name, line.parse().ok()?))) {
        Some(deeper) => Some(deeper),
        None => (!head.is_empty() && number > 0).then_some((head, number)),
    }
}

/// Whether each of the words stands in the path, without regard to case.
fn holds(path: &KnownPath<'_>, words: &[Finder<'_>]) -> bool {
    let folded = folded(path, path.text);
    words.iter().all(|word| word.find(folded.as_bytes()).is_some())
}

/// A part of the path in lower case.
fn folded<'a>(path: &KnownPath<'a>, part: &'a str) -> Cow<'a, str> {
    if path.is_folded { Cow::Borrowed(part) } else { Cow::Owned(lower(part)) }
}

fn has_extension(name: &str) -> bool {
    let file = rel_path::file_name(name);
    file.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=8).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query::parse;

    const TREE: [&str; 8] = [
        "src/registry/loader.rs",
        "src/registry/slot.rs",
        "src/http/HttpBodyStream.java",
        "src/main.rs",
        "src/bin/domain.rs",
        "tests/main_test.rs",
        "docs/README.md",
        "größe/übersicht.txt",
    ];

    fn known(text: &str) -> KnownPath<'_> {
        let name = text.len() - rel_path::file_name(text).len();
        KnownPath { text, name, is_folded: lower(text) == text && text.is_ascii() }
    }

    fn best(query: &str) -> Option<&'static str> {
        let query = NameQuery::new(&parse(query))?;
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let rated = TREE.iter().map(|path| (query.quality(&known(path), &mut matcher), *path));
        let best = rated.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        (best.0 > 0.0).then_some(best.1)
    }

    #[test]
    fn a_file_is_found_by_its_name_its_stem_and_parts_of_its_path() {
        assert_eq!(best("main.rs"), Some("src/main.rs"));
        assert_eq!(best("main"), Some("src/main.rs"));
        assert_eq!(best("reg/load"), Some("src/registry/loader.rs"));
        assert_eq!(best("registry slot"), Some("src/registry/slot.rs"));
        assert_eq!(best("hbs"), Some("src/http/HttpBodyStream.java"));
        assert_eq!(best("readme"), Some("docs/README.md"));
        assert_eq!(best("übersicht"), Some("größe/übersicht.txt"));
        assert_eq!(best("zzz"), None);
    }

    #[test]
    fn the_first_few_are_the_beginning_of_all() {
        let known = TREE.map(known);
        for typed in ["ma", "main", "ma rs", "rs", "re", "sr", "src/r", "st", "zz"] {
            let query = NameQuery::new(&parse(typed)).unwrap();
            let as_typed =
                |file: &NamedFile| typed.split(' ').all(|it| lower(&file.path).contains(it));
            let best_of = |limit| query.best_of(|| known.into_iter(), &|_| true, limit);
            let all = best_of(usize::MAX);
            for limit in 0..TREE.len() {
                // Letters apart from each other come only where there is room.
                let apart = limit > all.iter().filter(|file| as_typed(file)).count();
                let wanted: Vec<&NamedFile> =
                    all.iter().filter(|file| apart || as_typed(file)).take(limit).collect();
                assert_eq!(best_of(limit).iter().collect::<Vec<_>>(), wanted);
            }
        }
    }

    #[test]
    fn a_number_behind_a_colon_is_a_line() {
        let line = |text: &str| NameQuery::new(&parse(text)).and_then(|query| query.line);
        assert_eq!(line("main.rs:12"), Some(12));
        assert_eq!(line("main.rs:12:5"), Some(12));
        assert_eq!(line("main:12"), Some(12));
        assert_eq!(line("main.rs"), None);
        assert_eq!(line("std::io"), None);
    }

    #[test]
    fn the_letters_that_match_are_marked() {
        let query = NameQuery::new(&parse("reg/load")).unwrap();
        let path = "src/registry/loader.rs";
        let marked: String = query.ranges(path).iter().map(|&(a, b)| &path[a..b]).collect();
        assert_eq!(marked, "reg/load");
    }
}
