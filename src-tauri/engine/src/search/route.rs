//! Which lanes take part in a search: cheap, and the same for the same query.

use super::graph::Related;
use super::meaning::Meaning;
use super::names::NameQuery;
use super::pattern::Pattern;
use super::query::Query;
use super::symbols::SymbolQuery;
use super::{Mode, SearchError, terms};

/// Shorter texts are in every file.
const SHORTEST_SUBSTRING: usize = 3;

/// So many telling words may describe something; fewer are its name.
const QUESTION_WORDS: usize = 3;

/// The lanes of one search.
#[derive(Clone, Debug, Default)]
pub struct Route {
    pub text: bool,
    /// Chunks are looked up by the names that they define.
    pub by_symbol: bool,
    /// What was typed as a name: a definition of it goes before its uses.
    pub symbols: Option<SymbolQuery>,
    pub names: Option<NameQuery>,
    /// Patterns that were typed: with them, files are read instead. The first one's lines are hits;
    /// the others have to match somewhere in the file.
    pub patterns: Vec<Pattern>,
    /// Names whose places in the symbol graph were asked for: with them, nothing else is.
    pub related: Vec<Related>,
    /// What was typed, to be found inside of longer words when little else is found.
    pub substrings: Vec<Pattern>,
    /// The best of what was found is compared with the question by meaning.
    pub meaning: Option<Meaning>,
}

impl Route {
    /// # Errors
    /// [`SearchError`]: nothing to look for, or a pattern that cannot be read.
    pub fn new(query: &Query, mode: Mode) -> Result<Route, SearchError> {
        if query.is_empty() {
            return Err(SearchError::Empty);
        }
        if !query.related.is_empty() {
            return Ok(Route { related: query.related.clone(), ..Route::default() });
        }
        let mut route = Route { patterns: patterns(query)?, ..Route::default() };
        match mode {
            Mode::Regex if route.patterns.is_empty() => return Err(SearchError::NoPattern),
            Mode::Regex => {}
            Mode::Names => {
                route.patterns.clear();
                route.names = Some(NameQuery::new(query).ok_or(SearchError::NoFileName)?);
            }
            Mode::Symbols => {
                route.patterns.clear();
                route.by_symbol = true;
                route.symbols = Some(SymbolQuery::new(query).ok_or(SearchError::NoSymbolName)?);
            }
            Mode::Meaning => {
                if query.words.is_empty() {
                    return Err(SearchError::NoQuestion);
                }
                route.patterns.clear();
                route.text = true;
                route.by_symbol = true;
                route.symbols = SymbolQuery::new(query);
                route.meaning = Some(Meaning::Alone);
            }
            Mode::Text => {
                route.text = true;
                route.symbols = SymbolQuery::new(query);
                // Words lead to a few places, and none of them may hold it as it was typed.
                if query.is_exact() {
                    route.substrings = substrings(query);
                }
            }
            Mode::Auto => {
                // `sym:` asks for definitions alone.
                route.text = query.symbols.is_empty();
                route.by_symbol = true;
                route.symbols = SymbolQuery::new(query);
                route.names = NameQuery::new(query);
                route.substrings = substrings(query);
                route.meaning = is_question(query, &route).then_some(Meaning::Fused);
            }
        }
        Ok(route)
    }
}

/// Whether the query describes something in words, and does not name it.
fn is_question(query: &Query, route: &Route) -> bool {
    query.phrases.is_empty()
        && query.symbols.is_empty()
        && query.regexes.is_empty()
        && !query.case_sensitive
        && !route.names.as_ref().is_some_and(|names| names.is_path)
        && terms::wanted(query).len() >= QUESTION_WORDS
}

fn patterns(query: &Query) -> Result<Vec<Pattern>, SearchError> {
    if query.regexes.is_empty() {
        return Ok(Vec::new());
    }
    let bad = |pattern: &str| {
        let pattern = pattern.to_owned();
        move |error: super::pattern::BadPattern| SearchError::BadPattern {
            pattern,
            reason: error.to_string(),
        }
    };
    let typed = query
        .regexes
        .iter()
        .map(|pattern| Pattern::new(pattern, query.case_sensitive).map_err(bad(pattern)));
    let others = query
        .phrases
        .iter()
        .chain(&query.words)
        .map(|text| Pattern::literal(text, query.case_sensitive).map_err(bad(text)));
    typed.chain(others).collect()
}

/// The words and phrases as they were typed, those first that tell most; nothing where a word is too
/// short to tell, or nothing else is longer than a short phrase.
fn substrings(query: &Query) -> Vec<Pattern> {
    let tells = |text: &&String| text.len() >= SHORTEST_SUBSTRING;
    let (long, short): (Vec<&String>, Vec<&String>) = query.phrases.iter().partition(tells);
    let any_short = !query.words.iter().all(|word| tells(&word));
    if !query.symbols.is_empty() || any_short || (long.is_empty() && query.words.is_empty()) {
        return Vec::new();
    }
    let texts = long.into_iter().chain(&query.words).chain(short);
    texts.filter_map(|text| Pattern::literal(text, query.case_sensitive).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::query::parse;

    fn meaning(text: &str, mode: Mode) -> Option<Meaning> {
        Route::new(&parse(text), mode).unwrap().meaning
    }

    #[test]
    fn only_a_question_in_words_asks_for_meaning() {
        let auto = |text| meaning(text, Mode::Auto).is_some();
        assert!(auto("how does the pool close idle connections"));
        assert!(!auto("pool"));
        assert!(!auto("how is it in the pool"), "stop words tell nothing");
        assert!(!auto("close idle pool connections \"at once\""));
        assert!(!auto("close idle pool connections sym:close"));
        assert!(!auto("close idle pool connections case:yes"));
        assert!(!auto("close idle pool connections /x+/"));
        assert!(!auto("src/pool.rs"));
        assert_eq!(meaning("how does the pool close idle connections", Mode::Text), None);
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_in_the_words_of_its_mode() {
        let refusal = |text, mode| Route::new(&parse(text), mode).unwrap_err().to_string();
        assert!(refusal("a b c d", Mode::Names).contains("file's name"));
        assert!(refusal("a b c d e f g", Mode::Symbols).contains("definition"));
    }

    #[test]
    fn who_asks_for_meaning_has_it_for_one_word_too() {
        assert_eq!(meaning("pool", Mode::Meaning), Some(Meaning::Alone));
    }
}
