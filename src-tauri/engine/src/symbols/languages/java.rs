//! Java.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["java"],
    parser: || tree_sitter_java::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("record_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("interface_declaration", Rule::Define(S::Interface, Name::Field("name"))),
        ("annotation_type_declaration", Rule::Define(S::Interface, Name::Field("name"))),
        ("enum_declaration", Rule::Define(S::Enum, Name::Field("name"))),
        ("enum_constant", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("method_declaration", Rule::Define(S::Method, Name::Field("name"))),
        ("annotation_type_element_declaration", Rule::Define(S::Method, Name::Field("name"))),
        ("constructor_declaration", Rule::Define(S::Constructor, Name::Field("name"))),
        ("compact_constructor_declaration", Rule::Define(S::Constructor, Name::Field("name"))),
        ("field_declaration", Rule::Wrap),
        ("constant_declaration", Rule::Wrap),
        ("variable_declarator", Rule::Define(S::Field, Name::Field("name"))),
        ("lambda_expression", Rule::Conceal),
        ("static_initializer", Rule::Conceal),
        ("import_declaration", Rule::Region(R::Import)),
        ("method_invocation", Rule::Refer(R::Call, Name::Field("name"))),
        ("object_creation_expression", Rule::Refer(R::Call, Name::Field("type"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string_literal", Rule::Skip),
    ],
    name_fields: &["name"],
    leading: &[],
    prepare: None,
};
