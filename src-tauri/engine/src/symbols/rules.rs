//! The table of a language: what each kind of syntax node means for definitions and references.

use super::kind::{ReferenceKind, SymbolKind};
use super::walk::Walk;
use tree_sitter::Node;

/// A grammar and what is to be read from its trees.
pub(super) struct Grammar {
    /// The languages, as the index names them, that this grammar reads.
    pub(super) languages: &'static [&'static str],
    pub(super) parser: fn() -> tree_sitter::Language,
    pub(super) rules: &'static [(&'static str, Rule)],
    /// The fields that lead from an expression to the name in it that counts: in `a.b::c` to `c`.
    /// The first that a node has is followed.
    pub(super) name_fields: &'static [&'static str],
    /// Node kinds that stand before a definition and belong to it, besides comments.
    pub(super) leading: &'static [&'static str],
    /// Makes the text easier to parse without moving a byte of it.
    pub(super) prepare: Option<Prepare>,
}

/// Gives the text to parse in place of the file's, byte for byte as long, or `None` for the same.
pub(super) type Prepare = fn(&str) -> Option<Vec<u8>>;

/// What a node of some kind means.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Defines a name; what stands inside is contained in it.
    Define(SymbolKind, Name),
    /// Defines nothing, but names the container of what stands inside, as `impl Foo` does.
    Contain(Name),
    /// Nameless code: what is bound inside cannot be seen from outside.
    Conceal,
    /// Wraps a definition, whose text begins where this node begins.
    Wrap,
    /// Uses a name.
    Refer(ReferenceKind, Name),
    /// All names inside are used in this way.
    Region(ReferenceKind),
    /// A string, which is a reference if it is inside an import.
    ImportPath,
    /// Nothing of interest inside.
    Skip,
    /// Whatever the function does; it returns whether the inside is of interest.
    Custom(fn(&mut Walk<'_>, Node<'_>) -> bool),
}

/// Where in a node its name stands.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// The node itself.
    Itself,
    /// At the end of the `name_fields`, from the child in this field.
    Field(&'static str),
    /// The whole child in this field.
    Whole(&'static str),
    /// At the end of the `name_fields`, from the first named child.
    First,
    /// The named child of this number, from 0.
    Nth(u32),
    /// The first child of this kind.
    Child(&'static str),
}
