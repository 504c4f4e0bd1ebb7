//! What came of an attempt: stored, and told to who waits.

use super::decide::Next;
use super::live::{Phase, Ticket};
use super::{Delivery, change, settlement};
use crate::events::Level;
use crate::history::{AttemptRow, MessageRow, QueueRow, Write, Written, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Error, ProviderName, State, Status};
use crate::provider::http::TOO_LATE;
use crate::provider::{Answer, Exchange};

impl Delivery {
    /// Stores what came of an attempt, and tells who waits. False if the
    /// message is no longer ours.
    pub(super) async fn settle(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        exchange: &Exchange,
        began_at: Millis,
        decision: &Next,
        text: Option<String>,
    ) -> bool {
        let mut attempt = attempt_row(message.attempts, exchange, began_at);
        let mut queue = None;
        let mut phase = Phase::Ended;
        match (&exchange.answer, decision) {
            (Answer::Accepted { provider_message_id, recipient_id, provider_status }, _) => {
                message.provider_message_id = Some(provider_message_id.clone());
                message.recipient_id = recipient_id.clone();
                message.provider_status = provider_status.clone();
                change(message, State::Accepted, Some(self.accepted_text()), None);
            }
            (answer, Next::Again(wait)) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Queued, Some(text), Some(&error));
                let again = message.updated_at.plus(wait.as_millis() as u64);
                message.not_before = Some(again);
                attempt.wait_ms = i64::try_from(wait.as_millis()).ok();
                queue = Some((State::Queued, again));
                phase = Phase::Resting(again);
            }
            (answer, Next::Unknown) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Unknown, Some(text), Some(&error));
                let look = self.next_look(began_at);
                queue = Some((State::Unknown, look));
                phase = Phase::Resting(look);
            }
            (answer, _) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Failed, Some(text), Some(&error));
            }
        }
        self.say(Level::Debug, message, || {
            let code = attempt.provider_code.as_deref().unwrap_or("-");
            let (to, state) = (crate::events::masked(&message.recipient), message.state.name());
            format!("Attempt {} to {to} ended as {state} (code {code}).", attempt.number)
        });
        // Stored whatever the end is: who looks for the message in the
        // provider's list must know what it says there.
        let body = text.clone();
        if let Some(text) = text {
            message.body = text;
        }
        let outcome = outcome_of(message);
        let event = (message.state != State::Queued)
            .then(|| self.event(outcome.clone(), message, message.updated_at));
        let mut settlement = settlement(
            self.worker.id,
            message,
            queue.map(|(state, not_before)| QueueRow {
                state,
                worker: self.stays_with(state),
                attempt: message.attempts,
                not_before,
            }),
        );
        settlement.body = body;
        settlement.attempt = Some(attempt);
        settlement.event = event;
        match self.write(Write::Settle(Box::new(settlement))).await {
            Ok(Written::Done) => {
                crate::points::reach("settled");
                ticket.tell(phase, Some(outcome));
                true
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                false
            }
            Err(error) => {
                // The writer keeps ends until they are written; this is its closing.
                self.say(Level::Error, message, || format!("An outcome was not stored: {}", error.message));
                ticket.tell(Phase::Closed, Some(outcome));
                false
            }
        }
    }

    pub(super) fn accepted_text(&self) -> String {
        format!("Message accepted by {}.", self.provider.name().title())
    }
}

/// The row of an attempt, as its exchange tells it.
fn attempt_row(number: i32, exchange: &Exchange, began_at: Millis) -> AttemptRow {
    let (state, class, code, provider_message_id, detail) = match &exchange.answer {
        Answer::Accepted { provider_message_id, .. } => {
            (State::Accepted, None, None, Some(provider_message_id.clone()), None)
        }
        Answer::Refused(refusal) => (
            State::Failed,
            Some(refusal.class.name().to_owned()),
            refusal.error.provider_code.clone(),
            None,
            Some(clip(&refusal.error.message)),
        ),
        Answer::HeldBack => (State::Failed, None, None, None, Some(TOO_LATE.to_owned())),
        Answer::Unknown { why } => (State::Unknown, None, None, None, Some(clip(why))),
    };
    AttemptRow {
        number,
        began_at,
        took_ms: i64::try_from(exchange.took.as_millis()).unwrap_or(i64::MAX),
        state,
        http_status: exchange.http_status.map(i32::from),
        provider_code: code,
        trace_id: exchange.trace_id.as_deref().map(clip),
        class,
        provider_message_id,
        wait_ms: None,
        detail,
    }
}

/// The user's sentence and the error of an attempt that was not accepted.
fn why(answer: &Answer, provider: ProviderName) -> (String, Box<Error>) {
    match answer {
        Answer::Refused(refusal) => (refusal.error.message.clone(), refusal.error.clone()),
        Answer::Unknown { why } => {
            let error = unknown_error(provider, why);
            (error.message.clone(), error)
        }
        Answer::Accepted { .. } | Answer::HeldBack => {
            (String::new(), Error::internal("There is no error to tell."))
        }
    }
}

/// What hosts are told where nobody knows.
pub(super) fn unknown_error(provider: ProviderName, why: &str) -> Box<Error> {
    Error::new(Status::Pending, unknown_text(provider, why))
        .hint("Do not send it again: it is looked up later, and its event tells what was found.")
}

/// What hosts are told where nobody will ever know.
pub(super) fn unknown_for_good(provider: ProviderName) -> Box<Error> {
    Error::new(Status::Unknown, unknown_text(provider, "it was looked for until the deadline"))
        .hint("Look at the provider's console before you send it again: the recipient may have it.")
}

fn unknown_text(provider: ProviderName, why: &str) -> String {
    let name = provider.title();
    format!("It is not known whether {name} took the message: {}.", clip(why))
}

fn clip(text: &str) -> String {
    text.chars().take(400).collect()
}
