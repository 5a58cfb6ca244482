//! The words and marks of a C text, without comments, strings and preprocessor directives.

/// A word, a mark, or the place of a directive. Offsets are of bytes; files end before 4 GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Word,
    /// A number, a string or a character.
    Literal,
    Mark(u8),
    /// `#if` and its kind.
    If,
    /// `#else` and its kind.
    Else,
    EndIf,
    /// Any other directive.
    Directive,
}

pub(super) fn of(text: &[u8]) -> Vec<Token> {
    let mut scanner = Scanner { text, at: 0, tokens: Vec::with_capacity(text.len() / 4) };
    scanner.run();
    scanner.tokens
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut begins_line = true;
        while let Some(&byte) = self.text.get(self.at) {
            let start = self.at;
            match byte {
                b'\n' => {
                    begins_line = true;
                    self.at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' | b'\\' | 0x0b | 0x0c => {
                    self.at += 1;
                    continue;
                }
                b'/' if self.peek(1) == Some(b'/') => {
                    self.skip_line();
                    continue;
                }
                b'/' if self.peek(1) == Some(b'*') => {
                    let rest = &self.text[start + 2..];
                    let close = memchr::memmem::find(rest, b"*/");
                    self.at = close.map_or(self.text.len(), |close| start + close + 4);
                    continue;
                }
                b'#' if begins_line => self.directive(),
                b'"' | b'\'' => {
                    self.quoted(byte);
                    self.push(start, What::Literal);
                }
                b'0'..=b'9' => {
                    self.word();
                    self.push(start, What::Literal);
                }
                _ if is_word(byte) => {
                    self.word();
                    self.push(start, What::Word);
                }
                mark => {
                    self.at += 1;
                    self.push(start, What::Mark(mark));
                }
            }
            begins_line = false;
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn push(&mut self, start: usize, what: What) {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.tokens.push(Token { start: offset(start), end: offset(self.at), what });
    }

    fn word(&mut self) {
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
    }

    /// Up to the quote that closes, or to the end of the line where none does.
    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                _ if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at = (self.at + 1).min(self.text.len());
        }
    }

    /// To the end of the line, which a backslash continues.
    fn skip_line(&mut self) {
        while let Some(end) = memchr::memchr(b'\n', &self.text[self.at..]) {
            let line = self.text[self.at..self.at + end].trim_ascii_end();
            self.at += end;
            if line.last() != Some(&b'\\') {
                return;
            }
            self.at += 1;
        }
        self.at = self.text.len();
    }

    fn directive(&mut self) {
        let start = self.at;
        self.at += 1;
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let word = self.at;
        self.word();
        let what = match &self.text[word..self.at] {
            b"if" | b"ifdef" | b"ifndef" => What::If,
            b"else" | b"elif" | b"elifdef" | b"elifndef" => What::Else,
            b"endif" => What::EndIf,
            _ => What::Directive,
        };
        self.skip_line();
        self.push(start, what);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}
