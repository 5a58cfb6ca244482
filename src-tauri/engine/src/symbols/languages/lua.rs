//! Lua.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["lua"],
    parser: || tree_sitter_lua::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Custom(function)),
        ("variable_declaration", Rule::Wrap),
        ("assignment_statement", Rule::Custom(assignment)),
        ("field", Rule::Custom(field)),
        ("function_definition", Rule::Conceal),
        ("function_call", Rule::Custom(call)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string", Rule::ImportPath),
    ],
    name_fields: &["method", "field", "name"],
    leading: &[],
    prepare: None,
};

fn function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        member(walk, name, node, S::Function);
    }
    true
}

/// `module.name` and `object:name` are contained in what stands before.
fn member(walk: &mut Walk<'_>, name: Node<'_>, whole: Node<'_>, kind: S) {
    if let Some(table) = name.child_by_field_name("table") {
        walk.contain(walk.text_of(table));
    }
    if let Some(name) = walk.tail(name) {
        walk.define(kind, name, whole);
    }
}

fn assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let (Some(names), Some(values)) = (node.named_child(0), node.named_child(1)) else {
        return true;
    };
    if names.named_child_count() == 1
        && let (Some(name), Some(value)) = (names.named_child(0), values.named_child(0))
    {
        if value.kind() == "function_definition" {
            member(walk, name, node, S::Function);
        } else if name.kind() == "identifier" {
            walk.define(S::Variable, name, node);
        }
    }
    true
}

/// A function that is a field of a table.
fn field(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let is_function = node
        .child_by_field_name("value")
        .is_some_and(|value| value.kind() == "function_definition");
    if let Some(name) = node.child_by_field_name("name").filter(|_| is_function) {
        walk.define(S::Method, name, node);
    }
    true
}

fn call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(function) = node.child_by_field_name("name") else { return true };
    if walk.text_of(function) == "require" {
        walk.region(R::Import, node);
    } else if let Some(name) = walk.tail(function) {
        walk.refer(R::Call, name);
    }
    true
}
