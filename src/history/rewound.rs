//! A database that went back in time: a backup was restored, or a failover
//! lost commits. What it holds as queued may have been sent since.
//!
//! Each worker counts in its own row of `workers` how often it renewed its
//! lease, and remembers the count. A database whose count is lower, or has no
//! such row, has lost what was committed since: nothing is claimed, begun or
//! recorded there before an operator decides (`wa_recover`). The decision is
//! counted in `schema`, so that every other worker that finds itself in the
//! same place knows of it and goes on.

mod seen;

use super::kept::Kept;
use super::marks::Marks;
use super::query::{Order, Query};
use super::record::{MessageRow, QueueRow, Settlement, Write};
use super::store::{Connection, StoreError, StoreErrorKind, StoreResult};
use crate::message::clock::Millis;
use crate::message::{Error, State, Status};
use crate::threads::lock;
use seen::Seen;
use std::sync::Mutex;
use uuid::Uuid;

pub use seen::LastSeen;

/// How many messages are settled at once.
const MOST: usize = 200;

/// What becomes of the messages that the database holds as queued or sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nobody knows whether they were sent: they end as unknown.
    Unknown,
    /// They are sent, also if they were sent before.
    Send,
}

/// What a recovery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Whether the database had gone back in time.
    pub rewound: bool,
    /// How many messages ended as unknown.
    pub unknown: u64,
}

/// There was nothing to recover.
const NOTHING: Recovered = Recovered { rewound: false, unknown: 0 };

/// Is told what a recovery did.
pub type Reply = Box<dyn FnOnce(StoreResult<Recovered>) + Send>;
/// Makes the event that tells where a message is.
type EventOf = fn(&MessageRow) -> super::record::EventRow;

#[derive(Default)]
struct Known {
    seen: Option<Seen>,
    is_behind: bool,
    order: Option<(Policy, Reply)>,
}

/// Notices that the database went back in time.
pub struct Guard {
    worker: Uuid,
    /// Remembers beyond this process.
    memory: Option<LastSeen>,
    event_of: EventOf,
    /// Which texts stay once a message has ended.
    kept: Kept,
    known: Mutex<Known>,
}

impl Guard {
    /// Remembers in this memory what it has seen, where there is one, and else
    /// for as long as the process lives.
    pub fn new(worker: Uuid, memory: Option<LastSeen>, event_of: EventOf, kept: Kept) -> Guard {
        Guard { worker, memory, event_of, kept, known: Mutex::default() }
    }

    /// Looks at a database on a new connection, before anything is written
    /// there. One that went back in time is refused, until it is decided what
    /// becomes of what it holds.
    pub fn look(&self, connection: &mut dyn Connection) -> StoreResult<()> {
        let database = connection.identity()?;
        let mut known = lock(&self.known);
        let own = known.seen.clone().filter(|seen| seen.database == database);
        let seen = own.or_else(|| self.memory.as_ref()?.recall(database));
        let Some(seen) = seen else { return Ok(()) };
        let marks = connection.marks(seen.worker)?;
        known.is_behind = seen.is_behind(marks);
        if !known.is_behind {
            if let Some((_, reply)) = known.order.take() {
                reply(Ok(NOTHING));
            }
            return Ok(());
        }
        let Some((policy, reply)) = known.order.take() else { return Err(rewound()) };
        drop(known);
        let recovered = self.recover(connection, policy, marks.decision);
        if recovered.is_ok() {
            let mut known = lock(&self.known);
            (known.is_behind, known.seen) = (false, None);
        }
        let went_well = recovered.as_ref().map(drop).map_err(Clone::clone);
        reply(recovered);
        went_well
    }

