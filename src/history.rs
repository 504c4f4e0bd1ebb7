//! The store of everything that was sent: records, queries, group commit.

pub mod arrivals;
mod bare;
mod batches;
mod bounded;
pub mod count;
pub mod embedded;
pub mod erase;
mod event_kinds;
pub mod export;
mod fields;
mod finding;
mod fold;
mod guard;
pub mod implied;
mod journal;
pub mod kept;
pub mod marks;
pub mod merge;
mod migrate;
mod names;
pub mod odbc;
mod outcome;
pub mod page;
pub mod pages;
mod plain;
pub mod purge;
pub mod query;
mod reader;
pub mod record;
pub mod replay;
pub mod reported;
pub mod rewound;
mod script;
mod search;
mod select;
pub mod store;
mod store_error;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
pub mod told;
mod view;
mod watch;
mod writer;

pub use bounded::LeftBehind;
pub use finding::{Condition, Finding};
pub use journal::{Journal, JournalSettings, WhileAway};
pub use kept::Kept;
pub use outcome::outcome_of;
pub use page::{HistoryMessage, Page};
pub use query::{Asker, EventCursor, EventPage, EventQuery, Query, Row};
pub use reader::Readers;
pub use record::*;
#[cfg(test)]
pub use script::Script;
pub use script::{Roles, SQLITE, database_of, databases, script};
pub use store::{Connection, Memorandum, Migrate, Store, StoreError, StoreErrorKind, StoreResult, Worker};
pub use tables::VERSION;
pub use writer::{Hooks, Writer, renew};

use crate::ground::connection_string::Candidate;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a database is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a login.
    pub login: Duration,
    /// For a statement.
    pub statement: Duration,
}

/// The history in a SQLite file.
pub fn in_file(path: PathBuf, table_prefix: &str, statement_timeout: Duration) -> Arc<dyn Store> {
    let names = names::Names::new(None, table_prefix);
    Arc::new(embedded::Sqlite::new(path, names).with_statement_timeout(statement_timeout))
}

/// The history in a database behind ODBC: the first connection string whose
/// driver is installed.
pub fn behind_odbc(
    candidates: Vec<Candidate>,
    schema: Option<&str>,
    table_prefix: &str,
    patience: Patience,
    left_behind: LeftBehind,
) -> Arc<dyn Store> {
    let Patience { login, statement } = patience;
    let names = names::Names::new(schema, table_prefix);
    let store = odbc::Odbc::any_of(candidates, names, login).with_statement_timeout(statement);
    // The server itself gives up first, if it still can. So what its client
    // gives up does not end in a commit later.
    let longest = login.max(statement) + Duration::from_secs(1).max(statement / 10);
    Arc::new(bounded::Bounded::new(Arc::new(store), longest, left_behind))
}
