//! A name as people write it, with what it belongs to.

use crate::index::tokenizer::lower;

/// A name that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolName {
    pub name: String,
    /// What the name was typed behind, as `Pool` in `Pool::get`.
    pub container: Option<String>,
}

impl SymbolName {
    /// From `get`, `Pool::get`, `pool.get`, `pool#get` or `pool->get()`.
    pub fn new(typed: &str) -> SymbolName {
        let one_sign = typed.trim_end_matches("()").replace("->", ".");
        let mut parts = one_sign.rsplit([':', '.', '#']).filter(|part| !part.is_empty());
        SymbolName {
            name: parts.next().unwrap_or(typed).to_owned(),
            container: parts.next().map(str::to_owned),
        }
    }

    /// Whether it means a definition of this name, in something of this name.
    pub fn means(&self, name: &str, container: Option<&str>) -> bool {
        let inside =
            |wanted: &String| container.is_some_and(|of| of.rsplit('.').any(|part| part == wanted));
        name == self.name && self.container.as_ref().is_none_or(inside)
    }

    /// As [`SymbolName::means`], without regard to case.
    pub fn means_in_any_case(&self, name: &str, container: Option<&str>) -> bool {
        let own =
            SymbolName { name: lower(&self.name), container: self.container.as_deref().map(lower) };
        own.means(&lower(name), container.map(lower).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_typed_with_what_it_belongs_to() {
        let read = |typed| {
            let SymbolName { name, container } = SymbolName::new(typed);
            (name, container.unwrap_or_default())
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("get"), pair("get", ""));
        assert_eq!(read("std::Pool::get()"), pair("get", "Pool"));
        assert_eq!(read("pool.get"), pair("get", "pool"));
        assert_eq!(read("pool->get"), pair("get", "pool"));
        assert_eq!(read("my-func"), pair("my-func", ""));
        assert_eq!(read("::"), pair("::", ""));
    }
}
