//! What providers tell us, on its way into the database: reports of messages
//! that we sent, messages from people, and the rest.
//!
//! All that arrived together is one transaction. What came already is known by
//! a key, which the same transaction stores: nothing is applied twice, whoever
//! gets it at the same moment, and nothing is lost by being half done.
//!
//! # A report and its message
//!
//! A report may come before the answer of the request that it is about. Then
//! no attempt is there that has the provider's id, and the report is stored as
//! an orphan. The answer's end is stored by another transaction, perhaps of
//! another process, and neither may see the other while both are open. So one
//! of the two has to look again when both are over.
//!
//! It is always the report's side that looks: its own process at once after
//! its commit and soon again, and the sweeper of every process that gets
//! webhooks, over all orphans of the account, for ever. That is enough. Once both transactions are
//! over, every later look sees the orphan (it is in an index until it is
//! joined) and the attempt (ends are never taken out), so the next look joins
//! them. If the process ends that took the report, the others' sweepers look.
//! The end of an attempt looks for nothing: nearly all would look in vain, and
//! each message would pay for it.
//!
//! It is rare besides: our key travels with each request and comes back with
//! the report. By it the report finds the message at once, for no request goes
//! out before its message is recorded.
//!
//! Joining is idempotent. It is decided by `merge`, under a lock of the
//! message's row, so two that join the same report change the row once and
//! tell it once.

mod contact;
mod context;
mod messages;
mod reports;
mod rest;
mod stored;
mod sweep;

pub use context::Telling;
pub use stored::store;
pub use sweep::{Sweeper, Swept};

use super::record::{EventRow, MessageRow};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

/// One thing that a provider told us.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The same for the same thing that comes again, and for nothing else of
    /// the account. Of a report its provider's id and state say that.
    pub key: String,
    /// `twilio` or `meta`.
    pub provider: &'static str,
    /// When it came.
    pub received_at: Millis,
    /// What it is.
    pub what: What,
    /// The same as it came, as JSON.
    pub raw: String,
}

/// What arrives.
#[derive(Debug, Clone)]
pub enum What {
    /// Where a message of ours is.
    Report(NewReport),
    /// A message from a person.
    Message(Box<NewMessage>),
    /// What is only told to the host.
    News(Option<Box<EventRow>>),
    /// A person has other names now, and something to tell.
    Names {
        /// What the provider called them before.
        before: Vec<String>,
        /// Their address then.
        address: String,
        /// What it calls them now.
        now: Vec<String>,
        /// When, by the provider's clock.
        at: Option<Millis>,
        /// What the host is told.
        event: Option<Box<EventRow>>,
    },
    /// What can be stored nowhere but among the dead letters.
    Dead {
        /// Why, in a sentence.
        why: String,
        /// What the host is told; none stands for the usual event.
        event: Option<Box<EventRow>>,
    },
}

/// What a provider reports of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReport {
    /// Our key, where it travelled along: the message and the attempt.
    pub attempt: Option<(Uuid, i32)>,
    /// The provider's id.
    pub provider_message_id: String,
    /// Where the message is.
    pub state: State,
    /// The provider's word for it.
    pub provider_status: Option<String>,
    /// When, by the provider's clock.
    pub reported_at: Option<Millis>,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// Whom the provider took the recipient for.
    pub recipient_id: Option<String>,
    /// Of a failure: our error, as JSON.
    pub error: Option<String>,
}

/// A message from a person.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The row. Who wrote it is its `sender`: the address under which the
    /// history has that person already takes its place, and brings the host's
    /// id of the contact.
    pub message: MessageRow,
    /// All names by which the provider calls the person.
    pub aliases: Vec<String>,
    /// What the host is told.
    pub event: Option<Box<EventRow>>,
}

/// What became of something that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is stored.
    Done,
    /// It was stored before.
    Repeated,
    /// A report is stored, and its message is not known yet.
    Orphan,
    /// It is among the dead letters.
    Dead,
}
