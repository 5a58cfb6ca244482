//! What is defined in a chunk, as it is stored with the chunk and shown with a hit.

use serde::{Deserialize, Serialize};

use crate::symbols::SymbolKind;

/// One definition. Lines count from 1, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlined {
    pub name: String,
    /// The code of a [`SymbolKind`].
    pub kind: u8,
    /// What it belongs to, such as the type of a method.
    pub container: Option<String>,
    /// The line with the name.
    pub name_line: u64,
    pub line_start: u64,
    pub line_end: u64,
}

/// The definitions of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Those whose name stands in the chunk, in the order of the text.
    pub definitions: Vec<Outlined>,
    /// The innermost one that the chunk begins inside of.
    pub enclosing: Option<Outlined>,
}

impl Outlined {
    /// `None` where a later version wrote it.
    pub fn kind(&self) -> Option<SymbolKind> {
        SymbolKind::from_code(self.kind)
    }
}

impl Outline {
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty() && self.enclosing.is_none()
    }

    /// The innermost definition around a line.
    pub fn around(&self, line: u64) -> Option<&Outlined> {
        self.definitions
            .iter()
            .chain(&self.enclosing)
            .filter(|definition| (definition.line_start..=definition.line_end).contains(&line))
            .min_by_key(|definition| definition.line_end - definition.line_start)
    }

    pub fn encode(&self) -> Vec<u8> {
        // Nothing in it can fail to be written; an outline that is not there costs its hits a name.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// `None` for bytes that are no outline.
    pub fn decode(bytes: &[u8]) -> Option<Outline> {
        postcard::from_bytes(bytes).ok()
    }
}
