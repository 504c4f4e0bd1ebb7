//! What a store must be able to do. The dialects are behind this trait:
//! everything above it is the same for all databases.

use super::finding::Finding;
use super::query::{EventPage, EventQuery, Query, Row};
use super::record::{Claimed, Write, Written};
use crate::message::clock::Millis;
use crate::message::{Error, Status};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The longest that a statement may take, unless the settings say otherwise.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A place where the history is kept.
pub trait Store: Send + Sync + 'static {
    /// Opens a connection, for the thread that calls.
    fn connect(&self) -> StoreResult<Box<dyn Connection>>;

    /// What it is, for people: `SQLite`, `PostgreSQL`.
    fn name(&self) -> &'static str;

    /// The client is being closed: from then on no caller waits for a
    /// connection of this store.
    fn end_by(&self, _at: Instant) {}
}

/// One connection, used by one thread.
pub trait Connection {
    /// Nobody waits for the answers of what follows longer than this.
    fn until(&mut self, _deadline: Option<Instant>) {}

    /// Makes, upgrades or checks the tables.
    fn migrate(&mut self, how: Migrate) -> StoreResult<()>;

    /// Writes all of them in one transaction, or none. The answers are in the
    /// order of the writes. May be repeated after a failure whose end is not
    /// known: what was written before is recognised.
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>>;

    /// The same with a batch that may stay in use after this returns, on a
    /// thread that was given up.
    fn commit_shared(&mut self, writes: &Arc<Vec<Write>>) -> StoreResult<Vec<Written>> {
        self.commit(writes)
    }

    /// Says that this worker lives, by the database's clock.
    fn renew(&mut self, worker: &Worker) -> StoreResult<()>;

    /// Ends this worker: what it still has queued is free for others.
    fn release(&mut self, worker: Uuid) -> StoreResult<()>;

    /// Takes messages that are due and that no living worker looks after.
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>>;

    /// Takes messages of dead workers whose attempt had begun or whose end is
    /// unknown; an attempt only when `grace` has passed since its worker died.
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>>;

    /// A message by its id.
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>>;

    /// A page of messages.
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>>;

    /// Which of these provider ids belong to an attempt already.
    fn owned(&mut self, provider_message_ids: &[String]) -> StoreResult<HashSet<String>>;

    /// How many other messages to this recipient have an attempt whose end is
    /// not known, or not known yet.
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64>;

    /// How many milliseconds ago the attempt began that a message's place is
    /// about, by the store's clock; below 0 where that clock was set back.
    fn age(&mut self, id: Uuid) -> StoreResult<Option<i64>>;

    /// A page of events after a cursor.
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage>;

    /// The cursor up to which a consumer has acknowledged events.
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>>;

    /// Remembers the cursor up to which a consumer has acknowledged events.
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()>;

    /// What was remembered under a key, unless it has expired by this clock.
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>>;

    /// Remembers a value until then; forgets what has expired.
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()>;

    /// What the server says of itself and of its durability, for the log.
    fn describe(&mut self) -> StoreResult<String>;

    /// Looks, for people, whether the tables fit and commits are durable.
    fn check(&mut self) -> StoreResult<Vec<Finding>>;
}

/// Whether the tables are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// Makes and upgrades them.
    Auto,
    /// Looks whether they fit.
    Check,
    /// Takes them as they are.
    Off,
}

/// What is to be remembered.
#[derive(Debug, Clone)]
pub struct Memorandum {
    /// Under which key.
    pub key: String,
    /// What.
    pub value: String,
    /// Until when; a time that has passed forgets it.
    pub expires_at: Millis,
}

/// A worker: one configured client.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Random for each `wa_configure`.
    pub id: Uuid,
    /// The account whose rows it works on.
    pub account_key: String,
    /// How long it counts as alive after it was last heard of.
    pub lease: Duration,
    /// Name of the machine, for people who read the table.
    pub host: String,
}

/// The result of work on a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a store did not do something.
#[derive(Debug, Clone)]
pub struct StoreError {
    /// What can be done about it.
    pub kind: StoreErrorKind,
    /// What the driver said, without secrets.
    pub message: String,
}

/// What can be done about a store's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The connection is lost: reconnect and repeat.
    Away,
    /// The connection was lost during COMMIT: nobody knows whether it is
    /// committed. Reconnect and repeat: the store recognises what it has.
    InDoubt,
    /// The answer would come too late for who asked.
    Late,
    /// The transaction failed for now: repeat on the same connection.
    Retry,
    /// One of the rows can never be stored.
    Data,
    /// A person must act: driver, password, right.
    Configuration,
    /// The tables are missing, older or newer.
    Schema,
}

impl StoreErrorKind {
    /// Whether the connection is lost.
    pub fn is_lost(self) -> bool {
        matches!(self, StoreErrorKind::Away | StoreErrorKind::InDoubt)
    }
}

impl StoreError {
    /// An error of a kind with the driver's words.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> StoreError {
        StoreError { kind, message: message.into() }
    }

    /// The answer would come too late for who asked.
    pub fn late() -> StoreError {
        StoreError::new(StoreErrorKind::Late, "the history did not answer before the deadline")
    }

    /// As the host is told whose message was refused by this.
    pub fn of_refused(&self) -> Box<Error> {
        let error = self.to_error();
        if error.status != Status::DatabaseAway {
            return error;
        }
        error.hint("Try again when the database is back. A message that was refused so was not sent.")
    }

    /// As hosts are told of it.
    pub fn to_error(&self) -> Box<Error> {
        let message = &self.message;
        match self.kind {
            StoreErrorKind::InDoubt => Error::new(
                Status::DatabaseAway,
                format!("The history's database was lost while it stored something: {message}"),
            )
            .hint("It is not known whether it is stored. Look there when the database is back."),
            StoreErrorKind::Away | StoreErrorKind::Retry => Error::new(
                Status::DatabaseAway,
                format!("The history's database cannot be reached: {message}"),
            )
            .hint("Try again when the database is back."),
            StoreErrorKind::Late => {
                Error::new(Status::Timeout, "The history did not answer before the deadline.")
            }
            StoreErrorKind::Data => Error::new(
                Status::Database,
                format!("The database cannot store this record: {message}"),
            )
            .hint("Nothing was recorded or sent. The driver's words name the column."),
            StoreErrorKind::Configuration => Error::new(
                Status::Database,
                format!("The history's database refused: {message}"),
            )
            .hint("Check driver, server, database, user, password and rights in history.connection_string, or the folder of history.file."),
            StoreErrorKind::Schema => Error::new(
                Status::DatabaseSchema,
                format!("The history's tables do not fit: {message}"),
            )
            .hint("Set history.migrate to auto once, with a user who may make tables."),
        }
    }
}
