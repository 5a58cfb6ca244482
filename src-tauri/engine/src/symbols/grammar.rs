//! A language's table, made ready for its grammar: looked up by the numbers that the grammar gives
//! to its node kinds and fields.

use super::languages;
use super::rules::{Grammar, Name, Rule};
use tree_sitter::{Language, Node};

/// The table of the language that the index calls `language`.
pub(super) fn of(language: &str) -> Option<&'static Grammar> {
    languages::ALL.iter().copied().find(|grammar| grammar.languages.contains(&language))
}

/// As [`of`], for a file with this text: a header is named like one of C also where it is C++.
pub(super) fn of_text(language: &str, text: &str) -> Option<&'static Grammar> {
    of(if language == "c" && is_cpp(text) { "cpp" } else { language })
}

/// Whether a line of it is one that C does not have.
fn is_cpp(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let (first, rest) = line.split_once([' ', '<', ':']).unwrap_or((line, ""));
        match first {
            "template" => line[first.len()..].trim_start().starts_with('<'),
            "public" | "private" | "protected" => line[first.len()..].starts_with(':'),
            "namespace" => rest.contains('{'),
            "using" => rest.starts_with("namespace ") || rest.contains(" = "),
            "class" => {
                let mut words = rest.split_whitespace();
                let name = words.next().unwrap_or_default();
                let behind = words.next().unwrap_or_default();
                name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && (name.ends_with([';', '{']) && behind.is_empty()
                        || behind.starts_with([':', '{'])
                        || behind == "final"
                        || rest.ends_with('{'))
            }
            _ => false,
        }
    })
}

/// What a node is to the definition that follows it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lead {
    #[default]
    None,
    Comment,
    Attribute,
}

/// What is known of a kind of node.
#[derive(Clone, Copy, Default)]
pub(super) struct Kind {
    pub(super) rule: Option<Rule>,
    pub(super) lead: Lead,
    pub(super) named: bool,
}

/// A grammar and its rules by node kind.
pub(super) struct Compiled {
    pub(super) language: Language,
    kinds: Vec<Kind>,
    name_fields: Vec<u16>,
}

impl Compiled {
    pub(super) fn new(grammar: &Grammar) -> Self {
        let language = (grammar.parser)();
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let kinds = (0..count).map(|id| kind(grammar, &language, id)).collect();
        let name_fields = grammar
            .name_fields
            .iter()
            .filter_map(|field| language.field_id_for_name(field))
            .map(u16::from)
            .collect();
        Self { language, kinds, name_fields }
    }

    pub(super) fn kind(&self, id: u16) -> Kind {
        self.kinds.get(usize::from(id)).copied().unwrap_or_default()
    }

    /// The node that holds the name of `node`.
    pub(super) fn name<'tree>(&self, node: Node<'tree>, name: Name) -> Option<Node<'tree>> {
        match name {
            Name::Itself => Some(node),
            Name::Field(field) => self.tail(node.child_by_field_name(field)?),
            Name::Whole(field) => node.child_by_field_name(field),
            Name::Nth(index) => node.named_child(index),
            Name::First => self.tail(node.named_child(0)?),
            Name::Child(kind) => (0..node.named_child_count().min(LOOK_AHEAD) as u32)
                .filter_map(|index| node.named_child(index))
                .find(|child| child.kind() == kind),
        }
    }

    /// The leaf to which the name fields lead from `node`: the last name of a path.
    pub(super) fn tail<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        let mut node = node;
        for _ in 0..LONGEST_PATH {
            if node.named_child_count() == 0 {
                return Some(node);
            }
            let next = self.name_fields.iter().find_map(|field| node.child_by_field_id(*field));
            node = next?;
        }
        None
    }
}

fn kind(grammar: &Grammar, language: &Language, id: u16) -> Kind {
    let name = language.node_kind_for_id(id).unwrap_or_default();
    if !language.node_kind_is_named(id) {
        return Kind::default();
    }
    let lead = if name.ends_with("comment") {
        Lead::Comment
    } else if grammar.leading.contains(&name) {
        Lead::Attribute
    } else {
        Lead::None
    };
    let rule = grammar.rules.iter().find(|(kind, _)| *kind == name).map(|(_, rule)| *rule);
    Kind { rule, lead, named: true }
}

/// How many steps from an expression to the name in it are followed.
const LONGEST_PATH: usize = 16;
/// Among how many children a name is looked for.
const LOOK_AHEAD: usize = 16;
