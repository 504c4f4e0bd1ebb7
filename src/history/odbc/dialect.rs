//! What differs between the servers behind ODBC.
//!
//! A dialect is its statements, its types and its quirks. A new server is a
//! room beside `postgres` that implements `Dialect`, and a place in the list of
//! dialects in `odbc.rs`.

use super::classify::Rules;
use super::session::Session;
use crate::history::finding::Finding;
use crate::history::names::Names;
use crate::history::query::{EventPage, EventQuery};
use crate::history::select::Syntax;
use crate::history::store::StoreResult;
use crate::history::tables::Change;
use std::time::Duration;

/// A language that a server speaks.
pub trait Dialect: Send + Sync {
    /// The server's name, for people.
    fn name(&self) -> &'static str;

    /// By one of these it is known, in small letters: they are in the name that
    /// its drivers give for the server, or in a driver's own name.
    fn known_by(&self) -> &'static [&'static str];

    /// What must be in the connection string, unless it is there already.
    /// `driver` is the one that it names, in small letters; empty where it
    /// names a data source.
    fn attributes(&self, driver: &str) -> &'static [(&'static str, &'static str)];

    /// What the driver's errors mean.
    fn rules(&self) -> Rules;

    /// Prepares a session that was just opened.
    fn set_up(&self, session: &mut Session) -> StoreResult<()>;

    /// Has the server end statements that take longer, from the next one on.
    fn limit_statements(&self, session: &mut Session, longest: Duration) -> StoreResult<()>;

    /// How it writes what differs in questions that all dialects share.
    fn syntax(&self) -> &'static Syntax;

    /// Its own statements; made once for each connection.
    fn statements(&self, names: &Names) -> Statements;

    /// A page of events after a cursor, in an order in which none comes late.
    fn events(&self, session: &mut Session, names: &Names, query: &EventQuery) -> StoreResult<EventPage>;

    /// What the server says of itself and of its durability, for the log.
    fn describe(&self, session: &mut Session) -> StoreResult<String>;

    /// Looks, for people, which rights are missing and whether commits are
    /// durable. `found` is the tables' version.
    fn check(&self, session: &mut Session, names: &Names, found: Option<i64>) -> StoreResult<Vec<Finding>>;

    /// Refuses a server that cannot keep a history, whatever its tables are.
    fn check_server(&self, session: &mut Session) -> StoreResult<()>;

    /// The tables' version; none where there are none.
    fn version(&self, session: &mut Session, names: &Names) -> StoreResult<Option<i64>>;

    /// In a transaction: waits until nobody else makes or upgrades the tables,
    /// and keeps others waiting until the transaction ends.
    fn lock_tables(&self, session: &mut Session, names: &Names) -> StoreResult<()>;

    /// Makes the schema that the settings name, if it is not there.
    fn make_schema(&self, session: &mut Session, names: &Names) -> StoreResult<()>;

    /// Whether the tables come out of a dump of another server, so that they do
    /// not fit this one in what only a server can count.
    fn is_moved(&self, session: &mut Session, names: &Names) -> StoreResult<bool>;

    /// In a transaction that holds the lock of the tables: makes them fit.
    fn settle_in(&self, session: &mut Session, names: &Names) -> StoreResult<()>;

    /// The statements of a change of the tables.
    fn change(&self, names: &Names, step: i64, change: &Change) -> Vec<String>;

    /// Remembers that a step was made. Values: the step, an identity for the
    /// database if it has none yet.
    fn step_made(&self, names: &Names) -> String;

    /// The steps after a version as one script that a DBA runs: it leaves what
    /// the library's own migration leaves, and changes nothing where the
    /// tables have another version than `from`.
    fn script(&self, names: &Names, from: i64) -> String;

    /// Statements that allow a role what a running client does, and no more.
    fn rights_to_run(&self, names: &Names, role: &str) -> String;

    /// Statements that allow a role to make the tables, and to change those of
    /// the version `from`.
    fn rights_to_migrate(&self, names: &Names, role: &str, from: i64) -> String;
}

