//! The command line as scripts rely on it: over the socket of an owner without windows, and where
//! nobody owns the data directory.

mod mcp;
mod mcp_owners;
mod owners;
mod projects;
mod search;
mod shapes;
mod usage;
