//! Formats that hold keys and values: JSON, YAML, TOML. Only the outer keys are of interest.

use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const JSON: Grammar = Grammar {
    languages: &["json"],
    parser: || tree_sitter_json::LANGUAGE.into(),
    rules: &[("pair", Rule::Custom(pair))],
    name_fields: &[],
    leading: &[],
    prepare: None,
};

pub(super) const YAML: Grammar = Grammar {
    languages: &["yaml"],
    parser: || tree_sitter_yaml::LANGUAGE.into(),
    rules: &[("block_mapping_pair", Rule::Custom(pair)), ("flow_node", Rule::Skip)],
    ..JSON
};

pub(super) const TOML: Grammar = Grammar {
    languages: &["toml"],
    parser: || tree_sitter_toml_ng::LANGUAGE.into(),
    rules: &[
        ("table", Rule::Define(S::Section, Name::Nth(0))),
        ("table_array_element", Rule::Define(S::Section, Name::Nth(0))),
        ("pair", Rule::Custom(toml_pair)),
    ],
    ..JSON
};

fn pair(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(key) = node.child_by_field_name("key") else { return false };
    walk.define_key(key, node)
}

fn toml_pair(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(key) = node.named_child(0) else { return false };
    walk.define_key(key, node)
}
