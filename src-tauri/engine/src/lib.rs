//! Finds code on one's own machine: a catalogue of projects, an index a project, watchers that
//! keep it fresh, and search over all of them. Knows nothing of windows.
//!
//! Start reading at [`engine::Engine`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking"))]

pub mod catalogue;
pub mod embed;
pub mod engine;
pub mod index;
mod plain_file;
pub mod registry;
pub mod rel_path;
pub mod root_access;
pub mod search;
pub mod status;
pub mod symbols;
pub mod watch;
