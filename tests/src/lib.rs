//! What the tests of the engine and those of the program share.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

pub mod hub;
