//! Where the queries of the languages come from: their grammars, or a file beside this one for a
//! grammar that brings none.

/// What the patterns of two languages are put together with.
const BETWEEN: &str = "\n";

/// The query for a language, named as the index names it; of two patterns for one node the later
/// one counts.
pub(super) fn of(language: &str) -> Option<String> {
    let parts: &[&str] = match language {
        "bash" => &[tree_sitter_bash::HIGHLIGHT_QUERY],
        "c" => &[tree_sitter_c::HIGHLIGHT_QUERY],
        "cmake" => &[tree_sitter_cmake::HIGHLIGHTS_QUERY],
        "cpp" => &[tree_sitter_c::HIGHLIGHT_QUERY, tree_sitter_cpp::HIGHLIGHT_QUERY],
        "csharp" => &[tree_sitter_c_sharp::HIGHLIGHTS_QUERY],
        "css" => &[tree_sitter_css::HIGHLIGHTS_QUERY],
        "dart" => &[tree_sitter_dart::HIGHLIGHTS_QUERY],
        "elixir" => &[tree_sitter_elixir::HIGHLIGHTS_QUERY],
        "erlang" => &[tree_sitter_erlang::HIGHLIGHTS_QUERY],
        "go" => &[tree_sitter_go::HIGHLIGHTS_QUERY],
        "graphql" => &[include_str!("graphql.scm")],
        "haskell" => &[tree_sitter_haskell::HIGHLIGHTS_QUERY],
        "hcl" => &[include_str!("hcl.scm")],
        "html" => &[tree_sitter_html::HIGHLIGHTS_QUERY],
        "java" => &[tree_sitter_java::HIGHLIGHTS_QUERY],
        "javascript" => {
            &[tree_sitter_javascript::HIGHLIGHT_QUERY, tree_sitter_javascript::JSX_HIGHLIGHT_QUERY]
        }
        "json" => &[tree_sitter_json::HIGHLIGHTS_QUERY],
        "kotlin" => &[include_str!("kotlin.scm")],
        "lua" => &[tree_sitter_lua::HIGHLIGHTS_QUERY],
        "make" => &[tree_sitter_make::HIGHLIGHTS_QUERY],
        "nix" => &[tree_sitter_nix::HIGHLIGHTS_QUERY],
        "ocaml" => &[tree_sitter_ocaml::HIGHLIGHTS_QUERY],
        "php" => &[tree_sitter_php::HIGHLIGHTS_QUERY],
        "protobuf" => &[include_str!("protobuf.scm")],
        "python" => &[tree_sitter_python::HIGHLIGHTS_QUERY],
        "r" => &[tree_sitter_r::HIGHLIGHTS_QUERY],
        "ruby" => &[tree_sitter_ruby::HIGHLIGHTS_QUERY],
        "rust" => &[tree_sitter_rust::HIGHLIGHTS_QUERY],
        "scala" => &[tree_sitter_scala::HIGHLIGHTS_QUERY],
        "scss" => &[tree_sitter_scss::HIGHLIGHTS_QUERY],
        "sql" => &[tree_sitter_sequel::HIGHLIGHTS_QUERY],
        "swift" => &[tree_sitter_swift::HIGHLIGHTS_QUERY],
        "toml" => &[tree_sitter_toml_ng::HIGHLIGHTS_QUERY],
        "tsx" => &[
            tree_sitter_javascript::HIGHLIGHT_QUERY,
            tree_sitter_javascript::JSX_HIGHLIGHT_QUERY,
            tree_sitter_typescript::HIGHLIGHTS_QUERY,
        ],
        "typescript" => {
            &[tree_sitter_javascript::HIGHLIGHT_QUERY, tree_sitter_typescript::HIGHLIGHTS_QUERY]
        }
        "yaml" => &[tree_sitter_yaml::HIGHLIGHTS_QUERY],
        "zig" => &[tree_sitter_zig::HIGHLIGHTS_QUERY],
        _ => return None,
    };
    Some(parts.join(BETWEEN))
}
