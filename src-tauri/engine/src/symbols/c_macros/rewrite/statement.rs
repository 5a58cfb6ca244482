//! Macros that stand at the beginning of a statement.

use super::Rewrite;
use super::is_directive;
use crate::symbols::c_macros::tokens::What;
use crate::symbols::c_macros::words::{is_capitals, is_statement_word};

impl Rewrite<'_> {
    /// Macros at the beginning of a statement. Returns the token after what was dealt with.
    pub(super) fn statement(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let word = self.word(index);
        if !in_code && is_capitals(word) && word.len() > 5 && self.is_alone(index) {
            self.overwrite(index, index);
            return Some(index + 1);
        }
        let close = self.call_end(index)?;
        let after = self.tokens.get(close + 1)?;
        let begins_next_line = after.what == What::Word && !self.is_same_line(close, close + 1);
        if !in_code {
            return match after.what {
                What::Mark(b'{') if is_capitals(word) => self.defined_by_macro(index, close),
                _ if (begins_next_line || is_directive(after.what))
                    && (is_capitals(word) || word.starts_with(b"__")) =>
                {
                    self.overwrite(index, close);
                    Some(close + 1)
                }
                _ => None,
            };
        }
        if word.starts_with(b"while_")
            && index > 0
            && self.what(index - 1) == Some(What::Mark(b'}'))
        {
            self.write(self.tokens[index], b"while");
        } else if !is_statement_word(word)
            && word.len() >= 2
            && (after.what == What::Mark(b'{') || begins_next_line)
        {
            self.write(self.tokens[index], b"if");
        } else {
            return None;
        }
        Some(index + 1)
    }

    /// Whether nothing else stands on the word's line, and a word on the next.
    pub(super) fn is_alone(&self, index: usize) -> bool {
        let before = index.checked_sub(1);
        self.what(index + 1).is_some_and(|next| next == What::Word || is_directive(next))
            && !self.is_same_line(index, index + 1)
            && before.is_none_or(|before| !self.is_same_line(before, index))
    }

    /// `NAME(function, type, …) {` becomes `int  function( type, …) {`.
    pub(super) fn defined_by_macro(&mut self, index: usize, close: usize) -> Option<usize> {
        let is_test = memchr::memmem::find(self.word(index), b"TEST").is_some();
        let (open, name, comma) = (index + 1, index + 2, index + 3);
        let fits = self.tokens.get(name)?.what == What::Word
            && self.tokens.get(comma)?.what == What::Mark(b',')
            && comma < close
            && self.word(index).len() >= 3;
        if is_test || !fits {
            return None;
        }
        self.write(self.tokens[index], b"int");
        self.write(self.tokens[open], b"");
        self.write(self.tokens[comma], b"(");
        Some(name + 1)
    }

    /// `DEFINE_NAME(variable, …)` and `DEFINE_PER_CPU(type, variable)` become `int variable`.
    pub(super) fn variable_by_macro(&mut self, index: usize) -> Option<usize> {
        let word = self.word(index);
        let is_definition = word.starts_with(b"DEFINE_")
            || word.starts_with(b"DECLARE_")
            || word.ends_with(b"LIST_HEAD");
        if !is_definition || !is_capitals(word) {
            return None;
        }
        let close = self.call_end(index)?;
        if !matches!(self.what(close + 1), Some(What::Mark(b';' | b'='))) {
            return None;
        }
        let is_last = memchr::memmem::find(word, b"PER_CPU").is_some();
        let name = if is_last { close - 1 } else { index + 2 };
        let ends = matches!(self.what(name + 1), Some(What::Mark(b',' | b')')));
        if self.what(name) != Some(What::Word) || !ends {
            return None;
        }
        if name > index + 2 {
            self.overwrite(index + 1, name - 1);
        }
        self.overwrite(index + 1, index + 1);
        self.overwrite(name + 1, close);
        self.write(self.tokens[index], b"int");
        Some(close + 1)
    }

    /// A type among the arguments of a call, as in `container_of(list, struct item, list)`, becomes
    /// a plain name.
    pub(super) fn type_argument(&mut self, index: usize) -> Option<usize> {
        let before = self.what(index.checked_sub(1)?);
        let mut end = index + 2;
        while self.what(end) == Some(What::Mark(b'*')) {
            end += 1;
        }
        let fits = before == Some(What::Mark(b','))
            && self.what(index + 1) == Some(What::Word)
            && matches!(self.what(end), Some(What::Mark(b',' | b')')));
        if !fits {
            return None;
        }
        self.overwrite(index, index);
        if end > index + 2 {
            self.overwrite(index + 2, end - 1);
        }
        Some(end)
    }
}
