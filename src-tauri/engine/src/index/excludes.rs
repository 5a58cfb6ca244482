//! What one project leaves out by its own patterns, in the syntax of gitignore files.

use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::rel_path;

/// Why a pattern is refused; each is a sentence's part that names it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("an empty pattern leaves out nothing")]
    Empty,
    #[error("the pattern {0:?} is more than one line")]
    SeveralLines(String),
    #[error("the pattern {0:?} is a comment: write \\# for a name that begins with #")]
    Comment(String),
    #[error("the pattern {0:?} names no file or folder")]
    NamesNothing(String),
    #[error("the pattern {pattern:?} is broken: {reason}")]
    Broken { pattern: String, reason: String },
}

/// The patterns of one project, compiled. Later ones have the last word; one that begins with `!`
/// takes back what an earlier one left out.
#[derive(Clone, Debug)]
pub struct Excludes(Arc<Gitignore>);

impl Excludes {
    /// The patterns that are sound; the others were refused when they were added, unless another
    /// Quarry had its own mind of them.
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Excludes {
        let mut builder = builder();
        for pattern in patterns {
            if let Err(error) = add(&mut builder, pattern.as_ref()) {
                tracing::warn!(%error, "an exclude pattern has no effect");
            }
        }
        let built = builder.build().unwrap_or_else(|error| {
            tracing::warn!(%error, "no exclude pattern has an effect");
            Gitignore::empty()
        });
        Excludes(Arc::new(built))
    }

    /// Whether they leave out `relative`, a path below the root whose parents are kept.
    pub fn leave_out(&self, relative: &Path, is_directory: bool) -> bool {
        self.0.matched(relative, is_directory).is_ignore()
    }
}

/// The pattern as it is kept: without blanks around it.
///
/// # Errors
/// [`PatternError`], where it would leave out nothing or cannot be understood.
pub fn check(pattern: &str) -> Result<String, PatternError> {
    // A blank at the end that is escaped belongs to a name.
    let start = pattern.trim_start();
    let trimmed = if start.trim_end().ends_with('\\') { start } else { start.trim_end() };
    let mut builder = builder();
    add(&mut builder, trimmed)?;
    let broken = |reason: String| PatternError::Broken { pattern: trimmed.to_owned(), reason };
    let built = builder.build().map_err(|error| broken(reason(&error)))?;
    if built.is_empty() {
        return Err(PatternError::NamesNothing(trimmed.to_owned()));
    }
    Ok(trimmed.to_owned())
}

/// The pattern that leaves out the one directory at `path`; see [`rel_path`].
pub fn of_directory(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len() + 2);
    pattern.push('/');
    for c in path.chars() {
        match c {
            // A backslash at the end of a name would be taken for an escape of the slash behind it.
            '\\' => pattern.push_str("[\\]"),
            '*' | '?' | '[' | ']' | '{' | '}' => pattern.extend(['\\', c]),
            // What is no character has none to be written with.
            _ => pattern.push(if rel_path::is_escape(c) { '?' } else { c }),
        }
    }
    pattern.push('/');
    pattern
}

fn builder() -> GitignoreBuilder {
    // Paths are given below the root, so that the patterns need not know where it is.
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    builder
}

fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<(), PatternError> {
    let shown = || pattern.to_owned();
    if pattern.trim().is_empty() {
        return Err(PatternError::Empty);
    }
    if pattern.contains(['\n', '\r']) {
        return Err(PatternError::SeveralLines(shown()));
    }
    if pattern.starts_with('#') {
        return Err(PatternError::Comment(shown()));
    }
    if pattern.trim_start_matches('!').trim_matches('/').is_empty() {
        return Err(PatternError::NamesNothing(shown()));
    }
    builder
        .add_line(None, pattern)
        .map(drop)
        .map_err(|error| PatternError::Broken { pattern: shown(), reason: reason(&error) })
}

/// Without the pattern, which the sentence around it names.
fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithPath { err, .. } => {
            reason(err)
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leave_out(patterns: &[&str], path: &str, is_directory: bool) -> bool {
        Excludes::new(patterns).leave_out(Path::new(path), is_directory)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_a_gitignore_file_at_the_root() {
        assert!(leave_out(&["*.log"], "deep/down/a.log", false));
        assert!(leave_out(&["vendor/"], "third/vendor", true));
        assert!(!leave_out(&["vendor/"], "vendor", false), "a file of that name");
        assert!(leave_out(&["/vendor"], "vendor", true));
        assert!(!leave_out(&["/vendor"], "third/vendor", true));
        assert!(leave_out(&["docs/*.md"], "docs/a.md", false));
        assert!(!leave_out(&["docs/*.md"], "docs/deep/a.md", false));
        assert!(!leave_out(&["*.log", "!keep.log"], "keep.log", false));
    }

    #[test]
    fn what_leaves_out_nothing_or_is_broken_is_refused_by_name() {
        for (pattern, words) in [
            ("  ", "empty"),
            ("# vendor", "comment"),
            ("/", "names no file"),
            ("!", "names no file"),
            ("a\nb", "more than one line"),
            ("src/[a-", "src/[a-"),
            ("{a,b", "{a,b"),
        ] {
            let sentence = check(pattern).unwrap_err().to_string();
            assert!(sentence.contains(words), "{pattern:?}: {sentence}");
        }
        assert_eq!(check(" vendor/ ").unwrap(), "vendor/");
        assert_eq!(check("odd\\ ").unwrap(), "odd\\ ");
    }

    #[test]
    fn a_broken_pattern_leaves_the_others_in_effect() {
        assert!(leave_out(&["[a-", "*.log"], "a.log", false));
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_whose_name_is_not_utf8_can_be_left_out() {
        use std::os::unix::ffi::OsStrExt;
        let odd = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9"));
        let excludes = Excludes::new([of_directory(&rel_path::encode(odd))]);
        assert!(excludes.leave_out(odd, true));
    }

    proptest! {
        #[test]
        fn the_pattern_of_a_directory_is_sound_and_leaves_out_that_one(
            path in "[a-c!#*?\\[\\]{}\\\\ \\-]{1,6}(/[a-c!#*?\\[\\]{} .]{1,6}){0,2}",
            other in "[a-c*\\\\]{1,6}(/[a-c*]{1,6}){0,2}",
        ) {
            let normal = |part: &str| part != "." && part != "..";
            prop_assume!(path.split('/').all(normal));
            let pattern = of_directory(&path);
            prop_assert_eq!(check(&pattern), Ok(pattern.clone()));
            let excludes = Excludes::new([&pattern]);
            prop_assert!(excludes.leave_out(Path::new(&path), true));
            prop_assert!(!excludes.leave_out(Path::new(&path), false), "a file");
            let is_same = other == path;
            prop_assert_eq!(excludes.leave_out(Path::new(&other), true), is_same);
        }
    }
}
