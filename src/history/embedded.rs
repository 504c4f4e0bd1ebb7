//! The embedded SQLite: the history of who has no database server.

mod batches;
mod busy;
mod check;
mod commit;
mod file;
mod limit;
mod plain;
mod read;
mod replay;
mod rewound;
mod schema;
mod script;
mod session;
#[cfg(unix)]
pub mod sole;
mod statements;
mod work;

use super::finding::Finding;
use super::marks::Marks;
use super::names::Names;
use super::pages;
use super::query::{EventPage, EventQuery, Query, Row};
use super::record::{Claimed, Write, Written};
use super::replay::{Part, Replayed};
use super::store::{
    Connection, Memorandum, Migrate, STATEMENT_TIMEOUT, Store, StoreErrorKind, StoreResult, Work, Worker,
};
use crate::message::clock::Millis;
use crate::threads::lock;
use busy::Turns;
use limit::{EndBy, Limit};
pub use script::script;
use session::store_error;
use statements::Statements;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A SQLite file.
pub struct Sqlite {
    path: PathBuf,
    names: Names,
    statement_timeout: Duration,
    end_by: EndBy,
}

impl Sqlite {
    /// The file need not be there yet; its folder is made as well.
    pub fn new(path: PathBuf, names: Names) -> Sqlite {
        Sqlite { path, names, statement_timeout: STATEMENT_TIMEOUT, end_by: EndBy::default() }
    }

    /// With another longest time for one piece of work.
    pub fn with_statement_timeout(self, statement_timeout: Duration) -> Sqlite {
        Sqlite { statement_timeout, ..self }
    }
}

/// How long another process may hold the file before a transaction is
/// repeated.
const BUSY: Duration = Duration::from_secs(5);

impl Store for Sqlite {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        file::make_folder(&self.path)?;
        #[cfg(unix)]
        let sole = sole::Sole::enter(&self.path, file::make_private)?;
        #[cfg(not(unix))]
        file::make_private(&self.path)?;
        let connection = rusqlite::Connection::open(&self.path).map_err(store_error)?;
        busy::wait_at_most(BUSY.min(self.statement_timeout));
        connection.busy_handler(Some(busy::wait)).map_err(store_error)?;
        connection.set_prepared_statement_cache_capacity(64);
        // FULL: NORMAL would lose commits that were acknowledged, on a power cut.
        // Where processes begin at once SQLite says at once that the file is
        // locked, for the switch to WAL does not wait as all else does.
        let began = Instant::now();
        let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;";
        while let Err(error) = connection.execute_batch(settings).map_err(store_error) {
            if error.kind != StoreErrorKind::Retry || began.elapsed() >= BUSY {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // A text that was erased must not stay in the file's free places.
        connection.execute_batch("PRAGMA secure_delete=ON;").map_err(store_error)?;
        let limit = Limit::of(&connection, self.statement_timeout, Arc::clone(&self.end_by));
        Ok(Box::new(Open {
            connection,
            limit,
            turns: Turns::default(),
            statements: Statements::new(&self.names),
            names: self.names.clone(),
            #[cfg(unix)]
            _sole: sole,
        }))
    }

    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn end_by(&self, at: Instant) {
        *lock(&self.end_by) = Some(at);
    }
}

struct Open {
    connection: rusqlite::Connection,
    limit: Limit,
    turns: Turns,
    names: Names,
    statements: Statements,
    /// After the connection: let go when it is closed.
    #[cfg(unix)]
    _sole: sole::Sole,
}

impl Connection for Open {
    fn until(&mut self, deadline: Option<Instant>) {
        self.limit.until(deadline);
    }
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        self.limit.begin_without();
        schema::migrate(&mut self.connection, &self.names, how)
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        self.limit.begin();
        let (connection, statements) = (&mut self.connection, &self.statements);
        self.turns.take(|| commit::commit(connection, statements, writes))
    }
    fn identity(&mut self) -> StoreResult<Uuid> {
        self.limit.begin();
        replay::identity(&self.connection, &self.names)
    }
    fn replay(&mut self, part: &Part) -> StoreResult<Replayed> {
        self.limit.begin();
        replay::replay(&mut self.connection, &self.names, &self.statements, part)
    }
    fn marks(&mut self, worker: Uuid) -> StoreResult<Marks> {
        self.limit.begin();
        rewound::marks(&self.connection, &self.names, worker)
    }
    fn mark(&mut self, worker: Uuid) -> StoreResult<Marks> {
        self.limit.begin();
        rewound::mark(&self.connection, &self.names, worker)
    }
    fn decide(&mut self, decision: i64) -> StoreResult<()> {
        self.limit.begin();
        rewound::decide(&self.connection, &self.names, decision)
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        self.limit.begin();
        work::renew(&mut self.connection, &self.statements, worker)
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        self.limit.begin();
        work::release(&mut self.connection, &self.statements, worker)
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        self.limit.begin();
        work::claim(&mut self.connection, &self.statements, worker, most)
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        self.limit.begin();
        work::take_over(&mut self.connection, &self.statements, worker, grace, most)
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        self.limit.begin();
        read::find(&self.connection, &self.names, &self.statements, id)
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        self.limit.begin();
        pages::page(self, query).map_err(|error| self.limit.told(error))
    }
    fn plain(&mut self, work: Work) -> StoreResult<()> {
        self.limit.begin();
        work(self).map_err(|error| self.limit.told(error))
    }
    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        self.limit.begin();
        read::owned(&self.connection, &self.statements, ids)
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        self.limit.begin();
        read::others_open(&self.connection, &self.statements, recipient, except)
    }
    fn age(&mut self, id: Uuid) -> StoreResult<Option<i64>> {
        read::age(&self.connection, &self.statements, id)
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        self.limit.begin();
        read::events(&self.connection, &self.names, query)
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        self.limit.begin();
        read::acknowledged(&self.connection, &self.statements, account_key, consumer)
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        self.limit.begin();
        work::acknowledge(&mut self.connection, &self.statements, account_key, consumer, cursor)
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        self.limit.begin();
        read::recall(&self.connection, &self.statements, account_key, key, now)
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        self.limit.begin();
        work::remember(&mut self.connection, &self.statements, account_key, memory)
    }
    fn describe(&mut self) -> StoreResult<String> {
        self.limit.begin();
        let durable: i64 =
            self.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(store_error)?;
        Ok(format!("SQLite {}, synchronous={durable} (2 is FULL)", rusqlite::version()))
    }
    fn check(&mut self) -> StoreResult<Vec<Finding>> {
        self.limit.begin();
        let description = self.describe()?;
        check::check(&self.connection, &self.names, &description)
    }
}
