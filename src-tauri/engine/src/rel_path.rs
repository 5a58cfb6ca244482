//! A file's path below its project's root, as a string: what the index stores and answers show.
//!
//! Components are separated by `/` on every system. Names that are not UTF-8 survive the round
//! trip: each byte that does not decode becomes one of the 128 private-use characters from
//! U+10FF80 on, and names that really contain such a character are spelt byte by byte as well.

use std::path::{Path, PathBuf};

/// U+10FF00 + a byte of 0x80 or more.
const ESCAPE_BASE: u32 = 0x10_FF00;

/// The string for `relative`, a path without a root or `..`.
pub fn encode(relative: &Path) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = relative.as_os_str().as_bytes();
        let mut key = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                if escaped_byte(c).is_some() {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer).bytes().for_each(|byte| key.push(escape(byte)));
                } else {
                    key.push(c);
                }
            }
            chunk.invalid().iter().for_each(|&byte| key.push(escape(byte)));
        }
        key
    }
    #[cfg(not(unix))]
    {
        let parts: Vec<_> =
            relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }
}

/// The path for a string made by [`encode`].
pub fn decode(key: &str) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let mut bytes = Vec::with_capacity(key.len());
        let mut buffer = [0; 4];
        for c in key.chars() {
            match escaped_byte(c) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
            }
        }
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
    #[cfg(not(unix))]
    {
        key.split('/').collect()
    }
}

/// Whether the character stands for a byte of a name that is not UTF-8.
pub fn is_escape(c: char) -> bool {
    escaped_byte(c).is_some()
}

/// The directory that holds `key`; the root is the empty string.
pub fn parent(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// The last component of `key`.
pub fn file_name(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

#[cfg(unix)]
fn escape(byte: u8) -> char {
    // Bytes that do not decode, and all bytes of a character above U+7F, are 0x80 or more, so
    // that the sum lies in U+10FF80..=U+10FFFF, which are all valid characters.
    char::from_u32(ESCAPE_BASE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn escaped_byte(c: char) -> Option<u8> {
    let offset = u32::from(c).checked_sub(ESCAPE_BASE)?;
    u8::try_from(offset).ok().filter(|byte| *byte >= 0x80)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt;

    proptest! {
        #[test]
        fn every_unix_path_survives_the_round_trip(bytes in prop::collection::vec(1_u8.., 0..40)) {
            let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
            prop_assert_eq!(decode(&encode(&path)), path);
        }

        #[test]
        fn a_name_with_the_escape_characters_survives(name in "[a\u{10FF80}-\u{10FFFF}]{0,5}") {
            let path = PathBuf::from(name);
            prop_assert_eq!(decode(&encode(&path)), path);
        }
    }

    #[test]
    fn readable_names_stay_readable() {
        assert_eq!(encode(Path::new("src/größe/日本.rs")), "src/größe/日本.rs");
        assert_eq!(parent("a/b/c.rs"), "a/b");
        assert_eq!(parent("c.rs"), "");
        assert_eq!(file_name("a/b/c.rs"), "c.rs");
    }
}
