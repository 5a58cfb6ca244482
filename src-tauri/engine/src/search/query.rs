//! The query language: words, `"exact"`, `/regex/`, `project:`, `path:`, `lang:`, `sym:`, each of
//! which a hyphen turns round (but for the pattern), `case:yes`, `refs:`, `callers:` and `callees:`.
//! Filters that are not known are words.

use super::graph::{Related, Relation};
use super::path_filter::PathFilter;
use super::symbol_name::SymbolName;
use super::terms;
use crate::index::language;
use crate::index::tokenizer::lower;

/// A parsed query. Every list keeps the order in which it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub words: Vec<String>,
    /// Texts that have to stand in the file as they are (case apart).
    pub phrases: Vec<String>,
    /// Words and texts that must not be there, nor in the name of a file that is found by its name.
    pub excluded: Vec<String>,
    pub projects: Vec<String>,
    pub excluded_projects: Vec<String>,
    pub paths: Vec<PathFilter>,
    pub excluded_paths: Vec<PathFilter>,
    /// As the index has them, or as they were typed where there is none of that name.
    pub languages: Vec<String>,
    pub excluded_languages: Vec<String>,
    pub symbols: Vec<String>,
    /// Definitions that are not wanted, nor what stands in them.
    pub excluded_symbols: Vec<SymbolName>,
    pub regexes: Vec<String>,
    /// Names whose places in the symbol graph are wanted.
    pub related: Vec<Related>,
    /// Upper and lower case differ.
    pub case_sensitive: bool,
    /// A pattern was typed behind a hyphen.
    pub excludes_pattern: bool,
}

impl Query {
    /// Whether there is anything to look for, apart from filters.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.phrases.is_empty()
            && self.symbols.is_empty()
            && self.regexes.is_empty()
            && self.related.is_empty()
    }

    /// Whether a hit has to be looked at in its file before it is one.
    pub fn is_exact(&self) -> bool {
        !self.phrases.is_empty()
            || self.case_sensitive
            || !self.excluded_symbols.is_empty()
            || !self.excluded.iter().all(|text| terms::is_word(text))
    }

    /// Whether a place has to be looked at before it is a hit: an index does not tell all.
    pub fn needs_a_look(&self) -> bool {
        let mut paths = self.paths.iter().chain(&self.excluded_paths);
        self.is_exact() || paths.any(|filter| !filter.is_told_by_words())
    }

    /// Whether `path:` and `-path:` let the file through.
    pub fn allows_path(&self, path: &str) -> bool {
        self.paths.iter().all(|filter| filter.holds(path))
            && !self.excluded_paths.iter().any(|filter| filter.holds(path))
    }

    /// Whether the file at `path` may be found by its name.
    pub fn allows(&self, path: &str) -> bool {
        self.allows_file(path) && !self.excludes_name(path)
    }

    /// Whether the filters leave the file at `path`.
    pub fn allows_file(&self, path: &str) -> bool {
        let is = |wanted: &String| language::of(path) == Some(wanted);
        let is_meant = |wanted: &String| is(wanted) || language::is_header(wanted, path);
        self.allows_path(path)
            && (self.languages.is_empty() || self.languages.iter().any(is_meant))
            && !self.excluded_languages.iter().any(is)
    }

    /// Whether there are filters that leave only some of the files.
    pub fn filters_files(&self) -> bool {
        let Query { paths, excluded_paths, languages, excluded_languages, .. } = self;
        !(paths.is_empty()
            && excluded_paths.is_empty()
            && languages.is_empty()
            && excluded_languages.is_empty())
    }

    fn excludes_name(&self, path: &str) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let (words, folded) = (terms::words_of(path), lower(path));
        self.excluded.iter().map(|text| lower(text)).any(|text| {
            if terms::is_word(&text) { words.contains(&text) } else { folded.contains(&text) }
        })
    }

    /// A language that was asked for and does not exist.
    pub fn unknown_language(&self) -> Option<&str> {
        let mut typed = self.languages.iter().chain(&self.excluded_languages);
        typed.find(|typed| language::named(typed).is_none()).map(String::as_str)
    }
}

