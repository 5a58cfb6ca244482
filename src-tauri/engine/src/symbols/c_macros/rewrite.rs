//! Finds the macros that a parser stumbles over, and overwrites them.

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

    /// Macros at the beginning of a statement. Returns the token after what was dealt with.
    fn statement(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let word = self.word(index);
        if !in_code && is_capitals(word) && word.len() > 5 && self.is_alone(index) {
            self.overwrite(index, index);
            return Some(index + 1);
        }
        let close = self.call_end(index)?;
        let after = self.tokens.get(close + 1)?;
        let begins_next_line = after.what == What::Word && !self.is_same_line(close, close + 1);
        if !in_code {
            return match after.what {
                What::Mark(b'{') if is_capitals(word) => self.defined_by_macro(index, close),
                _ if (begins_next_line || is_directive(after.what))
                    && (is_capitals(word) || word.starts_with(b"__")) =>
                {
                    self.overwrite(index, close);
                    Some(close + 1)
                }
                _ => None,
            };
        }
        if word.starts_with(b"while_")
            && index > 0
            && self.what(index - 1) == Some(What::Mark(b'}'))
        {
            self.write(self.tokens[index], b"while");
        } else if !is_statement_word(word)
            && word.len() >= 2
            && (after.what == What::Mark(b'{') || begins_next_line)
        {
            self.write(self.tokens[index], b"if");
        } else {
            return None;
        }
        Some(index + 1)
    }

    /// Whether nothing else stands on the word's line, and a word on the next.
    fn is_alone(&self, index: usize) -> bool {
        let before = index.checked_sub(1);
        self.what(index + 1).is_some_and(|next| next == What::Word || is_directive(next))
            && !self.is_same_line(index, index + 1)
            && before.is_none_or(|before| !self.is_same_line(before, index))
    }

    /// `NAME(function, type, …) {` becomes `int  function( type, …) {`.
    fn defined_by_macro(&mut self, index: usize, close: usize) -> Option<usize> {
        let is_test = memchr::memmem::find(self.word(index), b"TEST").is_some();
        let (open, name, comma) = (index + 1, index + 2, index + 3);
        let fits = self.tokens.get(name)?.what == What::Word
            && self.tokens.get(comma)?.what == What::Mark(b',')
            && comma < close
            && self.word(index).len() >= 3;
        if is_test || !fits {
            return None;
        }
        self.write(self.tokens[index], b"int");
        self.write(self.tokens[open], b"");
        self.write(self.tokens[comma], b"(");
        Some(name + 1)
    }

    /// `DEFINE_NAME(variable, …)` and `DEFINE_PER_CPU(type, variable)` become `int variable`.
    fn variable_by_macro(&mut self, index: usize) -> Option<usize> {
        let word = self.word(index);
        let is_definition = word.starts_with(b"DEFINE_")
            || word.starts_with(b"DECLARE_")
            || word.ends_with(b"LIST_HEAD");
        if !is_definition || !is_capitals(word) {
            return None;
        }
        let close = self.call_end(index)?;
        if !matches!(self.what(close + 1), Some(What::Mark(b';' | b'='))) {
            return None;
        }
        let is_last = memchr::memmem::find(word, b"PER_CPU").is_some();
        let name = if is_last { close - 1 } else { index + 2 };
        let ends = matches!(self.what(name + 1), Some(What::Mark(b',' | b')')));
        if self.what(name) != Some(What::Word) || !ends {
            return None;
        }
        if name > index + 2 {
            self.overwrite(index + 1, name - 1);
        }
        self.overwrite(index + 1, index + 1);
        self.overwrite(name + 1, close);
        self.write(self.tokens[index], b"int");
        Some(close + 1)
    }

    /// A type among the arguments of a call, as in `container_of(list, struct item, list)`, becomes
    /// a plain name.
    fn type_argument(&mut self, index: usize) -> Option<usize> {
        let before = self.what(index.checked_sub(1)?);
        let mut end = index + 2;
        while self.what(end) == Some(What::Mark(b'*')) {
            end += 1;
        }
        let fits = before == Some(What::Mark(b','))
            && self.what(index + 1) == Some(What::Word)
            && matches!(self.what(end), Some(What::Mark(b',' | b')')));
        if !fits {
            return None;
        }
        self.overwrite(index, index);
        if end > index + 2 {
            self.overwrite(index + 2, end - 1);
        }
        Some(end)
    }

    /// A word that only marks a declaration. Returns the token after it.
    fn attribute(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let word = self.word(index);
        let next = index + 1;
        if !in_code && let Some(after) = self.variable_by_macro(index) {
            return Some(after);
        }
        if in_code && matches!(word, b"struct" | b"union" | b"enum") {
            return self.type_argument(index);
        }
        if is_attribute(word) {
            self.overwrite(index, index);
            return Some(next);
        }
        if is_attribute_with_arguments(word) {
            let close = self.call_end(index)?;
            self.overwrite(index, close);
            return Some(close + 1);
        }
        if word.starts_with(b"__") && !is_type_like(word) {
            if !in_code && let Some(close) = self.call_end(index) {
                let follows_list = self.what(index.checked_sub(1)?) == Some(What::Mark(b')'));
                let in_head = self.what(close + 1) == Some(What::Word);
                if (follows_list || in_head) && self.is_same_line(close, close + 1) {
                    self.overwrite(index, close);
                    return Some(close + 1);
                }
                return None;
            }
            let before = index.checked_sub(1)?;
            let stands_between = matches!(self.what(before), Some(What::Word))
                && !is_before_type(self.word(before))
                && matches!(self.what(next), Some(What::Word | What::Mark(b'*')));
            if stands_between {
                self.overwrite(index, index);
                return Some(next);
            }
            return None;
        }
        if is_capitals(word) && word.len() > 3 && word.contains(&b'_') {
            return self.capital_attribute(index, in_code);
        }
        None
    }

    /// `API_EXPORT type name` and `class API_EXPORT name {`.
    fn capital_attribute(&mut self, index: usize, in_code: bool) -> Option<usize> {
        let (next, second) = (index + 1, index + 2);
        if let Some(close) = self.call_end(index)
            && index >= 2
            && self.word(index - 2) == b"namespace"
        {
            self.overwrite(index, close);
            return Some(close + 1);
        }
        let follows_list = index > 0
            && (self.what(index - 1) == Some(What::Mark(b')'))
                || matches!(self.word(index - 1), b"const" | b"override" | b"final"));
        if follows_list && !in_code {
            let last = self.call_end(index).unwrap_or(index);
            self.overwrite(index, last);
            return Some(last + 1);
        }
        if self.what(next) != Some(What::Word) {
            return None;
        }
        let before = index.checked_sub(1).map_or(&b""[..], |before| self.word(before));
        let marks = if matches!(before, b"class" | b"struct" | b"union" | b"enum") {
            matches!(self.what(second), Some(What::Mark(b'{' | b':')))
        } else {
            let begins = before.is_empty() || matches!(before, b"static" | b"extern" | b"inline");
            begins
                && matches!(
                    self.what(second),
                    Some(What::Word | What::Mark(b'*' | b'&' | b'<' | b':'))
                )
                || is_type_word(self.word(next))
        };
        if marks {
            self.overwrite(index, index);
            return Some(next);
        }
        None
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

fn is_capitals(word: &[u8]) -> bool {
    word.len() >= 3
        && word.iter().any(u8::is_ascii_uppercase)
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// Words that begin a statement and have brackets after them.
fn is_statement_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"if"
            | b"for"
            | b"while"
            | b"switch"
            | b"return"
            | b"sizeof"
            | b"do"
            | b"else"
            | b"case"
            | b"catch"
            | b"asm"
            | b"__asm__"
            | b"typeof"
            | b"__typeof__"
            | b"decltype"
            | b"alignas"
            | b"constexpr"
            | b"operator"
            | b"requires"
            | b"noexcept"
            | b"explicit"
            | b"static_assert"
            | b"__attribute__"
            | b"goto"
            | b"throw"
            | b"co_return"
            | b"co_await"
            | b"co_yield"
    )
}

