//! Code tokens: identifiers whole and by their parts.
//!
//! `HttpBodyStream::tcp_sendmsg` gives `httpbodystream`, `http`, `body`, `stream`, `tcp_sendmsg`,
//! `tcp`, `sendmsg`. A part has the position of its identifier, so that phrases count identifiers.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The names under which the tokenizer is registered with every index: one for each [`Kept`].
pub const CODE: &str = "code";
pub const IDENTIFIERS: &str = "identifiers";
pub const PARTS: &str = "parts";

/// Longer runs are encoded data; nobody types them into a search box.
const LONGEST_IDENTIFIER: usize = 100;
/// A part of one letter (`i` of `i_mutex`) is in every file and tells nothing apart.
pub const SHORTEST_PART: usize = 2;

/// Which tokens are given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    #[default]
    All,
    /// Identifiers as they stand.
    Identifiers,
    /// The parts of those that have several.
    Parts,
}

#[derive(Clone, Default)]
pub struct CodeTokenizer {
    kept: Kept,
    token: Token,
}

impl CodeTokenizer {
    pub fn of(kept: Kept) -> CodeTokenizer {
        CodeTokenizer { kept, token: Token::default() }
    }
}

pub struct CodeTokens<'a> {
    kept: Kept,
    text: &'a str,
    /// Where the search for the next identifier goes on, in bytes.
    cursor: usize,
    /// The identifier whose parts are being given out: its end, and where the next part starts.
    parts: Option<(usize, usize)>,
    token: &'a mut Token,
}

impl Tokenizer for CodeTokenizer {
    type TokenStream<'a> = CodeTokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> CodeTokens<'a> {
        self.token.reset();
        CodeTokens { kept: self.kept, text, cursor: 0, parts: None, token: &mut self.token }
    }
}

