//! PHP.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["php"],
    parser: || tree_sitter_php::LANGUAGE_PHP.into(),
    rules: &[
        ("namespace_definition", Rule::Define(S::Namespace, Name::Whole("name"))),
        ("class_declaration", Rule::Define(S::Class, Name::Field("name"))),
        ("interface_declaration", Rule::Define(S::Interface, Name::Field("name"))),
        ("trait_declaration", Rule::Define(S::Trait, Name::Field("name"))),
        ("enum_declaration", Rule::Define(S::Enum, Name::Field("name"))),
        ("enum_case", Rule::Define(S::EnumMember, Name::Field("name"))),
        ("function_definition", Rule::Define(S::Function, Name::Field("name"))),
        ("method_declaration", Rule::Custom(method)),
        ("property_declaration", Rule::Wrap),
        ("property_element", Rule::Custom(property)),
        ("property_promotion_parameter", Rule::Custom(promoted)),
        ("const_declaration", Rule::Wrap),
        ("const_element", Rule::Define(S::Constant, Name::Child("name"))),
        ("anonymous_function", Rule::Conceal),
        ("arrow_function", Rule::Conceal),
        ("namespace_use_declaration", Rule::Region(R::Import)),
        ("use_declaration", Rule::Region(R::Type)),
        ("function_call_expression", Rule::Refer(R::Call, Name::Field("function"))),
        ("member_call_expression", Rule::Refer(R::Call, Name::Field("name"))),
        ("nullsafe_member_call_expression", Rule::Refer(R::Call, Name::Field("name"))),
        ("scoped_call_expression", Rule::Refer(R::Call, Name::Field("name"))),
        ("object_creation_expression", Rule::Refer(R::Call, Name::First)),
        ("named_type", Rule::Region(R::Type)),
        ("base_clause", Rule::Region(R::Type)),
        ("class_interface_clause", Rule::Region(R::Type)),
        // A variable's name is a `name` as well.
        ("variable_name", Rule::Skip),
        ("name", Rule::Refer(R::Use, Name::Itself)),
        ("string", Rule::Skip),
    ],
    name_fields: &["name"],
    leading: &[],
    prepare: None,
};

fn method(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        let is_constructor = walk.text_of(name) == "__construct";
        walk.define(if is_constructor { S::Constructor } else { S::Method }, name, node);
    }
    true
}

fn property(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    without_dollar(walk, node, node.child_by_field_name("name"));
    true
}

/// A parameter of a constructor that is a property as well.
fn promoted(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    without_dollar(walk, node, node.child_by_field_name("name"));
    true
}

fn without_dollar(walk: &mut Walk<'_>, node: Node<'_>, variable: Option<Node<'_>>) {
    let name = variable.filter(|it| it.kind() == "variable_name").and_then(|it| it.named_child(0));
    if let Some(name) = name {
        walk.define_visible(S::Property, name, node);
    }
}
