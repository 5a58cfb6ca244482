//! Python.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["python", "starlark"],
    parser: || tree_sitter_python::LANGUAGE.into(),
    rules: &[
        ("decorated_definition", Rule::Wrap),
        ("class_definition", Rule::Define(S::Class, Name::Field("name"))),
        ("function_definition", Rule::Custom(function)),
        ("type_alias_statement", Rule::Define(S::Type, Name::Field("left"))),
        ("assignment", Rule::Custom(assignment)),
        ("lambda", Rule::Conceal),
        ("import_statement", Rule::Region(R::Import)),
        ("import_from_statement", Rule::Region(R::Import)),
        ("call", Rule::Refer(R::Call, Name::Field("function"))),
        ("type", Rule::Region(R::Type)),
        ("keyword_argument", Rule::Custom(keyword_argument)),
        ("identifier", Rule::Refer(R::Use, Name::Itself)),
    ],
    name_fields: &["name", "attribute"],
    leading: &["decorator"],
    prepare: None,
};

fn function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.child_by_field_name("name") {
        let is_constructor = walk.in_type() && walk.text_of(name) == "__init__";
        walk.define(if is_constructor { S::Constructor } else { S::Function }, name, node);
    }
    true
}

/// Names bound in a module or in a class, also several at once.
fn assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(left) = node.child_by_field_name("left") else { return true };
    match left.kind() {
        "identifier" => {
            let is_function =
                node.child_by_field_name("right").is_some_and(|it| it.kind() == "lambda");
            let kind = if is_function { S::Function } else { binding(walk.text_of(left)) };
            walk.define(kind, left, node);
        }
        "pattern_list" | "tuple_pattern" => {
            let mut cursor = left.walk();
            for name in left.named_children(&mut cursor).filter(|it| it.kind() == "identifier") {
                walk.define_leaf(binding(walk.text_of(name)), name, node);
            }
        }
        _ => {}
    }
    true
}

/// A name in capitals says that it does not change.
fn binding(name: &str) -> S {
    let is_constant = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
    if is_constant { S::Constant } else { S::Variable }
}

/// The parameter named in a call is not a name of this file.
fn keyword_argument(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let value = node.child_by_field_name("value");
    if let Some(value) = value.filter(|value| value.kind() == "identifier") {
        walk.refer(R::Use, value);
        return false;
    }
    true
}
