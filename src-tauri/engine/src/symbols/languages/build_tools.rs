//! What builds: make, CMake, and the HashiCorp language.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const MAKE: Grammar = Grammar {
    languages: &["make"],
    parser: || tree_sitter_make::LANGUAGE.into(),
    rules: &[
        ("rule", Rule::Custom(targets)),
        ("variable_assignment", Rule::Define(S::Variable, Name::Whole("name"))),
        ("shell_assignment", Rule::Define(S::Variable, Name::Whole("name"))),
        ("define_directive", Rule::Define(S::Macro, Name::Whole("name"))),
        ("include_directive", Rule::Refer(R::Import, Name::Whole("filenames"))),
        ("recipe", Rule::Skip),
    ],
    name_fields: &[],
    leading: &[],
    prepare: None,
};

pub(super) const CMAKE: Grammar = Grammar {
    languages: &["cmake"],
    parser: || tree_sitter_cmake::LANGUAGE.into(),
    rules: &[
        ("function_def", Rule::Custom(cmake_function)),
        ("macro_def", Rule::Custom(cmake_macro)),
        ("normal_command", Rule::Custom(cmake_command)),
    ],
    ..MAKE
};

pub(super) const HCL: Grammar = Grammar {
    languages: &["hcl"],
    parser: || tree_sitter_hcl::LANGUAGE.into(),
    rules: &[
        ("block", Rule::Custom(hcl_block)),
        ("attribute", Rule::Custom(hcl_attribute)),
        ("function_call", Rule::Refer(R::Call, Name::Nth(0))),
    ],
    ..MAKE
};

fn targets(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(targets) = walk.name_in(node, Name::Child("targets")) else { return true };
    let mut cursor = targets.walk();
    for target in targets.named_children(&mut cursor) {
        // `.PHONY` and its like are settings.
        if !walk.text_of(target).starts_with('.') {
            walk.define_leaf(S::Rule, target, node);
        }
    }
    true
}

fn cmake_function(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.named_child(0).and_then(|command| first_argument(command)) {
        walk.define(S::Function, name, node);
    }
    true
}

fn cmake_macro(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.named_child(0).and_then(|command| first_argument(command)) {
        walk.define(S::Macro, name, node);
    }
    true
}

fn first_argument(command: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = command.walk();
    let list = command.named_children(&mut cursor).find(|it| it.kind() == "argument_list")?;
    list.named_child(0)
}

fn cmake_command(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(command) = node.named_child(0) else { return false };
    let kind = match walk.text_of(command).to_ascii_lowercase().as_str() {
        "add_executable" | "add_library" | "add_custom_target" | "add_test" => Some(S::Rule),
        "set" | "option" => Some(S::Variable),
        "project" => Some(S::Module),
        "include" | "find_package" | "add_subdirectory" => {
            if let Some(path) = first_argument(node) {
                walk.refer(R::Import, path);
            }
            return false;
        }
        _ => None,
    };
    match kind {
        Some(kind) => {
            if let Some(name) = first_argument(node) {
                walk.define_leaf(kind, name, node);
            }
        }
        None => walk.refer(R::Call, command),
    }
    false
}

/// `resource "kind" "name" {` is called by its last label.
fn hcl_block(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let heads: Vec<Node<'_>> = node
        .named_children(&mut cursor)
        .take_while(|child| matches!(child.kind(), "identifier" | "string_lit"))
        .collect();
    if let Some((name, before)) = heads.split_last() {
        if before.len() > 1 {
            walk.contain(walk.name_of(before[before.len() - 1]));
        }
        walk.define(S::Section, *name, node);
    }
    true
}

fn hcl_attribute(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.named_child(0) {
        walk.define_key(name, node);
    }
    true
}
