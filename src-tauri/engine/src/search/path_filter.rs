//! Where files are to be, or not to be: `path:` and `-path:`.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{AllQuery, BooleanQuery, Query as IndexQuery, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::terms;
use crate::index::schema::Fields;
use crate::index::tokenizer::lower;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFilter {
    /// Each of these words begins a word of the path, and these texts stand in it in this order;
    /// all in lower case. A single word is no text of its own.
    Anywhere { words: Vec<String>, texts: Vec<String> },
    /// A folder with all below it, from the project's root, without slashes around; or a file of
    /// that path, unless it says that it is a folder.
    Rooted { path: String, is_folder: bool },
}

/// The fields in which a kind of documents keeps the path of its file.
#[derive(Clone, Copy)]
pub struct PathFields {
    pub words: Field,
    whole: Field,
}

impl PathFields {
    pub fn of_chunks(fields: Fields) -> PathFields {
        PathFields { words: fields.path_words, whole: fields.path }
    }

    pub fn of_grams(fields: Fields) -> PathFields {
        PathFields { words: fields.file_words, whole: fields.grams_of }
    }
}

impl PathFilter {
    /// `/src/watch/` and `/src/watch` begin at the project's root, `watch` does not, nor does what
    /// has a star, which stands for anything. `None` where nothing is asked for.
    pub fn new(typed: &str) -> Option<PathFilter> {
        if let Some(rooted) = typed.strip_prefix('/').filter(|rooted| !rooted.contains('*')) {
            let path = rooted.trim_end_matches('/').to_owned();
            return Some(PathFilter::Rooted { path, is_folder: rooted.ends_with('/') });
        }
        let words: Vec<String> =
            terms::identifiers(typed).into_iter().map(|identifier| identifier.whole).collect();
        let folded = lower(typed);
        let is_word = words.first().is_some_and(|word| *word == folded);
        let texts = folded.split('*').filter(|text| !text.is_empty() && !is_word);
        let texts = texts.map(str::to_owned).collect();
        (!words.is_empty()).then_some(PathFilter::Anywhere { words, texts })
    }

    /// Whether the documents of [`PathFilter::query`] are those for which it holds, and not some
    /// others too.
    pub fn is_told_by_words(&self) -> bool {
        !matches!(self, PathFilter::Anywhere { texts, .. } if !texts.is_empty())
    }

    /// Whether it holds for the file at `path`, relative to the root.
    pub fn holds(&self, path: &str) -> bool {
        match self {
            PathFilter::Anywhere { words, texts } => {
                let held = terms::words_of(path);
                let begins = |word: &String| held.iter().any(|own| own.starts_with(word.as_str()));
                words.iter().all(begins) && has_in_order(&format!("/{}", lower(path)), texts)
            }
            PathFilter::Rooted { path: folder, .. } if folder.is_empty() => true,
            PathFilter::Rooted { path: folder, is_folder } => match path.strip_prefix(folder) {
                Some("") => !is_folder,
                Some(below) => below.starts_with('/'),
                None => false,
            },
        }
    }

    /// The documents for which it holds, and some others where it is not told by words.
    pub fn query(&self, fields: PathFields) -> Box<dyn IndexQuery> {
        let one = |field, text: &str| -> Box<dyn IndexQuery> {
            let term = Term::from_field_text(field, text);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        match self {
            PathFilter::Anywhere { words, .. } => {
                let begun = words.iter().map(|word| beginning_with(fields.words, word));
                Box::new(BooleanQuery::intersection(begun.collect()))
            }
            PathFilter::Rooted { path, .. } if path.is_empty() => Box::new(AllQuery),
            PathFilter::Rooted { path, is_folder } => {
                // '0' follows '/' in the alphabet, so that it ends the paths that go on with one.
                let bound =
                    |end: char| Term::from_field_text(fields.whole, &format!("{path}{end}"));
                let (from, to) = (Bound::Included(bound('/')), Bound::Excluded(bound('0')));
                let below: Box<dyn IndexQuery> = Box::new(RangeQuery::new(from, to));
                if *is_folder {
                    return below;
                }
                Box::new(BooleanQuery::union(vec![one(fields.whole, path), below]))
            }
        }
    }
}

fn has_in_order(path: &str, texts: &[String]) -> bool {
    let behind = |rest: Option<usize>, text: &String| {
        let from = rest?;
        Some(from + path[from..].find(text.as_str())? + text.len())
    };
    texts.iter().fold(Some(0), behind).is_some()
}

/// The documents with a term that begins so.
fn beginning_with(field: Field, beginning: &str) -> Box<dyn IndexQuery> {
    let term = |text: &str| Term::from_field_text(field, text);
    let end = term(&format!("{beginning}{}", char::MAX));
    Box::new(RangeQuery::new(Bound::Included(term(beginning)), Bound::Excluded(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_slash_means_whole_folders_and_others_stand_where_a_word_begins() {
        let holds = |filter: &str, path: &str| PathFilter::new(filter).unwrap().holds(path);
        for (filter, path, expected) in [
            ("/docs/x", "docs/x/a.md", true),
            ("/docs/x/", "docs/x/y/a.md", true),
            ("/docs/x", "docs/x", true),
            ("/docs/x/", "docs/x", false),
            ("/docs/x", "docs/x_gen.rs", false),
            ("/x", "docs/x/a.md", false),
            ("/", "docs/x", true),
            ("docs/x", "a/Docs/x/b.md", true),
            ("docs/x", "x/docs.md", false),
            ("docs/x", "docs/y/x.md", false),
            ("watch", "src/FileWatch.rs", true),
            ("watch", "src/watcher.rs", true),
            ("atch", "src/watcher.rs", false),
            ("test", "src/latest.rs", false),
            ("net/co", "src/net/core.py", true),
            ("/src/*/core.py", "src/net/core.py", true),
            ("/src/*/core.py", "lib/core/src.py", false),
            ("*.rs", "src/a.rs", true),
            ("*.rs", "src/rs.c", false),
            ("net*c", "net/ipv4/tcp.c", true),
        ] {
            assert_eq!(holds(filter, path), expected, "{filter} {path}");
        }
        assert_eq!(PathFilter::new("--"), None);
        assert_eq!(PathFilter::new("*"), None);
    }
}