/// Words after which a type is expected, so that the next word is one.
fn is_before_type(word: &[u8]) -> bool {
    matches!(
        word,
        b"static"
            | b"const"
            | b"extern"
            | b"typedef"
            | b"volatile"
            | b"register"
            | b"inline"
            | b"struct"
            | b"union"
            | b"enum"
            | b"class"
            | b"return"
            | b"case"
            | b"sizeof"
            | b"else"
            | b"goto"
            | b"do"
            | b"unsigned"
            | b"signed"
            | b"new"
            | b"delete"
            | b"typename"
            | b"using"
            | b"namespace"
            | b"throw"
            | b"in"
            | b"constexpr"
            | b"friend"
            | b"virtual"
    )
}

fn is_type_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"int"
            | b"void"
            | b"char"
            | b"long"
            | b"short"
            | b"unsigned"
            | b"signed"
            | b"bool"
            | b"float"
            | b"double"
            | b"struct"
            | b"const"
            | b"static"
            | b"extern"
            | b"inline"
            | b"size_t"
            | b"enum"
            | b"union"
            | b"virtual"
            | b"explicit"
            | b"constexpr"
    )
}

/// Names with two underscores that are types or words of a compiler.
fn is_type_like(word: &[u8]) -> bool {
    const PREFIXES: &[&[u8]] = &[
        b"__kernel",
        b"__typeof",
        b"__inline",
        b"__volatile",
        b"__asm",
        b"__extension",
        b"__attr",
        b"__declspec",
        b"__const",
        b"__signed",
        b"__restrict",
        b"__alignof",
        b"__builtin",
        b"__label",
        b"__int",
        b"__auto",
        b"__float",
        b"__complex",
        b"__real",
        b"__imag",
        b"__thread",
    ];
    word.ends_with(b"_t")
        || word.last().is_some_and(u8::is_ascii_digit)
        || word == b"__wsum"
        || PREFIXES.iter().any(|prefix| word.starts_with(prefix))
}

