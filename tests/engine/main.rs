//! The engine over real folders, real git and real damage, through its façade only.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod differential;
mod embedding;
mod indexing;
mod lifecycle;
mod searching;
mod watching;
mod world;
