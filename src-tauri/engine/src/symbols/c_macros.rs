//! Makes C and C++ readable for a parser that does not run the preprocessor.
//!
//! Macros that stand where the grammar has no place for them are overwritten by spaces or by plain C
//! of the same length, so that every byte of the rest keeps its place: attributes
//! (`int __init start(void)`), functions defined through a macro (`SYSCALL_DEFINE1(close, …) {`),
//! loops (`list_for_each(…) {`), calls without a semicolon, and conditional branches that open a
//! brace twice. What is overwritten can never hide a definition that the parser would have found.

mod rewrite;
mod tokens;
mod words;

/// The text to parse in place of `text`, or `None` where it needs no change.
pub(super) fn blank(text: &str) -> Option<Vec<u8>> {
    let tokens = tokens::of(text.as_bytes());
    let mut rewritten = rewrite::Rewrite::new(text.as_bytes(), &tokens);
    rewritten.run();
    rewritten.into_changed()
}
