//! Notes the definitions that a walk meets.

use super::{DEEPEST, LONGEST_NAME, Walk, line};
use crate::symbols::kind::SymbolKind;
use crate::symbols::{Definition, Outcome};
use tree_sitter::Node;

/// How far down keys of data are noted, and how many.
const DEEPEST_KEY: u32 = 3;
const MOST_KEYS: usize = 400;

impl Walk<'_> {
    /// Notes a definition, whose text is that of `whole`, and opens its scope.
    pub(in crate::symbols) fn define(&mut self, kind: SymbolKind, name: Node<'_>, whole: Node<'_>) {
        self.define_as(kind, self.name_of(name), name, whole);
    }

    /// As [`Self::define`], with a name that is not the text of its node.
    pub(in crate::symbols) fn define_as(
        &mut self,
        kind: SymbolKind,
        name_text: &str,
        name: Node<'_>,
        whole: Node<'_>,
    ) {
        if let Some((definition, kind)) = self.note(kind, name_text, name, whole) {
            let is_local = kind.is_callable() || (!kind.is_type() && self.is_local());
            self.open(Some(name_text), Some(definition), kind.is_type(), is_local);
        }
    }

    /// As [`Self::define`], for a language that defines a thing in several pieces, one after the
    /// other: they are one definition.
    pub(in crate::symbols) fn define_or_extend(
        &mut self,
        kind: SymbolKind,
        name: Node<'_>,
        whole: Node<'_>,
    ) {
        let text = self.name_of(name);
        let (end, last_row) = self.end_of(whole);
        let container = self.scopes.last().and_then(|scope| scope.path.as_deref());
        let kind = self.kind_here(kind);
        let is_next = self.found.definitions.last().is_some_and(|last| {
            let between = self.text.get(last.bytes.end..whole.start_byte());
            between.is_some_and(|between| between.trim_matches(is_separator).is_empty())
                && last.name == text
                && last.kind == kind
                && last.container.as_deref() == container
        });
        if !is_next {
            self.define(kind, name, whole);
            return;
        }
        let index = self.found.definitions.len() - 1;
        if let Some(last) = self.found.definitions.last_mut() {
            last.bytes.end = end;
            last.line_end = line(last_row);
        }
        let definition = u32::try_from(index).ok();
        self.open(Some(text), definition, kind.is_type(), kind.is_callable());
    }

    /// Notes a definition that contains nothing.
    pub(in crate::symbols) fn define_leaf(
        &mut self,
        kind: SymbolKind,
        name: Node<'_>,
        whole: Node<'_>,
    ) {
        let text = self.name_of(name);
        self.note(kind, text, name, whole);
    }

    /// Notes a key, but only the outer ones, and not those of a file that holds data. Returns
    /// whether there may be more inside.
    pub(in crate::symbols) fn define_key(&mut self, name: Node<'_>, whole: Node<'_>) -> bool {
        if self.keys >= MOST_KEYS || self.depth() >= DEEPEST_KEY {
            return false;
        }
        self.keys += 1;
        self.define(SymbolKind::Key, name, whole);
        true
    }

    fn note(
        &mut self,
        kind: SymbolKind,
        text: &str,
        name: Node<'_>,
        whole: Node<'_>,
    ) -> Option<(u32, SymbolKind)> {
        let kind = self.kind_here(kind);
        if text.is_empty() || text.len() > LONGEST_NAME || (kind.is_binding() && self.is_local()) {
            return None;
        }
        if self.scopes.len() >= DEEPEST {
            self.found.outcome = Outcome::TooDeep;
            return None;
        }
        let (start, row) = self.take_start(whole);
        let (end, last_row) = self.end_of(whole);
        let definition = u32::try_from(self.found.definitions.len()).ok()?;
        self.found.definitions.push(Definition {
            name: text.to_owned(),
            kind,
            container: self.scopes.last().and_then(|scope| scope.path.clone()),
            bytes: start..end,
            name_bytes: self.bytes_of_name(name),
            line_start: line(row),
            line_end: line(last_row),
            name_line: line(name.start_position().row),
            depth: self.depth(),
        });
        Some((definition, kind))
    }

    /// In a type a function is a method, and a variable a field.
    fn kind_here(&self, kind: SymbolKind) -> SymbolKind {
        match kind {
            SymbolKind::Function if self.in_type() => SymbolKind::Method,
            SymbolKind::Variable if self.in_type() => SymbolKind::Field,
            kind => kind,
        }
    }

    /// The byte and the row where `node` ends, without white space.
    fn end_of(&self, node: Node<'_>) -> (usize, usize) {
        let bytes = self.text.as_bytes().get(node.byte_range()).unwrap_or_default();
        let trimmed = bytes.trim_ascii_end();
        let newlines = bytes[trimmed.len()..].iter().filter(|byte| **byte == b'\n').count();
        (node.start_byte() + trimmed.len(), node.end_position().row.saturating_sub(newlines))
    }

    /// As [`Self::define`], for a name that can be seen from outside although it stands in a function.
    pub(in crate::symbols) fn define_visible(
        &mut self,
        kind: SymbolKind,
        name: Node<'_>,
        whole: Node<'_>,
    ) {
        // Its container is what contains the function.
        let scope = if self.is_local() { self.scopes.pop() } else { None };
        self.define_leaf(kind, name, whole);
        self.scopes.extend(scope);
    }
}

/// What may stand between the pieces of one definition.
fn is_separator(character: char) -> bool {
    character == ';' || character.is_whitespace()
}
