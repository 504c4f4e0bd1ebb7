//! What every store must do, whatever is behind it.
//!
//! `behaviour` runs against SQLite always, against PostgreSQL and SQL Server
//! where there is one; `postgres`, `open_transactions` and `torture` are about what only a
//! server can do.

mod at_once;
pub(crate) mod bed;
pub(crate) mod bed_questions;
mod behaviour;
mod bench;
mod clocks;
mod open_transactions;
mod postgres;
mod processes;
pub(crate) mod proxy;
mod rights;
mod scripts;
mod silent;
mod sqlserver;
mod steps;
mod torture;
mod upgrades;
mod view;
