//! From file events to runs: a pure state machine that decides, and a thin adapter to the system.

pub mod adapter;
pub mod machine;

pub use adapter::{Adapter, Filter, PlaceError, WatchEvent};
pub use machine::{
    Action, Changes, Freshness, Input, Machine, Order, RescanCause, RunEnd, RunFailure, Tuning,
};
