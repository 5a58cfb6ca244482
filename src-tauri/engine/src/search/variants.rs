//! Other forms of a word that was typed, as code may have it: `connections` for `connection`,
//! `parse` for `parsing`, `msg` for `message`.

/// Words and the short forms that programmers write for them, each with all the others of its row.
const ABBREVIATIONS: [&[&str]; 62] = [
    &["address", "addr"],
    &["allocate", "alloc"],
    &["argument", "arg"],
    &["arguments", "args"],
    &["array", "arr"],
    &["asynchronous", "async"],
    &["attribute", "attr"],
    &["attributes", "attrs"],
    &["authentication", "authenticate", "auth"],
    &["boolean", "bool"],
    &["buffer", "buf"],
    &["calculate", "calc"],
    &["character", "char"],
    &["column", "col"],
    &["command", "cmd"],
    &["configuration", "config", "cfg", "conf"],
    &["connection", "conn"],
    &["context", "ctx"],
    &["control", "ctrl"],
    &["database", "db"],
    &["default", "def"],
    &["delete", "del"],
    &["destination", "dest", "dst"],
    &["dictionary", "dict"],
    &["directory", "dir"],
    &["document", "doc"],
    &["element", "elem"],
    &["environment", "env"],
    &["error", "err"],
    &["event", "ev"],
    &["execute", "exec"],
    &["expression", "expr"],
    &["extension", "ext"],
    &["function", "func", "fn"],
    &["generate", "gen"],
    &["identifier", "ident", "id"],
    &["image", "img"],
    &["index", "idx"],
    &["information", "info"],
    &["initialize", "initialise", "init"],
    &["integer", "int"],
    &["iterator", "iter"],
    &["length", "len"],
    &["library", "lib"],
    &["maximum", "max"],
    &["memory", "mem"],
    &["message", "msg"],
    &["minimum", "min"],
    &["number", "num", "nr"],
    &["object", "obj"],
    &["package", "pkg"],
    &["parameter", "param"],
    &["parameters", "params"],
    &["pointer", "ptr"],
    &["previous", "prev"],
    &["process", "proc"],
    &["reference", "ref"],
    &["request", "req"],
    &["response", "resp", "res"],
    &["source", "src"],
    &["string", "str"],
    &["temporary", "temp", "tmp"],
];

/// Shorter words have no endings to take off.
const SHORTEST_WORD: usize = 4;
const SHORTEST_STEM: usize = 3;

/// The other forms of `word` (in lower case), each once. Not all of them are words.
pub fn of(word: &str) -> Vec<String> {
    let mut forms = inflected(word);
    for base in bases(word) {
        forms.extend(short_forms(&base).map(str::to_owned));
    }
    each_once(forms, word)
}

/// Those of them that are the word itself with another ending.
pub fn inflected(word: &str) -> Vec<String> {
    let mut forms = bases(word);
    for base in &bases(word) {
        forms.extend(inflections(base));
    }
    each_once(forms, word)
}

fn each_once(mut forms: Vec<String>, word: &str) -> Vec<String> {
    forms.sort_unstable();
    forms.dedup();
    forms.retain(|form| form != word);
    forms
}

fn short_forms(word: &str) -> impl Iterator<Item = &'static str> {
    let row = ABBREVIATIONS.iter().find(|row| row.contains(&word));
    row.into_iter().flat_map(|row| row.iter().copied())
}

/// The word itself and what it may be a form of.
fn bases(word: &str) -> Vec<String> {
    let mut bases = vec![word.to_owned()];
    if word.len() < SHORTEST_WORD || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return bases;
    }
    let mut strip = |ending: &str, replacements: &[&str]| {
        let Some(stem) = word.strip_suffix(ending) else { return };
        if stem.len() < SHORTEST_STEM {
            return;
        }
        bases.extend(replacements.iter().map(|replacement| format!("{stem}{replacement}")));
        // `running`, `mapped`: the consonant was doubled before the ending.
        let last_two = stem.as_bytes().get(stem.len() - 2..);
        if matches!(last_two, Some([a, b]) if a == b && !b"aeiouls".contains(b)) {
            bases.push(stem[..stem.len() - 1].to_owned());
        }
    };
    strip("ies", &["y"]);
    strip("es", &["", "e"]);
    if !word.ends_with("ss") && !word.ends_with("us") {
        strip("s", &[""]);
    }
    strip("ing", &["", "e"]);
    strip("ings", &["", "e"]);
    strip("ied", &["y"]);
    strip("ed", &["", "e"]);
    strip("er", &["", "e"]);
    strip("ers", &["", "e"]);
    strip("or", &["", "e"]);
    strip("ors", &["", "e"]);
    strip("ation", &["e", ""]);
    strip("ations", &["e", ""]);
    strip("ion", &["e", ""]);
    strip("ions", &["e", ""]);
    bases
}

fn inflections(base: &str) -> Vec<String> {
    let long = base.len() >= SHORTEST_STEM && base.bytes().all(|byte| byte.is_ascii_lowercase());
    if !long {
        return Vec::new();
    }
    let with = |endings: &[&str], stem: &str| -> Vec<String> {
        endings.iter().map(|ending| format!("{stem}{ending}")).collect()
    };
    if let Some(stem) = base.strip_suffix('e') {
        return with(&["es", "ed", "ing", "er", "or", "ion", "ation"], stem);
    }
    if let Some(stem) = base.strip_suffix('y') {
        let mut forms = with(&["ies", "ied"], stem);
        forms.extend(with(&["s", "ing", "er"], base));
        return forms;
    }
    with(&["s", "es", "ed", "ing", "er", "or", "ion", "ation"], base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_word_lead_to_each_other() {
        for (typed, written) in [
            ("connections", "connection"),
            ("parsing", "parse"),
            ("parse", "parser"),
            ("validates", "validation"),
            ("running", "run"),
            ("queries", "query"),
            ("messages", "msg"),
            ("configuration", "cfg"),
            ("boxes", "box"),
            ("iterator", "iterate"),
        ] {
            assert!(of(typed).iter().any(|form| form == written), "{typed}: {:?}", of(typed));
        }
    }

    #[test]
    fn a_word_is_no_form_of_itself_and_short_ones_are_left_alone() {
        assert!(!of("parse").contains(&"parse".to_owned()));
        assert_eq!(of("as"), [""; 0]);
        assert!(!of("status").contains(&"statu".to_owned()));
    }
}
