//! The engine over real folders, real git and real damage, through its façade only.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod completeness;
mod confined;
mod damage;
mod dice;
mod differential;
mod disk_full;
mod embedding;
mod excluding;
mod fetching;
mod filling;
mod graph;
mod indexing;
mod killed;
mod layers;
mod lifecycle;
mod meaning;
mod memory;
mod narrowing;
mod patterns;
mod previewing;
mod ranking;
mod registry;
mod searching;
mod undoing;
mod watching;
mod world;
