//! A file's language by its name: the value of the `lang:` filter and of `lang` in answers.

use crate::rel_path;

/// The language of the file at `path`, in lower case, or `None` where its name does not tell.
pub fn of(path: &str) -> Option<&'static str> {
    let name = rel_path::file_name(path);
    by_name(name).or_else(|| {
        let (_, extension) = name.rsplit_once('.')?;
        by_extension(&extension.to_ascii_lowercase())
    })
}

/// A `match` over the spellings, and the languages that it knows.
macro_rules! languages {
    ($find:ident, $all:ident, $($($spelling:literal)|+ => $language:literal,)+) => {
        fn $find(spelling: &str) -> Option<&'static str> {
            match spelling {
                $($($spelling)|+ => Some($language),)+
                _ => None,
            }
        }

        const $all: &[&str] = &[$($language),+];
    };
}

languages! {
    by_name, NAMED,
    "Makefile" | "makefile" | "GNUmakefile" | "Kbuild" => "make",
    "CMakeLists.txt" => "cmake",
    "Dockerfile" | "Containerfile" => "dockerfile",
    "Kconfig" => "kconfig",
    "Gemfile" | "Rakefile" => "ruby",
    "BUILD" | "BUILD.bazel" | "WORKSPACE" => "starlark",
    "Jenkinsfile" => "groovy",
    ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" => "bash",
}

languages! {
    by_extension, BY_EXTENSION,
    "rs" => "rust",
    "py" | "pyi" | "pyw" => "python",
    "js" | "mjs" | "cjs" | "jsx" => "javascript",
    "ts" | "mts" | "cts" => "typescript",
    "tsx" => "tsx",
    "go" => "go",
    "java" => "java",
    "kt" | "kts" => "kotlin",
    "c" | "h" => "c",
    "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "ipp" | "inl" => "cpp",
    "m" | "mm" => "objective-c",
    "cs" => "csharp",
    "rb" | "rake" | "gemspec" => "ruby",
    "php" => "php",
    "swift" => "swift",
    "scala" | "sc" => "scala",
    "lua" => "lua",
    "sh" | "bash" | "zsh" | "ksh" => "bash",
    "ps1" | "psm1" => "powershell",
    "zig" => "zig",
    "ex" | "exs" => "elixir",
    "erl" | "hrl" => "erlang",
    "hs" | "lhs" => "haskell",
    "ml" | "mli" => "ocaml",
    "fs" | "fsi" | "fsx" => "fsharp",
    "clj" | "cljs" | "cljc" | "edn" => "clojure",
    "dart" => "dart",
    "r" => "r",
    "jl" => "julia",
    "pl" | "pm" => "perl",
    "html" | "htm" | "xhtml" => "html",
    "css" => "css",
    "scss" | "sass" | "less" => "scss",
    "vue" => "vue",
    "svelte" => "svelte",
    "yaml" | "yml" => "yaml",
    "toml" => "toml",
    "json" | "jsonc" | "json5" => "json",
    "xml" | "xsd" | "xsl" | "svg" => "xml",
    "md" | "markdown" | "mdx" => "markdown",
    "rst" => "rst",
    "tex" => "latex",
    "sql" => "sql",
    "tf" | "hcl" => "hcl",
    "mk" | "mak" => "make",
    "cmake" => "cmake",
    "proto" => "protobuf",
    "graphql" | "gql" => "graphql",
    "nix" => "nix",
    "s" | "asm" => "assembly",
    "dts" | "dtsi" => "devicetree",
    "vim" => "vim",
    "el" | "lisp" | "cl" => "lisp",
    "groovy" | "gradle" => "groovy",
    "bzl" | "star" => "starlark",
    "v" | "sv" | "svh" => "verilog",
    "vhd" | "vhdl" => "vhdl",
    "f" | "f90" | "f95" | "f03" => "fortran",
    "pas" | "pp" => "pascal",
    "ini" | "cfg" | "conf" | "properties" => "ini",
    "txt" => "text",
}

/// Whether the file at `path` may as well be of this language: a header with C's ending is often one
/// of C++.
pub fn is_header(language: &str, path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    language == "cpp" && ending.is_some_and(|ending| ending.eq_ignore_ascii_case("h"))
}

/// The languages that are meant with this one too.
pub fn dialects(language: &str) -> &'static [&'static str] {
    if language == "typescript" { &["tsx"] } else { &[] }
}

/// The language that people mean with `typed`: its name, the ending of its files, or what else it
/// is called.
pub fn named(typed: &str) -> Option<&'static str> {
    let folded = typed.to_ascii_lowercase();
    let by_own_name = [NAMED, BY_EXTENSION].concat().into_iter().find(|name| *name == folded);
    by_own_name.or_else(|| by_extension(&folded)).or_else(|| by_name(&folded)).or({
        match folded.as_str() {
            "c#" => Some("csharp"),
            "f#" => Some("fsharp"),
            "golang" => Some("go"),
            "objc" => Some("objective-c"),
            "shell" => Some("bash"),
            _ => None,
        }
    })
}

/// Every language that [`of`] can tell, in alphabetical order.
pub fn all() -> Vec<&'static str> {
    let mut all = [NAMED, BY_EXTENSION].concat();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_wins_over_an_extension_and_case_does_not_matter() {
        assert_eq!(of("cmake/CMakeLists.txt"), Some("cmake"));
        assert_eq!(of("a/README.MD"), Some("markdown"));
        assert_eq!(of("src/main.rs"), Some("rust"));
        assert_eq!(of("LICENSE"), None);
        assert_eq!(of("a.b/LICENSE"), None);
    }

    #[test]
    fn a_language_has_several_names() {
        for (typed, language) in [
            ("C", "c"),
            ("c++", "cpp"),
            ("c#", "csharp"),
            ("py", "python"),
            ("makefile", "make"),
            ("shell", "bash"),
            ("r", "r"),
        ] {
            assert_eq!(named(typed), Some(language), "{typed}");
        }
        assert_eq!(named("pyt"), None);
    }

    #[test]
    fn the_list_has_every_language_once() {
        let all = all();
        for path in ["a.rs", "a.hpp", "Makefile", "Kconfig", "a.txt", "a.svelte"] {
            let language = of(path).unwrap();
            assert_eq!(all.iter().filter(|&&one| one == language).count(), 1, "{language}");
        }
        assert!(all.is_sorted());
    }
}
