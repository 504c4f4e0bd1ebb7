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
#[cfg(target_os = "linux")]
mod free_tds;
mod open_transactions;
mod postgres;
mod processes;
pub(crate) mod proxy;
mod rights;
mod scripts;
mod silent;
mod sqlserver;
mod steps;
#[cfg(target_os = "linux")]
mod tds;
mod torture;
mod upgrades;
mod view;
