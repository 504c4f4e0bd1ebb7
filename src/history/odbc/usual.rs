//! The usual batch: new messages that this worker looks after, beginnings of
//! attempts, and ends that the provider took. It is one statement that commits
//! itself, and does all or nothing.
//!
//! Whatever is not as expected makes the server take the statement back, and
//! the careful statements find out what it is. So it may be lean: it asks
//! nothing, and answers nothing but that all is done.

use super::answer::{Answer, DONE, answers, unexpected};
use super::dialect::UsualStatements;
use super::json::Json;
use super::rows::{self, Field};
use super::session::Session;
use crate::history::implied::stored_response;
use crate::history::record::{
    AttemptRow, Direction, EventRow, Intent, MessageRow, Record, Settlement, Write,
};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::tables::{Kind, message_cells};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

/// The usual writes of a batch, in the order of their keys, each with its place
/// in what was asked for.
pub struct Usual<'a> {
    worker: Uuid,
    records: Vec<(usize, &'a Record)>,
    intents: Vec<(usize, &'a Intent)>,
    ends: Vec<(usize, &'a Settlement)>,
}

/// Columns of a new message that its object leaves out: every field costs the
/// server time, and these follow from whether it goes at once, or are empty.
pub const LEFT_OUT: &[&str] = &[
    "direction",
    "updated_at",
    "attempts",
    "state",
    "attention",
    "provider_message_id",
    "recipient_id",
    "provider_status",
    "response",
    "error",
];

/// The columns of a message that a usual record brings.
pub fn columns() -> Vec<Field> {
    rows::message_fields().into_iter().filter(|(name, _)| !LEFT_OUT.contains(name)).collect()
}

/// What a new message brings beside its columns: how long it waits, and may be
/// sent, where it does not go at once.
pub const WAITS: &[Field] = &[("queue_wait", Kind::Long), ("queue_left", Kind::Long)];

/// What the beginning of an attempt brings.
pub const INTENT: &[Field] = &[("id", Kind::Id), ("attempt", Kind::Number), ("at", Kind::Long)];

/// What the end of an attempt brings. Of its attempt and its event, what does
/// not follow from these.
pub const END: &[Field] = &[
    ("id", Kind::Id),
    ("account", Kind::Word),
    ("version", Kind::Number),
    ("attempts", Kind::Number),
    ("provider_message_id", Kind::Word),
    ("recipient_id", Kind::Word),
    ("provider_status", Kind::Word),
    ("at", Kind::Long),
    ("began_at", Kind::Long),
    ("took_ms", Kind::Long),
    ("http_status", Kind::Number),
    ("trace_id", Kind::Word),
    ("event_id", Kind::Id),
    ("event_body", Kind::Prose),
];

impl<'a> Usual<'a> {
    /// The usual writes of this worker, and the others with their places.
    pub fn of(writes: &'a [Write], worker: Uuid) -> (Usual<'a>, Vec<(usize, &'a Write)>) {
        let mut usual = Usual { worker, records: Vec::new(), intents: Vec::new(), ends: Vec::new() };
        let mut others = Vec::new();
        for (place, write) in writes.iter().enumerate() {
            match write {
                Write::Record(record) if is_plain_record(record, worker) => {
                    usual.records.push((place, record));
                }
                Write::Intent(intent) if intent.worker == worker => usual.intents.push((place, intent)),
                Write::Settle(end) if is_plain_end(end, worker) => usual.ends.push((place, end)),
                _ => others.push((place, write)),
            }
        }
        usual.records.sort_by_key(|(_, record)| record.message.id);
        usual.intents.sort_by_key(|(_, intent)| intent.id);
        usual.ends.sort_by_key(|(_, end)| end.id);
        (usual, others)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.records.len() + self.changes()
    }

    /// How many of them change a row that is there.
    fn changes(&self) -> usize {
        self.intents.len() + self.ends.len()
    }

    /// The places of all of them.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let intents = self.intents.iter().map(|(place, _)| *place);
        let ends = self.ends.iter().map(|(place, _)| *place);
        self.records.iter().map(|(place, _)| *place).chain(intents).chain(ends)
    }

    /// Whether the queue has no part in it.
    fn is_at_once(&self) -> bool {
        let waits = |record: &Record| record.queue.as_ref().is_some_and(|queue| queue.state == State::Queued);
        self.intents.is_empty()
            && !self.records.iter().any(|(_, record)| waits(record))
            && self.ends.iter().all(|(_, end)| end.at_once)
    }

    /// Writes all of them. An error means that nothing is written, unless the
    /// connection is lost: then that is not known, where no transaction is open.
    pub fn write(
        &self,
        session: &mut Session,
        statements: &UsualStatements,
        json: &mut Json,
    ) -> StoreResult<()> {
        let sql = if self.is_at_once() { &statements.at_once } else { &statements.any };
        let now = Millis::now();
        json.begin_lists();
        json.id("worker", self.worker);
        json.list("records");
        self.records.iter().for_each(|(_, record)| write_record(json, record, now));
        json.end_list();
        json.list("intents");
        self.intents.iter().for_each(|(_, intent)| write_intent(json, intent));
        json.end_list();
        json.list("ends");
        self.ends.iter().for_each(|(_, end)| write_end(json, end));
        json.end_list();
        let answers = answers(session, sql, json.end_lists())?;
        let done = |answer: &Answer| -> StoreResult<bool> {
            Ok(answer.what == DONE
                && (answer.count()?, answer.second_count()?) == (self.records.len(), self.changes()))
        };
        match answers.as_slice() {
            [answer] if done(answer)? => Ok(()),
            _ => Err(unexpected("the usual batch is not done")),
        }
    }

    /// Writes all of them in the statement's own transaction.
    pub fn commit(
        &self,
        session: &mut Session,
        statements: &UsualStatements,
        json: &mut Json,
    ) -> StoreResult<()> {
        let written = self.write(session, statements, json);
        // Drivers have said of a lost connection that all went well.
        if written.is_ok() && session.dead() {
            return Err(in_doubt("the connection was lost while a batch was committed"));
        }
        // Where the server itself said no, it took the statement back.
        written.map_err(
            |error| if session.dead() || error.kind.is_lost() { in_doubt(&error.message) } else { error },
        )
    }
}

fn in_doubt(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::InDoubt, format!("{message}; whether it is committed is not known"))
}

fn write_record(json: &mut Json, record: &Record, now: Millis) {
    json.object();
    message_cells(&record.message, |column, cell| {
        if !LEFT_OUT.contains(&column.name) {
            json.cell(column.name, cell);
        }
    });
    if let Some(queue) = record.queue.as_ref().filter(|queue| queue.state == State::Queued) {
        json.number("queue_wait", queue.not_before.0.saturating_sub(now.0));
        json.number_if("queue_left", record.message.expires_at.map(|at| at.0.saturating_sub(now.0)));
    }
    json.end_object();
}

fn write_intent(json: &mut Json, intent: &Intent) {
    json.object();
    json.id("id", intent.id);
    json.number("attempt", intent.attempt);
    json.number("at", intent.at.0);
    json.end_object();
}

fn write_end(json: &mut Json, end: &Settlement) {
    json.object();
    json.id("id", end.id);
    json.number("version", end.version);
    json.number("attempts", end.attempts);
    json.text_if("provider_message_id", end.provider_message_id.as_deref());
    json.text_if("recipient_id", end.recipient_id.as_deref());
    json.text_if("provider_status", end.provider_status.as_deref());
    json.number("at", end.at.0);
    if let Some(attempt) = &end.attempt {
        json.number("began_at", attempt.began_at.0);
        json.number("took_ms", attempt.took_ms);
        json.number_if("http_status", attempt.http_status);
        json.text_if("trace_id", attempt.trace_id.as_deref());
    }
    if let Some(event) = &end.event {
        json.text("account", &event.account_key);
        json.id("event_id", event.id);
        json.text_if("event_body", event.body.as_deref());
    }
    json.end_object();
}

/// A new message that this worker looks after, and nothing else: it goes at
/// once, with the intent of its first attempt, or waits.
fn is_plain_record(record: &Record, worker: Uuid) -> bool {
    let Record { message, queue: Some(queue), reference: None, event: None } = record else {
        return false;
    };
    let MessageRow { provider_message_id, recipient_id, provider_status, response, error, .. } = message;
    let empty = [provider_message_id, recipient_id, provider_status, response, error];
    let place = (queue.state, queue.attempt);
    queue.worker == Some(worker)
        && place == (message.state, message.attempts)
        && matches!(place, (State::Sending, 1) | (State::Queued, 0))
        && message.direction == Direction::Outbound
        && message.updated_at == message.created_at
        && empty.iter().all(|text| text.is_none())
}

/// An end that the provider took, of which nothing is out of the ordinary.
fn is_plain_end(end: &Settlement, worker: Uuid) -> bool {
    let Settlement { attempt: Some(attempt), event: Some(event), .. } = end else { return false };
    end.owner == Some(worker)
        && !end.hides
        && end.state == State::Accepted
        && (&end.queue, &end.error, &end.body) == (&None, &None, &None)
        && end.response.is_some()
        && stored_response(end.state, end.response.as_deref()).is_none()
        && is_plain_attempt(attempt, end)
        && is_plain_event(event, end)
}

/// An attempt that says no more than its end does.
fn is_plain_attempt(attempt: &AttemptRow, end: &Settlement) -> bool {
    let AttemptRow { provider_code, class, wait_ms, detail, .. } = attempt;
    (attempt.number, attempt.state) == (end.attempts, end.state)
        && attempt.provider_message_id == end.provider_message_id
        && (provider_code, class, wait_ms, detail) == (&None, &None, &None, &None)
}

/// An event that tells of the end and of nothing else.
fn is_plain_event(event: &EventRow, end: &Settlement) -> bool {
    (event.kind, event.message_id) == ("message", Some(end.id))
        && (event.version, event.state, event.at) == (Some(end.version), Some(end.state), end.at)
}
