//! From file events to runs: a pure state machine that decides, and a thin adapter to the system.

pub mod adapter;
mod changes;
mod git;
pub mod machine;
mod tuning;

pub use adapter::{Adapter, Filter, Hearing, PlaceError, WatchEvent};
pub use changes::Changes;
pub use machine::{Action, Freshness, Input, Machine, Order, RescanCause, RunEnd, RunFailure};
pub use tuning::Tuning;
