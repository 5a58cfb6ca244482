//! The symbols lane: chunks that define a name which was typed whole, begun, in words or by the
//! beginnings of its parts.

mod automata;
mod sieve;

use std::sync::atomic::AtomicUsize;

use tantivy::query::Query as IndexQuery;
use tantivy::schema::Field;
use tantivy::{DocAddress, Searcher, Term};
use tantivy_fst::Automaton;

use super::classes::{self, Class};
use super::query::Query;
use super::statistics::Wanted;
use super::symbol_name::SymbolName;
use super::text;
use crate::index::outline::Outlined;
use crate::index::schema::Fields;
use crate::index::tokenizer::{SHORTEST_PART, lower, parts};
use automata::{Beginning, InOrder};
pub use sieve::Sieve;

/// A longer question names nothing.
const MOST_WORDS: usize = 6;
/// Names that begin as typed: so many of them are looked up, the shortest first …
const NAMES_USED: usize = 60;
/// … which are looked for among those that are so many bytes longer, then among longer ones …
const LONGER: [usize; 3] = [2, 6, usize::MAX];
/// … where so many are read of each segment's dictionary.
const NAMES_READ: usize = 2000;
/// So many steps through each segment's dictionary are taken for beginnings of parts: a few
/// milliseconds.
const MOST_STEPS: usize = 200_000;
/// So many letters say what first letters are meant …
const FEWEST_INITIALS: usize = 2;
/// … and so many what beginnings.
const FEWEST_BEGINNINGS: usize = 4;

/// What was typed, as the name of a definition.
#[derive(Clone, Debug, Default)]
pub struct SymbolQuery {
    /// The words as they were typed.
    words: Vec<String>,
    /// The same in lower case, apart.
    folded: Vec<String>,
    /// Names that the words may spell: joined by nothing, by `_` and by `-`.
    spellings: Vec<String>,
    /// All letters of the words.
    run_together: String,
    /// Where all that was typed is one name behind what it belongs to: both in lower case.
    qualified: Option<SymbolName>,
}

impl SymbolQuery {
    /// `None` where the query cannot mean a name.
    pub fn new(query: &Query) -> Option<SymbolQuery> {
        let all: Vec<&String> = query.symbols.iter().chain(&query.words).collect();
        let typed: Vec<&str> = all
            .iter()
            .flat_map(|word| word.split(|c: char| !(c.is_alphanumeric() || c == '_')))
            .filter(|word| !word.is_empty())
            .collect();
        if typed.is_empty() || typed.len() > MOST_WORDS {
            return None;
        }
        let words: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
        let folded: Vec<String> = words.iter().map(|word| lower(word)).collect();
        let mut spellings = vec![folded.concat(), folded.join("_"), folded.join("-")];
        spellings.sort_unstable();
        spellings.dedup();
        let run_together = folded.concat().replace('_', "");
        let qualified = match all.as_slice() {
            [one] => Some(SymbolName::new(&lower(one))).filter(|it| it.container.is_some()),
            _ => None,
        };
        Some(SymbolQuery { words, folded, spellings, run_together, qualified })
    }

    /// Chunks in whose names all the words stand.
    fn in_words(&self, fields: Fields) -> Vec<Vec<Term>> {
        let parts = self.words.iter().flat_map(|word| parts(word));
        let told = parts.filter(|part| part.len() >= SHORTEST_PART).map(lower);
        told.map(|part| of_any(&[fields.symbol_words, fields.symbol], &part)).collect()
    }

    /// How well the definition's name is what was typed: from 0, not at all, to 1, letter by letter.
    pub fn quality(&self, definition: &Outlined, wanted: &[Wanted]) -> f32 {
        let name = lower(&definition.name);
        if let Some(qualified) = &self.qualified
            && qualified.means_in_any_case(&name, definition.container.as_deref())
        {
            return quality::WORDS_EXACT;
        }
        match self.words.as_slice() {
            [word] => one_word(word, &self.folded[0], &definition.name, &name),
            _ if self.run_together == name.replace(['_', '-'], "") => quality::WORDS_EXACT,
            _ => in_words(wanted, definition),
        }
    }
}

