//! What is better than what: the one table of weights, and the figures that it weighs.
//!
//! The weights were fitted on questions with known answers (`cargo xtask bench quality`); each
//! stays only because the result is worse without it.

use std::collections::HashSet;
use std::path::Path;

use super::names::NamedFile;
use super::query::Query;
use super::statistics::Wanted;
use super::symbols::{Sieve, SymbolQuery, quality};
use crate::index::outline::{Outline, Outlined};
use crate::index::tokenizer::{lower, parts};
use crate::rel_path;
use crate::symbols::SymbolKind;

/// What a hit can earn. Each figure runs from 0 to 1.
struct Weights {
    /// Its share of the best BM25 score.
    text: f32,
    /// How much of what was typed its text holds, by weight of the words.
    coverage: f32,
    /// How well the name of a definition in it is what was typed.
    symbol: f32,
    /// How much of what was typed stands in the file's name, and in its directories.
    stem: f32,
    directory: f32,
    /// How well the rest of its file fits: its share of the best file's sum of BM25 scores, and how
    /// much of what was typed the file's candidates hold together.
    file: f32,
    file_coverage: f32,
    /// Whether something is defined there at all.
    defines: f32,
    /// Whether all that was typed stands there as it was typed.
    phrase: f32,
    /// How alike in meaning it is to the question: the cosine of their vectors.
    meaning: f32,
    /// The same of those places in its file that are most alike.
    file_meaning: f32,
    /// How much the sort of its file matters: the exponent of its share.
    sort: f32,
}

/// For up to [`FEW_WORDS`] words, which may well be a name …
const NAME: Weights = Weights {
    text: 0.25,
    coverage: 0.2,
    symbol: 2.6,
    stem: 0.4,
    directory: 0.35,
    file: 0.05,
    file_coverage: 0.2,
    defines: 0.8,
    phrase: 0.4,
    meaning: 0.6,
    file_meaning: 0.2,
    sort: 2.0,
};
/// … and for more, which describe something.
const QUESTION: Weights = Weights {
    text: 1.0,
    coverage: 0.8,
    symbol: 2.0,
    stem: 1.1,
    directory: 0.5,
    file: 0.25,
    file_coverage: 0.15,
    defines: 0.65,
    phrase: 0.3,
    meaning: 0.8,
    file_meaning: 0.5,
    sort: 1.6,
};
const FEW_WORDS: usize = 3;

/// Whether so many words describe something, and name nothing.
pub fn is_question(words: usize) -> bool {
    words > FEW_WORDS
}

/// More than any sum of the weights: what was compared by meaning goes before what was not, where
/// meaning alone gives the order.
pub const ABOVE_WORDS: f32 = 100.0;

/// What remains of the score of a hit in a file of this sort.
const TESTS: f32 = 0.6;
const EXAMPLES: f32 = 0.7;
pub const VENDORED: f32 = 0.5;
const PROSE: f32 = 0.8;
const COMPILED: f32 = 0.7;
const MANUAL: f32 = 0.7;
const TOOLS: f32 = 0.8;
const DEPRECATED: f32 = 0.8;
/// Below a directory whose name begins with a dot.
const HIDDEN: f32 = 0.8;

/// Files that the names lane adds to what other lanes found; of each project.
pub const MOST_FILES: usize = 20;
/// What a name written like a path counts beside one that may also be a word.
const WRITTEN_AS_PATH: f32 = 2.0;

/// The score of a file that was found by its name, on the scale of [`Figures::score`].
pub fn file_score(file: &NamedFile, is_path: bool) -> f32 {
    let weight = NAME.symbol * if is_path { WRITTEN_AS_PATH } else { 1.0 };
    weight * file.quality * share(&file.path).powf(NAME.sort)
}

/// How much more the hits of a project count whose folder's name is among the words.
const NAMED_PROJECT: f32 = 1.4;

/// What a project's hits count beside those of the others.
pub fn project_share(query: &Query, root: &Path, projects: usize) -> f32 {
    let name = root.file_name().and_then(|name| name.to_str());
    let typed = name.is_some_and(|name| query.words.iter().any(|w| w.eq_ignore_ascii_case(name)));
    if projects > 1 && typed { NAMED_PROJECT } else { 1.0 }
}

/// What is known of a hit before it is weighed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub text: f32,
    pub coverage: f32,
    pub symbol: f32,
    pub stem: f32,
    pub directory: f32,
    pub file: f32,
    pub file_coverage: f32,
    pub defines: f32,
    pub phrase: f32,
    /// At most 1; 0 where nothing was compared. See [`Figures::compare`].
    pub meaning: f32,
    pub file_meaning: f32,
    /// What remains for the sort of its file.
    pub share: f32,
}

