//! The best documents that hold any of some words: MaxScore (Turtle and Flood 1995) over windows of
//! documents, as Lucene does it. tantivy's own block-max WAND puts its lists in order at each
//! document: with the dozens of lists that a question has (each word, its other forms, and four
//! fields of each), that takes longer than to read them.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentReader, TERMINATED, Term};

use super::best::Best;

/// Documents that are looked at together: their scores stay in the processor's cache.
const WINDOW: u32 = 1 << 14;
/// A list with one in so many documents is long enough that it takes less to look for a document in
/// it than to read it.
const COMMON: u32 = 16;

/// The `limit` best documents of the index that hold any of the terms, best first, each term counted
/// by BM25 times its boost. Among equals those with the smaller address come first.
///
/// # Errors
/// Where the index cannot be read.
pub fn best(
    searcher: &Searcher,
    terms: &[(Term, Score)],
    limit: usize,
    statistics: &dyn Bm25StatisticsProvider,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    let documents = searcher.segment_readers().iter().map(SegmentReader::max_doc).max();
    let window = Window::new(documents.unwrap_or(0).min(WINDOW));
    best_in(window, searcher, terms, limit, statistics)
}

fn best_in(
    mut window: Window,
    searcher: &Searcher,
    terms: &[(Term, Score)],
    limit: usize,
    statistics: &dyn Bm25StatisticsProvider,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    let mut weights = Vec::with_capacity(terms.len());
    for (term, boost) in terms {
        let weight = Bm25Weight::for_terms(statistics, std::slice::from_ref(term))?;
        weights.push((term, weight.boost_by(*boost)));
    }
    let mut best = Best::new(limit);
    for (ord, segment) in (0..).zip(searcher.segment_readers()) {
        let alive = segment.alive_bitset();
        search(open(segment, &weights)?, &mut window, best.least(), |doc, score| {
            if alive.is_none_or(|alive| alive.is_alive(doc)) {
                best.offer(score, DocAddress::new(ord, doc));
            }
            best.least()
        });
    }
    Ok(best.in_order())
}

/// The documents of one segment that hold one term, in their order.
struct List {
    /// Its current block holds the first document that was not passed yet …
    postings: BlockSegmentPostings,
    /// … here; behind the last one stands [`TERMINATED`].
    at: usize,
    norms: FieldNormReader,
    weight: Bm25Weight,
    /// No document counts more.
    bound: Score,
    is_common: bool,
}

fn open(segment: &SegmentReader, weights: &[(&Term, Bm25Weight)]) -> tantivy::Result<Vec<List>> {
    let mut lists = Vec::with_capacity(weights.len());
    for (term, weight) in weights {
        let index = segment.inverted_index(term.field())?;
        let Some(info) = index.get_term_info(term)? else { continue };
        let postings =
            index.read_block_postings_from_terminfo(&info, IndexRecordOption::WithFreqs)?;
        lists.push(List {
            postings,
            at: 0,
            norms: segment.get_fieldnorms_reader(term.field())?,
            bound: weight.score(0, u32::MAX),
            weight: weight.clone(),
            is_common: info.doc_freq >= segment.max_doc() / COMMON,
        });
    }
    Ok(lists)
}

impl List {
    fn doc(&self) -> DocId {
        self.postings.doc(self.at)
    }

