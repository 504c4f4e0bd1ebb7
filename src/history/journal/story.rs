//! What the writes of a journal tell of one message: its row and its place, as
//! the database will have them.

use super::file::Line;
use crate::history::query::Row;
use crate::history::record::{QueueRow, Record, Settlement, Write};

/// A message of which the journal has the record.
pub struct Story {
    pub row: Row,
    pub place: Option<QueueRow>,
}

impl Story {
    /// Out of all its writes. None where its record is not among them: then it
    /// is in the database.
    pub fn of(lines: Vec<Line>) -> Option<Story> {
        let mut lines = lines.into_iter();
        let Write::Record(record) = lines.next()?.write else { return None };
        let Record { message, queue, .. } = *record;
        let mut story = Story { row: Row { message, attempts: Vec::new(), reports: None }, place: queue };
        for line in lines {
            if let Write::Settle(settlement) = line.write {
                story.goes_on(*settlement);
            }
        }
        Some(story)
    }

    fn goes_on(&mut self, settlement: Settlement) {
        let Row { message, attempts, .. } = &mut self.row;
        let Settlement { attempt, queue, .. } = settlement;
        message.version = settlement.version;
        message.state = settlement.state;
        message.attempts = settlement.attempts;
        message.updated_at = settlement.at;
        message.response = settlement.response;
        message.error = settlement.error;
        for (field, new) in [
            (&mut message.provider_message_id, settlement.provider_message_id),
            (&mut message.recipient_id, settlement.recipient_id),
            (&mut message.provider_status, settlement.provider_status),
        ] {
            *field = new.or(field.take());
        }
        if let Some(body) = settlement.body {
            message.body = body;
        }
        if let Some(attempt) = attempt {
            attempts.retain(|known| known.number != attempt.number);
            attempts.push(attempt);
        }
        self.place = queue;
    }
}
