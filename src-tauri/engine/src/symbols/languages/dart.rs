//! Dart.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["dart"],
    parser: || tree_sitter_dart::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("mixin_declaration", Rule::Define(S::Trait, Name::Field("name"))),
        ("enum_declaration", Rule::Define(S::Enum, Name::Field("name"))),
        ("enum_entry", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("extension_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("extension_type_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("type_alias", Rule::Define(S::Type, Name::Child("type_identifier"))),
        ("function_declaration", Rule::Custom(function)),
        ("getter_declaration", Rule::Custom(function)),
        ("setter_declaration", Rule::Custom(function)),
        ("method_declaration", Rule::Custom(function)),
        ("declaration", Rule::Custom(declaration)),
        ("top_level_variable_declaration", Rule::Wrap),
        ("initialized_identifier", Rule::Define(S::Variable, Name::Field("name"))),
        ("static_final_declaration", Rule::Define(S::Constant, Name::Field("name"))),
        ("function_expression", Rule::Conceal),
        ("import_or_export", Rule::Region(R::Import)),
        ("uri", Rule::ImportPath),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["property", "name", "function"],
    leading: &["annotation"],
    prepare: None,
};

fn function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(signature) = node.child_by_field_name("signature") {
        let inner = if signature.kind() == "method_signature" {
            signature.named_child(0).unwrap_or(signature)
        } else {
            signature
        };
        define(walk, inner, node);
    }
    true
}

/// Members without a body: abstract methods and constructors.
fn declaration(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let signature = node.named_children(&mut cursor).find(|it| it.kind().ends_with("_signature"));
    match signature {
        Some(signature) => define(walk, signature, node),
        None => walk.wrap(node),
    }
    true
}

fn define(walk: &mut Walk<'_>, signature: Node<'_>, whole: Node<'_>) {
    let mut cursor = signature.walk();
    let name = signature.children_by_field_name("name", &mut cursor).filter(Node::is_named).last();
    if let Some(name) = name {
        let is_constructor = signature.kind().contains("constructor");
        walk.define(if is_constructor { S::Constructor } else { S::Function }, name, whole);
    }
}
