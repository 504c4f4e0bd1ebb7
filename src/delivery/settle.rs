//! What came of an attempt, as rows and as the outcome that hosts are told.
//! Decided here, stored by the road.

use super::attempt::attempt_row;
use super::decide::Next;
use super::pause::SHORT_WAIT;
use super::rows::{self, change, settlement};
use super::tickets::Phase;
use super::{Delivery, texts};
use crate::ground::Level;
use crate::history::{MessageRow, QueueRow, Settlement, outcome_of};
use crate::message::age::Age;
use crate::message::clock::Millis;
use crate::message::{Error, Outcome, ProviderName, State};
use crate::provider::{Answer, Exchange};
use std::time::Duration;

/// What came of an attempt.
pub(super) struct Settled {
    /// What is to be stored.
    pub settlement: Settlement,
    /// Where the message is once that is stored.
    pub phase: Phase,
    /// What hosts are told then.
    pub outcome: Outcome,
}

impl Delivery {
    /// Brings a message's row to where an attempt has brought the message.
    /// `text` is what the recipient reads, if that became known only now;
    /// `bound` says that a call waits for the message.
    pub(super) fn settled(
        &self,
        message: &mut MessageRow,
        exchange: &Exchange,
        (began_at, age): (Millis, Age),
        decision: &Next,
        text: Option<String>,
        bound: bool,
    ) -> Settled {
        let now = Millis::now();
        let provider = self.provider.name();
        let mut attempt = attempt_row(message.attempts, exchange, began_at);
        let mut queue = None;
        let mut phase = Phase::Ended;
        match (&exchange.answer, decision) {
            (Answer::Accepted { provider_message_id, recipient_id, provider_status }, _) => {
                message.provider_message_id = Some(provider_message_id.clone());
                message.recipient_id = recipient_id.clone();
                message.provider_status = provider_status.clone();
                change(message, State::Accepted, Some(texts::accepted(provider)), None, now);
            }
            (answer, Next::Again(wait)) => {
                let error = why(answer, provider);
                change(message, State::Queued, Some(error.message.clone()), Some(&error), now);
                let again = now.plus(wait.as_millis() as u64);
                message.not_before = Some(again);
                attempt.wait_ms = i64::try_from(wait.as_millis()).ok();
                // A call wants its answer: its message stays at hand.
                let leaves = !bound && *wait > SHORT_WAIT;
                queue = Some(QueueRow {
                    state: State::Queued,
                    worker: (!leaves).then_some(self.context.worker.id),
                    attempt: message.attempts,
                    not_before: again,
                });
                phase = if leaves { Phase::Left(again) } else { Phase::Resting(again) };
            }
            (answer, Next::Unknown) => {
                let error = why(answer, provider);
                change(message, State::Unknown, Some(error.message.clone()), Some(&error), now);
                let place = self.place_of_unknown(message.attempts, age);
                phase = Phase::Left(place.not_before);
                queue = Some(place);
            }
            (answer, _) => {
                let error = why(answer, provider);
                change(message, State::Failed, Some(error.message.clone()), Some(&error), now);
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
        let mut settlement = settlement(self.context.worker.id, message, queue);
        settlement.body = body;
        settlement.hides = self.context.kept.hides_now(message);
        settlement.attempt = Some(attempt);
        settlement.event = (message.state != State::Queued).then(|| rows::event(message));
        Settled { settlement, phase, outcome: outcome_of(message) }
    }

    /// The place in the queue of a message whose end is unknown. It is
    /// nobody's: until there is something to do it takes up no room here. Where
    /// the provider has a list, that is a look there; where it has none, only a
    /// webhook can tell, and nothing is done before the deadline.
    pub(super) fn place_of_unknown(&self, attempt: i32, age: Age) -> QueueRow {
        let left = self.retry().unknown_deadline.saturating_sub(age.told());
        let wait = self.wait_for_look(age, left);
        let not_before = Millis::now().plus(wait.as_millis() as u64);
        QueueRow { state: State::Unknown, worker: None, attempt, not_before }
    }

    /// How long an unknown end waits until there is something to do about it,
    /// where it has so much time left.
    pub(super) fn wait_for_look(&self, age: Age, left: Duration) -> Duration {
        match self.provider.can_look() {
            true => self.retry().unknown_look.saturating_sub(age.proven()).min(left),
            false => left,
        }
    }
}

/// The error of an attempt that was not accepted; its message is the user's
/// sentence.
fn why(answer: &Answer, provider: ProviderName) -> Box<Error> {
    match answer {
        Answer::Refused(refusal) => refusal.error.clone(),
        Answer::Unknown { why } => texts::unknown(provider, why),
        Answer::Accepted { .. } | Answer::HeldBack => Error::internal("There is no error to tell."),
    }
}
