//! The program as people and scripts use it: in real windows on a display of its own, with a real
//! session bus, window manager and file manager, and over its command line.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod command_line;
mod dropping;
mod failing;
mod harness;
mod hotkey;
mod idle;
mod killed;
mod popup;
mod popup_window;
mod projects_window;
mod searching;
mod settings;
mod starting;
mod theme;
mod tour;
mod tray;
