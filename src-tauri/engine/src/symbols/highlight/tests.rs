use super::*;
use crate::symbols::tests::samples;
use proptest::prelude::*;
use std::cell::RefCell;

const LONG: Duration = Duration::from_secs(60);

fn highlight(language: &str, text: &str) -> Highlighted {
    Highlighter::new().highlight(language, text, 0..text.len(), LONG)
}

/// What stands in the spans of each class.
fn classified<'t>(text: &'t str, found: &Highlighted) -> Vec<(&'t str, SyntaxClass)> {
    found.spans.iter().map(|span| (&text[span.bytes.clone()], span.class)).collect()
}

#[test]
fn parts_of_a_text_have_their_classes() {
    use SyntaxClass as C;
    let text = "/// Doc\n#[test]\nfn area(of: &Shape) -> u32 { scale(of.width, \"a\\n\", 7) }\n";
    let found = classified(text, &highlight("rust", text));
    for expected in [
        ("fn", C::Keyword),
        ("area", C::Function),
        ("Shape", C::Type),
        ("scale", C::Function),
        ("width", C::Property),
        ("\\n", C::Constant),
        ("7", C::Constant),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
    assert!(found.iter().any(|(text, class)| *class == C::Comment && text.starts_with("/// Doc")));
    assert!(!found.iter().any(|(text, _)| *text == "of"), "a plain name has no class: {found:?}");
}

#[test]
fn what_is_computed_inside_a_string_is_no_string() {
    let text = "const a = `one ${two} three`;\n";
    let found = classified(text, &highlight("javascript", text));
    assert!(found.contains(&("`one ", SyntaxClass::String)), "{found:?}");
    assert!(
        !found.iter().any(|(text, class)| text.contains("two") && *class == SyntaxClass::String)
    );
}

#[test]
fn every_language_with_a_grammar_has_colours() {
    for (language, text, _) in samples::ALL {
        if *language == "markdown" {
            continue;
        }
        let (grammar, key) = grammar_of(language, "").unwrap();
        assert!(Language::new(key, grammar).query.is_some(), "the query for {language} is no good");
        let found = highlight(language, text);
        assert!(found.spans.len() > 2, "{language}: {:?}", classified(text, &found));
    }
}

#[test]
fn a_text_without_a_grammar_or_without_time_is_plain() {
    let text = "fn main() {}\n".repeat(20_000);
    assert_eq!(highlight("brainfuck", "+++"), Highlighted::default());
    let found = Highlighter::new().highlight("rust", &text, 0..100, Duration::ZERO);
    assert_eq!(found.spans, []);
}

#[test]
fn the_middle_of_a_text_that_is_too_long_is_read_all_the_same() {
    let text = "fn main() { call(1); }\n".repeat(60_000);
    assert!(text.len() > LARGEST_BYTES);
    let start = text.len() / 2 / 23 * 23;
    let found = Highlighter::new().highlight("rust", &text, start..start + 23, LONG);
    let found = classified(&text, &found);
    assert_eq!(found.first(), Some(&("fn", SyntaxClass::Keyword)));
    assert!(found.contains(&("call", SyntaxClass::Function)), "{found:?}");
}

#[test]
fn the_same_text_again_has_the_same_colours_and_another_has_its_own() {
    let mut highlighter = Highlighter::new();
    let mut again = |text: &str| {
        let found = highlighter.highlight("rust", text, 0..text.len(), LONG);
        let classes: Vec<_> = classified(text, &found).iter().map(|(_, class)| *class).collect();
        (classes, found.definitions.len())
    };
    let function = again("fn a() {}\n");
    assert_eq!(again("fn a() {}\n"), function);
    assert_ne!(again("/* a() {} */\n"), function);
    assert_eq!(again("fn a() {}\n"), function);
}

thread_local! {
    /// One for all cases: queries take their time to be read.
    static HIGHLIGHTER: RefCell<Highlighter> = RefCell::new(Highlighter::new());
}

proptest! {
    #[test]
    fn spans_are_in_order_and_inside_whatever_the_text(
        text in "([a-z(){}\"'`$#<>/*\n 0-9ä🐢]|fn |let |\"\"\"|//|/\\*){0,120}",
        language in prop::sample::select(vec!["rust", "python", "typescript", "html", "bash", "cpp"]),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let bounds: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (a, b) = (*from.get(&bounds), *to.get(&bounds));
        let window = a.min(b)..a.max(b);
        let found = HIGHLIGHTER
            .with_borrow_mut(|it| it.highlight(language, &text, window.clone(), LONG));
        let mut at = window.start;
        for SyntaxSpan { bytes, .. } in &found.spans {
            prop_assert!(bytes.start >= at && bytes.end > bytes.start && bytes.end <= window.end);
            prop_assert!(text.get(bytes.clone()).is_some(), "{bytes:?} cuts a character");
            at = bytes.end;
        }
    }
}
