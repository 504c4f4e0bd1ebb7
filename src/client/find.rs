//! A message by its id: in the database, or in the journal of this client while
//! it has not come there.

use super::{Client, GIVING_UP};
use crate::history::{MessageRow, Row};
use crate::message::{Result, Status};
use std::sync::mpsc::sync_channel;
use std::time::Instant;
use uuid::Uuid;

/// A message that was found.
pub(super) struct Found {
    /// Its row.
    pub message: MessageRow,
    /// It is in the journal only.
    pub journalled: bool,
}

impl Client {
    /// Looks for a message until a deadline.
    pub(super) fn find(&self, id: Uuid, deadline: Instant) -> Result<Option<Found>> {
        let id = self.context.writer.recorded_as(id);
        let in_database = || self.seen_row(id, deadline);
        let there = |row: Row| Found { message: row.message, journalled: false };
        let found = in_database();
        if self.settings.history.journal.is_none() {
            return Ok(found?.map(there));
        }
        match found {
            Ok(Some(row)) => return Ok(Some(there(row))),
            Ok(None) => {}
            Err(error) if matches!(error.status, Status::DatabaseAway | Status::Timeout) => {
                return match self.journalled(id) {
                    Some(found) => Ok(Some(found)),
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        match self.journalled(id) {
            Some(found) => Ok(Some(found)),
            // It may have come into the database between the two looks.
            None => Ok(in_database()?.map(there)),
        }
    }

    fn journalled(&self, id: Uuid) -> Option<Found> {
        let (reply, answer) = sync_channel(1);
        self.context.writer.find_journalled(id, move |row| {
            let _ = reply.send(row);
        });
        let row = answer.recv_timeout(GIVING_UP).ok()??;
        Some(Found { message: row.message, journalled: true })
    }
}
