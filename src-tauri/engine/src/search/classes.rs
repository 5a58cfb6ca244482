//! The best documents by the classes that they belong to, where a class is told by terms alone and
//! all of its documents count the same.
//!
//! Each class is a row of bits, one a document, made from the lists of its terms block by block;
//! rows are compared 64 documents at a time. tantivy's own union of constant scores takes a
//! virtual call or two for each document of each list: beginnings of names have a hundred thousand.

use tantivy::query::{EnableScoring, Query, Scorer};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, Score, Searcher, SegmentReader, Term};

use super::best::Best;

/// Documents that hold any term of each of the groups.
pub struct Class {
    pub groups: Vec<Vec<Term>>,
    /// What belonging to it counts, more than 0.
    pub score: Score,
}

/// The `limit` best documents of the index that belong to any of the classes, best first, each by
/// the sum of its classes' scores, among equals those with the smaller address. With `allowed`,
/// only those that it matches.
///
/// # Errors
/// Where the index cannot be read.
pub fn best(
    searcher: &Searcher,
    mut classes: Vec<Class>,
    allowed: Option<&dyn Query>,
    limit: usize,
) -> tantivy::Result<Vec<(Score, DocAddress)>> {
    // What counts least first.
    classes.sort_by(|a, b| a.score.total_cmp(&b.score));
    // What the classes up to each count together.
    let bounds: Vec<Score> = classes
        .iter()
        .scan(0.0, |sum, class| {
            *sum += class.score;
            Some(*sum)
        })
        .collect();
    let unscored = EnableScoring::disabled_from_searcher(searcher);
    let allowed = allowed.map(|query| query.weight(unscored)).transpose()?;
    let mut best = Best::new(limit);
    for (ord, segment) in (0..).zip(searcher.segment_readers()) {
        let mut rows = Vec::with_capacity(classes.len());
        for class in &classes {
            rows.push(row_of(segment, &class.groups)?);
        }
        let alive = segment.alive_bitset();
        let mut allowed = allowed.as_ref().map(|weight| weight.scorer(segment, 1.0)).transpose()?;
        let mut is_allowed = |doc| {
            let seek = |docs: &mut Box<dyn Scorer>| docs.doc() <= doc && docs.seek(doc) == doc;
            alive.is_none_or(|alive| alive.is_alive(doc)) && allowed.as_mut().is_none_or(seek)
        };
        for word in 0..row_length(segment) {
            // A document of none but these cannot count enough.
            let weak = bounds.partition_point(|bound| *bound <= best.least());
            let mut chosen = rows[weak..].iter().fold(0, |any, row| any | row[word]);
            while chosen != 0 {
                let bit = chosen & chosen.wrapping_neg();
                chosen ^= bit;
                let doc = word as u32 * u64::BITS + bit.trailing_zeros();
                let own = classes.iter().zip(&rows).filter(|(_, row)| row[word] & bit != 0);
                let score = own.map(|(class, _)| class.score).sum();
                if score > best.least() && is_allowed(doc) {
                    best.offer(score, DocAddress::new(ord, doc));
                }
            }
        }
    }
    Ok(best.in_order())
}

/// A bit for each document of a segment.
type Row = Vec<u64>;

fn row_length(segment: &SegmentReader) -> usize {
    segment.max_doc().div_ceil(u64::BITS) as usize
}

/// The documents that hold any term of each group.
fn row_of(segment: &SegmentReader, groups: &[Vec<Term>]) -> tantivy::Result<Row> {
    let mut of_all: Option<Row> = None;
    for group in groups {
        let mut row = vec![0; row_length(segment)];
        for term in group {
            mark(segment, term, &mut row)?;
        }
        of_all = Some(match of_all {
            None => row,
            Some(before) => before.iter().zip(&row).map(|(before, row)| before & row).collect(),
        });
    }
    Ok(of_all.unwrap_or_else(|| vec![0; row_length(segment)]))
}

