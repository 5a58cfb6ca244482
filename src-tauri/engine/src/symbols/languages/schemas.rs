//! Descriptions of data and of services: protocol buffers, GraphQL, SQL.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const PROTOBUF: Grammar = Grammar {
    languages: &["protobuf"],
    parser: || tree_sitter_proto::LANGUAGE.into(),
    rules: &[
        ("message", Rule::Define(S::Struct, Name::Child("message_name"))),
        ("enum", Rule::Define(S::Enum, Name::Child("enum_name"))),
        ("enum_field", Rule::Define(S::EnumMember, Name::Child("identifier"))),
        ("field", Rule::Define(S::Field, Name::Child("identifier"))),
        ("map_field", Rule::Define(S::Field, Name::Child("identifier"))),
        ("oneof_field", Rule::Define(S::Field, Name::Child("identifier"))),
        ("service", Rule::Define(S::Interface, Name::Child("service_name"))),
        ("rpc", Rule::Define(S::Method, Name::Child("rpc_name"))),
        ("import", Rule::Refer(R::Import, Name::Whole("path"))),
        ("message_or_enum_type", Rule::Refer(R::Type, Name::Itself)),
        ("option", Rule::Skip),
    ],
    name_fields: &[],
    leading: &[],
    prepare: None,
};

pub(super) const GRAPHQL: Grammar = Grammar {
    languages: &["graphql"],
    parser: || tree_sitter_graphql::LANGUAGE.into(),
    rules: &[
        ("object_type_definition", Rule::Define(S::Class, Name::Child("name"))),
        ("input_object_type_definition", Rule::Define(S::Struct, Name::Child("name"))),
        ("interface_type_definition", Rule::Define(S::Interface, Name::Child("name"))),
        ("union_type_definition", Rule::Define(S::Union, Name::Child("name"))),
        ("scalar_type_definition", Rule::Define(S::Type, Name::Child("name"))),
        ("enum_type_definition", Rule::Define(S::Enum, Name::Child("name"))),
        ("enum_value", Rule::Define(S::EnumMember, Name::Itself)),
        ("field_definition", Rule::Define(S::Field, Name::Child("name"))),
        ("operation_definition", Rule::Define(S::Function, Name::Child("name"))),
        ("fragment_definition", Rule::Define(S::Function, Name::Child("fragment_name"))),
        ("named_type", Rule::Refer(R::Type, Name::Itself)),
    ],
    ..PROTOBUF
};

pub(super) const SQL: Grammar = Grammar {
    languages: &["sql"],
    parser: || tree_sitter_sequel::LANGUAGE.into(),
    rules: &[
        ("create_table", Rule::Define(S::Table, Name::Child("object_reference"))),
        ("create_view", Rule::Define(S::View, Name::Child("object_reference"))),
        ("create_materialized_view", Rule::Define(S::View, Name::Child("object_reference"))),
        ("create_function", Rule::Define(S::Function, Name::Child("object_reference"))),
        ("create_trigger", Rule::Define(S::Function, Name::Child("object_reference"))),
        ("create_type", Rule::Define(S::Type, Name::Child("object_reference"))),
        ("create_sequence", Rule::Define(S::Variable, Name::Child("object_reference"))),
        ("create_index", Rule::Custom(index)),
        ("column_definition", Rule::Define(S::Field, Name::Whole("name"))),
        ("object_reference", Rule::Refer(R::Use, Name::Itself)),
    ],
    ..PROTOBUF
};

fn index(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("column") {
        walk.define(S::Index, name, node);
    }
    true
}
