//! Which names cannot be what was typed.

use aho_corasick::AhoCorasick;

use super::SymbolQuery;
use crate::index::outline::Outlined;
use crate::search::statistics::Wanted;

/// Tells in a moment which names cannot be what was typed: most of those that a search meets.
pub struct Sieve {
    /// A single word's letters have to be in the name, in their order.
    letters: Option<String>,
    /// Of several words, one has to be in the name or in what it belongs to …
    words: Option<AhoCorasick>,
    /// … or the name is made of all of them.
    run_together: String,
    /// … or it is the one that was typed behind what it belongs to.
    qualified: Option<String>,
}

impl Sieve {
    /// `wanted`: as it is given to [`SymbolQuery::quality`].
    pub fn new(symbols: &SymbolQuery, wanted: &[Wanted]) -> Sieve {
        let letters = match symbols.folded.as_slice() {
            [word] => Some(word.clone()),
            _ => None,
        };
        let forms = wanted.iter().flat_map(Wanted::forms);
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(forms).ok();
        let qualified = symbols.qualified.as_ref().map(|typed| typed.name.clone());
        Sieve { letters, words, run_together: symbols.run_together.clone(), qualified }
    }

    /// Whether `definition` may have a [`SymbolQuery::quality`] above 0.
    pub fn lets_through(&self, definition: &Outlined) -> bool {
        let Outlined { name, container, .. } = definition;
        let texts = || [Some(name), container.as_ref()].into_iter().flatten();
        if texts().any(|text| !text.is_ascii()) {
            return true;
        }
        match (&self.letters, &self.words) {
            (Some(letters), _) => {
                let mut rest = name.bytes();
                letters.bytes().all(|letter| rest.any(|byte| byte.eq_ignore_ascii_case(&letter)))
            }
            (None, Some(words)) => {
                let letters = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
                texts().any(|text| words.is_match(text))
                    || letters.map(|byte| byte.to_ascii_lowercase()).eq(self.run_together.bytes())
                    || self.qualified.as_ref().is_some_and(|typed| name.eq_ignore_ascii_case(typed))
            }
            (None, None) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{query, terms};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sieve_keeps_back_only_what_is_nothing_of_what_was_typed(
            typed in "[aAbB_ß-]{1,4}(::[aAb]{1,2})?( [abA_]{1,3}){0,2}",
            name in "[aAbB_ß]{1,9}",
            container in prop::option::of("[aAb_:.]{1,6}"),
        ) {
            let query = query::parse(&typed);
            let wanted: Vec<Wanted> = terms::wanted(&query)
                .into_iter()
                .map(|identifier| Wanted { identifier, variants: vec!["ba".into()], idf: 1.0 })
                .collect();
            if let Some(symbols) = SymbolQuery::new(&query) {
                let definition = Outlined {
                    name, container, kind: 0, name_line: 1, line_start: 1, line_end: 1,
                };
                let sieve = Sieve::new(&symbols, &wanted);
                if symbols.quality(&definition, &wanted) > 0.0 {
                    prop_assert!(sieve.lets_through(&definition));
                }
            }
        }
    }
}
