//! The policy for the time in which the database is away and the journal takes
//! its place: what becomes of each kind of write.
//!
//! A journal holds records, settlements and events only. An intent and a
//! withdrawal are conditions on a row; they are judged here, on the message as
//! the journal has it, and kept as the settlement that they make.

use super::WhileAway;
use super::fault::Fault;
use super::file::{Line, about, append, holder};
use super::story::Story;
use crate::history::record::{Intent, QueueRow, Record, Settlement, Withdrawal, Write, Written};
use crate::message::State;
use crate::message::clock::Millis;
use rusqlite::Connection;
use uuid::Uuid;

/// What becomes of a write that finds no database.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It is in the journal, or the journal says that it is not to be.
    Written(Written),
    /// It waits in memory until the database is back.
    Keep,
    /// It is refused: the database is away.
    Refuse,
    /// It is refused: it has a reference that nobody may vouch for here.
    RefuseReference,
}

/// What the journal holds, to be judged by.
pub struct Held<'a> {
    pub connection: &'a Connection,
    /// What is up to here is in the database, and counts no more.
    pub done: i64,
    /// What is up to here may be in the database: the answer to its replay was
    /// lost. There others may take the message and send it, or have cancelled it.
    pub doubt: i64,
}

impl Held<'_> {
    fn about(&self, message: Uuid) -> Result<Vec<Line>, Fault> {
        about(self.connection, message, self.done)
    }

    /// Whether a message of these lines may be in the database.
    fn in_doubt(&self, lines: &[Line]) -> bool {
        lines.first().is_some_and(|first| first.seq <= self.doubt)
    }
}

/// Decides about a write, and adds what is to be kept of it to the journal.
/// `ambiguous`: it may be in the database already.
pub fn decide(journal: &Held, policy: WhileAway, write: &Write, ambiguous: bool) -> Result<Fate, Fault> {
    match write {
        // Its row may be in the database, where others see it: it is written
        // there again when the database is back.
        Write::Record(_) | Write::Withdraw(_) if ambiguous => Ok(Fate::Keep),
        Write::Record(record) => self::record(journal, policy, record),
        Write::Intent(intent) => self::intent(journal, policy, intent),
        Write::Settle(settlement) => settle(journal, settlement),
        Write::Withdraw(withdrawal) => withdraw(journal, withdrawal),
        Write::Event(_) => {
            append(journal.connection, write)?;
            Ok(Fate::Written(Written::Journalled))
        }
    }
}

fn record(journal: &Held, policy: WhileAway, record: &Record) -> Result<Fate, Fault> {
    if policy == WhileAway::Refuse {
        return Ok(Fate::Refuse);
    }
    // Its id is there: the same message is never handed over twice, so it is
    // another one's.
    if !journal.about(record.message.id)?.is_empty() {
        return Ok(Fate::Written(Written::IdTaken));
    }
    if let Some(own) = &record.reference {
        let first = holder(journal.connection, &own.scope, &own.hash, journal.done)?;
        if let Some(Line { write: Write::Record(first), .. }) = first {
            return Ok(Fate::Written(Written::Referenced {
                message_id: first.message.id,
                same_payload: first.reference.is_some_and(|first| first.payload_hash == own.payload_hash),
            }));
        }
        if policy == WhileAway::Send && !own.on_this_machine {
            return Ok(Fate::RefuseReference);
        }
    }
    let mut kept = record.clone();
    let Some(place) = &mut kept.queue else {
        // It has ended already.
        append(journal.connection, &Write::Record(Box::new(kept)))?;
        return Ok(Fate::Written(Written::Journalled));
    };
    let begins = (place.state == State::Sending).then_some(place.attempt);
    place.state = State::Queued;
    place.attempt = 0;
    kept.message.state = State::Queued;
    kept.message.attempts = 0;
    if policy == WhileAway::Queue {
        // Whoever is free when it is in the database takes it.
        place.worker = None;
        append(journal.connection, &Write::Record(Box::new(kept)))?;
        return Ok(Fate::Written(Written::JournalledForLater));
    }
    let place = place.clone();
    let begin = begins.map(|attempt| begin(&kept.message, place, attempt, kept.message.created_at));
    append(journal.connection, &Write::Record(Box::new(kept)))?;
    if let Some(begin) = begin {
        append(journal.connection, &begin)?;
    }
    Ok(Fate::Written(Written::Journalled))
}

