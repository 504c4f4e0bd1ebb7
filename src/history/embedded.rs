//! The embedded SQLite: the history of who has no database server.

mod check;
mod commit;
mod read;
mod schema;
#[cfg(unix)]
mod sole;
mod work;

use super::finding::Finding;
use super::names::Names;
use super::query::{EventPage, EventQuery, Query, Row};
use super::record::{Claimed, Write, Written};
use super::store::{Connection, Memorandum, Store, StoreError, StoreErrorKind, StoreResult, Worker};
use crate::message::clock::Millis;
use crate::settings::Migrate;
use rusqlite::ErrorCode;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// A SQLite file.
pub struct Sqlite {
    path: PathBuf,
    names: Names,
}

impl Sqlite {
    /// The file need not be there yet; its folder is made as well.
    pub fn new(path: PathBuf, names: Names) -> Sqlite {
        Sqlite { path, names }
    }
}

/// How long another process may hold the file before a transaction is
/// repeated.
const BUSY: Duration = Duration::from_secs(5);

impl Store for Sqlite {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        make_folder(&self.path)?;
        #[cfg(unix)]
        let sole = sole::Sole::enter(&self.path, make_private)?;
        #[cfg(not(unix))]
        make_private(&self.path)?;
        let connection = rusqlite::Connection::open(&self.path).map_err(store_error)?;
        connection.busy_timeout(BUSY).map_err(store_error)?;
        connection.set_prepared_statement_cache_capacity(64);
        // FULL: NORMAL would lose commits that were acknowledged, on a power cut.
        connection
            .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;")
            .map_err(store_error)?;
        Ok(Box::new(Open {
            connection,
            names: self.names.clone(),
            #[cfg(unix)]
            _sole: sole,
        }))
    }

    fn name(&self) -> &'static str {
        "SQLite"
    }
}

/// Makes the folder of the file, readable by this user only: the history
/// holds what people wrote.
fn make_folder(path: &Path) -> StoreResult<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Configuration,
            format!("the folder {} of history.file cannot be made: {error}", folder.display()),
        )
    })
}

/// Makes the file, readable by this user only, if it is not there.
fn make_private(path: &Path) -> StoreResult<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // SQLite says what is wrong with a file that is there.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::new(
            StoreErrorKind::Configuration,
            format!("history.file {} cannot be made: {error}", path.display()),
        )),
    }
}

struct Open {
    connection: rusqlite::Connection,
    names: Names,
    /// After the connection: let go when it is closed.
    #[cfg(unix)]
    _sole: sole::Sole,
}

impl Connection for Open {
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        schema::migrate(&mut self.connection, &self.names, how)
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        commit::commit(&mut self.connection, &self.names, writes)
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        work::renew(&mut self.connection, &self.names, worker)
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        work::release(&mut self.connection, &self.names, worker)
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        work::claim(&mut self.connection, &self.names, worker, most)
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        work::take_over(&mut self.connection, &self.names, worker, grace, most)
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        read::find(&self.connection, &self.names, id)
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        read::page(&self.connection, &self.names, query)
    }
    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        read::owned(&self.connection, &self.names, ids)
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        read::others_open(&self.connection, &self.names, recipient, except)
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        read::events(&self.connection, &self.names, query)
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        read::acknowledged(&self.connection, &self.names, account_key, consumer)
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        work::acknowledge(&mut self.connection, &self.names, account_key, consumer, cursor)
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        read::recall(&self.connection, &self.names, account_key, key, now)
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        work::remember(&mut self.connection, &self.names, account_key, memory)
    }
    fn describe(&mut self) -> StoreResult<String> {
        let durable: i64 =
            self.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(store_error)?;
        Ok(format!("SQLite {}, synchronous={durable} (2 is FULL)", rusqlite::version()))
    }
    fn check(&mut self) -> StoreResult<Vec<Finding>> {
        let description = self.describe()?;
        check::check(&self.connection, &self.names, &description)
    }
}

/// SQLite's error, by what can be done about it.
fn store_error(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => {
            StoreErrorKind::Retry
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed | ErrorCode::DiskFull) => {
            StoreErrorKind::Away
        }
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            StoreErrorKind::Data
        }
        _ => StoreErrorKind::Configuration,
    };
    StoreError::new(kind, error.to_string())
}

/// Begins a transaction that will write: a deferred one could not be retried.
fn begin(connection: &mut rusqlite::Connection) -> StoreResult<rusqlite::Transaction<'_>> {
    connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(store_error)
}
