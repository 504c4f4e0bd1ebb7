//! Messages about which another worker has decided.

use super::tickets::{Phase, Ticket};
use super::{Delivery, Stop};
use crate::history::outcome_of;
use uuid::Uuid;

impl Delivery {
    /// Tells who waits what the row says of the message by now.
    pub(super) async fn tell_what_the_row_says(&self, ticket: &Ticket) {
        let id = self.recorded_as(ticket);
        match self.context.readers.asked(move |connection| connection.find(id)).await {
            Ok(Some(row)) => {
                let phase = if row.message.state.ends_the_send() { Phase::Ended } else { Phase::Closed };
                ticket.tell(phase, Some(outcome_of(&row.message)));
            }
            _ => ticket.tell(Phase::Closed, None),
        }
    }

    /// The id under which a message is recorded: another one than the ticket's
    /// where another message had that when the journal came into the database.
    pub(super) fn recorded_as(&self, ticket: &Ticket) -> Uuid {
        match ticket.was_recorded_here() {
            true => self.context.writer.recorded_as(ticket.id),
            false => ticket.id,
        }
    }

    /// That a message was refused is in the journal, and its row in the
    /// database. What became of it is told when the one has come into the other:
    /// another worker may have taken it over meanwhile, and have sent it.
    pub(super) async fn tell_when_replayed(&self, ticket: &Ticket) {
        tokio::select! {
            biased;
            () = self.until_stopped(Stop::Drain) => ticket.tell(Phase::Closed, None),
            () = self.context.writer.until_nothing_is_journalled() => {
                self.tell_what_the_row_says(ticket).await;
            }
        }
    }
}