    /// Counts a renewal of this worker's lease. Not where the database went
    /// back in time: it would catch up with what is remembered.
    pub fn mark(&self, connection: &mut dyn Connection) -> StoreResult<()> {
        let database = connection.identity()?;
        let before = connection.marks(self.worker)?;
        {
            let mut known = lock(&self.known);
            let own = known.seen.as_ref().filter(|seen| seen.worker == self.worker);
            if own.is_some_and(|seen| seen.database == database && seen.is_behind(before)) {
                known.is_behind = true;
                return Err(rewound());
            }
        }
        let marks = connection.mark(self.worker)?;
        let renewals = marks.renewals.unwrap_or_default();
        let seen = Seen { database, worker: self.worker, renewals, decision: marks.decision };
        if let Some(memory) = &self.memory {
            memory.keep(&seen);
        }
        lock(&self.known).seen = Some(seen);
        Ok(())
    }

    /// Has it decided what becomes of what the database holds. Answered when
    /// that is done; at once where the database did not go back in time.
    pub fn order(&self, policy: Policy, reply: Reply) {
        let mut known = lock(&self.known);
        if known.is_behind {
            known.order = Some((policy, reply));
            return;
        }
        drop(known);
        reply(Ok(NOTHING));
    }

    fn recover(
        &self,
        connection: &mut dyn Connection,
        policy: Policy,
        last_decision: i64,
    ) -> StoreResult<Recovered> {
        let unknown = match policy {
            Policy::Unknown => settle_what_is_open(connection, |message| self.end(message))?,
            Policy::Send => settle_what_is_open(connection, free).map(|_| 0)?,
        };
        // Also a number that no other decision has.
        connection.decide(Millis::now().0.max(last_decision + 1))?;
        Ok(Recovered { rewound: true, unknown })
    }

    /// It ends as unknown, with its event.
    fn end(&self, mut message: MessageRow) -> Write {
        let error = Error::new(
            Status::Unknown,
            "The history's database went back in time: it is not known whether the message was sent since.",
        )
        .hint("Look for it in the provider's console before you send it again.");
        message.version += 1;
        message.state = State::Unknown;
        message.updated_at = Millis::now();
        message.response = Some(error.message.clone());
        message.error = serde_json::to_string(&error).ok();
        let event = Some((self.event_of)(&message));
        let hides = self.kept.hides_now(&message);
        Write::Settle(Box::new(Settlement { event, hides, ..Settlement::of(&message, None) }))
    }
}

/// Settles everything that is queued or sending; how many messages that were.
fn settle_what_is_open(
    connection: &mut dyn Connection,
    settled: impl Fn(MessageRow) -> Write,
) -> StoreResult<u64> {
    let mut query = Query {
        account: None,
        equal: Vec::new(),
        states: vec![State::Queued, State::Sending],
        direction: None,
        since: None,
        until: None,
        text: None,
        limit: MOST,
        after: None,
        order: Order::Oldest,
        attempts: false,
        reports: false,
    };
    let mut done = 0;
    loop {
        let rows = connection.page(&query)?;
        let Some(last) = rows.last() else { return Ok(done) };
        query.after = Some(last.message.seq);
        let writes: Vec<Write> = rows.into_iter().map(|row| settled(row.message)).collect();
        let written = connection.commit(&writes)?;
        done += written.iter().filter(|written| written.is_done()).count() as u64;
    }
}

/// It is anybody's to send. The worker that has it may be alive and know nothing
/// of it any more.
fn free(mut message: MessageRow) -> Write {
    let now = Millis::now();
    message.version += 1;
    message.state = State::Queued;
    message.updated_at = now;
    let not_before = message.not_before.unwrap_or(now);
    let place = QueueRow { state: State::Queued, worker: None, attempt: message.attempts, not_before };
    Write::Settle(Box::new(Settlement::of(&message, Some(place))))
}

fn rewound() -> StoreError {
    StoreError::new(
        StoreErrorKind::Rewound,
        "a backup was restored, or a failover lost commits; what is queued there may have been sent since",
    )
}

#[cfg(test)]
mod tests;

#[cfg(test)]
impl Guard {
    /// One that remembers nothing, of a worker that is none.
    pub fn for_tests() -> Guard {
        Guard::new(Uuid::new_v4(), None, |_| unreachable!("nothing is recovered"), Kept::Masked)
    }
}
