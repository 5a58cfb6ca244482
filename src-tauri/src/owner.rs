//! One process owns a data directory. The others reach it over a local socket, and where there is
//! no owner, the one that asks becomes it for as long as it needs.

pub mod address;
pub mod answering;
pub mod holder;
pub mod protocol;
pub mod server;
pub mod session;
