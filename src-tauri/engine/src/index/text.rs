//! From a file's bytes to text, or to the reason why it is not searched.

use std::borrow::Cow;

use crate::rel_path;

/// Why a file's content is not in the index. The file's name and this reason are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Not text: a NUL byte among the first [`SNIFFED`] bytes.
    Binary,
    /// Larger than the limit of [`crate::index::Limits`].
    TooLarge,
    /// May hold passwords or keys.
    Credential,
    /// The system would not let it be read; the note says why.
    Unreadable,
    /// A pipe, a socket or a device.
    NotAFile,
}

/// How much of a file decides whether it is text; the same as git's.
const SNIFFED: usize = 8000;

impl SkipReason {
    pub const ALL: [SkipReason; 5] = [
        SkipReason::Binary,
        SkipReason::TooLarge,
        SkipReason::Credential,
        SkipReason::Unreadable,
        SkipReason::NotAFile,
    ];

    /// The number that stands for the reason in the index. 0 means "not skipped".
    pub fn code(self) -> u64 {
        match self {
            SkipReason::Binary => 1,
            SkipReason::TooLarge => 2,
            SkipReason::Credential => 3,
            SkipReason::Unreadable => 4,
            SkipReason::NotAFile => 5,
        }
    }

    pub fn from_code(code: u64) -> Option<SkipReason> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Decodes `bytes` as UTF-8, or UTF-16 with a byte order mark. What is not UTF-8 is Latin-1, byte
/// by byte: old trees mix them in one file.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SkipReason> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return Ok(Cow::Owned(utf16(rest, u16::from_le_bytes))),
        [0xFE, 0xFF, rest @ ..] => return Ok(Cow::Owned(utf16(rest, u16::from_be_bytes))),
        _ => {}
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(SNIFFED)]).is_some() {
        return Err(SkipReason::Binary);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
            }
            Cow::Owned(text)
        }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Whether the file's name says that it holds passwords or private keys.
pub fn is_credential(path: &str) -> bool {
    const NAMES: [&str; 8] = [
        ".netrc",
        ".pgpass",
        ".git-credentials",
        ".htpasswd",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
    ];
    const EXTENSIONS: [&str; 7] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"];
    const HARMLESS_ENV: [&str; 4] = ["example", "sample", "template", "dist"];

    let name = rel_path::file_name(path).to_ascii_lowercase();
    if let Some(rest) = name.strip_prefix(".env") {
        let suffix = rest.rsplit('.').next().unwrap_or_default();
        return (rest.is_empty() || rest.starts_with('.')) && !HARMLESS_ENV.contains(&suffix);
    }
    NAMES.contains(&name.as_str()) || EXTENSIONS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_several_encodings_is_decoded() {
        assert_eq!(decode("größe".as_bytes()).unwrap(), "größe");
        assert_eq!(decode(b"\xEF\xBB\xBFabc").unwrap(), "abc");
        assert_eq!(decode(b"caf\xE9").unwrap(), "café");
        assert_eq!(decode(b"gr\xC3\xB6\xC3\x9Fe \xFF caf\xE9").unwrap(), "größe ÿ café");
        assert_eq!(decode(b"\xFF\xFEa\0b\0").unwrap(), "ab");
        assert_eq!(decode(b"\xFE\xFF\0a\0b").unwrap(), "ab");
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn a_nul_byte_makes_a_file_binary() {
        assert_eq!(decode(b"\x7FELF\0\0"), Err(SkipReason::Binary));
    }

    #[test]
    fn credentials_are_known_by_name() {
        for path in [".env", "a/.env.local", "keys/server.PEM", "home/id_ed25519", ".netrc"] {
            assert!(is_credential(path), "{path}");
        }
        for path in [".env.example", ".environment", "env.rs", "key.rs", "keyboard"] {
            assert!(!is_credential(path), "{path}");
        }
    }

    #[test]
    fn a_skip_reason_survives_its_code() {
        for reason in SkipReason::ALL {
            assert_eq!(SkipReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(SkipReason::from_code(0), None);
    }
}