/// The scale of [`SymbolQuery::quality`].
pub mod quality {
    pub const EXACT: f32 = 1.0;
    pub const EXACT_BUT_CASE: f32 = 0.9;
    /// Somebody who types capitals means them.
    pub const EXACT_AGAINST_CAPITALS: f32 = 0.7;
    pub const WORDS_EXACT: f32 = 0.95;
    pub const PREFIX: f32 = 0.75;
    pub const PREFIX_BUT_CASE: f32 = 0.65;
    pub const PART_PREFIX: f32 = 0.5;
    pub const INITIALS: f32 = 0.55;
    /// `htbodst` for `HttpBodyStream`.
    pub const PART_BEGINNINGS: f32 = 0.3;
    pub const INFIX: f32 = 0.35;
    /// How much of the way to the next better sort a name of the typed length goes.
    pub const FULL_LENGTH: f32 = 0.1;
    pub const IN_WORDS: f32 = 0.85;
}

fn one_word(typed: &str, typed_folded: &str, name: &str, name_folded: &str) -> f32 {
    if typed == name {
        return quality::EXACT;
    }
    let has_capitals = typed.chars().any(char::is_uppercase);
    if typed_folded == name_folded {
        return if has_capitals {
            quality::EXACT_AGAINST_CAPITALS
        } else {
            quality::EXACT_BUT_CASE
        };
    }
    let share = typed_folded.len() as f32 / name_folded.len().max(1) as f32;
    let longer = |base: f32| base + quality::FULL_LENGTH * share.min(1.0);
    if name.starts_with(typed) {
        return longer(quality::PREFIX);
    }
    if name_folded.starts_with(typed_folded) {
        let base = if has_capitals { quality::PART_PREFIX } else { quality::PREFIX_BUT_CASE };
        return longer(base);
    }
    let initials: String = parts(name).filter_map(|part| part.chars().next()).collect();
    if typed_folded.chars().nth(1).is_some() && lower(&initials) == typed_folded {
        return quality::INITIALS;
    }
    match name_folded.find(typed_folded) {
        Some(at) if begins_part(name, at) => longer(quality::PART_PREFIX),
        Some(_) => longer(quality::INFIX),
        None if begins_parts(typed_folded, name) => longer(quality::PART_BEGINNINGS),
        None => 0.0,
    }
}

/// Whether `typed`, in lower case, is made of the beginnings of parts of `name`: of the first one,
/// and of any of the others, in their order.
fn begins_parts(typed: &str, name: &str) -> bool {
    if typed.chars().nth(FEWEST_BEGINNINGS - 1).is_none() {
        return false;
    }
    // How many bytes of it the parts up to here may make.
    let mut made = vec![false; typed.len() + 1];
    made[0] = true;
    for (at, part) in parts(name).enumerate() {
        let part = lower(part);
        let before = made.clone();
        if at == 0 {
            made[0] = false;
        }
        for from in (0..typed.len()).filter(|from| before[*from]) {
            let alike = typed[from..].chars().zip(part.chars()).take_while(|(a, b)| a == b);
            alike.fold(from, |end, (letter, _)| {
                made[end + letter.len_utf8()] = true;
                end + letter.len_utf8()
            });
        }
    }
    made[typed.len()]
}

/// Whether a part of `name` begins at the byte `at`.
fn begins_part(name: &str, at: usize) -> bool {
    parts(name).any(|part| part.as_ptr() as usize - name.as_ptr() as usize == at)
}

/// How many of the wanted words are parts of the name, and how many of its parts were wanted.
fn in_words(wanted: &[Wanted], definition: &Outlined) -> f32 {
    let total: f32 = wanted.iter().map(|word| word.idf).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let folded: Vec<String> = parts(&definition.name).map(lower).collect();
    let whole = lower(&definition.name);
    let container: Vec<String> =
        definition.container.iter().flat_map(|name| parts_of_all(name)).collect();
    let mut hit = vec![false; folded.len()];
    let mut covered = 0.0;
    for word in wanted {
        let mut found = word.is(&whole);
        for (part, hit) in folded.iter().zip(&mut hit) {
            if word.is(part) {
                (*hit, found) = (true, true);
            }
        }
        if found {
            covered += word.idf;
        } else if container.iter().any(|part| word.is(part)) {
            covered += word.idf / 2.0;
        }
    }
    let used = hit.iter().filter(|hit| **hit).count() as f32;
    let used = if wanted.iter().any(|word| word.is(&whole)) {
        1.0
    } else {
        used / folded.len().max(1) as f32
    };
    let covered = covered / total;
    quality::IN_WORDS * covered * covered * (0.4 + 0.6 * used)
}

fn parts_of_all(name: &str) -> Vec<String> {
    name.split(|c: char| !(c.is_alphanumeric() || c == '_')).flat_map(parts).map(lower).collect()
}

