//! Messages of the journal that another message stands in the way of: it has
//! their reference, or their id. The writes are changed in the journal, and
//! replayed as they are then.

use super::fault::Fault;
use super::file::{File, Line, replace};
use super::story::Story;
use crate::history::record::{EventRow, MessageRow, Write, Written};
use crate::message::clock::Millis;
use crate::message::{Error, State, Status};
use uuid::Uuid;

/// Makes the event that tells where a message is.
pub type EventOf = fn(&MessageRow) -> EventRow;

/// Changes the writes about a message so that the database can take them.
/// Tells what was done, for the log and the hosts.
pub fn mend(file: &mut File, id: Uuid, why: &Written, event_of: EventOf) -> Result<String, Fault> {
    let lines = file.about(id)?;
    let waits = lines.len() == 1;
    let (new_id, why) = match why {
        Written::Referenced { message_id, .. } => (
            id,
            format!(
                "its reference was used first by message {message_id}: it is a duplicate_of that message"
            ),
        ),
        _ => {
            let new = Uuid::now_v7();
            (new, format!("another message has its id; it is recorded as {new}"))
        }
    };
    let all = file.connection.unchecked_transaction()?;
    let mut known = Vec::new();
    let last = lines.len();
    for (at, Line { seq, mut write }) in lines.into_iter().enumerate() {
        match &mut write {
            Write::Record(record) => {
                record.reference = None;
                record.message.id = new_id;
                if waits && record.queue.is_some() {
                    // Nothing was sent: it ends here.
                    let error = Error::about(Status::ReferenceConflict, "options_json.reference", {
                        format!("Nothing was sent: while the database was away, {why}.")
                    });
                    let message = &mut record.message;
                    message.version += 1;
                    message.state = State::Cancelled;
                    message.updated_at = Millis::now();
                    message.response = Some(error.message.clone());
                    message.error = serde_json::to_string(&error).ok();
                    record.queue = None;
                    record.event = Some(event_of(&record.message));
                }
            }
            Write::Settle(settlement) => {
                settlement.id = new_id;
                if at + 1 == last {
                    let response = settlement.response.take().unwrap_or_default();
                    settlement.response =
                        Some(format!("{response} While the database was away, {why}.").trim().into());
                }
            }
            _ => {}
        }
        known.push(Line { seq, write: write.clone() });
        if let Write::Settle(settlement) = &mut write
            && settlement.event.is_some()
            && let Some(story) = Story::of(
                known.iter().map(|line| Line { seq: line.seq, write: line.write.clone() }).collect(),
            )
        {
            settlement.event = Some(event_of(&story.row.message));
        }
        replace(&all, seq, &write)?;
    }
    all.commit()?;
    let sent = if waits { "it was not sent" } else { "it was sent, or may have been" };
    Ok(format!("Message {id} was recorded in the journal while the database was away; {why}; {sent}."))
}
