//! Search by meaning below the search itself: texts become vectors in a worker process, vectors are
//! kept in a store that all projects share, and a query's vector is compared with them.
//!
//! - [`embedder`]: the queues in front of the worker, for everybody else in the engine; behind it
//!   [`supervisor`](self) and [`process`](self), with the rules of [`pace`].
//! - [`worker`]: the other side, a process of its own; the only one that loads a model.
//! - [`published`]: models that can be had by name.
//! - [`text`]: what of a definition or a window of lines is embedded.
//! - [`store`]: vectors by the hash of their text, and [`rows`]: the nearest of them.
//! - [`inventory`]: the texts of every project's chunks, and [`vector_index`]: the chunks of a
//!   project that are nearest to a vector.

pub mod embedder;
mod encoder;
pub mod inventory;
pub mod model;
pub mod pace;
mod process;
mod protocol;
pub mod published;
pub mod rows;
pub mod state;
pub mod store;
mod supervisor;
pub mod text;
pub mod vector_index;
pub mod worker;
