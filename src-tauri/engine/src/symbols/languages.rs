//! The tables of all languages.

mod bash;
mod c;
mod cpp;
mod csharp;
mod go;
mod java;
mod javascript;
mod lua;
mod php;
mod python;
mod ruby;
mod rust;

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
];
