//! The store of everything that was sent: records, queries, group commit.

pub mod embedded;
mod fields;
mod finding;
mod guard;
pub mod merge;
mod migrate;
mod names;
pub mod odbc;
mod outcome;
pub mod query;
mod reader;
pub mod record;
pub mod reported;
mod select;
pub mod store;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use finding::{Condition, Finding};
pub use outcome::outcome_of;
pub use query::{EventCursor, EventPage, EventQuery, Page, Query};
pub use reader::Readers;
pub use record::*;
pub use store::{Connection, Memorandum, Migrate, Store, StoreErrorKind, StoreResult, Worker};
pub use writer::{Hooks, Writer};

use crate::ground::Secret;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The history in a SQLite file.
pub fn in_file(path: PathBuf, table_prefix: &str) -> Arc<dyn Store> {
    Arc::new(embedded::Sqlite::new(path, names::Names::new(None, table_prefix)))
}

/// The history in a database behind ODBC.
pub fn behind_odbc(
    connection_string: Secret,
    schema: Option<&str>,
    table_prefix: &str,
    login_timeout: Duration,
) -> Arc<dyn Store> {
    Arc::new(odbc::Odbc::new(connection_string, names::Names::new(schema, table_prefix), login_timeout))
}
