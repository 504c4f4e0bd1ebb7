//! A WhatsApp connector behind a C ABI.
//!
//! docs/architecture.md shows the rooms, which of them may know of which, and
//! the road of a message through them.

#![deny(unsafe_code)]
// A module is `name.rs`, and its children stand in `name/`.
#![deny(clippy::mod_module_files)]

pub mod abi;
mod client;
mod context;
mod delivery;
mod events;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
mod ground;
mod history;
mod inbound;
mod message;
mod provider;
mod settings;

// Every room uses these.
use ground::{points, process, threads};
