//! What of a piece of code is embedded: where it is, what it is called, what is said about it, and
//! its lines, in parts that fit into the model's window.

/// Of a part, by [`tokens`]. Models have windows of 256, and the estimate is low by less than a
/// fifth for 19 of 20 pieces of code; the worker takes what is longer in two windows.
const MOST_TOKENS: usize = 215;
/// What stands above the lines of every part takes at most this much of it.
const MOST_HEADING: usize = 80;

/// A definition, or a window of lines where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source<'a> {
    /// Relative to the project's root, with `/`.
    pub path: &'a str,
    /// The name that is defined here; empty for a window.
    pub symbol: &'a str,
    /// What the definition lies in: a class, a module; empty for none.
    pub container: &'a str,
    /// The comment that belongs to it; empty if it stands within `body`.
    pub doc: &'a str,
    pub body: &'a str,
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

/// The parts of `source`: one if it fits, else several, cut between lines. Each has the path and
/// the names; the comment stands in the first. Nothing for a body without a letter or digit.
pub fn parts(source: &Source<'_>) -> Vec<Part> {
    if !source.body.chars().any(char::is_alphanumeric) {
        return Vec::new();
    }
    let mut heading = cut_to(source.path, MOST_HEADING / 2).to_owned();
    let name = match (source.container, source.symbol) {
        ("", symbol) => symbol.to_owned(),
        (container, symbol) => format!("{container} {symbol}"),
    };
    for line in [cut_to(name.trim(), MOST_HEADING / 2)] {
        if !line.is_empty() {
            heading.push('\n');
            heading.push_str(line);
        }
    }
    let mut first = heading.clone();
    let doc = cut_to(source.doc.trim(), MOST_TOKENS / 2);
    if !doc.is_empty() {
        first.push('\n');
        first.push_str(doc);
    }

    let mut parts = Vec::new();
    let mut part = Part { text: first.clone(), first_line: 0, end_line: 0 };
    let mut used = tokens(&part.text);
    let mut empty = true;
    for (number, line) in source.body.lines().enumerate() {
        let line = line.trim_end();
        let size = tokens(line);
        if !empty && used + size > MOST_TOKENS {
            parts.push(std::mem::replace(
                &mut part,
                Part { text: heading.clone(), first_line: number, end_line: number },
            ));
            (used, empty) = (tokens(&heading), true);
        }
        part.text.push('\n');
        part.text.push_str(cut_to(line, MOST_TOKENS));
        part.end_line = number + 1;
        used += size;
        empty &= size == 0;
    }
    if !empty {
        parts.push(part);
    }
    parts
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
    fn a_short_definition_is_one_part_with_all_that_is_known() {
        let source = Source {
            path: "src/pool.rs",
            symbol: "close",
            container: "Pool",
            doc: "Ends every worker.",
            body: "fn close(self) {\n    self.stop();\n}",
        };
        let parts = parts(&source);
        assert_eq!(parts.len(), 1);
        assert_eq!(
            parts[0].text,
            "src/pool.rs\nPool close\nEnds every worker.\nfn close(self) {\n    self.stop();\n}"
        );
        assert_eq!((parts[0].first_line, parts[0].end_line), (0, 3));
    }

    #[test]
    fn lines_without_words_have_no_part() {
        assert!(parts(&Source { path: "a", body: "}\n\n}\n", ..Source::default() }).is_empty());
    }

    #[test]
    fn every_part_of_a_long_definition_has_its_names() {
        let body = "    let value = compute(value, other);\n".repeat(120);
        let source = Source { path: "src/a.rs", symbol: "long", body: &body, ..Source::default() };
        let parts = parts(&source);
        assert!(parts.len() > 3);
        assert!(parts.iter().all(|part| part.text.starts_with("src/a.rs\nlong\n")));
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_no_part_is_too_long(
            lines in prop::collection::vec("[a-z_(){}; ]{0,90}", 1..80),
            doc in ".{0,2000}",
        ) {
            let body = lines.join("\n");
            let source =
                Source { path: "src/x.rs", symbol: "name", doc: &doc, body: &body, ..Source::default() };
            let parts = parts(&source);
            let mut next = 0;
            for part in &parts {
                prop_assert!(part.first_line == next);
                prop_assert!(part.end_line > part.first_line);
                next = part.end_line;
                prop_assert!(tokens(&part.text) <= MOST_TOKENS + MOST_TOKENS / 2);
            }
            let rest = body.lines().skip(next);
            prop_assert!(rest.into_iter().all(|line| tokens(line) == 0) || !body.chars().any(char::is_alphanumeric));
        }

        #[test]
        fn a_beginning_fits(text in ".{0,300}", most in 1_usize..50) {
            prop_assert!(tokens(cut_to(&text, most)) <= most);
        }
    }
}