/// The beginning of an attempt, as a settlement.
fn begin(message: &crate::history::record::MessageRow, place: QueueRow, attempt: i32, at: Millis) -> Write {
    // Only while it has the message: it may have been taken from a dead worker
    // before its journal came into the database.
    let owner = place.worker;
    let queue = QueueRow { state: State::Sending, attempt, ..place };
    let begun = Settlement::of(message, Some(queue));
    Write::Settle(Box::new(Settlement { owner, state: State::Sending, attempts: attempt, at, ..begun }))
}

fn intent(journal: &Held, policy: WhileAway, intent: &Intent) -> Result<Fate, Fault> {
    let lines = journal.about(intent.id)?;
    if journal.in_doubt(&lines) {
        return Ok(Fate::Refuse);
    }
    let Some(story) = Story::of(lines) else { return Ok(Fate::Refuse) };
    let message = story.row.message;
    let held = story.place.filter(|place| place.worker == Some(intent.worker));
    let in_time = message.expires_at.is_none_or(|at| at > Millis::now());
    match held {
        Some(place) if place.state == State::Queued && in_time && policy == WhileAway::Send => {
            append(journal.connection, &begin(&message, place, intent.attempt, intent.at))?;
            Ok(Fate::Written(Written::Journalled))
        }
        // It may not begin now, but its turn comes: nobody else has it.
        Some(place) if place.state == State::Queued && in_time => Ok(Fate::Keep),
        _ => Ok(Fate::Written(Written::NotThere)),
    }
}

fn settle(journal: &Held, settlement: &Settlement) -> Result<Fate, Fault> {
    let lines = journal.about(settlement.id)?;
    let in_doubt = journal.in_doubt(&lines);
    let story = Story::of(lines);
    let born_here = story.is_some();
    match story {
        Some(Story { place: None, .. }) => return Ok(Fate::Written(Written::NotThere)),
        // How an attempt ended is never lost, wherever the message is recorded.
        // What only moves a message about in the database can wait for it.
        None if settlement.attempt.is_none() => return Ok(Fate::Keep),
        _ => {}
    }
    let mut kept = settlement.clone();
    if born_here && kept.queue.is_none() && kept.state != State::Accepted {
        // When it comes into the database this client may have ended, and the
        // message have been taken from it between two parts. Nobody but it made
        // an attempt, so the version decides. A yes of the provider counts
        // whoever has the message; a place is given back only by who has it,
        // for else two would send.
        kept.owner = None;
    }
    let says_no = kept.state == State::Failed && kept.queue.is_none() && kept.provider_message_id.is_none();
    append(journal.connection, &Write::Settle(Box::new(kept)))?;
    // Where others may have the message, they may find that it was not taken.
    let unconfirmed = says_no && (!born_here || in_doubt);
    Ok(Fate::Written(if unconfirmed { Written::JournalledUnconfirmed } else { Written::Journalled }))
}

fn withdraw(journal: &Held, withdrawal: &Withdrawal) -> Result<Fate, Fault> {
    let lines = journal.about(withdrawal.id)?;
    if journal.in_doubt(&lines) {
        return Ok(Fate::Refuse);
    }
    let Some(story) = Story::of(lines) else { return Ok(Fate::Refuse) };
    let mut message = story.row.message;
    let queued = story.place.is_some_and(|place| {
        place.state == State::Queued && (withdrawal.owner.is_none() || place.worker == withdrawal.owner)
    });
    if !queued {
        let done = message.state == withdrawal.state;
        return Ok(Fate::Written(if done { Written::Journalled } else { Written::NotThere }));
    }
    message.version += 1;
    message.state = withdrawal.state;
    message.response = withdrawal.response.clone();
    message.error = withdrawal.error.clone();
    message.updated_at = withdrawal.at;
    let ended = Settlement {
        event: withdrawal.event.clone(),
        hides: withdrawal.hides,
        ..Settlement::of(&message, None)
    };
    append(journal.connection, &Write::Settle(Box::new(ended)))?;
    Ok(Fate::Written(Written::Journalled))
}

/// What is left for a write where only the room is left that is held back for
/// the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It tells how something ended, and is never refused for lack of room.
    Held,
    /// It only moves a message about, and waits in memory: it must not take the
    /// room of the ends.
    Waits,
    /// It is refused.
    None,
}

/// What becomes of a write for which there is no room.
pub fn room_for(write: &Write) -> Room {
    match write {
        Write::Settle(settlement) if settlement.attempt.is_none() && settlement.queue.is_some() => {
            Room::Waits
        }
        Write::Settle(_) | Write::Event(_) => Room::Held,
        Write::Record(_) | Write::Intent(_) | Write::Withdraw(_) => Room::None,
    }
}
