//! A WhatsApp connector behind a C ABI.
//!
//! The rooms, from the outside in: `abi` (every exported function), `client`
//! (one configured connector), `delivery` (the road of a message), `provider`
//! (Twilio), `history` (the store), `events` (what the host is told),
//! `settings`, and `message` (the model that all share).

#![deny(unsafe_code)]

pub mod abi;
mod client;
mod context;
mod delivery;
mod events;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
mod history;
mod message;
mod points;
mod process;
mod provider;
mod settings;
mod threads;