    /// Passes all documents before `target`.
    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc() < target {
            self.at = self.postings.seek(target);
        }
        self.doc()
    }

    /// What the document that it stands at counts.
    fn score(&self) -> Score {
        let norm = self.norms.fieldnorm_id(self.doc());
        self.weight.score(norm, self.postings.freq(self.at))
    }

    /// Adds what its documents in the window count, and passes them.
    fn add_to(&mut self, window: &mut Window) {
        loop {
            let block = &self.postings.docs()[self.at..];
            let inside = block.partition_point(|doc| *doc < window.end());
            for (place, doc) in (self.at..).zip(&block[..inside]) {
                let norm = self.norms.fieldnorm_id(*doc);
                window.add(*doc, self.weight.score(norm, self.postings.freq(place)));
            }
            self.at += inside;
            if inside < block.len() || self.postings.docs().is_empty() {
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}

/// What the documents from `begin` on count so far.
struct Window {
    begin: DocId,
    /// In double precision: the order in which it is added does not show.
    scores: Box<[f64]>,
    /// A bit for each document that counts anything.
    touched: Box<[u64]>,
}

impl Window {
    fn new(documents: u32) -> Window {
        let scores = vec![0.0; documents as usize].into_boxed_slice();
        let touched = vec![0; documents.div_ceil(u64::BITS) as usize].into_boxed_slice();
        Window { begin: 0, scores, touched }
    }

    fn end(&self) -> DocId {
        self.begin + self.scores.len() as u32
    }

    fn add(&mut self, doc: DocId, score: Score) {
        let place = (doc - self.begin) as usize;
        self.scores[place] += f64::from(score);
        self.touched[place / u64::BITS as usize] |= 1 << (place % u64::BITS as usize);
    }

    /// Takes the documents out, in their order.
    fn drain(&mut self, mut each: impl FnMut(DocId, f64)) {
        for (at, word) in (0..).zip(&mut *self.touched) {
            while *word != 0 {
                let place = at * u64::BITS + word.trailing_zeros();
                *word &= *word - 1;
                each(self.begin + place, std::mem::take(&mut self.scores[place as usize]));
            }
        }
    }
}

/// Offers the documents of the lists in their order, without those that certainly count no more than
/// the least that is wanted, which `offer` returns.
fn search(
    mut lists: Vec<List>,
    window: &mut Window,
    least: Score,
    mut offer: impl FnMut(DocId, Score) -> Score,
) {
    // Common ones first, and of these what counts least.
    lists.sort_by(|a, b| b.is_common.cmp(&a.is_common).then(a.bound.total_cmp(&b.bound)));
    // What the lists up to each count together at most.
    let bounds: Vec<f64> = lists
        .iter()
        .scan(0.0, |sum, list| {
            *sum += f64::from(list.bound);
            Some(*sum)
        })
        .collect();
    let common = lists.partition_point(|list| list.is_common);
    let mut least = f64::from(least);
    loop {
        let begin = lists.iter().map(List::doc).min().unwrap_or(TERMINATED);
        if begin == TERMINATED {
            return;
        }
        window.begin = begin;
        // A document that stands in none but these cannot count enough.
        let weak = bounds[..common].partition_point(|bound| *bound <= least);
        let (weak, others) = lists.split_at_mut(weak);
        for list in others {
            list.add_to(window);
        }
        window.drain(|doc, mut score| {
            for (list, bound) in weak.iter_mut().zip(&bounds).rev() {
                if score + bound <= least {
                    return;
                }
                if list.seek(doc) == doc {
                    score += f64::from(list.score());
                }
            }
            if score > least {
                least = f64::from(offer(doc, score as Score));
            }
        });
        for list in weak {
            list.seek(window.end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::schema::{self, Fields};
    use proptest::prelude::*;
    use std::ops::Range;
    use tantivy::collector::TopDocs;
    use tantivy::indexer::NoMergePolicy;
    use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
    use tantivy::{Index, TantivyDocument};

    const WORDS: [&str; 6] = ["common", "usual", "some", "few", "rare", "never"];

    /// An index with a segment for each of `segments`, whose documents hold each word so often;
    /// those documents are deleted that hold "few" six times.
    fn index(segments: &[Vec<[usize; 5]>]) -> (Index, Fields) {
        let (schema, fields) = schema::build();
        let mut index = Index::create_in_ram(schema);
        schema::register_tokenizer(&mut index);
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for documents in segments {
            for counts in documents {
                let words = WORDS.iter().zip(counts);
                let text: String =
                    words.map(|(word, count)| format!("{word} ").repeat(*count)).collect();
                let mut document = TantivyDocument::default();
                document.add_text(fields.text, text);
                document.add_text(fields.path_words, WORDS[counts[0] % WORDS.len()]);
                if counts[3] == 6 {
                    document.add_text(fields.lang, "gone");
                }
                writer.add_document(document).unwrap();
            }
            writer.commit().unwrap();
        }
        writer.delete_term(Term::from_field_text(fields.lang, "gone"));
        writer.commit().unwrap();
        (index, fields)
    }

    /// One of `usual`, or one time in thirty `other`.
    fn seldom(usual: Range<usize>, other: usize) -> impl Strategy<Value = usize> {
        prop_oneof![29 => usual, 1 => Just(other)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn the_best_are_those_that_tantivy_finds(
            segments in prop::collection::vec(
                prop::collection::vec(
                    (seldom(1..4, 80), 0..3_usize, 0..2_usize, 0..7_usize, seldom(0..1, 1))
                        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e]),
                    1..700,
                ),
                1..3,
            ),
            boosts in prop::collection::vec(prop::sample::select(&[0.4_f32, 1.0]), WORDS.len()),
            limit in 1..30_usize,
            window in 1..300_u32,
        ) {
            let (index, fields) = index(&segments);
            let searcher = index.reader().unwrap().searcher();
            let terms: Vec<(Term, Score)> = [fields.text, fields.path_words]
                .into_iter()
                .flat_map(|field| {
                    let words = WORDS.iter().zip(&boosts);
                    words.map(move |(word, boost)| (Term::from_field_text(field, word), *boost))
                })
                .collect();
            let found = best_in(Window::new(window), &searcher, &terms, limit, &searcher).unwrap();

            let clauses = terms.iter().map(|(term, boost)| -> (Occur, Box<dyn Query>) {
                let query = TermQuery::new(term.clone(), IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(BoostQuery::new(Box::new(query), *boost)))
            });
            let all = BooleanQuery::new(clauses.collect());
            let everything = TopDocs::with_limit(10_000).order_by_score();
            let expected = searcher.search(&all, &everything).unwrap();
            prop_assert_eq!(found.len(), limit.min(expected.len()));
            // Those that count the same may stand in another order.
            for ((score, address), (theirs, _)) in found.iter().zip(&expected) {
                prop_assert!((score - theirs).abs() < 1e-4, "{} for {}", score, theirs);
                let own = expected.iter().find(|(_, other)| other == address);
                prop_assert!(own.is_some_and(|(own, _)| (own - score).abs() < 1e-4));
            }
        }
    }
}
