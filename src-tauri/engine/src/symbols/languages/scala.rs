//! Scala.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["scala"],
    parser: || tree_sitter_scala::LANGUAGE.into(),
    rules: &[
        ("class_definition", Rule::Define(S::Class, Name::Field("name"))),
        ("object_definition", Rule::Define(S::Class, Name::Field("name"))),
        ("package_object", Rule::Define(S::Module, Name::Field("name"))),
        ("trait_definition", Rule::Define(S::Trait, Name::Field("name"))),
        ("enum_definition", Rule::Define(S::Enum, Name::Field("name"))),
        ("simple_enum_case", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("full_enum_case", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("type_definition", Rule::Define(S::Type, Name::Field("name"))),
        ("given_definition", Rule::Define(S::Constant, Name::Field("name"))),
        ("function_definition", Rule::Define(S::Function, Name::Field("name"))),
        ("function_declaration", Rule::Define(S::Function, Name::Field("name"))),
        ("val_definition", Rule::Custom(value)),
        ("var_definition", Rule::Custom(value)),
        ("val_declaration", Rule::Define(S::Field, Name::Field("name"))),
        ("var_declaration", Rule::Define(S::Field, Name::Field("name"))),
        ("lambda_expression", Rule::Conceal),
        ("import_declaration", Rule::Region(R::Import)),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("instance_expression", Rule::Refer(R::Call, Name::First)),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["name", "field", "function", "type"],
    leading: &[],
    prepare: None,
};

fn value(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let pattern = node.child_by_field_name("pattern").filter(|it| it.kind() == "identifier");
    if let Some(name) = pattern {
        let is_value = node.kind() == "val_definition";
        walk.define(if is_value { S::Constant } else { S::Variable }, name, node);
    }
    true
}
