//! Elixir and Erlang.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const ELIXIR: Grammar = Grammar {
    languages: &["elixir"],
    parser: || tree_sitter_elixir::LANGUAGE.into(),
    rules: &[
        ("call", Rule::Custom(call)),
        ("unary_operator", Rule::Custom(attribute)),
        ("anonymous_function", Rule::Conceal),
        ("alias", Rule::Refer(R::Use, Name::Itself)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["target", "left", "right"],
    leading: &[],
    prepare: None,
};

pub(super) const ERLANG: Grammar = Grammar {
    languages: &["erlang"],
    parser: || tree_sitter_erlang::LANGUAGE.into(),
    rules: &[
        ("module_attribute", Rule::Define(S::Module, Name::Whole("name"))),
        ("function_clause", Rule::Custom(clause)),
        ("record_decl", Rule::Define(S::Struct, Name::Whole("name"))),
        ("type_alias", Rule::Define(S::Type, Name::Field("name"))),
        ("pp_define", Rule::Define(S::Macro, Name::Field("lhs"))),
        ("call", Rule::Refer(R::Call, Name::Field("expr"))),
        ("import_attribute", Rule::Region(R::Import)),
        ("atom", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["fun", "name"],
    ..ELIXIR
};

/// In Elixir definitions are calls of macros.
fn call(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(target) = node.child_by_field_name("target") else { return true };
    let kind = match walk.text_of(target) {
        "defmodule" => S::Module,
        "defprotocol" => S::Interface,
        "def" | "defp" | "defdelegate" => S::Function,
        "defmacro" | "defmacrop" | "defguard" | "defguardp" => S::Macro,
        "defimpl" => {
            if let Some(name) = first_argument(walk, node) {
                walk.contain(walk.text_of(name));
            }
            return true;
        }
        "alias" | "import" | "require" | "use" => {
            walk.region(R::Import, node);
            return true;
        }
        _ => {
            let name = if target.kind() == "dot" {
                target.child_by_field_name("right")
            } else {
                Some(target)
            };
            if let Some(name) = name {
                walk.refer(R::Call, name);
            }
            return true;
        }
    };
    if let Some(head) = first_argument(walk, node) {
        // `name(a) when …`
        let head = if head.kind() == "binary_operator" {
            head.child_by_field_name("left")
        } else {
            Some(head)
        };
        let name = head.map(|head| head.child_by_field_name("target").unwrap_or(head));
        if let Some(name) = name {
            walk.define_or_extend(kind, name, node);
        }
    }
    true
}

fn first_argument<'tree>(walk: &Walk<'_>, call: Node<'tree>) -> Option<Node<'tree>> {
    walk.name_in(call, Name::Child("arguments"))?.named_child(0)
}

/// `@type name :: …` and its like.
fn attribute(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(operand) = node.child_by_field_name("operand").filter(|it| it.kind() == "call") else {
        return true;
    };
    let target = operand.child_by_field_name("target").map_or("", |target| walk.text_of(target));
    match target {
        "type" | "typep" | "opaque" | "callback" => {
            let head = first_argument(walk, operand).and_then(|it| it.child_by_field_name("left"));
            let name = head.map(|head| head.child_by_field_name("target").unwrap_or(head));
            if let Some(name) = name {
                let kind = if target == "callback" { S::Declaration } else { S::Type };
                walk.define(kind, name, node);
            }
            false
        }
        "doc" | "moduledoc" | "spec" | "typedoc" => false,
        _ => true,
    }
}

/// The clauses of one function are one definition.
fn clause(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        walk.define_or_extend(S::Function, name, node);
    }
    true
}
