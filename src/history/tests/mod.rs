//! What every store must do, whatever is behind it.
//!
//! `behaviour` runs against SQLite always and against PostgreSQL where there
//! is one; `postgres` and `torture` are about what only a server can do.

mod bed;
mod behaviour;
mod bench;
mod postgres;
pub(crate) mod proxy;
mod steps;
mod torture;
mod writer;
