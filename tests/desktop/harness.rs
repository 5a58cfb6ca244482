//! What the tests stand on: an account for each, most with a desktop, and the ways a person or a
//! script reaches Quarry in it.

pub mod account;
pub mod assistant;
pub mod desktop;
pub mod file_manager;
pub mod page;
pub mod pointer;
pub mod portal;
pub mod processes;
pub mod projects_window;
pub mod quarry;
pub mod revealing;
pub mod tray;
pub mod tree;
pub mod turn;
pub mod wait;
pub mod webdriver;
pub mod windows;
