//! Every exported function and type of the C ABI. The only place with unsafe
//! code: a callback of the host is called, and what it is called with lives
//! long enough; and the DLL is pinned.

#![allow(unsafe_code)]

mod boundary;
mod export;
pub mod functions;
#[cfg(test)]
mod generated;
mod pin;
