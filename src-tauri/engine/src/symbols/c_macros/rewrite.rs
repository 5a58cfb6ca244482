//! Finds the macros that a parser stumbles over, and overwrites them.

mod attribute;
mod statement;

use super::tokens::{Token, What};

pub(super) struct Rewrite<'a> {
    text: &'a [u8],
    tokens: &'a [Token],
    /// For each bracket the index of the one that closes it; 0 elsewhere.
    closing: Vec<u32>,
    changed: Option<Vec<u8>>,
}

/// What a brace opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brace {
    /// A namespace: inside things are as outside.
    Namespace,
    Type,
    /// A list of values.
    Values,
    Code,
}

/// A conditional group that is open.
struct Group {
    /// The token of its `#if`.
    first: usize,
    /// The token of the first `#else`.
    second: Option<usize>,
    /// The braces that were open at `#if`, and at the end of the first branch.
    before: Vec<Brace>,
    after_first: Vec<Brace>,
    is_unbalanced: bool,
}

impl<'a> Rewrite<'a> {
    pub(super) fn new(text: &'a [u8], tokens: &'a [Token]) -> Self {
        Self { text, tokens, closing: closing(tokens), changed: None }
    }

    pub(super) fn into_changed(self) -> Option<Vec<u8>> {
        self.changed
    }

    pub(super) fn run(&mut self) {
        let mut groups: Vec<Group> = Vec::new();
        let mut braces: Vec<Brace> = Vec::new();
        let mut begins_statement = true;
        let mut index = 0;
        while let Some(token) = self.tokens.get(index) {
            let mut next = index + 1;
            let mut ends_statement = false;
            match token.what {
                What::Mark(b'{') => {
                    braces.push(self.brace(index));
                    ends_statement = true;
                }
                What::Mark(b'}') => {
                    self.close(*token, &mut braces);
                    ends_statement = true;
                }
                What::Mark(b';' | b':') => ends_statement = true,
                What::If => {
                    groups.push(Group {
                        first: index,
                        second: None,
                        before: braces.clone(),
                        after_first: Vec::new(),
                        is_unbalanced: false,
                    });
                    ends_statement = begins_statement;
                }
                What::Else => {
                    if let Some(group) = groups.last_mut() {
                        group.branch(index, &braces);
                        braces.clone_from(&group.before);
                    }
                    ends_statement = begins_statement;
                }
                What::EndIf => {
                    if let Some(mut group) = groups.pop() {
                        group.branch(index, &braces);
                        if group.is_unbalanced {
                            self.keep_first_branch(&group, index);
                        }
                        braces = group.after_first;
                    }
                    ends_statement = begins_statement;
                }
                What::Directive => ends_statement = begins_statement,
                What::Word => {
                    let in_values = braces.last() == Some(&Brace::Values);
                    let in_code = in_values || braces.contains(&Brace::Code);
                    let skipped = if begins_statement && !in_values {
                        self.statement(index, in_code)
                    } else {
                        None
                    };
                    if let Some(after) = skipped.or_else(|| self.attribute(index, in_code)) {
                        // What follows begins the statement instead.
                        next = after;
                        ends_statement = begins_statement;
                    }
                }
                What::Literal | What::Mark(_) => {}
            }
            begins_statement = ends_statement;
            index = next;
        }
    }

