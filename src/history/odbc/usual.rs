//! The usual batch: new messages that go at once, and ends that the provider
//! took. It is one statement that commits itself, and does all or nothing.
//!
//! Whatever is not as expected makes the server take the statement back, and
//! the careful statements find out what it is. So it may be lean: it asks
//! nothing, and answers nothing but that all is done.

use super::answer::{Answer, DONE, answers, unexpected};
use super::json::Json;
use super::rows::{self, Field};
use super::session::Session;
use crate::history::implied::stored_response;
use crate::history::record::{Record, Settlement, Write};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::tables::{Kind, message_cells};
use crate::message::State;
use uuid::Uuid;

/// The usual writes of a batch, in the order of their keys, each with its place
/// in what was asked for.
pub struct Usual<'a> {
    records: Vec<(usize, &'a Record)>,
    ends: Vec<(usize, &'a Settlement)>,
}

/// What a new message brings beside its columns: whose it is.
pub const WORKER: Field = ("queue_worker", Kind::Id);

/// What the end of an attempt brings.
pub fn end_fields() -> Vec<Field> {
    let own: &[Field] = &[
        ("id", Kind::Id),
        ("owner", Kind::Id),
        ("version", Kind::Number),
        ("attempts", Kind::Number),
        ("provider_message_id", Kind::Word),
        ("recipient_id", Kind::Word),
        ("provider_status", Kind::Word),
        ("at", Kind::Long),
    ];
    [own, rows::ATTEMPT, rows::EVENT].concat()
}

impl<'a> Usual<'a> {
    /// The usual writes of this worker, and the others with their places.
    pub fn of(writes: &'a [Write], worker: Uuid) -> (Usual<'a>, Vec<(usize, &'a Write)>) {
        let mut usual = Usual { records: Vec::new(), ends: Vec::new() };
        let mut others = Vec::new();
        for (place, write) in writes.iter().enumerate() {
            match write {
                Write::Record(record) if goes_at_once(record, worker) => usual.records.push((place, record)),
                Write::Settle(end) if is_plain_end(end, worker) => usual.ends.push((place, end)),
                _ => others.push((place, write)),
            }
        }
        usual.records.sort_by_key(|(_, record)| record.message.id);
        usual.ends.sort_by_key(|(_, end)| end.id);
        (usual, others)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.records.len() + self.ends.len()
    }

    /// The places of all of them.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let ends = self.ends.iter().map(|(place, _)| *place);
        self.records.iter().map(|(place, _)| *place).chain(ends)
    }

    /// Writes all of them. An error means that nothing is written, unless the
    /// connection is lost: then that is not known, where no transaction is open.
    pub fn write(&self, session: &mut Session, sql: &str, json: &mut Json) -> StoreResult<()> {
        json.begin_lists();
        json.list("records");
        for (_, record) in &self.records {
            json.object();
            message_cells(&record.message, |column, cell| json.cell(column.name, cell));
            json.id_if(WORKER.0, record.queue.as_ref().and_then(|queue| queue.worker));
            json.end_object();
        }
        json.end_list();
        json.list("ends");
        for (_, end) in &self.ends {
            json.object();
            json.id("id", end.id);
            json.id_if("owner", end.owner);
            json.number("version", end.version);
            json.number("attempts", end.attempts);
            json.text_if("provider_message_id", end.provider_message_id.as_deref());
            json.text_if("recipient_id", end.recipient_id.as_deref());
            json.text_if("provider_status", end.provider_status.as_deref());
            json.number("at", end.at.0);
            end.attempt.iter().for_each(|attempt| rows::attempt(json, attempt));
            end.event.iter().for_each(|event| rows::event(json, event));
            json.end_object();
        }
        json.end_list();
        let answers = answers(session, sql, json.end_lists())?;
        let done = |answer: &Answer| -> StoreResult<bool> {
            Ok(answer.what == DONE
                && (answer.count()?, answer.second_count()?) == (self.records.len(), self.ends.len()))
        };
        match answers.as_slice() {
            [answer] if done(answer)? => Ok(()),
            _ => Err(unexpected("the usual batch is not done")),
        }
    }

    /// Writes all of them in the statement's own transaction.
    pub fn commit(&self, session: &mut Session, sql: &str, json: &mut Json) -> StoreResult<()> {
        let written = self.write(session, sql, json);
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

/// A new message with the intent of its first attempt, and nothing else.
fn goes_at_once(record: &Record, worker: Uuid) -> bool {
    let sending = |(state, number): (State, i32)| state == State::Sending && number == 1;
    record.reference.is_none()
        && record.event.is_none()
        && sending((record.message.state, record.message.attempts))
        && record
            .queue
            .as_ref()
            .is_some_and(|queue| queue.worker == Some(worker) && sending((queue.state, queue.attempt)))
}

/// An end that the provider took, of which nothing is out of the ordinary.
fn is_plain_end(end: &Settlement, worker: Uuid) -> bool {
    end.owner == Some(worker)
        && !end.hides
        && end.state == State::Accepted
        && (&end.queue, &end.error, &end.body) == (&None, &None, &None)
        && end.response.is_some()
        && stored_response(end.state, end.response.as_deref()).is_none()
        && end.attempt.is_some()
        && end.event.is_some()
}
