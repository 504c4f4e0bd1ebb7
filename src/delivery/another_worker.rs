//! Messages about which another worker has decided.

use super::Delivery;
use super::tickets::{Phase, Ticket};
use crate::history::outcome_of;

impl Delivery {
    /// Tells who waits what the row says of the message by now.
    pub(super) async fn tell_what_the_row_says(&self, ticket: &Ticket) {
        let id = ticket.id;
        match self.context.readers.asked(move |connection| connection.find(id)).await {
            Ok(Some(row)) => {
                let phase = if row.message.state.ends_the_send() { Phase::Ended } else { Phase::Closed };
                ticket.tell(phase, Some(outcome_of(&row.message)));
            }
            _ => ticket.tell(Phase::Closed, None),
        }
    }
}
