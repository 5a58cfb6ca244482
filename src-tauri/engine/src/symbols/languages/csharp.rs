//! C#.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["csharp"],
    parser: || tree_sitter_c_sharp::LANGUAGE.into(),
    rules: &[
        ("namespace_declaration", Rule::Define(S::Namespace, Name::Whole("name"))),
        ("file_scoped_namespace_declaration", Rule::Define(S::Namespace, Name::Whole("name"))),
        ("class_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("record_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("struct_declaration", Rule::Define(S::Struct, Name::Field("name"))),
        ("interface_declaration", Rule::Define(S::Interface, Name::Field("name"))),
        ("enum_declaration", Rule::Define(S::Enum, Name::Field("name"))),
        ("enum_member_declaration", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("delegate_declaration", Rule::Define(S::Type, Name::Field("name"))),
        ("method_declaration", Rule::Define(S::Method, Name::Field("name"))),
        ("local_function_statement", Rule::Define(S::Function, Name::Field("name"))),
        ("constructor_declaration", Rule::Define(S::Constructor, Name::Field("name"))),
        ("property_declaration", Rule::Define(S::Property, Name::Field("name"))),
        ("event_declaration", Rule::Define(S::Field, Name::Field("name"))),
        ("field_declaration", Rule::Wrap),
        ("event_field_declaration", Rule::Wrap),
        ("variable_declaration", Rule::Wrap),
        ("variable_declarator", Rule::Define(S::Field, Name::Field("name"))),
        ("lambda_expression", Rule::Conceal),
        ("anonymous_method_expression", Rule::Conceal),
        ("using_directive", Rule::Region(R::Import)),
        ("invocation_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("object_creation_expression", Rule::Refer(R::Call, Name::Field("type"))),
        ("base_list", Rule::Region(R::Type)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string_literal", Rule::Skip),
        ("verbatim_string_literal", Rule::Skip),
    ],
    name_fields: &["name", "function"],
    leading: &[],
    prepare: None,
};