impl TokenStream for CodeTokens<'_> {
    fn advance(&mut self) -> bool {
        if self.next_part() {
            return true;
        }
        while let Some((from, to)) = next_identifier(self.text, self.cursor) {
            self.cursor = to;
            if to - from > LONGEST_IDENTIFIER {
                continue;
            }
            self.token.position = self.token.position.wrapping_add(1);
            let has_parts = self.kept != Kept::Identifiers && is_compound(&self.text[from..to]);
            self.parts = has_parts.then_some((to, from));
            if self.kept != Kept::Parts {
                self.emit(from, to);
                return true;
            }
            if self.next_part() {
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

impl CodeTokens<'_> {
    /// Gives out the next part of the identifier at hand; whether there was one.
    fn next_part(&mut self) -> bool {
        while let Some((end, next)) = self.parts {
            let Some((from, to)) = next_part(&self.text[next..end]) else {
                self.parts = None;
                break;
            };
            self.parts = Some((end, next + to));
            if to - from >= SHORTEST_PART {
                self.emit(next + from, next + to);
                return true;
            }
        }
        false
    }

    fn emit(&mut self, from: usize, to: usize) {
        self.token.offset_from = from;
        self.token.offset_to = to;
        fold_case(&self.text[from..to], &mut self.token.text);
    }
}

/// Lower case, character by character, into `folded` (cleared first).
pub fn fold_case(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// `text` as [`fold_case`] makes it.
pub fn lower(text: &str) -> String {
    let mut folded = String::new();
    fold_case(text, &mut folded);
    folded
}

fn is_ascii_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The byte range of the first identifier of `text` that starts at `from` or behind it.
fn next_identifier(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    let start = loop {
        let &byte = bytes.get(at)?;
        if is_ascii_identifier(byte) {
            break at;
        }
        if byte < 0x80 {
            at += 1;
            continue;
        }
        let c = text[at..].chars().next()?;
        if c.is_alphanumeric() {
            break at;
        }
        at += c.len_utf8();
    };
    at = start;
    while let Some(&byte) = bytes.get(at) {
        if is_ascii_identifier(byte) {
            at += 1;
        } else if byte < 0x80 {
            break;
        } else {
            match text[at..].chars().next() {
                // Scripts written without spaces: every character is a word of its own.
                Some(c) if is_ideograph(c) => {
                    return Some(if at == start {
                        (start, at + c.len_utf8())
                    } else {
                        (start, at)
                    });
                }
                Some(c) if c.is_alphanumeric() => at += c.len_utf8(),
                _ => break,
            }
        }
    }
    Some((start, at))
}

/// CJK ideographs, kana and their extensions.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_FFFF)
}

fn is_compound(identifier: &str) -> bool {
    match next_part(identifier) {
        Some((0, to)) => to < identifier.len(),
        Some(_) => true,
        None => false,
    }
}

/// The parts of an identifier, in order.
pub fn parts(identifier: &str) -> impl Iterator<Item = &str> {
    let mut rest = identifier;
    std::iter::from_fn(move || {
        let (from, to) = next_part(rest)?;
        let part = &rest[from..to];
        rest = &rest[to..];
        Some(part)
    })
}

/// The byte range of the first part of `identifier`: up to an underscore or a change of case.
/// `HTTPServer` is `HTTP` and `Server`; digits belong to the letters before them.
fn next_part(identifier: &str) -> Option<(usize, usize)> {
    let from = identifier.find(|c| c != '_')?;
    let mut chars = identifier[from..].char_indices().peekable();
    let mut previous = chars.next()?.1;
    while let Some((at, c)) = chars.next() {
        let boundary = c == '_'
            || (c.is_uppercase() && !previous.is_uppercase())
            || (c.is_uppercase() && chars.peek().is_some_and(|(_, next)| next.is_lowercase()));
        if boundary {
            return Some((from, from + at));
        }
        previous = c;
    }
    Some((from, identifier.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Vec<(String, usize)> {
        kept(Kept::All, text)
    }

    fn kept(kept: Kept, text: &str) -> Vec<(String, usize)> {
        let mut tokenizer = CodeTokenizer::of(kept);
        let mut stream = tokenizer.token_stream(text);
        let mut found = Vec::new();
        while stream.advance() {
            found.push((stream.token().text.clone(), stream.token().position));
        }
        found
    }

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn identifiers_come_whole_and_by_their_parts() {
        assert_eq!(
            words("HttpBodyStream::tcp_sendmsg_locked(utf8)"),
            [
                "httpbodystream",
                "http",
                "body",
                "stream",
                "tcp_sendmsg_locked",
                "tcp",
                "sendmsg",
                "locked",
                "utf8"
            ]
        );
        assert_eq!(words("HTTPServer"), ["httpserver", "http", "server"]);
        assert_eq!(words("__init__"), ["__init__", "init"]);
        assert_eq!(words("ipv4Address"), ["ipv4address", "ipv4", "address"]);
        assert_eq!(words("i_mutex"), ["i_mutex", "mutex"]);
    }

    #[test]
    fn parts_share_the_position_of_their_identifier() {
        let positions: Vec<usize> = tokens("let fooBar = baz").into_iter().map(|t| t.1).collect();
        assert_eq!(positions, [0, 1, 1, 1, 2]);
    }

    proptest! {
        #[test]
        fn identifiers_and_parts_together_are_all_tokens(text in "[a-zA-Z_ .0-9äÄ日]{0,60}") {
            let mut apart = kept(Kept::Identifiers, &text);
            apart.extend(kept(Kept::Parts, &text));
            let mut all = tokens(&text);
            apart.sort();
            all.sort();
            prop_assert_eq!(apart, all);
        }
    }

    #[test]
    fn other_scripts_are_words_too() {
        assert_eq!(words("größeÄndern"), ["größeändern", "größe", "ändern"]);
        assert_eq!(words("日本 x"), ["日", "本", "x"]);
        assert_eq!(words("a日b"), ["a", "日", "b"]);
    }

    #[test]
    fn encoded_data_is_left_out() {
        let blob = "A".repeat(LONGEST_IDENTIFIER + 1);
        assert_eq!(words(&format!("x {blob} y")), ["x", "y"]);
    }

    proptest! {
        #[test]
        fn offsets_lie_on_the_text_and_spell_the_token(text in "\\PC{0,60}") {
            let mut tokenizer = CodeTokenizer::default();
            let mut stream = tokenizer.token_stream(&text);
            while stream.advance() {
                let token = stream.token();
                let mut folded = String::new();
                fold_case(&text[token.offset_from..token.offset_to], &mut folded);
                prop_assert_eq!(&folded, &token.text);
            }
        }
    }
}