/// Reads a query that is one pattern: everything but its filters, with or without slashes around.
pub fn parse_pattern(text: &str) -> Query {
    let mut query = Query::default();
    let mut pattern = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (term, after) = next_term(rest);
        if term.key.is_some_and(is_filter) {
            query.take(term);
            rest = after.trim_start();
        } else {
            // Up to the next space, with it: a pattern keeps its own.
            let end = rest.find(char::is_whitespace).map_or(rest.len(), |at| at + 1);
            let end = rest.ceil_char_boundary(end);
            pattern.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    let trimmed = pattern.trim_end();
    // A space behind a backslash was meant.
    let escapes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    let pattern = &pattern[..(trimmed.len() + escapes % 2).min(pattern.len())];
    let bare = delimited_regex(pattern).filter(|(_, after)| after.is_empty());
    let pattern = bare.map_or(pattern, |(inside, _)| inside);
    if !pattern.is_empty() {
        query.regexes.push(pattern.to_owned());
    }
    query
}

/// Words before a colon that narrow a search for a pattern.
const FILTERS: [&str; 6] = ["project", "path", "file", "lang", "sym", "case"];

fn is_filter(key: &str) -> bool {
    FILTERS.iter().any(|filter| key.eq_ignore_ascii_case(filter))
}

/// Reads a query. Every text is one: what makes no sense as syntax is taken as words.
pub fn parse(text: &str) -> Query {
    let mut query = Query::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (term, after) = next_term(rest);
        rest = after.trim_start();
        query.take(term);
    }
    query
}

#[derive(Debug, PartialEq, Eq)]
struct Term<'a> {
    negated: bool,
    /// What stands before a colon.
    key: Option<&'a str>,
    value: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Regex,
}

fn next_term(text: &str) -> (Term<'_>, &str) {
    // `->`, `-=` and `-1` stand in code.
    let is_negatable = |body: &&str| {
        body.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '"' | '@'))
            || delimited_regex(body).is_some()
    };
    let negated = text.strip_prefix('-').filter(is_negatable);
    let (negated, body) = (negated.is_some(), negated.unwrap_or(text));
    let (key, body) = match body.split_once(':') {
        Some((key, value))
            if !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphabetic())
                && value.starts_with(|c: char| !c.is_whitespace() && c != ':') =>
        {
            (Some(key), value)
        }
        _ => (None, body),
    };
    let (kind, value, after) = if let Some(quoted) = body.strip_prefix('"') {
        // A quote that is still being typed reaches to the end.
        let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
        (Kind::Quoted, value, after)
    } else if let Some((regex, after)) = key.is_none().then(|| delimited_regex(body)).flatten() {
        (Kind::Regex, regex, after)
    } else {
        let end = body.find(char::is_whitespace).unwrap_or(body.len());
        (Kind::Word, &body[..end], &body[end..])
    };
    (Term { negated, key, value, kind }, after)
}

/// `/…/` where the closing slash ends the term; `\/` is a slash inside.
fn delimited_regex(text: &str) -> Option<(&str, &str)> {
    // `//` starts a comment, not a pattern.
    let body = text.strip_prefix('/').filter(|body| !body.starts_with('/'))?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => {
                let after = &body[at + 1..];
                let ends = after.is_empty() || after.starts_with(char::is_whitespace);
                if ends {
                    return (at > 0).then_some((&body[..at], after));
                }
            }
            _ => {}
        }
    }
    None
}

