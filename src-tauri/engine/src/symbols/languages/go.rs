//! Go.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["go"],
    parser: || tree_sitter_go::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
        ("method_declaration", Rule::Custom(method)),
        ("method_elem", Rule::Define(S::Method, Name::Field("name"))),
        ("type_declaration", Rule::Wrap),
        ("type_spec", Rule::Custom(type_spec)),
        ("type_alias", Rule::Define(S::Type, Name::Field("name"))),
        ("const_declaration", Rule::Wrap),
        ("const_spec", Rule::Custom(constants)),
        ("var_declaration", Rule::Wrap),
        ("var_spec", Rule::Custom(variables)),
        ("func_literal", Rule::Conceal),
        ("import_spec", Rule::Refer(R::Import, Name::Whole("path"))),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("interpreted_string_literal", Rule::Skip),
        ("raw_string_literal", Rule::Skip),
    ],
    name_fields: &["name", "field", "function", "type"],
    leading: &[],
    prepare: None,
};

fn method(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(receiver) = node.child_by_field_name("receiver") {
        // `(s *Stack[T])`: the first name that begins a word after the receiver's own.
        let text = walk.text_of(receiver).trim_matches(['(', ')', ' ']);
        let text = text.split('[').next().unwrap_or_default();
        let name = text.rsplit([' ', '*', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
        walk.contain(name);
    }
    if let Some(name) = node.child_by_field_name("name") {
        walk.define(S::Method, name, node);
    }
    true
}

fn type_spec(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        let kind = match node.child_by_field_name("type").map(|it| it.kind()) {
            Some("struct_type") => S::Struct,
            Some("interface_type") => S::Interface,
            _ => S::Type,
        };
        walk.define(kind, name, node);
    }
    true
}

fn constants(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    names(walk, node, S::Constant)
}

fn variables(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    names(walk, node, S::Variable)
}

fn names(walk: &mut Walk<'_>, node: Node<'_>, kind: S) -> bool {
    let mut cursor = node.walk();
    for name in node.children_by_field_name("name", &mut cursor).filter(Node::is_named) {
        if walk.text_of(name) != "_" {
            walk.define_leaf(kind, name, node);
        }
    }
    true
}