/// Attributes that many C projects spell the same way and that may stand after a name.
fn is_attribute(word: &[u8]) -> bool {
    if !word.starts_with(b"__") {
        return matches!(word, b"asmlinkage" | b"noinline" | b"notrace" | b"noinstr" | b"fastcall");
    }
    matches!(
        word,
        b"__init"
            | b"__exit"
            | b"__initdata"
            | b"__exitdata"
            | b"__initconst"
            | b"__ref"
            | b"__refdata"
            | b"__devinit"
            | b"__devexit"
            | b"__net_init"
            | b"__net_exit"
            | b"__net_initdata"
            | b"__meminit"
            | b"__cpuinit"
            | b"__sched"
            | b"__lockfunc"
            | b"__read_mostly"
            | b"__ro_after_init"
            | b"__user"
            | b"__iomem"
            | b"__percpu"
            | b"__rcu"
            | b"__kernel"
            | b"__force"
            | b"__bitwise"
            | b"__nocast"
            | b"__maybe_unused"
            | b"__always_unused"
            | b"__unused"
            | b"__used"
            | b"__packed"
            | b"__weak"
            | b"__cold"
            | b"__hot"
            | b"__pure"
            | b"__visible"
            | b"__must_check"
            | b"__always_inline"
            | b"__malloc"
            | b"__noreturn"
            | b"__deprecated"
            | b"__cacheline_aligned"
            | b"____cacheline_aligned"
            | b"__cacheline_aligned_in_smp"
            | b"____cacheline_aligned_in_smp"
            | b"__page_aligned_data"
            | b"__page_aligned_bss"
            | b"__bpf_kfunc"
            | b"__randomize_layout"
            | b"__private"
            | b"__no_kcsan"
            | b"__no_sanitize_address"
            | b"__init_or_module"
            | b"__initdata_or_module"
            | b"__forceinline"
            | b"__dead2"
            | b"__THROW"
            | b"__latent_entropy"
            | b"__net_initconst"
    )
}

/// Attributes with brackets that may stand after a list of parameters.
fn is_attribute_with_arguments(word: &[u8]) -> bool {
    matches!(
        word,
        b"__printf"
            | b"__scanf"
            | b"__section"
            | b"__aligned"
            | b"__acquires"
            | b"__releases"
            | b"__must_hold"
            | b"__alias"
            | b"__assume_aligned"
            | b"__alloc_size"
            | b"__counted_by"
            | b"__guarded_by"
            | b"__nonnull"
    )
}