/// The statements of a dialect, each as one text with its placeholders in the
/// order that is said here. One whose grammar wants another order declares
/// variables first.
pub struct Statements {
    // Writes of a batch. The only value is a JSON array with an object for
    // each write, whose fields `rows` lists. The answer has five columns: what
    // the row is about (`answer`), and up to four texts.
    /// New messages. Answers DONE with how many messages and how many places
    /// were stored (where the dialect has `adopt`, also in their own rows: of a
    /// message that goes at once, `worker` is that of its place, and nothing
    /// is stored in the queue); KNOWN with each id that was there, whether its
    /// row has this nonce and payload (of the content, what is stored: where
    /// that is THE_TEXT, the body too), and whether its place is this worker's, in
    /// this attempt where one began ("1" or nothing); REFERENCED with scope, hash, first
    /// message and payload of each reference that was taken.
    pub record: String,
    /// Beginnings of attempts. Answers DONE with the id of each.
    pub intent: String,
    /// Ends of attempts. Answers DONE with the id of each that counted. Where
    /// the message's `content` is THE_TEXT its `body` stays.
    pub settle: String,
    /// Messages that are given up. Answers DONE with the id of each.
    pub withdraw: String,
    /// Events about no message. Answers DONE with a count.
    pub event: String,
    /// New messages that a worker looks after, beginnings of attempts, and ends
    /// that the provider took, as one statement that commits itself. The value
    /// is not an array but an object: the `worker`, and the arrays `records`,
    /// `intents` and `ends` of what `usual` lists; a record without
    /// `queue_wait` goes at once. Answers DONE with how many records were
    /// stored and how many rows were changed; fails, with any error, unless
    /// that is all of them: where records go at once, the worker may have
    /// places in messages' own rows; each message whose attempt begins waits in
    /// the queue as the worker's, in time; each whose attempt ends has its place
    /// in its row or in the queue as the worker's; and none of it was stored
    /// before. None: the statements above do it.
    pub usual: Option<UsualStatements>,

    /// Values: worker, account, host, lease in milliseconds. Where the dialect
    /// has `adopt`, it also keeps `open_from`: the lowest `seq` from which a
    /// message may have its place in its own row as this worker's; of a new
    /// worker, and of one of which nothing is left so, the highest there is.
    /// Waits for what a worker has under way on other connections, and keeps
    /// more of it out until the transaction ends. Value: the worker. None where
    /// no message tells by its place in the table who has it.
    pub hold_worker: Option<String>,
    pub renew: String,
    /// Values: worker, worker.
    pub release: String,
    /// Takes what is due and free, under a mark that is this claim's alone.
    /// Values: account, how many, worker, mark. Rows: as `read_claimed` reads.
    pub claim: String,
    /// Moves places that dead workers left in the messages' own rows into the
    /// queue, as they are: still the dead worker's. The value is the account.
    /// The row says of how many workers there is more to do, by another run:
    /// the first one only keeps a worker from leaving more so. None where
    /// places are always in the queue.
    pub adopt: Option<String>,
    /// Takes what dead workers left. Values: account, grace in milliseconds,
    /// how many, worker, mark. Rows: as `read_claimed` reads.
    pub take_over: String,
    /// What an earlier claim took. Values: worker, mark. Rows: the same.
    pub claimed: String,
    /// Values: account, consumer, cursor.
    pub acknowledge: String,
    /// Values: account, now, key (of what stays), account, key, value, end.
    pub remember: String,

    /// Takes the text out of messages that have ended: `select::hide`.
    pub hide: String,

    /// The attempts of messages. The value is a JSON array of their ids.
    pub attempts: String,
    /// Which provider ids belong to an attempt. The value is a JSON array.
    pub owned: String,
    /// How long ago a message's attempt began, by the database's clock. The
    /// value is the message's id.
    pub age: String,
}

/// The statement of a usual batch in two forms.
pub struct UsualStatements {
    /// For batches in which everything goes at once: no `queue_wait`, no
    /// `intents`, and each end's message has its place in its own row.
    pub at_once: String,
    /// For all.
    pub any: String,
}
