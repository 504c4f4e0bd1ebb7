//! What is left of a message whose task panicked.

use super::tickets::{Phase, Ticket};
use super::{Delivery, texts};
use crate::ground::Level;
use crate::history::{QueueRow, Settlement, Write};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

impl Delivery {
    /// The task of a message panicked: its row is left as unknown, for
    /// whoever looks next.
    pub(super) async fn panicked(&self, ticket: &Ticket, attempts: i32, version: i32) {
        self.context.log.about(Level::Error, "delivery", Some(ticket.id), None, || {
            "The road of a message panicked.".into()
        });
        self.leave_behind(ticket.id, attempts.max(1), version).await;
        // It is recorded: nobody may think that it was refused.
        ticket.tell(Phase::Closed, None);
    }

    async fn leave_behind(&self, id: Uuid, attempts: i32, version: i32) {
        let error = texts::unknown(self.provider.name(), "the library panicked");
        let queue =
            QueueRow { state: State::Unknown, worker: None, attempt: attempts, not_before: Millis::now() };
        let left = Settlement {
            id,
            owner: Some(self.context.worker.id),
            // Higher than any version that the task may have written before
            // it panicked.
            version: version + 1000,
            state: State::Unknown,
            attempts,
            provider_message_id: None,
            recipient_id: None,
            provider_status: None,
            body: None,
            response: Some(error.message.clone()),
            error: serde_json::to_string(&error).ok(),
            at: Millis::now(),
            attempt: None,
            queue: Some(queue),
            event: None,
            hides: false,
            at_once: false,
        };
        let _ = self.context.writer.written(Write::Settle(Box::new(left))).await;
    }
}
