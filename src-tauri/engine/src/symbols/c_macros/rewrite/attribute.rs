//! Words and calls that only mark a declaration.

use super::Rewrite;
use crate::symbols::c_macros::tokens::What;
use crate::symbols::c_macros::words::{
    is_attribute, is_attribute_with_arguments, is_before_type, is_capitals, is_type_like,
    is_type_word,
};

impl Rewrite<'_> {
    /// A word that only marks a declaration. Returns the token after it.
    pub(super) fn attribute(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let word = self.word(index);
        let next = index + 1;
        if !in_code && let Some(after) = self.variable_by_macro(index) {
            return Some(after);
        }
        if in_code && matches!(word, b"struct" | b"union" | b"enum") {
            return self.type_argument(index);
        }
        if is_attribute(word) {
            self.overwrite(index, index);
            return Some(next);
        }
        if is_attribute_with_arguments(word) {
            let close = self.call_end(index)?;
            self.overwrite(index, close);
            return Some(close + 1);
        }
        if word.starts_with(b"__") && !is_type_like(word) {
            if !in_code && let Some(close) = self.call_end(index) {
                let follows_list = self.what(index.checked_sub(1)?) == Some(What::Mark(b')'));
                let in_head = self.what(close + 1) == Some(What::Word);
                if (follows_list || in_head) && self.is_same_line(close, close + 1) {
                    self.overwrite(index, close);
                    return Some(close + 1);
                }
                return None;
            }
            let before = index.checked_sub(1)?;
            let stands_between = matches!(self.what(before), Some(What::Word))
                && !is_before_type(self.word(before))
                && matches!(self.what(next), Some(What::Word | What::Mark(b'*')));
            if stands_between {
                self.overwrite(index, index);
                return Some(next);
            }
            return None;
        }
        if is_capitals(word) && word.len() > 3 && word.contains(&b'_') {
            return self.capital_attribute(index, in_code);
        }
        None
    }

    /// `API_EXPORT type name` and `class API_EXPORT name {`.
    pub(super) fn capital_attribute(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let (next, second) = (index + 1, index + 2);
        if let Some(close) = self.call_end(index)
            && index >= 2
            && self.word(index - 2) == b"namespace"
        {
            self.overwrite(index, close);
            return Some(close + 1);
        }
        let follows_list = index > 0
            && (self.what(index - 1) == Some(What::Mark(b')'))
                || matches!(self.word(index - 1), b"const" | b"override" | b"final"));
        if follows_list && !in_code {
            let last = self.call_end(index).unwrap_or(index);
            self.overwrite(index, last);
            return Some(last + 1);
        }
        if self.what(next) != Some(What::Word) {
            return None;
        }
        let before = index.checked_sub(1).map_or(&b""[..], |before| self.word(before));
        let marks = if matches!(before, b"class" | b"struct" | b"union" | b"enum") {
            matches!(self.what(second), Some(What::Mark(b'{' | b':')))
        } else {
            let begins = before.is_empty() || matches!(before, b"static" | b"extern" | b"inline");
            begins
                && matches!(
                    self.what(second),
                    Some(What::Word | What::Mark(b'*' | b'&' | b'<' | b':'))
                )
                || is_type_word(self.word(next))
        };
        if marks {
            self.overwrite(index, index);
            return Some(next);
        }
        None
    }
}
