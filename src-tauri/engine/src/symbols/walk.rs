//! One walk over a syntax tree, in order, that notes definitions and references by the language's
//! table. Nothing here recurses: a tree may be as deep as its text is long.

mod define;

use super::allowance::Allowance;
use super::extract::Wanted;
use super::grammar::{Compiled, Lead};
use super::kind::ReferenceKind;
use super::rules::{Name, Rule};
use super::{FileSymbols, Outcome, Reference};
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// Definitions inside more definitions than this are left out.
const DEEPEST: usize = 64;
/// The clock is read once in this many nodes.
const NODES_BETWEEN_LOOKS: u32 = 4096;
/// Longer than any name: parts of a file that was misread.
const LONGEST_NAME: usize = 256;

pub(super) struct Walk<'a> {
    compiled: &'a Compiled,
    text: &'a str,
    wanted: Wanted,
    allowance: Allowance,
    found: FileSymbols,
    scopes: Vec<Scope>,
    levels: Vec<Level>,
    regions: Vec<Region>,
    /// How many keys were noted.
    keys: usize,
    /// Where the definition begins that the node at hand wraps.
    wrapped: Option<(usize, usize)>,
}

/// What encloses the node at hand.
struct Scope {
    /// How many nodes stand above the one that opened it.
    level: usize,
    /// The names of what encloses, and its own, joined by `.`.
    path: Option<String>,
    definition: Option<u32>,
    /// How many definitions enclose what stands in it.
    depth: u32,
    /// Its functions are methods.
    is_type: bool,
    /// What is bound here cannot be seen from outside.
    is_local: bool,
}

/// What stands before the next child of a node that is being walked.
#[derive(Default)]
struct Level {
    lead: Option<LeadingText>,
    /// Where the definition begins that this node wraps.
    wrapped: Option<(usize, usize)>,
}

/// Comments and attributes without a blank line between them.
#[derive(Clone, Copy)]
struct LeadingText {
    start: usize,
    first_row: usize,
    last_row: usize,
}