impl Figures {
    /// The score of a hit; only its order among others of the same query means anything.
    pub fn score(&self, words: usize) -> f32 {
        let weights = if is_question(words) { &QUESTION } else { &NAME };
        let sum = weights.text * self.text
            + weights.coverage * self.coverage
            + weights.symbol * self.symbol
            + weights.stem * self.stem
            + weights.directory * self.directory
            + weights.file * self.file
            + weights.file_coverage * self.file_coverage
            + weights.defines * self.defines
            + weights.phrase * self.phrase;
        sum * self.share.powf(weights.sort)
            + weights.meaning * self.meaning
            + weights.file_meaning * self.file_meaning
    }

    /// Takes in how alike in meaning it is to the question, and its file.
    pub fn compare(&mut self, likeness: f32, of_file: f32) {
        // No other can gain more than what is exact, so that none passes it.
        let gain = |likeness| if self.is_exact() { 1.0 } else { likeness * self.share };
        (self.meaning, self.file_meaning) = (gain(likeness), gain(of_file));
    }

    /// What was typed is the name of a definition in it, or stands there as it was typed.
    fn is_exact(&self) -> bool {
        self.phrase > 0.0 || self.symbol > quality::IN_WORDS
    }
}

/// From this quality on, each definition of a chunk is a hit of its own.
const OWN_HIT: f32 = 0.4;
/// Definitions of one chunk that are shown at most.
const MOST_OF_A_CHUNK: usize = 8;
/// What the others count beside the best one: other places come before them.
const OTHERS: f32 = 0.8;
/// From this quality on, the definition is what was meant, and not the place around it.
const MEANT: f32 = 0.85;

/// The definitions of a chunk that are what was typed, and how well they are, from 0 to 1: the best
/// one, and all others that are hits of their own.
pub fn definitions<'a>(
    outline: &'a Outline,
    symbols: &SymbolQuery,
    sieve: &Sieve,
    wanted: &[Wanted],
) -> Vec<(&'a Outlined, f32)> {
    let mut rated: Vec<(&Outlined, f32)> = outline
        .definitions
        .iter()
        .filter(|definition| sieve.lets_through(definition))
        .map(|definition| (definition, symbols.quality(definition, wanted) * standing(definition)))
        .filter(|(_, quality)| *quality > 0.0)
        .collect();
    rated.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let own = rated.iter().filter(|(_, quality)| *quality >= OWN_HIT).count();
    rated.truncate(own.clamp(1, MOST_OF_A_CHUNK));
    for (_, quality) in rated.iter_mut().skip(1) {
        *quality *= OTHERS;
    }
    rated
}

/// Whether a hit is the definition itself, and not the place around it.
pub fn is_meant(quality: f32) -> bool {
    quality >= MEANT
}

/// What a kind of definition counts beside a function or a type.
fn standing(definition: &Outlined) -> f32 {
    use SymbolKind::{
        Constant, Declaration, EnumMember, Field, Heading, Key, Property, Section, Variable,
    };
    match definition.kind() {
        Some(Declaration) => 0.8,
        Some(Constant | EnumMember | Field | Property) => 0.9,
        Some(Variable) => 0.8,
        Some(Heading | Key | Section) => 0.7,
        _ => 1.0,
    }
}

