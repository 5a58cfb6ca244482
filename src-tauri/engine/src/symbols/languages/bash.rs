//! Shell scripts.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const GRAMMAR: Grammar = Grammar {
    languages: &["bash"],
    parser: || tree_sitter_bash::LANGUAGE.into(),
    rules: &[
        ("function_definition", Rule::Define(S::Function, Name::Field("name"))),
        ("declaration_command", Rule::Wrap),
        ("variable_assignment", Rule::Custom(assignment)),
        ("command", Rule::Custom(command)),
        ("variable_name", Rule::Refer(R::Use, Name::Itself)),
        ("heredoc_body", Rule::Skip),
    ],
    name_fields: &["name"],
    leading: &[],
    prepare: None,
};

/// Not where it only sets the environment of one command.
fn assignment(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let name = node.child_by_field_name("name").filter(|name| name.kind() == "variable_name");
    let for_command = node.parent().is_some_and(|parent| parent.kind() == "command");
    if let Some(name) = name.filter(|_| !for_command) {
        walk.define(S::Variable, name, node);
    }
    true
}

fn command(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(name) = node.child_by_field_name("name") else { return true };
    if matches!(walk.text_of(name), "source" | ".") {
        if let Some(path) = node.child_by_field_name("argument") {
            walk.refer(R::Import, path);
        }
    } else {
        walk.refer(R::Call, name);
    }
    true
}
