//! Rust.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["rust"],
    parser: || tree_sitter_rust::LANGUAGE.into(),
    rules: &[
        ("mod_item", Rule::Define(S::Module, Name::Field("name"))),
        ("struct_item", Rule::Define(S::Struct, Name::Field("name"))),
        ("union_item", Rule::Define(S::Union, Name::Field("name"))),
        ("enum_item", Rule::Define(S::Enum, Name::Field("name"))),
        ("enum_variant", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("trait_item", Rule::Define(S::Trait, Name::Field("name"))),
        ("impl_item", Rule::Contain(Name::Field("type"))),
        ("function_item", Rule::Define(S::Function, Name::Field("name"))),
        ("function_signature_item", Rule::Define(S::Function, Name::Field("name"))),
        ("macro_definition", Rule::Define(S::Macro, Name::Field("name"))),
        ("const_item", Rule::Define(S::Constant, Name::Field("name"))),
        ("static_item", Rule::Define(S::Variable, Name::Field("name"))),
        ("type_item", Rule::Define(S::Type, Name::Field("name"))),
        ("associated_type", Rule::Define(S::Type, Name::Field("name"))),
        ("closure_expression", Rule::Conceal),
        ("use_declaration", Rule::Region(R::Import)),
        ("extern_crate_declaration", Rule::Region(R::Import)),
        ("call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("macro_invocation", Rule::Refer(R::Call, Name::Field("macro"))),
        ("type_identifier", Rule::Refer(R::Type, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
        ("string_literal", Rule::Skip),
        ("raw_string_literal", Rule::Skip),
    ],
    name_fields: &["name", "field", "function", "type"],
    leading: &["attribute_item"],
    prepare: None,
};
