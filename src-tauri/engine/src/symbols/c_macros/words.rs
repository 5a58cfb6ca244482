//! The words of C by which macros are told from the rest.

pub(super) fn is_capitals(word: &[u8]) -> bool {
    word.len() >= 3
        && word.iter().any(u8::is_ascii_uppercase)
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// Words that begin a statement and have brackets after them.
pub(super) fn is_statement_word(word: &[u8]) -> bool {
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
pub(super) fn is_before_type(word: &[u8]) -> bool {
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

pub(super) fn is_type_word(word: &[u8]) -> bool {
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
pub(super) fn is_type_like(word: &[u8]) -> bool {
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
pub(super) fn is_attribute(word: &[u8]) -> bool {
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
pub(super) fn is_attribute_with_arguments(word: &[u8]) -> bool {
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
