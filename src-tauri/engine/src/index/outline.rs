//! What is defined in a chunk, as it is stored with the chunk and shown with a hit.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::symbols::SymbolKind;

/// One definition. Lines count from 1, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        postcard::to_allocvec(&Stored::of(self)).unwrap_or_default()
    }

    /// `None` for bytes that are no outline.
    pub fn decode(bytes: &[u8]) -> Option<Outline> {
        postcard::from_bytes::<Stored<'_>>(bytes).ok()?.outline()
    }
}

/// An outline column by column, with differences in place of line numbers: what is alike stands
/// side by side, and a compressor makes little of it.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    /// The last one is what encloses the chunk.
    is_enclosed: bool,
    /// Of each definition, with [`BETWEEN`] behind it.
    #[serde(borrow)]
    names: Cow<'a, str>,
    kinds: Vec<u8>,
    /// Each once, with [`BETWEEN`] behind it.
    #[serde(borrow)]
    containers: Cow<'a, str>,
    /// Of each definition the place of its container, from 1; 0 for none. Nothing where none has
    /// one.
    contained: Vec<usize>,
    /// How many lines the name is behind the one before it.
    name_lines: Vec<i64>,
    /// How many lines the definition starts before its name, and ends behind it.
    starts: Vec<i64>,
    ends: Vec<i64>,
}

/// In no name: a text with it is no text.
const BETWEEN: char = '\0';

fn push(name: &str, names: &mut String) {
    names.extend(name.split(BETWEEN));
    names.push(BETWEEN);
}

impl Stored<'_> {
    fn of(outline: &Outline) -> Stored<'static> {
        let all = || outline.definitions.iter().chain(&outline.enclosing);
        let (mut names, mut containers) = (String::new(), String::new());
        let (mut contained, mut known) = (Vec::new(), Vec::new());
        let mut line = 0;
        let mut name_lines = Vec::new();
        for definition in all() {
            push(&definition.name, &mut names);
            contained.push(definition.container.as_deref().map_or(0, |container| {
                known.iter().position(|other| *other == container).unwrap_or_else(|| {
                    push(container, &mut containers);
                    known.push(container);
                    known.len() - 1
                }) + 1
            }));
            name_lines.push(difference(definition.name_line, line));
            line = definition.name_line;
        }
        if known.is_empty() {
            contained.clear();
        }
        Stored {
            is_enclosed: outline.enclosing.is_some(),
            names: names.into(),
            kinds: all().map(|own| own.kind).collect(),
            containers: containers.into(),
            contained,
            name_lines,
            starts: all().map(|own| difference(own.name_line, own.line_start)).collect(),
            ends: all().map(|own| difference(own.line_end, own.name_line)).collect(),
        }
    }

    /// `None` where the columns do not fit together.
    fn outline(&self) -> Option<Outline> {
        let containers: Vec<&str> = self.containers.split_terminator(BETWEEN).collect();
        let mut line = 0;
        let mut definitions = Vec::with_capacity(self.kinds.len());
        for (at, name) in self.names.split_terminator(BETWEEN).enumerate() {
            line = sum(line, *self.name_lines.get(at)?);
            let container = match self.contained.get(at) {
                None | Some(0) => None,
                Some(place) => Some((*containers.get(place - 1)?).to_owned()),
            };
            definitions.push(Outlined {
                name: name.to_owned(),
                kind: *self.kinds.get(at)?,
                container,
                name_line: line,
                line_start: sum(line, self.starts.get(at)?.wrapping_neg()),
                line_end: sum(line, *self.ends.get(at)?),
            });
        }
        let enclosing = if self.is_enclosed { Some(definitions.pop()?) } else { None };
        Some(Outline { definitions, enclosing })
    }
}

fn difference(line: u64, other: u64) -> i64 {
    line.wrapping_sub(other).cast_signed()
}

fn sum(line: u64, difference: i64) -> u64 {
    line.wrapping_add_signed(difference)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn outlined()(
            name in "[a-zé_ ]{0,6}",
            kind in any::<u8>(),
            container in prop::option::of("[ab]{0,1}"),
            lines in prop::array::uniform3(prop_oneof![0..50_u64, any::<u64>()]),
        ) -> Outlined {
            let [name_line, line_start, line_end] = lines;
            Outlined { name, kind, container, name_line, line_start, line_end }
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_comes_back(
            definitions in prop::collection::vec(outlined(), 0..5),
            enclosing in prop::option::of(outlined()),
        ) {
            let outline = Outline { definitions, enclosing };
            prop_assert_eq!(Outline::decode(&outline.encode()), Some(outline));
        }

        #[test]
        fn bytes_that_are_no_outline_are_refused_or_read_without_harm(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let _ = Outline::decode(&bytes);
        }
    }
}
