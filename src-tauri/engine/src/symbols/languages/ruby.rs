//! Ruby.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["ruby"],
    parser: || tree_sitter_ruby::LANGUAGE.into(),
    rules: &[
        ("module", Rule::Custom(module)),
        ("class", Rule::Custom(class)),
        ("method", Rule::Custom(method)),
        ("singleton_method", Rule::Define(S::Method, Name::Whole("name"))),
        ("alias", Rule::Define(S::Method, Name::Whole("name"))),
        ("assignment", Rule::Custom(assignment)),
        ("lambda", Rule::Conceal),
        ("block", Rule::Conceal),
        ("call", Rule::Custom(call)),
        ("superclass", Rule::Region(R::Type)),
        ("constant", Rule::Refer(R::Use, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string", Rule::ImportPath),
    ],
    name_fields: &["name", "method"],
    leading: &[],
    prepare: None,
};

fn module(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    scope(walk, node, S::Module)
}

fn class(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    scope(walk, node, S::Class)
}

/// `class Outer::Inner` is contained in `Outer`.
fn scope(walk: &mut Walk<'_>, node: Node<'_>, kind: S) -> bool {
    let Some(name) = node.child_by_field_name("name") else { return true };
    if let Some(outer) = name.child_by_field_name("scope") {
        let outer = walk.text_of(outer).replace("::", ".");
        walk.contain(&outer);
    }
    if let Some(name) = walk.tail(name) {
        walk.define(kind, name, node);
    }
    true
}

fn method(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        let kind = match walk.text_of(name) {
            "initialize" => S::Constructor,
            _ if walk.is_contained() => S::Method,
            _ => S::Function,
        };
        walk.define(kind, name, node);
    }
    true
}

fn assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(left) = node.child_by_field_name("left").filter(|left| left.kind() == "constant") {
        let makes_type = node
            .child_by_field_name("right")
            .filter(|right| right.kind() == "call")
            .and_then(|right| right.child_by_field_name("receiver"))
            .is_some_and(|receiver| matches!(walk.text_of(receiver), "Struct" | "Class" | "Data"));
        walk.define(if makes_type { S::Class } else { S::Constant }, left, node);
    }
    true
}

/// Besides calls: what `attr_…`, `define_method` and their like define, and what `require` imports.
fn call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(method) = node.child_by_field_name("method") else { return true };
    match walk.text_of(method) {
        "require" | "require_relative" | "load" | "autoload" => walk.region(R::Import, node),
        "attr_reader" | "attr_writer" | "attr_accessor" | "attr" => {
            symbols(walk, node, S::Property, usize::MAX);
        }
        "define_method" | "alias_method" | "scope" | "delegate" => {
            symbols(walk, node, S::Method, 1)
        }
        _ => {}
    }
    walk.refer(R::Call, method);
    true
}

/// The first `count` arguments that are symbols are names.
fn symbols(walk: &mut Walk<'_>, call: Node<'_>, kind: S, count: usize) {
    let Some(arguments) = call.child_by_field_name("arguments") else { return };
    let mut cursor = arguments.walk();
    for name in arguments.named_children(&mut cursor).take(count) {
        if name.kind() == "simple_symbol" {
            walk.define_leaf(kind, name, call);
        }
    }
}