/// Marks the documents that hold the term.
fn mark(segment: &SegmentReader, term: &Term, row: &mut Row) -> tantivy::Result<()> {
    let index = segment.inverted_index(term.field())?;
    let Some(info) = index.get_term_info(term)? else { return Ok(()) };
    let mut postings = index.read_block_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
    while !postings.docs().is_empty() {
        for doc in postings.docs() {
            set(row, *doc);
        }
        postings.advance();
    }
    Ok(())
}

fn set(row: &mut Row, doc: DocId) {
    row[(doc / u64::BITS) as usize] |= 1 << (doc % u64::BITS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::schema::{self, Fields};
    use proptest::prelude::*;
    use tantivy::collector::TopDocs;
    use tantivy::indexer::NoMergePolicy;
    use tantivy::query::{BooleanQuery, ConstScoreQuery, TermQuery};
    use tantivy::{Index, TantivyDocument};

    const WORDS: [&str; 5] = ["usual", "some", "few", "rare", "never"];

    /// An index with a segment for each of `segments`, whose documents hold these words; those with
    /// the third one in their path are deleted.
    fn index(segments: &[Vec<(u8, u8)>]) -> (Index, Fields) {
        let (schema, fields) = schema::build();
        let mut index = Index::create_in_ram(schema);
        schema::register_tokenizer(&mut index);
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let chosen = |set: u8| {
            let words = WORDS.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1);
            words.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
        };
        for documents in segments {
            for (text, path) in documents {
                let mut document = TantivyDocument::default();
                document.add_text(fields.text, chosen(*text));
                document.add_text(fields.path_words, chosen(*path));
                writer.add_document(document).unwrap();
            }
            writer.commit().unwrap();
        }
        writer.delete_term(Term::from_field_text(fields.path_words, WORDS[2]));
        writer.commit().unwrap();
        (index, fields)
    }

    fn any_of(terms: &[Term]) -> Box<dyn Query> {
        let one = |term: &Term| -> Box<dyn Query> {
            Box::new(TermQuery::new(term.clone(), IndexRecordOption::Basic))
        };
        Box::new(BooleanQuery::union(terms.iter().map(one).collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn the_best_are_those_that_tantivy_finds(
            segments in prop::collection::vec(
                prop::collection::vec((0..16_u8, 0..8_u8), 1..300),
                1..3,
            ),
            classes in prop::collection::vec(
                prop::collection::vec(prop::collection::vec((any::<bool>(), 0..5_usize), 0..3), 1..3),
                1..4,
            ),
            filter in prop::option::of(0..5_usize),
            limit in 1..200_usize,
        ) {
            let (index, fields) = index(&segments);
            let searcher = index.reader().unwrap().searcher();
            let term = |(in_path, word): &(bool, usize)| {
                let field = if *in_path { fields.path_words } else { fields.text };
                Term::from_field_text(field, WORDS[*word])
            };
            let classes: Vec<(Score, Vec<Vec<Term>>)> = [1.0, 8.0, 4.0]
                .into_iter()
                .zip(classes.iter().map(|groups| {
                    groups.iter().map(|group| group.iter().map(term).collect()).collect()
                }))
                .collect();
            let filter = filter.map(|word| any_of(&[term(&(false, word))]));

            let weigh = |(score, groups): &(Score, Vec<Vec<Term>>)| -> Box<dyn Query> {
                let groups = groups.iter().map(|group| any_of(group)).collect();
                Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::intersection(groups)), *score))
            };
            let mut wanted: Box<dyn Query> =
                Box::new(BooleanQuery::union(classes.iter().map(weigh).collect()));
            if let Some(filter) = &filter {
                let unscored = Box::new(ConstScoreQuery::new(filter.box_clone(), 0.0));
                wanted = Box::new(BooleanQuery::intersection(vec![wanted, unscored]));
            }
            let everything = TopDocs::with_limit(1000).order_by_score();
            let mut expected = searcher.search(&wanted, &everything).unwrap();
            expected.truncate(limit);

            let classes = classes.into_iter().map(|(score, groups)| Class { groups, score });
            let found = best(&searcher, classes.collect(), filter.as_deref(), limit).unwrap();
            prop_assert_eq!(found, expected);
        }
    }
}