    /// What the brace at `index` opens, by the words before it.
    fn brace(&self, index: usize) -> Brace {
        const LOOK_BACK: usize = 24;
        for at in (index.saturating_sub(LOOK_BACK)..index).rev() {
            match self.what(at) {
                Some(What::Mark(b'=' | b',' | b'(' | b'[' | b']')) if at + 1 == index => {
                    return Brace::Values;
                }
                Some(What::Mark(b';' | b'{' | b'}' | b'=')) => break,
                Some(What::Word) => match self.word(at) {
                    b"namespace" => return Brace::Namespace,
                    b"extern" if self.what(at + 1) == Some(What::Literal) => {
                        return Brace::Namespace;
                    }
                    b"class" | b"struct" | b"union" | b"enum"
                        if self.what(index - 1) != Some(What::Mark(b')')) =>
                    {
                        return Brace::Type;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Brace::Code
    }

    /// A brace at the beginning of a line closes all but namespaces, whatever branches opened.
    fn close(&self, token: Token, braces: &mut Vec<Brace>) {
        let outermost = braces.iter().position(|brace| *brace != Brace::Namespace);
        match outermost {
            Some(outermost) if self.begins_line(token) => braces.truncate(outermost),
            _ => {
                braces.pop();
            }
        }
    }

    /// Of branches that differ in their braces only the first is left, as if there were no other.
    fn keep_first_branch(&mut self, group: &Group, end: usize) {
        self.overwrite(group.first, group.first);
        self.overwrite(group.second.unwrap_or(end), end);
    }

    fn what(&self, index: usize) -> Option<What> {
        self.tokens.get(index).map(|token| token.what)
    }

    fn word(&self, index: usize) -> &'a [u8] {
        match self.tokens.get(index) {
            Some(token) if token.what == What::Word => {
                &self.text[token.start as usize..token.end as usize]
            }
            _ => b"",
        }
    }

    /// The bracket that closes the call that begins with the word at `index`.
    fn call_end(&self, index: usize) -> Option<usize> {
        if self.what(index + 1) != Some(What::Mark(b'(')) {
            return None;
        }
        self.closing.get(index + 1).map(|close| *close as usize).filter(|close| *close > 0)
    }

    fn is_same_line(&self, first: usize, second: usize) -> bool {
        match (self.tokens.get(first), self.tokens.get(second)) {
            (Some(first), Some(second)) => {
                !self.text[first.end as usize..second.start as usize].contains(&b'\n')
            }
            _ => true,
        }
    }

    fn begins_line(&self, token: Token) -> bool {
        let start = token.start as usize;
        start == 0 || self.text.get(start - 1) == Some(&b'\n')
    }

    /// Overwrites the tokens from `first` to `last` by spaces; lines keep their ends.
    fn overwrite(&mut self, first: usize, last: usize) {
        let (Some(first), Some(last)) = (self.tokens.get(first), self.tokens.get(last)) else {
            return;
        };
        let changed = self.changed.get_or_insert_with(|| self.text.to_vec());
        for byte in &mut changed[first.start as usize..last.end as usize] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    /// Puts `word`, which is not longer, in the place of `token`.
    fn write(&mut self, token: Token, word: &[u8]) {
        let changed = self.changed.get_or_insert_with(|| self.text.to_vec());
        let place = &mut changed[token.start as usize..token.end as usize];
        place.fill(b' ');
        if let Some(place) = place.get_mut(..word.len()) {
            place.copy_from_slice(word);
        }
    }
}

impl Group {
    /// Ends a branch, with the braces that it leaves open.
    fn branch(&mut self, token: usize, braces: &[Brace]) {
        if self.second.is_none() {
            self.after_first = braces.to_vec();
            self.second = Some(token);
        }
        self.is_unbalanced |= braces != self.before;
    }
}

fn is_directive(what: What) -> bool {
    matches!(what, What::If | What::Else | What::EndIf | What::Directive)
}

/// For each opening bracket the index of the one that closes it, within one statement.
fn closing(tokens: &[Token]) -> Vec<u32> {
    let mut closing = vec![0; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.what {
            What::Mark(b'(') => open.push(index),
            What::Mark(b')') => {
                if let (Some(start), Ok(end)) = (open.pop(), u32::try_from(index)) {
                    closing[start] = end;
                }
            }
            // A bracket that is open for this long was never closed.
            What::Mark(b'{' | b'}') if open.len() > DEEPEST_BRACKETS => open.clear(),
            _ => {}
        }
    }
    closing
}

const DEEPEST_BRACKETS: usize = 64;
