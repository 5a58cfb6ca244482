//! Style sheets and pages: selectors, variables, and what pages can be linked to.

use crate::symbols::kind::ReferenceKind as R;
use crate::symbols::kind::SymbolKind as S;
use crate::symbols::rules::{Grammar, Name, Rule};
use crate::symbols::walk::Walk;
use tree_sitter::Node;

pub(super) const CSS: Grammar = Grammar {
    languages: &["css"],
    parser: || tree_sitter_css::LANGUAGE.into(),
    rules: CSS_RULES,
    name_fields: &[],
    leading: &[],
    prepare: None,
};

pub(super) const SCSS: Grammar =
    Grammar { languages: &["scss"], parser: tree_sitter_scss::language, ..CSS };

pub(super) const HTML: Grammar = Grammar {
    languages: &["html"],
    parser: || tree_sitter_html::LANGUAGE.into(),
    rules: &[("attribute", Rule::Custom(attribute)), ("raw_text", Rule::Skip)],
    ..CSS
};

const CSS_RULES: &[(&str, Rule)] = &[
    ("rule_set", Rule::Define(S::Rule, Name::Nth(0))),
    ("keyframes_statement", Rule::Define(S::Rule, Name::Child("keyframes_name"))),
    ("mixin_statement", Rule::Define(S::Function, Name::Nth(0))),
    ("function_statement", Rule::Define(S::Function, Name::Nth(0))),
    ("declaration", Rule::Custom(declaration)),
    ("import_statement", Rule::Region(R::Import)),
    ("use_statement", Rule::Region(R::Import)),
    ("string_value", Rule::ImportPath),
    ("function_name", Rule::Refer(R::Call, Name::Itself)),
];

/// A custom property is a variable; any other only gives a value.
fn declaration(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    if let Some(name) = node.named_child(0) {
        let text = walk.text_of(name);
        if text.starts_with("--") || text.starts_with('$') {
            walk.define_leaf(S::Variable, name, node);
        }
    }
    true
}

/// An element's `id`.
fn attribute(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let (Some(name), Some(value)) = (node.named_child(0), node.named_child(1)) else {
        return false;
    };
    if walk.text_of(name).eq_ignore_ascii_case("id") {
        walk.define_leaf(S::Key, value, node);
    }
    false
}
