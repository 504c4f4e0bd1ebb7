//! Recording a message: the one commit that acknowledges it.

use super::tickets::{Phase, Ticket};
use super::{Delivery, Stop, texts};
use crate::history::{Record, StoreErrorKind, Write, Written, outcome_of};
use crate::message::{Error, Status};
use uuid::Uuid;

/// Where a message is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    /// Nowhere; the ticket says why.
    No,
    /// In the database.
    There,
    /// In the journal of this machine, and it is sent from here.
    Here,
    /// In the journal, and it is sent by way of the database, once that is back.
    HereForLater,
}

impl Delivery {
    /// Records a message.
    pub(super) async fn record(&self, ticket: &Ticket, record: Record) -> Recorded {
        let refused = |error: Box<Error>| {
            ticket.tell(Phase::Refused(error), None);
            Recorded::No
        };
        crate::points::reach("before_record");
        match self.context.writer.written(Write::Record(Box::new(record))).await {
            Ok(Written::Done) => {
                crate::points::reach("recorded");
                Recorded::There
            }
            Ok(Written::Journalled | Written::JournalledUnconfirmed) => {
                ticket.recorded_here();
                Recorded::Here
            }
            Ok(Written::JournalledForLater) => {
                ticket.recorded_here();
                Recorded::HereForLater
            }
            Ok(Written::IdTaken) => refused(
                Error::about(Status::Argument, "options_json.id", "Another message has this id already.")
                    .hint(
                        "Every message needs an id of its own; use a reference to send something only once.",
                    ),
            ),
            Ok(Written::Referenced { message_id, same_payload: true }) => {
                self.hand_over_first(ticket, message_id).await;
                Recorded::No
            }
            Ok(Written::Referenced { message_id, same_payload: false }) => refused(
                Error::about(
                    Status::ReferenceConflict,
                    "options_json.reference",
                    format!("The reference was used before, for another payload: message {message_id}."),
                )
                .hint("Nothing was sent. Another message needs another reference."),
            ),
            // It is recorded, by a commit whose answer was lost, and another
            // worker has taken it over since.
            Ok(Written::NotThere) => {
                self.tell_what_the_row_says(ticket).await;
                Recorded::No
            }
            Err(error) if error.kind == StoreErrorKind::Away && self.stopped(Stop::Drain) => {
                refused(texts::closed_before_record())
            }
            Err(error) => refused(error.of_refused()),
        }
    }

    /// The reference was used before, for the same payload: the caller gets
    /// the first message.
    async fn hand_over_first(&self, ticket: &Ticket, first: Uuid) {
        if let Some(row) = self.context.writer.journalled(first).await {
            ticket.tell(Phase::Ended, Some(outcome_of(&row.message).local()));
            return;
        }
        match self.context.readers.asked(move |connection| connection.find(first)).await {
            Ok(Some(row)) => ticket.tell(Phase::Ended, Some(outcome_of(&row.message))),
            Ok(None) => {
                // References are kept longer than messages.
                let error = Error::about(
                    Status::ReferenceConflict,
                    "options_json.reference",
                    format!(
                        "The reference was used before; its message {first} is no longer in the history."
                    ),
                );
                ticket.tell(Phase::Refused(error), None);
            }
            Err(error) => {
                // It is recorded, and may have been sent: nothing that lets
                // the host think that it can be sent again is said.
                let mut outcome = ticket.look().0;
                outcome.id = first.to_string();
                outcome.error = Some(*Error::new(
                    Status::Pending,
                    format!(
                        "The reference was used before, by message {first}; how that stands could not be read: {}",
                        error.message
                    ),
                ));
                ticket.tell(Phase::Ended, Some(outcome));
            }
        }
    }
}
