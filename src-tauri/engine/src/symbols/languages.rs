//! The tables of all languages.

mod assigned;
mod bash;
mod beam;
mod build_tools;
mod c;
mod cpp;
mod csharp;
mod dart;
mod go;
mod java;
mod javascript;
mod keys;
mod kotlin;
mod lua;
mod ml;
mod php;
mod python;
mod ruby;
mod rust;
mod scala;
mod schemas;
mod swift;
mod web;

use super::rules::Grammar;

pub(super) const ALL: &[&Grammar] = &[
    &bash::GRAMMAR,
    &c::GRAMMAR,
    &cpp::GRAMMAR,
    &csharp::GRAMMAR,
    &go::GRAMMAR,
    &java::GRAMMAR,
    &javascript::JAVASCRIPT,
    &javascript::TYPESCRIPT,
    &javascript::TSX,
    &lua::GRAMMAR,
    &php::GRAMMAR,
    &python::GRAMMAR,
    &ruby::GRAMMAR,
    &rust::GRAMMAR,
    &beam::ELIXIR,
    &beam::ERLANG,
    &ml::HASKELL,
    &ml::OCAML,
    &dart::GRAMMAR,
    &assigned::R_LANGUAGE,
    &assigned::ZIG,
    &assigned::NIX,
    &kotlin::GRAMMAR,
    &swift::GRAMMAR,
    &scala::GRAMMAR,
    &keys::JSON,
    &keys::YAML,
    &keys::TOML,
    &web::CSS,
    &web::SCSS,
    &web::HTML,
    &build_tools::MAKE,
    &build_tools::CMAKE,
    &build_tools::HCL,
    &schemas::PROTOBUF,
    &schemas::GRAPHQL,
    &schemas::SQL,
];
