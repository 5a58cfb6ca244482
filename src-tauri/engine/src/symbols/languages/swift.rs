//! Swift.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["swift"],
    parser: || tree_sitter_swift::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Custom(class)),
        ("protocol_declaration", Rule::Define(S::Interface, Name::Field("name"))),
        ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
        ("protocol_function_declaration", Rule::Define(S::Method, Name::Field("name"))),
        ("init_declaration", Rule::Define(S::Constructor, Name::Field("name"))),
        ("typealias_declaration", Rule::Define(S::Type, Name::Field("name"))),
        ("associatedtype_declaration", Rule::Define(S::Type, Name::Field("name"))),
        ("property_declaration", Rule::Define(S::Property, Name::Field("name"))),
        ("protocol_property_declaration", Rule::Define(S::Property, Name::Field("name"))),
        ("enum_entry", Rule::Custom(cases)),
        ("macro_declaration", Rule::Define(S::Macro, Name::Child("simple_identifier"))),
        ("lambda_literal", Rule::Conceal),
        ("deinit_declaration", Rule::Conceal),
        ("import_declaration", Rule::Region(R::Import)),
        ("call_expression", Rule::Refer(R::Call, Name::First)),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("simple_identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["bound_identifier", "suffix", "name"],
    leading: &[],
    prepare: None,
};

/// Classes, structures, enumerations, actors; an extension only contains.
fn class(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = node.child_by_field_name("name") else { return true };
    let word = node.child_by_field_name("declaration_kind").map_or("", |word| walk.text_of(word));
    let kind = match word {
        "struct" => S::Struct,
        "enum" => S::Enum,
        "extension" => {
            let name = walk.text_of(name);
            walk.contain(name.split('<').next().unwrap_or(name));
            return true;
        }
        _ => S::Class,
    };
    walk.define(kind, name, node);
    true
}

fn cases(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    for name in node.children_by_field_name("name", &mut cursor) {
        walk.define_leaf(S::EnumMember, name, node);
    }
    true
}
