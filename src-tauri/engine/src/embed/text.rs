//! What of a piece of code is embedded: where it is, what it lies in, and its lines with the comments
//! among them, in small parts.

use std::ops::Range;

/// Of a part's lines, by [`tokens`]. Models take more at once, but what a question asks for is often
/// a few lines: parts of this size, of which the best one counts, found more than the first 215
/// tokens of each chunk, and as much as parts of 100, which are half as many again.
const MOST_TOKENS: usize = 150;
/// What stands above the lines: the path, and the name of what they lie in.
const MOST_OF_PATH: usize = 40;
const MOST_OF_NAME: usize = 20;

/// Lines of code, and what is known about them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source<'a> {
    /// Relative to the project's root, with `/`.
    pub path: &'a str,
    pub scopes: &'a [Scope],
    pub body: &'a str,
}

/// A definition that lines lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// From 0, within the body; it may begin before it.
    pub lines: Range<i64>,
    /// With what it lies in itself, such as a class.
    pub name: String,
}

/// The text to embed, and the lines of the body in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// From 0, within the body.
    pub first_line: usize,
    /// Behind the last one.
    pub end_line: usize,
}

/// The parts of `source`: one if it fits, else several, cut between lines. Each has the path, and
/// the name of the definition that began before it. Nothing for a body without a letter or digit.
pub fn parts(source: &Source<'_>) -> Vec<Part> {
    if !source.body.chars().any(char::is_alphanumeric) {
        return Vec::new();
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut used = 0;
    for (number, line) in source.body.lines().enumerate() {
        let size = tokens(line);
        if size == 0 {
            continue;
        }
        if parts.is_empty() || used + size > MOST_TOKENS {
            let text = heading(source, number);
            parts.push(Part { text, first_line: number, end_line: number });
            used = 0;
        }
        if let Some(part) = parts.last_mut() {
            part.text.push('\n');
            part.text.push_str(cut_to(line.trim_end(), MOST_TOKENS));
            part.end_line = number + 1;
            used += size;
        }
    }
    parts
}

fn heading(source: &Source<'_>, line: usize) -> String {
    let mut heading = cut_to(source.path, MOST_OF_PATH).to_owned();
    let line = i64::try_from(line).unwrap_or(i64::MAX);
    let around = source
        .scopes
        .iter()
        .filter(|scope| (scope.lines.start + 1..scope.lines.end).contains(&line));
    let innermost = around.min_by_key(|scope| scope.lines.end - scope.lines.start);
    if let Some(scope) = innermost {
        heading.push('\n');
        heading.push_str(cut_to(&scope.name, MOST_OF_NAME));
    }
    heading
}

/// The number of WordPiece tokens of a text, estimated without the vocabulary: code splits into
/// words, of which the long ones split further, and single signs.
pub fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut word = 0;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            word += 1;
            continue;
        }
        count += word_tokens(word);
        word = 0;
        count += usize::from(!character.is_whitespace());
    }
    count + word_tokens(word)
}

fn word_tokens(letters: usize) -> usize {
    match letters {
        0 => 0,
        1..=6 => 1,
        more => more.div_ceil(4),
    }
}

/// The beginning of `text` with at most so many tokens.
fn cut_to(text: &str, most: usize) -> &str {
    if tokens(text) <= most {
        return text;
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let ends: Vec<usize> = ends.collect();
    // The count grows with the text, so the longest beginning that fits can be searched for.
    let fitting = ends.partition_point(|end| tokens(&text[..*end]) <= most);
    &text[..ends[fitting.saturating_sub(1)]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_definition_is_one_part_with_its_place() {
        let body = "fn close(self) {\n\n    self.stop();\n}";
        let scopes = [Scope { lines: 0..4, name: "Pool close".to_owned() }];
        let parts = parts(&Source { path: "src/pool.rs", scopes: &scopes, body });
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].text, "src/pool.rs\nfn close(self) {\n    self.stop();\n}");
        assert_eq!((parts[0].first_line, parts[0].end_line), (0, 4));
    }

    #[test]
    fn lines_without_words_have_no_part() {
        assert!(parts(&Source { path: "a", body: "}\n\n}\n", ..Source::default() }).is_empty());
    }

    #[test]
    fn what_follows_of_a_long_definition_has_the_innermost_name() {
        let body = "    let value = compute(value, other);\n".repeat(60);
        let scope = |lines, name: &str| Scope { lines, name: name.to_owned() };
        let scopes = [scope(-5..60, "outer"), scope(20..40, "inner")];
        let parts = parts(&Source { path: "src/a.rs", scopes: &scopes, body: &body });
        assert!(parts.len() > 3);
        for part in parts {
            let name = if (21..40).contains(&part.first_line) { "inner" } else { "outer" };
            assert!(part.text.starts_with(&format!("src/a.rs\n{name}\n    let")), "{}", part.text);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_no_part_is_too_long(
            lines in prop::collection::vec("[a-z_(){}; ]{0,90}", 1..80),
            name in ".{0,200}",
        ) {
            let body = lines.join("\n");
            let scopes = [Scope { lines: -1..100, name }];
            let parts = parts(&Source { path: "src/x.rs", scopes: &scopes, body: &body });
            let mut next = 0;
            let silent = |lines: &[String]| lines.iter().all(|line| tokens(line) == 0);
            for part in &parts {
                prop_assert!(part.first_line >= next);
                prop_assert!(silent(&lines[next..part.first_line]));
                prop_assert!(part.end_line > part.first_line);
                next = part.end_line;
                prop_assert!(tokens(&part.text) <= 2 * MOST_TOKENS + MOST_OF_PATH + MOST_OF_NAME);
            }
            prop_assert!(silent(&lines[next..]) || !body.chars().any(char::is_alphanumeric));
        }

        #[test]
        fn a_beginning_fits(text in ".{0,300}", most in 1_usize..50) {
            prop_assert!(tokens(cut_to(&text, most)) <= most);
        }
    }
}
