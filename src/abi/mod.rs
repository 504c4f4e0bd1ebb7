//! Every exported function and type of the C ABI. The only place with unsafe
//! code: a callback of the host is called, and what it is called with lives
//! long enough; the host's bytes are copied; and the DLL is pinned.

#![allow(unsafe_code)]

pub mod account;
mod asked;
mod boundary;
mod export;
pub mod functions;
#[cfg(test)]
mod generated;
pub mod media;
pub mod numbers;
mod pin;
pub mod profile;
pub mod templates;
