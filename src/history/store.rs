//! What a store must be able to do. The dialects are behind this trait:
//! everything above it is the same for all databases.

use super::finding::Finding;
use super::marks::Marks;
use super::plain::Plain;
use super::query::{EventPage, EventQuery, Query, Row};
use super::record::{Claimed, Write, Written};
use super::replay::{Part, Replayed};
pub use super::store_error::{StoreError, StoreErrorKind, StoreResult};
use crate::message::clock::Millis;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
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

    /// The identity of the database, which its tables tell.
    fn identity(&mut self) -> StoreResult<Uuid>;

    /// Writes a part of a journal, and how far the journal has come with it, in
    /// one transaction. Writes nothing where the journal had come further, or
    /// where another message stands in the way of one of the part.
    fn replay(&mut self, part: &Part) -> StoreResult<Replayed>;

    /// What the database counts of a worker, and of operators' decisions.
    fn marks(&mut self, worker: Uuid) -> StoreResult<Marks>;

    /// Counts a renewal of this worker's lease.
    fn mark(&mut self, worker: Uuid) -> StoreResult<Marks>;

    /// Stores the number of an operator's decision, and frees what workers had
    /// to look up on the day that came back.
    fn decide(&mut self, decision: i64) -> StoreResult<()>;

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

    /// Does work that is the same for all databases.
    fn plain(&mut self, work: Work) -> StoreResult<()>;

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

/// Work that is the same for all databases.
pub type Work = Box<dyn FnOnce(&mut dyn Plain) -> StoreResult<()> + Send>;

impl dyn Connection + '_ {
    /// Does work that is the same for all databases, and gives what came of
    /// it.
    pub fn shared<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Plain) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (give, given) = sync_channel(1);
        self.plain(Box::new(move |plain| {
            // There is room for it.
            let _ = give.send(work(plain)?);
            Ok(())
        }))?;
        given.try_recv().map_err(|_| StoreError::new(StoreErrorKind::Away, "the connection is closed"))
    }
}