struct Region {
    end: usize,
    kind: ReferenceKind,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        compiled: &'a Compiled,
        text: &'a str,
        wanted: Wanted,
        allowance: Allowance,
    ) -> Self {
        Self {
            compiled,
            text,
            wanted,
            allowance,
            found: FileSymbols::nothing(Outcome::Parsed),
            scopes: Vec::new(),
            levels: vec![Level::default()],
            regions: Vec::new(),
            keys: 0,
            wrapped: None,
        }
    }

    pub(super) fn run(mut self, tree: &Tree) -> FileSymbols {
        let mut cursor = tree.walk();
        let mut nodes = 0_u32;
        'tree: loop {
            nodes = nodes.wrapping_add(1);
            if nodes.is_multiple_of(NODES_BETWEEN_LOOKS) && self.allowance.is_spent() {
                self.found.outcome = Outcome::TimedOut;
                break;
            }
            let level = self.enter(cursor.node());
            if let Some(level) = level
                && cursor.goto_first_child()
            {
                self.levels.push(level);
                continue;
            }
            loop {
                self.leave();
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    break 'tree;
                }
                self.levels.pop();
            }
        }
        self.settle_references();
        self.found
    }

    /// Applies the node's rule. Returns what its children start with, or `None` where they are of no
    /// interest.
    fn enter(&mut self, node: Node<'_>) -> Option<Level> {
        let kind = self.compiled.kind(node.kind_id());
        if kind.lead != Lead::None {
            self.lead(node, kind.lead);
        }
        let descend = match kind.rule {
            None => true,
            Some(rule) => {
                let descend = self.apply(rule, node);
                if let Some(wrapped) = self.wrapped.take() {
                    return Some(Level { lead: None, wrapped: Some(wrapped) });
                }
                descend
            }
        };
        if kind.named
            && kind.lead == Lead::None
            && let Some(level) = self.levels.last_mut()
        {
            level.lead = None;
        }
        descend.then(Level::default)
    }

    fn apply(&mut self, rule: Rule, node: Node<'_>) -> bool {
        match rule {
            Rule::Define(kind, name) => {
                if let Some(name) = self.compiled.name(node, name) {
                    self.define(kind, name, node);
                }
            }
            Rule::Contain(name) => {
                if let Some(name) = self.compiled.name(node, name) {
                    self.contain(self.name_of(name));
                }
            }
            Rule::Conceal => self.conceal(),
            Rule::Refer(kind, name) => {
                if self.wants_references()
                    && let Some(name) = self.compiled.name(node, name)
                {
                    self.refer(kind, name);
                }
            }
            Rule::Region(kind) => self.region(kind, node),
            Rule::ImportPath => {
                if self.region_at(node) == Some(ReferenceKind::Import) {
                    self.refer(ReferenceKind::Import, node);
                    return false;
                }
            }
            Rule::Skip => return false,
            Rule::Wrap => self.wrap(node),
            Rule::Custom(read) => return read(self, node),
        }
        true
    }

    /// The first definition among the children of `node` begins where `node` begins.
    pub(super) fn wrap(&mut self, node: Node<'_>) {
        self.wrapped = Some(self.take_start(node));
    }

    /// Ends what the node at hand has opened.
    fn leave(&mut self) {
        let level = self.levels.len();
        while self.scopes.last().is_some_and(|scope| scope.level >= level) {
            self.scopes.pop();
        }
    }

    /// Takes note of a comment or an attribute that may belong to the next definition.
    fn lead(&mut self, node: Node<'_>, lead: Lead) {
        let start = node.start_byte();
        if lead == Lead::Comment && !self.is_first_on_its_line(start) {
            return;
        }
        let (first, last) = (node.start_position(), node.end_position());
        // A line comment may take the end of its line with it.
        let last_row = if last.column == 0 { last.row.saturating_sub(1) } else { last.row };
        let Some(level) = self.levels.last_mut() else { return };
        match &mut level.lead {
            Some(leading) if leading.last_row + 1 >= first.row => leading.last_row = last_row,
            leading => *leading = Some(LeadingText { start, first_row: first.row, last_row }),
        }
    }

    fn is_first_on_its_line(&self, byte: usize) -> bool {
        let before = self.text.as_bytes().get(..byte).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte != b'\n').all(u8::is_ascii_whitespace)
    }

    /// The byte and the row where the definition at `node` begins, with all that leads to it.
    fn take_start(&mut self, node: Node<'_>) -> (usize, usize) {
        let (start, row) = (node.start_byte(), node.start_position().row);
        let Some(level) = self.levels.last_mut() else { return (start, row) };
        if let Some(wrapped) = level.wrapped.take() {
            return wrapped;
        }
        match level.lead.take() {
            Some(lead) if lead.last_row + 1 >= row => (lead.start, lead.first_row),
            _ => (start, row),
        }
    }

    /// Opens a container that is not itself defined here.
    pub(super) fn contain(&mut self, name: &str) {
        self.open(Some(name), self.within(), true, self.is_local());
    }

    pub(super) fn conceal(&mut self) {
        self.open(None, self.within(), false, true);
    }

    fn open(&mut self, name: Option<&str>, definition: Option<u32>, is_type: bool, is_local: bool) {
        if self.scopes.len() >= DEEPEST {
            self.found.outcome = Outcome::TooDeep;
            return;
        }
        let above = self.scopes.last().and_then(|scope| scope.path.as_deref());
        let name = name.map(|name| name.replace("::", ".").replace('\\', "."));
        let path = match (above, name) {
            (Some(above), Some(name)) => Some(format!("{above}.{name}")),
            (None, Some(name)) => Some(name),
            (above, None) => above.map(str::to_owned),
        };
        let depth = self.depth() + u32::from(definition != self.within());
        self.scopes.push(Scope {
            depth,
            level: self.levels.len(),
            path,
            definition,
            is_type,
            is_local,
        });
    }

    pub(super) fn region(&mut self, kind: ReferenceKind, node: Node<'_>) {
        self.regions.push(Region { end: node.end_byte(), kind });
    }

    fn region_at(&mut self, node: Node<'_>) -> Option<ReferenceKind> {
        while self.regions.last().is_some_and(|region| region.end <= node.start_byte()) {
            self.regions.pop();
        }
        self.regions.last().map(|region| region.kind)
    }

    /// Notes that `name` is used, in the way of the region it stands in or else as `kind`.
    pub(super) fn refer(&mut self, kind: ReferenceKind, name: Node<'_>) {
        if !self.wants_references() {
            return;
        }
        let bytes = self.bytes_of_name(name);
        let text = self.text.get(bytes.clone()).unwrap_or_default();
        if text.is_empty() || text.len() > LONGEST_NAME || text.contains('\n') {
            return;
        }
        let kind = match self.region_at(name) {
            Some(region) if kind != ReferenceKind::Call => region,
            _ => kind,
        };
        self.found.references.push(Reference {
            name: text.to_owned(),
            kind,
            bytes,
            line: line(name.start_position().row),
            within: self.within(),
        });
    }

    /// The name that is the text of `node`, without the quotes or the brackets of a string and the
    /// colon of a symbol.
    pub(super) fn name_of(&self, node: Node<'_>) -> &'a str {
        self.text.get(self.bytes_of_name(node)).unwrap_or_default()
    }

    fn bytes_of_name(&self, node: Node<'_>) -> Range<usize> {
        let text = self.text_of(node);
        let trimmed = match text.as_bytes().first() {
            Some(b'"' | b'\'' | b'`' | b'<') => text.trim_matches(['"', '\'', '`', '<', '>']),
            Some(b':') if node.kind() == "simple_symbol" => text.trim_start_matches(':'),
            _ => text,
        };
        let start = node.start_byte() + (trimmed.as_ptr() as usize - text.as_ptr() as usize);
        start..start + trimmed.len()
    }

    pub(super) fn text_of(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The last name in `node`, as the language's fields lead to it.
    pub(super) fn tail<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        self.compiled.tail(node)
    }

    pub(super) fn name_in<'tree>(&self, node: Node<'tree>, name: Name) -> Option<Node<'tree>> {
        self.compiled.name(node, name)
    }

    pub(super) fn wants_references(&self) -> bool {
        self.wanted == Wanted::DefinitionsAndReferences
    }

    pub(super) fn is_local(&self) -> bool {
        self.scopes.last().is_some_and(|scope| scope.is_local)
    }

    pub(super) fn is_contained(&self) -> bool {
        !self.scopes.is_empty()
    }

    pub(super) fn in_type(&self) -> bool {
        self.scopes.last().is_some_and(|scope| scope.is_type)
    }

    fn depth(&self) -> u32 {
        self.scopes.last().map_or(0, |scope| scope.depth)
    }

    fn within(&self) -> Option<u32> {
        self.scopes.last().and_then(|scope| scope.definition)
    }

    /// Puts the references in order. A name that two rules met is used in the more telling way, and
    /// the name of a definition is not its use.
    fn settle_references(&mut self) {
        let references = &mut self.found.references;
        references.sort_by_key(|reference| (reference.bytes.start, reference.kind));
        references.dedup_by_key(|reference| reference.bytes.start);
        let mut names: Vec<usize> =
            self.found.definitions.iter().map(|found| found.name_bytes.start).collect();
        names.sort_unstable();
        references.retain(|reference| names.binary_search(&reference.bytes.start).is_err());
    }
}

/// A line's number, counted from 1.
pub(super) fn line(row: usize) -> u64 {
    row as u64 + 1
}
