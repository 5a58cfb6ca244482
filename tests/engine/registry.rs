//! Projects that are closed, opened, lost, found again and thrown out for want of room.

mod eviction;
mod healing;
mod leaks;
mod locating;
mod many;
mod missing;
pub mod system;
