//! Kotlin.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["kotlin"],
    parser: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Custom(class)),
        ("object_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("companion_object", Rule::Custom(companion)),
        ("enum_entry", Rule::Define(S::EnumMember, Name::Child("identifier"))),
        ("type_alias", Rule::Define(S::Type, Name::Field("type"))),
        ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
        ("secondary_constructor", Rule::Conceal),
        ("anonymous_initializer", Rule::Conceal),
        ("property_declaration", Rule::Custom(property)),
        ("class_parameter", Rule::Custom(parameter)),
        ("lambda_literal", Rule::Conceal),
        ("anonymous_function", Rule::Conceal),
        ("import", Rule::Region(R::Import)),
        ("call_expression", Rule::Custom(call)),
        ("user_type", Rule::Region(R::Type)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["name"],
    leading: &[],
    prepare: None,
};

fn class(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = node.child_by_field_name("name") else { return true };
    let mut cursor = node.walk();
    let mut kind = S::Class;
    for child in node.children(&mut cursor) {
        match child.kind() {
            "interface" => kind = S::Interface,
            "enum_class_body" => kind = S::Enum,
            _ => {}
        }
    }
    walk.define(kind, name, node);
    true
}

/// What stands in a companion belongs to its class.
fn companion(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        walk.define(S::Class, name, node);
    }
    true
}

fn property(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name = walk
        .name_in(node, Name::Child("variable_declaration"))
        .and_then(|declaration| walk.name_in(declaration, Name::Child("identifier")));
    if let Some(name) = name {
        walk.define(S::Property, name, node);
    }
    true
}

/// `val` or `var` makes a property of a constructor's parameter.
fn parameter(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let is_property = node.children(&mut cursor).any(|it| matches!(it.kind(), "val" | "var"));
    if let Some(name) = walk.name_in(node, Name::Child("identifier")).filter(|_| is_property) {
        walk.define(S::Property, name, node);
    }
    true
}

fn call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(function) = node.named_child(0) else { return true };
    let name = match function.kind() {
        "identifier" => Some(function),
        "navigation_expression" => u32::try_from(function.named_child_count())
            .ok()
            .and_then(|count| function.named_child(count.checked_sub(1)?)),
        _ => None,
    };
    if let Some(name) = name {
        walk.refer(R::Call, name);
    }
    true
}
