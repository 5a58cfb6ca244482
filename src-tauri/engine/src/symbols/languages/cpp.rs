//! C++.

use super::c::{self, Declared};
use crate::symbols::c_macros;
use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["cpp"],
    parser: || tree_sitter_cpp::LANGUAGE.into(),
    rules: &[
        ("namespace_definition", Rule::Define(S::Namespace, Name::Whole("name"))),
        ("namespace_alias_definition", Rule::Define(S::Namespace, Name::Field("name"))),
        ("template_declaration", Rule::Wrap),
        ("class_specifier", Rule::Custom(class)),
        ("struct_specifier", Rule::Custom(c::structure)),
        ("union_specifier", Rule::Custom(c::union)),
        ("enum_specifier", Rule::Custom(c::enumeration)),
        ("enumerator", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("concept_definition", Rule::Define(S::Type, Name::Field("name"))),
        ("alias_declaration", Rule::Define(S::Type, Name::Field("name"))),
        ("type_definition", Rule::Custom(c::typedef)),
        ("function_definition", Rule::Custom(function)),
        ("declaration", Rule::Custom(declaration)),
        ("field_declaration", Rule::Custom(member)),
        ("lambda_expression", Rule::Conceal),
        ("preproc_def", Rule::Custom(c::object_macro)),
        ("preproc_function_def", Rule::Define(S::Macro, Name::Field("name"))),
        ("preproc_include", Rule::Refer(R::Import, Name::Whole("path"))),
        ("using_declaration", Rule::Region(R::Import)),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string_literal", Rule::Skip),
    ],
    name_fields: &["name", "field", "declarator"],
    leading: &[],
    prepare: Some(c_macros::blank),
};

fn class(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    c::with_body(walk, node, S::Class)
}

fn function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let declarator = node.child_by_field_name("declarator");
    if let Some(Declared { name, .. }) = declarator.and_then(c::declared) {
        let name = qualified(walk, name);
        walk.define(S::Function, name, node);
    }
    true
}

/// Opens the containers that `name` is qualified by, and returns its last part.
fn qualified<'tree>(walk: &mut Walk<'_>, name: Node<'tree>) -> Node<'tree> {
    let mut name = name;
    while name.kind() == "qualified_identifier" {
        if let Some(scope) = name.child_by_field_name("scope") {
            let scope = walk.name_in(scope, Name::Field("name")).unwrap_or(scope);
            walk.contain(walk.text_of(scope));
        }
        match name.child_by_field_name("name") {
            Some(inner) => name = inner,
            None => break,
        }
    }
    if name.kind() == "template_function" {
        name.child_by_field_name("name").unwrap_or(name)
    } else {
        name
    }
}

fn declaration(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if walk.is_local() {
        return true;
    }
    let is_extern = c::has_specifier(walk, node, "extern");
    let mut cursor = node.walk();
    for declarator in node.children_by_field_name("declarator", &mut cursor) {
        let Some(Declared { name, is_function }) = c::declared(declarator) else { continue };
        let kind = if is_function || is_extern { S::Declaration } else { S::Variable };
        let name = qualified(walk, name);
        walk.define_leaf(kind, name, node);
    }
    true
}

/// The functions that a class declares; its data are not looked for by name.
fn member(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let declarator = node.child_by_field_name("declarator");
    if let Some(Declared { name, is_function: true }) = declarator.and_then(c::declared) {
        walk.define_leaf(S::Declaration, name, node);
    }
    true
}