impl Query {
    fn take(&mut self, term: Term<'_>) {
        let Term { negated, key, value, kind } = term;
        if value.is_empty() {
            return;
        }
        let owned = || value.to_owned();
        let languages = || {
            let language = language::named(value).unwrap_or(value);
            let all = [language].into_iter().chain(language::dialects(language).iter().copied());
            all.map(str::to_owned)
        };
        let related = |relation| Related { relation, symbol: SymbolName::new(value) };
        match (key.map(str::to_ascii_lowercase).as_deref(), negated) {
            (Some("project"), false) => self.projects.push(owned()),
            (Some("project"), true) => self.excluded_projects.push(owned()),
            (Some("path" | "file"), false) => self.paths.extend(PathFilter::new(value)),
            (Some("path" | "file"), true) => self.excluded_paths.extend(PathFilter::new(value)),
            (Some("lang"), false) => self.languages.extend(languages()),
            (Some("lang"), true) => self.excluded_languages.extend(languages()),
            (Some("sym"), false) => self.symbols.push(owned()),
            (Some("sym"), true) => self.excluded_symbols.push(SymbolName::new(value)),
            (Some("refs"), false) => self.related.push(related(Relation::References)),
            (Some("callers"), false) => self.related.push(related(Relation::Callers)),
            (Some("callees"), false) => self.related.push(related(Relation::Callees)),
            (Some("case"), false) => {
                self.case_sensitive =
                    ["yes", "true", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes));
            }
            (Some(_), _) => {
                // Not a filter of ours: what was typed is the word.
                let word = key.map_or_else(owned, |key| format!("{key}:{value}"));
                if negated { self.excluded.push(word) } else { self.words.push(word) }
            }
            (None, true) if kind == Kind::Regex => self.excludes_pattern = true,
            (None, true) => self.excluded.push(owned()),
            (None, false) => match kind {
                Kind::Word => match symbol_of(value) {
                    Some(symbol) => self.symbols.push(symbol.to_owned()),
                    None => self.words.push(owned()),
                },
                Kind::Quoted => self.phrases.push(owned()),
                Kind::Regex => self.regexes.push(owned()),
            },
        }
    }
}

/// `@name` asks for the definition of a name.
fn symbol_of(word: &str) -> Option<&str> {
    let name = word.strip_prefix('@')?;
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn words_phrases_exclusions_and_filters_are_told_apart() {
        let query = parse(
            r#"tcp send "struct sock *sk" -test -"not this" project:linux path:net/ipv4 LANG:C case:yes
                -path:"/a b/" -lang:py -project:bsd -sym:main"#,
        );
        let expected = Query {
            words: strings(&["tcp", "send"]),
            phrases: strings(&["struct sock *sk"]),
            excluded: strings(&["test", "not this"]),
            projects: strings(&["linux"]),
            paths: vec![PathFilter::new("net/ipv4").unwrap()],
            excluded_paths: vec![PathFilter::Rooted { path: "a b".into(), is_folder: true }],
            languages: strings(&["c"]),
            excluded_languages: strings(&["python"]),
            excluded_projects: strings(&["bsd"]),
            excluded_symbols: vec![SymbolName::new("main")],
            case_sensitive: true,
            ..Query::default()
        };
        assert_eq!(query, expected);
    }

    #[test]
    fn a_filter_takes_a_quoted_value() {
        assert_eq!(parse(r#"project:"my app" x"#).projects, ["my app"]);
    }

    #[test]
    fn unknown_filters_and_lonely_punctuation_are_words() {
        assert_eq!(
            parse("std::string foo:bar http://x - --").words.join(" "),
            "std::string foo:bar http://x - --"
        );
    }

    #[test]
    fn signs_of_code_leave_nothing_out() {
        for typed in ["->", "a -> b", "x -= 1", "return -1", "-*", "--flag"] {
            let query = parse(typed);
            assert_eq!((query.words.join(" ").as_str(), query.excluded.len()), (typed, 0));
        }
        assert_eq!(parse("a -b -\"c d\" -_e").excluded, ["b", "c d", "_e"]);
        assert!(parse("a -/b./").excludes_pattern);
    }

    #[test]
    fn case_may_be_asked_for_in_any_case() {
        assert!(parse("case:YES x").case_sensitive && !parse("case:no x").case_sensitive);
    }

    #[test]
    fn a_pattern_keeps_the_space_that_it_escapes() {
        assert_eq!(parse_pattern(r"foo\ ").regexes, [r"foo\ "]);
        assert_eq!(parse_pattern(r"foo\\ ").regexes, [r"foo\\"]);
        assert_eq!(parse_pattern("foo ").regexes, ["foo"]);
    }

    #[test]
    fn a_regex_may_hold_spaces_and_a_path_is_none() {
        assert_eq!(parse(r"/foo \d+/ x").regexes, [r"foo \d+"]);
        assert_eq!(parse("/usr/lib").words, ["/usr/lib"]);
        assert_eq!(parse(r"/a\/b/").regexes, [r"a\/b"]);
        assert_eq!(parse("//// base type ////").regexes, [""; 0]);
    }

    #[test]
    fn an_open_quote_reaches_to_the_end() {
        assert_eq!(parse("\"half typed").phrases, ["half typed"]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in "\\PC{0,60}") {
            parse(&text);
        }
    }
}
