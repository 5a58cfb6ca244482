//! C, and what C++ shares with it: names stand inside nested declarators.

use crate::symbols::c_macros;
use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["c"],
    parser: || tree_sitter_c::LANGUAGE.into(),
    rules: &[
        ("function_definition", Rule::Custom(function)),
        ("declaration", Rule::Custom(declaration)),
        ("type_definition", Rule::Custom(typedef)),
        ("struct_specifier", Rule::Custom(structure)),
        ("union_specifier", Rule::Custom(union)),
        ("enum_specifier", Rule::Custom(enumeration)),
        ("enumerator", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("preproc_def", Rule::Custom(object_macro)),
        ("preproc_function_def", Rule::Define(S::Macro, Name::Field("name"))),
        ("preproc_include", Rule::Refer(R::Import, Name::Whole("path"))),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string_literal", Rule::Skip),
    ],
    name_fields: &["name", "field", "declarator"],
    leading: &[],
    prepare: Some(c_macros::blank),
};

/// How many declarators (pointers, arrays, brackets) may stand around a name.
const DEEPEST_DECLARATOR: usize = 32;

/// What a declarator declares.
pub(super) struct Declared<'tree> {
    pub(super) name: Node<'tree>,
    pub(super) is_function: bool,
}

/// The name inside `declarator`, and whether it is that of a function.
pub(super) fn declared(declarator: Node<'_>) -> Option<Declared<'_>> {
    let (mut node, mut is_function) = (declarator, false);
    for _ in 0..DEEPEST_DECLARATOR {
        match node.kind() {
            "identifier"
            | "field_identifier"
            | "type_identifier"
            | "qualified_identifier"
            | "operator_name"
            | "destructor_name"
            | "operator_cast"
            | "template_function"
            | "primitive_type" => return Some(Declared { name: node, is_function }),
            "function_declarator" => is_function = true,
            // A pointer to a function is a variable.
            "parenthesized_declarator" => is_function &= !has_pointer(node),
            _ => {}
        }
        node = node.child_by_field_name("declarator").or_else(|| {
            let mut cursor = node.walk();
            node.named_children(&mut cursor).find(|child| {
                child.kind().ends_with("declarator") || child.kind().ends_with("identifier")
            })
        })?;
    }
    None
}

fn has_pointer(node: Node<'_>) -> bool {
    node.named_child(0).is_some_and(|child| child.kind() == "pointer_declarator")
}

fn function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let declarator = node.child_by_field_name("declarator");
    if let Some(Declared { name, .. }) = declarator.and_then(declared) {
        walk.define(S::Function, name, node);
    }
    true
}

/// Variables, and prototypes of functions.
fn declaration(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if walk.is_local() {
        return true;
    }
    let is_extern = has_specifier(walk, node, "extern");
    let mut cursor = node.walk();
    for declarator in node.children_by_field_name("declarator", &mut cursor) {
        let Some(Declared { name, is_function }) = declared(declarator) else { continue };
        let kind = if is_function || is_extern { S::Declaration } else { S::Variable };
        walk.define_leaf(kind, name, node);
    }
    true
}

pub(super) fn has_specifier(walk: &Walk<'_>, node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .take_while(|child| child.kind() != "init_declarator")
        .any(|child| child.kind() == "storage_class_specifier" && walk.text_of(child) == word)
}

pub(super) fn typedef(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let kind = match node.child_by_field_name("type") {
        Some(it) if it.child_by_field_name("name").is_some() => S::Type,
        Some(it) => match it.kind() {
            "struct_specifier" => S::Struct,
            "union_specifier" => S::Union,
            "enum_specifier" => S::Enum,
            _ => S::Type,
        },
        None => S::Type,
    };
    let mut cursor = node.walk();
    for declarator in node.children_by_field_name("declarator", &mut cursor) {
        if let Some(Declared { name, .. }) = declared(declarator) {
            walk.define_leaf(kind, name, node);
        }
    }
    true
}

pub(super) fn structure(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    with_body(walk, node, S::Struct)
}

pub(super) fn union(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    with_body(walk, node, S::Union)
}

pub(super) fn enumeration(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    with_body(walk, node, S::Enum)
}

/// Without a body the name is only used.
pub(super) fn with_body(walk: &mut Walk<'_>, node: Node<'_>, kind: S) -> bool {
    if node.child_by_field_name("body").is_some()
        && let Some(name) = walk.name_in(node, Name::Field("name"))
    {
        walk.define(kind, name, node);
    }
    true
}

/// A macro without a value is a mark, such as a header's guard.
pub(super) fn object_macro(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let is_guard = node.child_by_field_name("value").is_none();
    if let Some(name) = node.child_by_field_name("name") {
        let text = walk.text_of(name);
        if !(is_guard && (text.ends_with("_H") || text.ends_with("_H_") || text.ends_with("_H__")))
        {
            walk.define(S::Macro, name, node);
        }
    }
    true
}
