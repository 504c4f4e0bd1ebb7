//! Every exported function and type of the C ABI. Unsafe code is here, where a
//! callback of the host is called and what it is called with lives long enough,
//! where the host's bytes are copied, and where the DLL is pinned; else only in
//! `history::odbc`, where the ODBC driver manager is loaded and the end of the
//! process is waited for.

#![allow(unsafe_code)]

pub mod account;
mod asked;
mod boundary;
pub mod close;
pub mod configure;
pub mod events;
mod export;
#[cfg(test)]
mod generated;
pub mod history;
pub mod media;
pub mod numbers;
mod pin;
pub mod profile;
pub mod schema;
pub mod send;
pub mod templates;
pub mod text;
pub mod types;
pub mod webhook;
