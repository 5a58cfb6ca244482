//! Haskell and OCaml.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const HASKELL: Grammar = Grammar {
    languages: &["haskell"],
    parser: || tree_sitter_haskell::LANGUAGE.into(),
    rules: &[
        ("signature", Rule::Custom(equation)),
        ("function", Rule::Custom(equation)),
        ("bind", Rule::Custom(equation)),
        ("data_type", Rule::Define(S::Type, Name::Whole("name"))),
        ("newtype", Rule::Define(S::Type, Name::Whole("name"))),
        ("type_synomym", Rule::Define(S::Type, Name::Whole("name"))),
        ("type_synonym", Rule::Define(S::Type, Name::Whole("name"))),
        ("type_family", Rule::Define(S::Type, Name::Whole("name"))),
        ("class", Rule::Define(S::Interface, Name::Whole("name"))),
        ("instance", Rule::Contain(Name::Whole("name"))),
        ("data_constructor", Rule::Custom(constructor)),
        ("gadt_constructor", Rule::Define(S::EnumMember, Name::Whole("name"))),
        ("local_binds", Rule::Conceal),
        ("let_in", Rule::Conceal),
        ("import", Rule::Region(R::Import)),
        ("module", Rule::Refer(R::Use, Name::Itself)),
        ("name", Rule::Refer(R::Type, Name::Itself)),
        ("constructor", Rule::Refer(R::Use, Name::Itself)),
        ("variable", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["id"],
    leading: &["haddock", "pragma"],
    prepare: None,
};

pub(super) const OCAML: Grammar = Grammar {
    languages: &["ocaml"],
    parser: || tree_sitter_ocaml::LANGUAGE_OCAML.into(),
    rules: &[
        ("value_definition", Rule::Wrap),
        ("let_binding", Rule::Custom(let_binding)),
        ("let_expression", Rule::Conceal),
        ("value_specification", Rule::Define(S::Declaration, Name::Child("value_name"))),
        ("external", Rule::Define(S::Declaration, Name::Child("value_name"))),
        ("type_definition", Rule::Wrap),
        ("type_binding", Rule::Define(S::Type, Name::Whole("name"))),
        ("constructor_declaration", Rule::Define(S::EnumMember, Name::Child("constructor_name"))),
        ("module_definition", Rule::Wrap),
        ("module_binding", Rule::Define(S::Module, Name::Child("module_name"))),
        ("module_type_definition", Rule::Define(S::Interface, Name::Child("module_type_name"))),
        ("class_definition", Rule::Wrap),
        ("class_binding", Rule::Define(S::Class, Name::Child("class_name"))),
        ("method_definition", Rule::Define(S::Method, Name::Child("method_name"))),
        ("open_module", Rule::Region(R::Import)),
        ("application_expression", Rule::Custom(application)),
        ("type_constructor", Rule::Refer(R::Type, Name::Itself)),
        ("module_name", Rule::Refer(R::Use, Name::Itself)),
        ("constructor_name", Rule::Refer(R::Use, Name::Itself)),
        ("value_name", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &[],
    ..HASKELL
};

/// A function's signature and its equations are one definition.
fn equation(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name").filter(|_| !walk.is_local()) {
        walk.define_or_extend(S::Function, name, node);
    }
    node.kind() != "signature" || walk.wants_references()
}

fn constructor(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name =
        node.child_by_field_name("constructor").and_then(|it| it.child_by_field_name("name"));
    if let Some(name) = name {
        walk.define(S::EnumMember, name, node);
    }
    true
}

fn let_binding(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name = node.child_by_field_name("pattern").filter(|it| it.kind() == "value_name");
    if let Some(name) = name {
        let is_function = walk.name_in(node, Name::Child("parameter")).is_some()
            || node.child_by_field_name("body").is_some_and(|body| {
                matches!(body.kind(), "fun_expression" | "function_expression")
            });
        if !walk.is_local() {
            walk.define(if is_function { S::Function } else { S::Variable }, name, node);
        }
    }
    true
}

fn application(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let function = node.child_by_field_name("function").filter(|it| it.kind() == "value_path");
    if let Some(name) = function.and_then(|path| walk.name_in(path, Name::Child("value_name"))) {
        walk.refer(R::Call, name);
    }
    true
}
