//! Messages of the journal that another message stands in the way of: it has
//! their reference, or their id. The writes are changed in the journal, and
//! replayed as they are then.

use super::fault::Fault;
use super::file::{File, Line, replace};
use super::story::Story;
use crate::history::kept::Kept;
use crate::history::record::{EventRow, MessageRow, Write, Written};
use crate::message::clock::Millis;
use crate::message::{Error, State, Status};
use uuid::Uuid;

/// Makes the event that tells where a message is.
pub type EventOf = fn(&MessageRow) -> EventRow;

/// What was done about a message.
pub struct Mended {
    /// The id that it is recorded under.
    pub id: Uuid,
    /// What was done, for the log and the hosts.
    pub text: String,
}

/// Changes the writes about a message so that the database can take them.
/// `kept`: which texts stay where a message ends by this.
pub fn mend(
    file: &mut File,
    id: Uuid,
    why: &Written,
    event_of: EventOf,
    kept: Kept,
) -> Result<Mended, Fault> {
    let lines = file.about(id)?;
    // Also one that was put back, or of which an attempt has failed.
    let waits = Story::of(lines.clone())
        .and_then(|story| story.place)
        .is_some_and(|place| place.state == State::Queued);
    let (new_id, status, argument, why) = match why {
        Written::Referenced { message_id, .. } => (
            id,
            Status::ReferenceConflict,
            "options_json.reference",
            format!(
                "its reference was used first by message {message_id}: it is a duplicate_of that message"
            ),
        ),
        _ => {
            let new = Uuid::now_v7();
            let why = format!("another message took the id {id}, and this one is recorded as {new}");
            (new, Status::Argument, "options_json.id", why)
        }
    };
    let all = file.connection.unchecked_transaction()?;
    let mut known = Vec::new();
    let last = lines.len();
    for (at, Line { seq, mut write }) in lines.into_iter().enumerate() {
        let is_last = at + 1 == last;
        match &mut write {
            Write::Record(record) => {
                record.reference = None;
                record.message.id = new_id;
                if waits && is_last {
                    let message = &mut record.message;
                    message.version += 1;
                    message.updated_at = Millis::now();
                    end(message, status, argument, &why);
                    record.event = Some(event_of(message));
                    kept.hide(message);
                    record.queue = None;
                }
            }
            Write::Settle(settlement) => {
                settlement.id = new_id;
                if is_last && !waits {
                    let response = settlement.response.take().unwrap_or_default();
                    settlement.response =
                        Some(format!("{response} While the database was away, {why}.").trim().into());
                }
            }
            _ => {}
        }
        known.push(Line { seq, write: write.clone() });
        let ends = waits && is_last;
        if let Write::Settle(settlement) = &mut write
            && (ends || settlement.event.is_some())
            && let Some(story) = Story::of(known.clone())
        {
            let mut message = story.row.message;
            if ends {
                end(&mut message, status, argument, &why);
                settlement.state = message.state;
                settlement.response = message.response.clone();
                settlement.error = message.error.clone();
                settlement.owner = None;
                settlement.queue = None;
                settlement.hides = kept.hides_now(&message);
            }
            settlement.event = Some(event_of(&message));
        }
        replace(&all, seq, &write)?;
    }
    all.commit()?;
    let sent = if waits || last == 1 { "it was not sent" } else { "it was sent, or may have been" };
    let text =
        format!("Message {id} was recorded in the journal while the database was away; {why}; {sent}.");
    Ok(Mended { id: new_id, text })
}

/// It was not sent, and ends here.
fn end(message: &mut MessageRow, status: Status, argument: &str, why: &str) {
    let text = format!("Nothing was sent: while the database was away, {why}.");
    let error = Error::about(status, argument, text);
    message.state = State::Cancelled;
    message.response = Some(error.message.clone());
    message.error = serde_json::to_string(&error).ok();
}
