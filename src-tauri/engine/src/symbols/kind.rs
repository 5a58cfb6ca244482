//! What sort of thing a name stands for, and in what way it is used.

/// The sort of a definition. The codes are stored in the index: they keep their meaning for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SymbolKind {
    Function = 1,
    Method = 2,
    Constructor = 3,
    Class = 4,
    Struct = 5,
    Union = 6,
    Enum = 7,
    /// One of an enumeration's values.
    EnumMember = 8,
    Interface = 9,
    Trait = 10,
    /// Another name for a type.
    Type = 11,
    Module = 12,
    Namespace = 13,
    Macro = 14,
    Constant = 15,
    Variable = 16,
    Field = 17,
    Property = 18,
    /// Says that a function exists which is defined elsewhere, as a prototype in a header does.
    Declaration = 19,
    Heading = 20,
    Key = 21,
    Section = 22,
    Rule = 23,
    Table = 24,
    View = 25,
    Index = 26,
}

impl SymbolKind {
    const ALL: [Self; 26] = [
        Self::Function,
        Self::Method,
        Self::Constructor,
        Self::Class,
        Self::Struct,
        Self::Union,
        Self::Enum,
        Self::EnumMember,
        Self::Interface,
        Self::Trait,
        Self::Type,
        Self::Module,
        Self::Namespace,
        Self::Macro,
        Self::Constant,
        Self::Variable,
        Self::Field,
        Self::Property,
        Self::Declaration,
        Self::Heading,
        Self::Key,
        Self::Section,
        Self::Rule,
        Self::Table,
        Self::View,
        Self::Index,
    ];

    /// The number stored for it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The kind stored as `code`, or `None` where a later version wrote it.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The word for it, as answers give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Constructor => "constructor",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::EnumMember => "enum member",
            Self::Interface => "interface",
            Self::Trait => "trait",
            Self::Type => "type",
            Self::Module => "module",
            Self::Namespace => "namespace",
            Self::Macro => "macro",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Field => "field",
            Self::Property => "property",
            Self::Declaration => "declaration",
            Self::Heading => "heading",
            Self::Key => "key",
            Self::Section => "section",
            Self::Rule => "rule",
            Self::Table => "table",
            Self::View => "view",
            Self::Index => "index",
        }
    }

    /// Something with code in it that runs: what is bound in there is nobody else's business.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Constructor | Self::Macro)
    }

    /// Something whose functions are its methods.
    pub fn is_type(self) -> bool {
        matches!(
            self,
            Self::Class
                | Self::Struct
                | Self::Union
                | Self::Enum
                | Self::Interface
                | Self::Trait
                | Self::Type
        )
    }

    /// A name bound to a value: of interest only where code outside can see it.
    pub(super) fn is_binding(self) -> bool {
        matches!(self, Self::Constant | Self::Variable | Self::Field | Self::Property)
    }
}

/// The way in which a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReferenceKind {
    Call,
    Type,
    /// Also the path or the name of a file that is imported.
    Import,
    /// Any other mention: a constant read, a function passed on.
    Use,
}

impl ReferenceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Type => "type",
            Self::Import => "import",
            Self::Use => "use",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_kind() {
        for kind in SymbolKind::ALL {
            assert_eq!(SymbolKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(SymbolKind::from_code(0), None);
        assert_eq!(SymbolKind::from_code(u8::MAX), None);
    }
}