/// How near to what was typed the name is that a chunk was looked up by: each of these outweighs
/// all of the others below it, so that no number of longer names takes the place of the exact one.
mod nearness {
    pub const SPELLED: f32 = 8.0;
    /// Begun, or typed behind what it belongs to.
    pub const BEGUN: f32 = 4.0;
    /// Named with all of the words, or beside what it belongs to.
    pub const IN_PART: f32 = 1.0;
}

/// The chunks of one index that define what may be meant, the nearest names first, at most `limit`.
///
/// # Errors
/// Where the index cannot be read.
pub fn chunks(
    searcher: &Searcher,
    fields: Fields,
    query: &Query,
    symbols: &SymbolQuery,
    limit: usize,
) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    let spelled = symbols.spellings.iter();
    let spelled = spelled.map(|name| Term::from_field_text(fields.symbol, name)).collect();
    let mut classes = vec![Class { groups: vec![spelled], score: nearness::SPELLED }];
    let mut add = |score, groups| classes.push(Class { groups, score });
    if let [word] = symbols.folded.as_slice() {
        let mut begun = beginning_with(searcher, fields.symbol, word)?;
        let mut in_part = beginning_with(searcher, fields.symbol_words, word)?;
        let several = |letters: usize| word.chars().nth(letters - 1).is_some();
        if begun.is_empty() && in_part.is_empty() && several(FEWEST_BEGINNINGS) {
            begun = by_parts(searcher, fields.symbol, word)?;
        }
        if several(FEWEST_INITIALS) {
            in_part.push(Term::from_field_text(fields.initials, word));
        }
        add(nearness::BEGUN, vec![begun]);
        add(nearness::IN_PART, vec![in_part]);
    } else {
        add(nearness::IN_PART, symbols.in_words(fields));
    }
    if let Some(SymbolName { name, container: Some(container) }) = &symbols.qualified {
        let Fields { symbol, text, parts, path_words, .. } = fields;
        let named = of_any(&[symbol], name);
        let beside = of_any(&[symbol, text, parts, path_words], container);
        add(nearness::BEGUN, vec![named.clone()]);
        add(nearness::IN_PART, vec![named, beside]);
    }
    let allowed = text::is_restricted(query, fields).then(|| text::allowed(query, fields));
    let allowed = allowed.as_ref().map(|query| query as &dyn IndexQuery);
    classes::best(searcher, classes, allowed, limit)
}

/// `text` in each of these fields.
fn of_any(fields: &[Field], text: &str) -> Vec<Term> {
    fields.iter().map(|field| Term::from_field_text(*field, text)).collect()
}

/// The shortest terms of `field` that begin with `prefix` and go on.
fn beginning_with(searcher: &Searcher, field: Field, prefix: &str) -> tantivy::Result<Vec<Term>> {
    let mut terms = Vec::new();
    for longer in LONGER {
        terms = shortest(searcher, field, Beginning { prefix: prefix.as_bytes(), longer })?;
        if terms.len() == NAMES_USED {
            break;
        }
    }
    Ok(terms)
}

/// The shortest terms of `field` with the letters of `word` in their order, the first of them at
/// their beginning.
fn by_parts(searcher: &Searcher, field: Field, word: &str) -> tantivy::Result<Vec<Term>> {
    let steps = AtomicUsize::new(MOST_STEPS * searcher.segment_readers().len());
    shortest(searcher, field, InOrder { letters: word.as_bytes(), steps: &steps })
}

/// The shortest terms of `field` that are accepted.
fn shortest(
    searcher: &Searcher,
    field: Field,
    accepted: impl Automaton<State: Clone> + Copy,
) -> tantivy::Result<Vec<Term>> {
    let mut names: Vec<String> = Vec::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().search(accepted).into_stream()?;
        let mut read = 0;
        while read < NAMES_READ && terms.advance() {
            read += 1;
            names.extend(std::str::from_utf8(terms.key()).map(str::to_owned));
        }
    }
    names.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    names.dedup();
    names.truncate(NAMES_USED);
    Ok(names.iter().map(|name| Term::from_field_text(field, name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_parts_make_a_name() {
        for typed in ["htbodst", "httpstr", "hbstre", "httpbodystream"] {
            assert!(begins_parts(typed, "HttpBodyStream"), "{typed}");
        }
        for typed in ["hbs", "bodst", "htodst", "streamh", "httpx"] {
            assert!(!begins_parts(typed, "HttpBodyStream"), "{typed}");
        }
        assert!(begins_parts("tcsenlock", "tcp_sendmsg_locked"));
        assert!(begins_parts("größüb", "größe_übersicht"));
        assert!(begins_parts("aaab", "aa_aab"), "the first part may take one letter or two");
    }
}
