use super::*;
use proptest::prelude::*;

pub(super) mod samples;

fn extract(language: &str, text: &str) -> FileSymbols {
    Extractor::new().extract(language, text, Wanted::DefinitionsAndReferences)
}

/// A definition as one line: `kind container.name first-last`.
fn described(found: &Definition) -> String {
    let container = found.container.as_deref().map(|it| format!("{it}.")).unwrap_or_default();
    format!(
        "{} {container}{} {}-{}",
        found.kind.as_str(),
        found.name,
        found.line_start,
        found.line_end
    )
}

#[test]
fn every_language_gives_its_definitions() {
    for (language, text, expected) in samples::ALL {
        let found = extract(language, text);
        let described: Vec<String> = found.definitions.iter().map(described).collect();
        let expected: Vec<&str> =
            expected.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        assert_eq!(described, expected, "{language}: {:?}", found.outcome);
        assert_eq!(found.outcome, Outcome::Parsed, "{language}");
        assert!(is_consistent(text, &found), "{language}");
    }
}

#[test]
fn a_header_of_cpp_is_not_read_as_c() {
    let header = "#pragma once\nnamespace net {\nclass Socket : public Base {\npublic:\n    \
                  bool send(int size);\n};\n}\n";
    let found = extract("c", header);
    let names: Vec<&str> = found.definitions.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["net", "Socket", "send"]);
    let plain =
        "/*\n namespace of names\n class of devices;\n*/\nint class = 1;\nint new(int delete);\n";
    for text in [plain, "", "typedef struct class class;\nclass = new;\n", "char *using = 0;\n"] {
        assert_eq!(grammar::of_text("c", text).unwrap().languages, ["c"], "{text}");
    }
}

#[test]
fn references_say_how_a_name_is_used_and_in_which_definition() {
    let text = "use std::fmt;\nfn area(shape: &Shape) -> f32 {\n    scale(shape.width)\n}\n";
    let found = extract("rust", text);
    let used = |name: &str| {
        let reference = found.references.iter().find(|it| it.name == name).unwrap();
        let within = reference.within.map(|it| found.definitions[it as usize].name.as_str());
        (reference.kind, reference.line, within)
    };
    assert_eq!(used("fmt"), (ReferenceKind::Import, 1, None));
    assert_eq!(used("Shape"), (ReferenceKind::Type, 2, Some("area")));
    assert_eq!(used("scale"), (ReferenceKind::Call, 3, Some("area")));
    assert!(found.references.iter().all(|it| it.name != "area"));
    let definitions = Extractor::new().extract("rust", text, Wanted::Definitions);
    assert_eq!(definitions.references, []);
    assert_eq!(definitions.definitions, found.definitions);
}

#[test]
fn a_language_without_a_grammar_is_said_to_be_unsupported() {
    assert!(!supports("brainfuck"));
    assert_eq!(extract("brainfuck", "+"), FileSymbols::nothing(Outcome::Unsupported));
}

#[test]
fn what_stands_around_a_syntax_error_is_still_found() {
    let found = extract("rust", "fn before() {}\nfn ) broken ( {\n}}}\nstruct After;\n");
    assert_eq!(found.outcome, Outcome::Partial);
    assert_eq!(found.definitions[0].name, "before");
    assert!(found.definitions.iter().any(|it| it.name == "After"));
}

#[test]
fn deep_nesting_ends() {
    for language in
        ["json", "javascript", "c", "python", "rust", "yaml", "markdown", "haskell", "bash"]
    {
        for brackets in ["[", "{", "(", "- ", "> ", "{a:"] {
            let text = brackets.repeat(100_000 / brackets.len()).replace("((((((((", "((((((((\n");
            extract(language, &text);
            extract(
                language,
                &format!("{text}{}", text.replace('[', "]").replace('{', "}").replace('(', ")")),
            );
        }
    }
}

#[test]
fn definitions_nested_without_end_are_cut_off() {
    let text = "function f() {\n".repeat(300) + &"}\n".repeat(300);
    let found = extract("javascript", &text);
    assert!(found.definitions.iter().all(|it| it.depth <= 64));
    assert_eq!(found.outcome, Outcome::TooDeep);
}

#[test]
fn a_line_of_many_megabytes_is_not_read() {
    let found = extract("javascript", &"var a=1;".repeat(1 << 20));
    assert_eq!(found, FileSymbols::nothing(Outcome::Minified));
}

#[test]
fn of_a_large_file_the_beginning_is_read() {
    let found = extract("c", &"#define A_NAME 1\n".repeat(1 << 19));
    assert_eq!(found.outcome, Outcome::TooLarge);
    assert!(!found.definitions.is_empty());
}

/// Ranges lie in the text and on its characters, in order, and lines are those of the ranges.
fn is_consistent(text: &str, found: &FileSymbols) -> bool {
    let line_of = |byte: usize| 1 + text[..byte].matches('\n').count() as u64;
    let definitions_fit = found.definitions.iter().all(|it| {
        text.get(it.bytes.clone()).is_some_and(|whole| !whole.is_empty())
            && text.get(it.name_bytes.clone()).is_some()
            && it.line_start == line_of(it.bytes.start)
            && it.line_end == line_of(it.bytes.end)
            && it.name_line == line_of(it.name_bytes.start)
            && !it.name.is_empty()
    });
    let references_fit = found.references.iter().all(|it| {
        text.get(it.bytes.clone()) == Some(it.name.as_str())
            && it.line == line_of(it.bytes.start)
            && it.within.is_none_or(|within| (within as usize) < found.definitions.len())
    });
    definitions_fit
        && references_fit
        && found.references.is_sorted_by(|a, b| a.bytes.start < b.bytes.start)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_text_gives_consistent_ranges(
        language in prop::sample::select(samples::ALL),
        text in "([a-zäß漢_]{1,6}|[ \n\r\t{}()\\[\\];:,.=<>'\"#@*/&|\\\\-]|class|def|fn|#if|#endif){0,80}",
    ) {
        let found = extract(language.0, &text);
        prop_assert!(is_consistent(&text, &found), "{:?}", found);
    }

    #[test]
    fn a_mutated_source_gives_consistent_ranges(
        sample in prop::sample::select(samples::ALL),
        cut in 0.0..1.0_f64,
        until in 0.0..1.0_f64,
        inserted in "[{}()\n\"'ä#;]{0,3}",
    ) {
        let (language, text, _) = sample;
        let place = |part: f64| text.floor_char_boundary((text.len() as f64 * part) as usize);
        let (first, last) = (place(cut.min(until)), place(cut.max(until)));
        for text in [format!("{}{inserted}{}", &text[..first], &text[last..]), text[..last].to_owned()] {
            let found = extract(language, &text);
            prop_assert!(is_consistent(&text, &found), "{}\n{:?}", text, found);
        }
    }
}