/// How much of what is wanted stands in the file's name without its extension, and in the
/// directories above it; each from 0 to 1.
pub fn path_figures(path: &str, wanted: &[Wanted]) -> (f32, f32) {
    let total: f32 = wanted.iter().map(|word| word.idf).sum();
    if total <= 0.0 {
        return (0.0, 0.0);
    }
    let name = rel_path::file_name(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    // A file named for its place, as `mod.rs` and `index.ts` are, is named by its directory.
    let share = |text: &str| {
        let mut words: Vec<String> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .flat_map(parts)
            .map(|part| part.to_lowercase())
            .collect();
        words.push(lower(text));
        let holds = |word: &Wanted| words.iter().any(|part| word.is(part));
        wanted.iter().filter(|word| holds(word)).map(|word| word.idf).sum::<f32>() / total
    };
    (share(stem), share(rel_path::parent(path)))
}

/// Directories whose files are not what somebody looks for first, and what remains of their scores.
const DIRECTORIES: [(&[&str], f32); 6] = [
    (&["test", "tests", "testing", "__tests__", "spec", "specs", "testdata", "fixtures"], TESTS),
    (
        &[
            "example",
            "examples",
            "_examples",
            "sample",
            "samples",
            "demo",
            "demos",
            "docs_src",
            "bench",
            "benches",
            "benchmark",
            "benchmarks",
        ],
        EXAMPLES,
    ),
    (
        &[
            "vendor",
            "vendored",
            "third_party",
            "thirdparty",
            "node_modules",
            "external",
            "deps",
            "dist",
            "build",
            "out",
            "single_include",
            "amalgamation",
        ],
        VENDORED,
    ),
    (&["doc", "docs", "documentation"], MANUAL),
    (&["tools", "scripts", "hack", "ci"], TOOLS),
    (&["deprecated", "legacy", "obsolete"], DEPRECATED),
];
/// Endings of what compilers write beside the source.
const COMPILED_ENDINGS: [&str; 5] = [".cjs", ".mjs", ".d.ts", ".d.cts", ".d.mts"];
const PROSE_ENDINGS: [&str; 7] = [".md", ".rst", ".txt", ".adoc", ".lock", ".json", ".html"];

/// What remains of the score of a hit in the file at `path`.
pub fn share(path: &str) -> f32 {
    let folded = path.to_ascii_lowercase();
    let name = rel_path::file_name(&folded);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let mut share = 1.0;
    let mut is_test = is_test_name(rel_path::file_name(path));
    for (names, remains) in DIRECTORIES {
        if rel_path::parent(&folded).split('/').any(|directory| names.contains(&directory)) {
            is_test &= remains != TESTS;
            share *= remains;
        }
    }
    if is_test {
        share *= TESTS;
    }
    if name.contains(".min.") || name.contains("generated") || name.contains(".pb.") {
        share *= VENDORED;
    }
    if ends(&COMPILED_ENDINGS) {
        share *= COMPILED;
    }
    if ends(&PROSE_ENDINGS) {
        share *= PROSE;
    }
    if rel_path::parent(&folded).split('/').any(|directory| directory.starts_with('.')) {
        share *= HIDDEN;
    }
    share
}

fn is_test_name(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    stem.starts_with("test_")
        || ["_test", "_spec", "Test", "Tests"].iter().any(|end| stem.ends_with(end))
        || ["tests", "conftest"].contains(&stem)
        || name.contains(".test.")
        || name.contains(".spec.")
}

/// What remains for the files among `paths` that a compiler made of another one of them: a script
/// beside a typed source of the same name.
pub fn compiled_shares<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> Vec<f32> {
    let stem_of = |path: &'a str, endings: &[&str]| {
        let name = rel_path::file_name(path);
        endings.iter().find_map(|ending| name.strip_suffix(ending))
    };
    let is_declaration = |path: &str| COMPILED_ENDINGS.iter().any(|end| path.ends_with(end));
    let sources: HashSet<&str> = paths
        .clone()
        .filter(|path| !is_declaration(path))
        .filter_map(|path| stem_of(path, &[".ts", ".tsx", ".mts", ".cts"]))
        .collect();
    let share = |path: &'a str| {
        let made = stem_of(path, &[".js", ".cjs", ".mjs", ".d.ts", ".d.cts", ".d.mts"])
            .is_some_and(|stem| sources.contains(stem));
        if made { COMPILED } else { 1.0 }
    };
    paths.map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn figures()(
            of in prop::array::uniform9(0.0_f32..=1.0),
            phrase in any::<bool>(),
            share in 0.1_f32..=1.0,
        ) -> Figures {
            let [text, coverage, symbol, stem, directory, file, file_coverage, defines, _] = of;
            let phrase = f32::from(u8::from(phrase));
            Figures {
                text, coverage, symbol, stem, directory, file, file_coverage, defines, phrase,
                meaning: 0.0, file_meaning: 0.0, share,
            }
        }
    }

    proptest! {
        #[test]
        fn no_likeness_lifts_anything_above_what_is_exact(
            exact in figures(),
            other in figures(),
            likeness in prop::array::uniform2((-1.0_f32..=1.0, -1.0_f32..=1.0)),
            words in 1_usize..9,
        ) {
            let exact = Figures { phrase: 1.0, ..exact };
            prop_assume!(exact.score(words) >= other.score(words));
            let mut compared = [exact, other];
            compared.iter_mut().zip(likeness).for_each(|(figures, (own, file))| figures.compare(own, file));
            let [exact, other] = compared.map(|figures| figures.score(words));
            prop_assert!(exact >= other);
        }
    }
}
