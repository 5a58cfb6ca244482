//! Trigrams: the runs of three bytes of a text, without regard to the case of ASCII letters. A file
//! can hold a string only if it holds all of the string's trigrams.

/// Bits of a set of all trigrams.
const WORDS: usize = (1 << 24) / 64;

/// Collects the trigrams of texts; keeps 2 MB between them, so use one a thread.
pub struct GramSet {
    seen: Vec<u64>,
    found: Vec<u64>,
}

impl Default for GramSet {
    fn default() -> Self {
        Self { seen: vec![0; WORDS], found: Vec::new() }
    }
}

impl GramSet {
    /// The different trigrams of `text` in no particular order; lines are apart, as no match
    /// reaches from one to the next.
    pub fn of(&mut self, text: &str) -> Vec<u64> {
        self.found.clear();
        let mut gram: u32 = 0;
        // Bytes since the start of the line, up to three.
        let mut length = 0;
        for byte in text.bytes() {
            if byte == b'\n' {
                length = 0;
                continue;
            }
            gram = (gram << 8 | u32::from(fold(byte))) & 0xFF_FFFF;
            length = (length + 1).min(3);
            if length < 3 {
                continue;
            }
            let (word, bit) = (gram as usize / 64, 1 << (gram % 64));
            if self.seen[word] & bit == 0 {
                self.seen[word] |= bit;
                self.found.push(u64::from(gram));
            }
        }
        for &gram in &self.found {
            self.seen[gram as usize / 64] = 0;
        }
        self.found.clone()
    }
}

/// ASCII letters in lower case.
pub fn fold(byte: u8) -> u8 {
    byte.to_ascii_lowercase()
}

/// The trigram of three bytes.
pub fn gram(bytes: [u8; 3]) -> u64 {
    bytes.into_iter().fold(0, |gram, byte| gram << 8 | u64::from(fold(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trigrams_stay_on_their_line_and_ignore_the_case_of_letters() {
        let mut grams = GramSet::default();
        assert_eq!(grams.of("aB\nabC"), [gram(*b"ABC")]);
        assert!(grams.of("ab\ncd").is_empty());
    }

    proptest! {
        #[test]
        fn every_run_of_three_bytes_is_found_once(text in "[a-cA-C\\nä]{0,40}") {
            let mut grams = GramSet::default();
            let mut found = grams.of(&text);
            let mut expected: Vec<u64> = text
                .split('\n')
                .flat_map(|line| line.as_bytes().windows(3).map(|w| gram([w[0], w[1], w[2]])))
                .collect();
            expected.sort_unstable();
            expected.dedup();
            found.sort_unstable();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(grams.of(&text).len(), expected.len());
        }
    }
}
