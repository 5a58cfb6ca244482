//! Where files are to be, or not to be: `path:` and `-path:`.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{AllQuery, BooleanQuery, Query as IndexQuery, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::terms;
use crate::index::schema::Fields;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFilter {
    /// All these words stand somewhere in the path; in lower case.
    Words(Vec<String>),
    /// A folder with all below it, from the project's root, without slashes around; or a file of
    /// that path, unless it says that it is a folder.
    Rooted { path: String, is_folder: bool },
}

/// The fields in which a kind of documents keeps the path of its file.
#[derive(Clone, Copy)]
pub struct PathFields {
    words: Field,
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
    /// `/src/watch/` and `/src/watch` begin at the project's root, `watch` does not. `None` where
    /// nothing is asked for.
    pub fn new(typed: &str) -> Option<PathFilter> {
        if let Some(rooted) = typed.strip_prefix('/') {
            let path = rooted.trim_end_matches('/').to_owned();
            return Some(PathFilter::Rooted { path, is_folder: rooted.ends_with('/') });
        }
        let words: Vec<String> =
            terms::identifiers(typed).into_iter().map(|identifier| identifier.whole).collect();
        (!words.is_empty()).then_some(PathFilter::Words(words))
    }

    /// Whether it holds for the file at `path`, relative to the root.
    pub fn holds(&self, path: &str) -> bool {
        match self {
            PathFilter::Words(words) => {
                let held = terms::words_of(path);
                words.iter().all(|word| held.contains(word))
            }
            PathFilter::Rooted { path: folder, .. } if folder.is_empty() => true,
            PathFilter::Rooted { path: folder, is_folder } => match path.strip_prefix(folder) {
                Some("") => !is_folder,
                Some(below) => below.starts_with('/'),
                None => false,
            },
        }
    }

    /// The documents for which it holds.
    pub fn query(&self, fields: PathFields) -> Box<dyn IndexQuery> {
        let one = |field, text: &str| -> Box<dyn IndexQuery> {
            let term = Term::from_field_text(field, text);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        match self {
            PathFilter::Words(words) => {
                let words = words.iter().map(|word| one(fields.words, word));
                Box::new(BooleanQuery::intersection(words.collect()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_slash_means_whole_folders_from_the_root() {
        let holds = |filter: &str, path: &str| PathFilter::new(filter).unwrap().holds(path);
        for (filter, path, expected) in [
            ("/docs/x", "docs/x/a.md", true),
            ("/docs/x/", "docs/x/y/a.md", true),
            ("/docs/x", "docs/x", true),
            ("/docs/x/", "docs/x", false),
            ("/docs/x", "docs/x_gen.rs", false),
            ("/x", "docs/x/a.md", false),
            ("/", "docs/x", true),
            ("docs/x", "x/docs.md", true),
            ("watch", "src/FileWatch.rs", true),
            ("watch", "src/watcher.rs", false),
        ] {
            assert_eq!(holds(filter, path), expected, "{filter} {path}");
        }
        assert_eq!(PathFilter::new("--"), None);
    }
}
