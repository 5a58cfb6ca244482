//! Where the vector of each text lies, in few bytes a text: a large project has a million of them.

use std::collections::HashMap;
use std::num::NonZeroU32;

use hashbrown::HashTable;

use super::Key;
use super::segment::CAPACITY;

const SLOT_BITS: u32 = CAPACITY.trailing_zeros();
const SLOTS: u32 = CAPACITY as u32 - 1;
/// Segments have numbers below this.
const SEGMENTS: u32 = u32::MAX >> SLOT_BITS;
const WORDS: usize = CAPACITY / u64::BITS as usize;

/// A segment and a slot in it, in one word that is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(NonZeroU32);

impl Place {
    /// `None` where there is no such place.
    pub fn new(segment: u32, slot: usize) -> Option<Place> {
        let slot = u32::try_from(slot).ok().filter(|slot| *slot <= SLOTS)?;
        let word = (segment < SEGMENTS).then(|| (segment + 1) << SLOT_BITS | slot)?;
        NonZeroU32::new(word).map(Place)
    }

    pub fn segment(self) -> u32 {
        (self.0.get() >> SLOT_BITS) - 1
    }

    pub fn slot(self) -> usize {
        (self.0.get() & SLOTS) as usize
    }
}

/// By the lower half of the key. That another text has the same is as good as impossible, and all
/// it would do is to find one text for the other.
#[derive(Debug, Default)]
pub(super) struct Places(HashTable<([u32; 2], Place)>);

fn half(key: Key) -> [u32; 2] {
    [key.0 as u32, (key.0 >> 32) as u32]
}

fn hash(half: [u32; 2]) -> u64 {
    u64::from(half[0]) | u64::from(half[1]) << 32
}

impl Places {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, key: Key) -> Option<Place> {
        let half = half(key);
        self.0.find(hash(half), |(other, _)| *other == half).map(|(_, place)| *place)
    }

    /// Replaces the place of this key.
    pub fn insert(&mut self, key: Key, place: Place) {
        let half = half(key);
        match self.0.find_mut(hash(half), |(other, _)| *other == half) {
            Some((_, known)) => *known = place,
            None => {
                self.0.insert_unique(hash(half), (half, place), |(half, _)| hash(*half));
            }
        }
    }

    pub fn forget_segment(&mut self, number: u32) {
        self.0.retain(|(_, place)| place.segment() != number);
        self.0.shrink_to_fit(|(half, _)| hash(*half));
    }
}

/// Some of the places of a store: a bit each.
#[derive(Debug, Default)]
pub struct Marks(HashMap<u32, Box<[u64; WORDS]>>);

impl Marks {
    /// Whether it had no mark before.
    pub fn insert(&mut self, place: Place) -> bool {
        let words = self.0.entry(place.segment()).or_insert_with(|| Box::new([0; WORDS]));
        let (word, bit) = (place.slot() / 64, 1 << (place.slot() % 64));
        let new = words[word] & bit == 0;
        words[word] |= bit;
        new
    }

    /// How many of a segment are marked.
    pub fn count(&self, segment: u32) -> usize {
        let words = self.0.get(&segment).map_or(&[][..], |words| &words[..]);
        words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The marked slots of a segment, whose marks are gone then.
    pub fn take(&mut self, segment: u32) -> impl Iterator<Item = usize> + use<> {
        let words = self.0.remove(&segment);
        let marked = move |slot: &usize| {
            words.as_ref().is_some_and(|words| words[slot / 64] >> (slot % 64) & 1 == 1)
        };
        (0..CAPACITY).filter(marked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_beyond_the_last_is_none() {
        let last = Place::new(SEGMENTS - 1, CAPACITY - 1).unwrap();
        assert_eq!((last.segment(), last.slot()), (SEGMENTS - 1, CAPACITY - 1));
        assert_eq!(Place::new(SEGMENTS, 0), None);
        assert_eq!(Place::new(0, CAPACITY), None);
        assert_eq!(size_of::<([u32; 2], Option<Place>)>(), 12);
    }

    proptest! {
        #[test]
        fn a_place_is_found_by_its_key_until_its_segment_is_gone(
            keys in prop::collection::btree_map(any::<u64>(), (0_u32..4, 0..CAPACITY), 0..200),
            gone in 0_u32..4,
        ) {
            let mut places = Places::default();
            for (key, (segment, slot)) in &keys {
                places.insert(Key((*key).into()), Place::new(3, 0).unwrap());
                places.insert(Key((*key).into()), Place::new(*segment, *slot).unwrap());
            }
            prop_assert_eq!(places.len(), keys.len());
            places.forget_segment(gone);
            for (key, (segment, slot)) in &keys {
                let place = places.get(Key((*key).into()));
                let there = place.map(|place| (place.segment(), place.slot()));
                prop_assert_eq!(there, (*segment != gone).then_some((*segment, *slot)));
            }
        }

        #[test]
        fn marks_are_those_that_were_set(
            slots in prop::collection::btree_set((0_u32..3, 0..CAPACITY), 0..200),
        ) {
            let mut marks = Marks::default();
            for (segment, slot) in &slots {
                let place = Place::new(*segment, *slot).unwrap();
                prop_assert!(marks.insert(place) && !marks.insert(place));
            }
            for segment in 0..3 {
                let of: Vec<usize> =
                    slots.iter().filter(|it| it.0 == segment).map(|it| it.1).collect();
                prop_assert_eq!(marks.count(segment), of.len());
                prop_assert_eq!(marks.take(segment).collect::<Vec<_>>(), of);
                prop_assert_eq!(marks.count(segment), 0);
            }
        }
    }
}
