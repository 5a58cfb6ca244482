//! R, Zig and Nix: a definition is an assignment.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const R_LANGUAGE: Grammar = Grammar {
    languages: &["r"],
    parser: || tree_sitter_r::LANGUAGE.into(),
    rules: &[
        ("binary_operator", Rule::Custom(r_assignment)),
        ("function_definition", Rule::Conceal),
        ("call", Rule::Custom(r_call)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string", Rule::ImportPath),
    ],
    name_fields: &["rhs", "function"],
    leading: &[],
    prepare: None,
};

pub(super) const ZIG: Grammar = Grammar {
    languages: &["zig"],
    parser: || tree_sitter_zig::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
        ("variable_declaration", Rule::Custom(zig_variable)),
        ("container_field", Rule::Custom(zig_field)),
        ("test_declaration", Rule::Conceal),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string", Rule::Skip),
    ],
    name_fields: &["member", "function"],
    ..R_LANGUAGE
};

pub(super) const NIX: Grammar = Grammar {
    languages: &["nix"],
    parser: || tree_sitter_nix::LANGUAGE.into(),
    rules: &[("binding", Rule::Custom(nix_binding))],
    ..R_LANGUAGE
};

fn r_assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let operator = node.child_by_field_name("operator").map_or("", |it| walk.text_of(it));
    let (name, value) = match operator {
        "<-" | "<<-" | "=" => (node.child_by_field_name("lhs"), node.child_by_field_name("rhs")),
        "->" | "->>" => (node.child_by_field_name("rhs"), node.child_by_field_name("lhs")),
        _ => return true,
    };
    if let Some(name) = name.filter(|name| name.kind() == "identifier") {
        let is_function = value.is_some_and(|value| value.kind() == "function_definition");
        walk.define(if is_function { S::Function } else { S::Variable }, name, node);
    }
    true
}

fn r_call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(function) = node.child_by_field_name("function") else { return true };
    if matches!(walk.text_of(function), "library" | "require" | "source") {
        walk.region(R::Import, node);
    } else if let Some(name) = walk.tail(function) {
        walk.refer(R::Call, name);
    }
    true
}

/// A type in Zig is a value that a constant holds.
fn zig_variable(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = walk.name_in(node, Name::Child("identifier")) else { return true };
    let mut kind = S::Variable;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        kind = match child.kind() {
            "const" => S::Constant,
            "struct_declaration" | "opaque_declaration" => S::Struct,
            "enum_declaration" | "error_set_declaration" => S::Enum,
            "union_declaration" => S::Union,
            _ => kind,
        };
    }
    walk.define(kind, name, node);
    true
}

/// A field without a type is a value of an enumeration.
fn zig_field(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let is_value = node.parent().is_some_and(|parent| parent.kind() == "enum_declaration");
    if let Some(name) = node.child_by_field_name("name").filter(|_| is_value) {
        walk.define_leaf(S::EnumMember, name, node);
    }
    true
}

fn nix_binding(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = node.child_by_field_name("attrpath") else { return true };
    let is_function =
        node.child_by_field_name("expression").is_some_and(|it| it.kind() == "function_expression");
    if is_function {
        walk.define(S::Function, name, node);
        return true;
    }
    walk.define_key(name, node)
}
