//! Intents: an attempt begins only after its intent is committed, and an
//! intent that is not acted on is taken back.

use super::pause::DATABASE_PAUSE;
use super::rows::{change, settlement};
use super::tickets::{Phase, Ticket};
use super::withdraw::end_of_time;
use super::{Delivery, Stop};
use crate::ground::Level;
use crate::history::{Intent, MessageRow, QueueRow, Write};
use crate::message::State;
use crate::message::clock::Millis;
use crate::provider::Refusal;

/// What came of an intent.
pub(super) enum Begun {
    /// It is committed: send.
    Yes,
    /// The write failed, or its answer was lost: take it back and try again.
    Doubtful,
    /// No intent was written, because the message's time is over; and it could
    /// not be withdrawn, because the database is away. Try both again.
    No,
    /// The message is no longer this worker's to send.
    Leave,
}

impl Delivery {
    /// Commits the intent of the next attempt.
    pub(super) async fn begin(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        last: Option<&Refusal>,
    ) -> Begun {
        let number = message.attempts + 1;
        let worker = self.context.worker.id;
        let intent = Intent { id: message.id, attempt: number, worker, at: Millis::now() };
        match self.context.writer.written(Write::Intent(intent)).await {
            Ok(written) if written.is_done() => {
                message.attempts = number;
                message.state = State::Sending;
                Begun::Yes
            }
            Ok(_) => {
                // Expired by the database's clock, cancelled elsewhere, or taken over.
                if message.expires_at.is_some()
                    && !self.withdraw(ticket, message, end_of_time(ticket), last).await
                {
                    return Begun::No;
                }
                self.tell_what_the_row_says(ticket).await;
                Begun::Leave
            }
            Err(_) if self.stopped(Stop::Drain) => {
                ticket.tell(Phase::Closed, None);
                Begun::Leave
            }
            Err(_) => {
                message.attempts = number;
                Begun::Doubtful
            }
        }
    }

    /// Takes an intent back that must not be acted on. Waits for the database.
    pub(super) async fn take_back(&self, ticket: &Ticket, message: &mut MessageRow, why: &str) {
        message.attempts -= 1;
        let response = message.response.clone();
        change(message, State::Queued, response, None, Millis::now());
        let again = Millis::now().plus(DATABASE_PAUSE.as_millis() as u64);
        message.not_before = Some(again);
        let worker = self.context.worker.id;
        let queue = QueueRow {
            state: State::Queued,
            worker: Some(worker),
            attempt: message.attempts,
            not_before: again,
        };
        let back = settlement(worker, message, Some(queue));
        let _ = self.context.writer.written(Write::Settle(Box::new(back))).await;
        ticket.tell(Phase::Waiting, None);
        self.say(Level::Warn, message, || format!("An intent was taken back: {why}."));
    }
}
