//! Attempts of which nobody knows whether the provider took them.
//!
//! The provider's list decides, and only where it can: exactly one message
//! that no other attempt owns was taken; none in two looks, the first long
//! enough after the attempt, was not. All else stays unknown until the
//! deadline, and then for good.

use super::decide::{Next, after_refusal};
use super::live::{Phase, Ticket};
use super::road::sleep_until;
use super::settle::unknown_for_good;
use super::{Delivery, Stop, change, settlement};
use crate::events::Level;
use crate::history::merge::after_report;
use crate::history::{AttemptRow, MessageRow, QueueRow, Write, Written, outcome_of};
use crate::message::catalogue::Report;
use crate::message::clock::Millis;
use crate::message::{Class, Content, Error, State, Status, catalogue};
use crate::provider::{Candidate, LostAttempt};

/// The kind of a message whose own words are what the list says.
const TEXT: &str = "text";
/// How many empty looks prove that a message was not taken.
const EMPTY_LOOKS: u32 = 2;

/// What a look at the provider's list tells.
#[derive(Debug, PartialEq)]
enum Found {
    /// It was taken: this is it.
    Taken(Candidate),
    /// The list has nothing that it could be.
    Nothing,
    /// Somebody else found it out: the row says what.
    ToldElsewhere,
    /// The list does not decide.
    Undecided,
}

impl Delivery {
    /// Finds out what became of an attempt. True if it was not taken and
    /// another one may follow.
    pub(super) async fn resolve(&self, ticket: &Ticket, message: &mut MessageRow, began_at: Millis) -> bool {
        let retry = self.retry();
        let look_after = retry.unknown_look.as_millis() as u64;
        let deadline = began_at.plus(retry.unknown_deadline.as_millis() as u64);
        if !self.provider.can_look() {
            if Millis::now() >= deadline {
                self.settle_unknown(ticket, message, State::Unknown, None).await;
            } else {
                self.rest(ticket, message, deadline).await;
            }
            return false;
        }
        let mut look_at = began_at.plus(look_after);
        let mut empty_looks = 0;
        loop {
            let late = look_at >= deadline;
            tokio::select! {
                biased;
                () = self.until_stopped(Stop::Drain) => {
                    ticket.tell(Phase::Closed, None);
                    return false;
                }
                () = sleep_until(look_at.min(deadline)) => {}
            }
            if late {
                self.settle_unknown(ticket, message, State::Unknown, None).await;
                return false;
            }
            let found = self.look(message, began_at).await;
            crate::points::reach("looked");
            match found {
                Found::Taken(candidate) => {
                    let state = after_report(State::Accepted, candidate.state);
                    self.settle_unknown(ticket, message, state, Some(candidate)).await;
                    return false;
                }
                Found::ToldElsewhere => {
                    self.tell_what_the_row_says(ticket).await;
                    return false;
                }
                Found::Nothing => empty_looks += 1,
                Found::Undecided => empty_looks = 0,
            }
            if empty_looks >= EMPTY_LOOKS {
                return self.not_taken(ticket, message).await;
            }
            look_at = Millis::now().plus((look_after / 5).max(500));
        }
    }

    /// When an attempt of unknown end is looked at next. A provider that lists
    /// nothing tells by webhook only: there is nothing to look at before the
    /// deadline.
    pub(super) fn next_look(&self, began_at: Millis) -> Millis {
        let retry = self.retry();
        let wait = if self.provider.can_look() { retry.unknown_look } else { retry.unknown_deadline };
        began_at.plus(wait.as_millis() as u64)
    }

    /// Whose a place in the queue is. One that only waits for its deadline is
    /// nobody's: it must not take up a client's room for days.
    pub(super) fn stays_with(&self, state: State) -> Option<uuid::Uuid> {
        (state != State::Unknown || self.provider.can_look()).then_some(self.worker.id)
    }

    /// Leaves an unknown end to the database until then.
    async fn rest(&self, ticket: &Ticket, message: &mut MessageRow, until: Millis) {
        message.version += 1;
        let queue =
            QueueRow { state: State::Unknown, worker: None, attempt: message.attempts, not_before: until };
        let _ = self.write(Write::Settle(Box::new(settlement(self.worker.id, message, Some(queue))))).await;
        ticket.tell(Phase::Resting(until), Some(outcome_of(message)));
    }

    async fn look(&self, message: &MessageRow, began: Millis) -> Found {
        let lost =
            LostAttempt { sender: message.sender.clone(), recipient: message.recipient.clone(), began };
        let candidates = match self.provider.look_for(&lost).await {
            Ok(candidates) => candidates,
            Err(refusal) => {
                self.say(Level::Warn, message, || {
                    format!("The provider's list could not be read: {}", refusal.error.message)
                });
                return Found::Undecided;
            }
        };
        let ids: Vec<String> = candidates.iter().map(|c| c.provider_message_id.clone()).collect();
        let (recipient, id) = (message.recipient.clone(), message.id);
        let known = self
            .readers
            .asked(move |connection| {
                let row = connection.find(id)?;
                // In this order: whoever ends in between is seen as open, or as an owner.
                let others_open = connection.others_open(&recipient, id)?;
                Ok((row, others_open, connection.owned(&ids)?))
            })
            .await;
        let Ok((row, others_open, owned)) = known else { return Found::Undecided };
        if row.is_some_and(|row| row.message.state.ends_the_send()) {
            // The process that was thought dead lived, and told how it ended.
            return Found::ToldElsewhere;
        }
        let free: Vec<Candidate> =
            candidates.into_iter().filter(|c| !owned.contains(&c.provider_message_id)).collect();
        let content = serde_json::from_str::<Content>(&message.content).ok();
        let listed = content.and_then(|content| self.provider.listed_text(&content));
        judge(&free, message, listed.as_deref().unwrap_or(&message.body), others_open)
    }

    /// It was not taken: back into the queue, or failed where no attempt is
    /// left.
    async fn not_taken(&self, ticket: &Ticket, message: &mut MessageRow) -> bool {
        let now = Millis::now();
        match after_refusal(None, message.attempts, &self.retry(), now, message.expires_at, 0.0) {
            Next::Again(_) => {
                change(
                    message,
                    State::Queued,
                    Some("The provider did not take the message; it is sent again.".into()),
                    None,
                );
                message.not_before = None;
                let queue = QueueRow {
                    state: State::Queued,
                    worker: Some(self.worker.id),
                    attempt: message.attempts,
                    not_before: now,
                };
                let mut back = settlement(self.worker.id, message, Some(queue));
                back.attempt = Some(resolved_attempt(
                    message,
                    State::Failed,
                    "the provider's list shows that it was not taken",
                ));
                let written = self.write(Write::Settle(Box::new(back))).await;
                crate::points::reach("put_back");
                if matches!(written, Ok(Written::Done)) {
                    ticket.tell(Phase::Waiting, Some(outcome_of(message)));
                    return true;
                }
                self.tell_what_the_row_says(ticket).await;
                false
            }
            _ => {
                self.settle_unknown(ticket, message, State::Failed, None).await;
                false
            }
        }
    }

    /// The end of an attempt that was unknown.
    async fn settle_unknown(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        state: State,
        found: Option<Candidate>,
    ) {
        let detail = match (state, found) {
            (_, Some(candidate)) => {
                message.provider_message_id = Some(candidate.provider_message_id);
                if matches!(state, State::Failed | State::Undelivered) {
                    let report = Report { code: candidate.code, ..Report::default() };
                    let error = catalogue::judge(self.provider.name(), report).error;
                    change(message, state, Some(error.message.clone()), Some(&error));
                } else {
                    change(message, state, Some(self.accepted_text()), None);
                }
                "found in the provider's list"
            }
            (State::Failed, None) => {
                let text = catalogue::response(Class::Temporary, "The provider did not take the message.");
                let mut error = Error::new(Status::Temporary, text);
                error.class = Some(Class::Temporary);
                change(message, state, Some(error.message.clone()), Some(&error));
                "the provider's list shows that it was not taken"
            }
            _ => {
                let error = unknown_for_good(self.provider.name());
                change(message, state, Some(error.message.clone()), Some(&error));
                "never found out"
            }
        };
        let outcome = outcome_of(message);
        let mut end = settlement(self.worker.id, message, None);
        end.attempt = Some(resolved_attempt(message, state, detail));
        end.event = Some(self.event(outcome.clone(), message, message.updated_at));
        match self.write(Write::Settle(Box::new(end))).await {
            Ok(Written::Done) => ticket.tell(Phase::Ended, Some(outcome)),
            // Somebody else has it now, or it is known to have been taken.
            Ok(_) => self.tell_what_the_row_says(ticket).await,
            Err(_) => ticket.tell(Phase::Closed, Some(outcome)),
        }
    }
}

/// What the row of the attempt gets to know; the store keeps the rest of it.
fn resolved_attempt(message: &MessageRow, state: State, detail: &str) -> AttemptRow {
    AttemptRow {
        number: message.attempts,
        began_at: message.updated_at,
        took_ms: 0,
        state,
        http_status: None,
        provider_code: None,
        trace_id: None,
        class: (state == State::Failed).then(|| Class::Temporary.name().to_owned()),
        provider_message_id: message.provider_message_id.clone(),
        wait_ms: None,
        detail: Some(detail.to_owned()),
    }
}

/// Judges what the list has that no attempt owns. `listed` is what it would
/// say there.
fn judge(free: &[Candidate], message: &MessageRow, listed: &str, others_open: i64) -> Found {
    let could_be: Vec<&Candidate> =
        free.iter().filter(|c| c.body.is_empty() || c.body.trim() == listed.trim()).collect();
    match could_be.as_slice() {
        // What the list says of anything but a text, the provider puts
        // together: other words than ours prove nothing.
        [] if message.kind != TEXT && !free.is_empty() => Found::Undecided,
        [] => Found::Nothing,
        // With another attempt open to the same recipient it could be that one's.
        [one] if others_open == 0 => Found::Taken((*one).clone()),
        _ => Found::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Priority;

    fn candidate(id: &str, body: &str) -> Candidate {
        Candidate {
            provider_message_id: id.into(),
            created: None,
            body: body.into(),
            state: State::Accepted,
            code: None,
        }
    }

    pub fn message(body: &str) -> MessageRow {
        MessageRow {
            id: uuid::Uuid::now_v7(),
            seq: 0,
            created_at: Millis::now(),
            updated_at: Millis::now(),
            account_key: "a".into(),
            provider: "twilio".into(),
            direction: crate::history::Direction::Outbound,
            kind: "text".into(),
            state: State::Unknown,
            version: 3,
            attempts: 1,
            priority: Priority::Normal,
            sender: None,
            recipient: "whatsapp:+1".into(),
            contact_id: None,
            reference: None,
            campaign_id: None,
            correlation_id: None,
            category: None,
            template: None,
            body: body.into(),
            content: String::new(),
            provider_message_id: None,
            recipient_id: None,
            provider_status: None,
            response: None,
            error: None,
            not_before: None,
            expires_at: None,
        }
    }

    #[test]
    fn only_one_possible_message_is_proof() {
        let taken = |id: &str, body: &str| Found::Taken(candidate(id, body));
        for kind in ["template", "media", "location", "interactive"] {
            let mut other = message("Hello\nhttps://host.example/picture.jpg");
            other.kind = kind.into();
            for (free, others, found) in [
                (vec![], 0, Found::Nothing),
                (vec![candidate("SM1", "Hello")], 0, taken("SM1", "Hello")),
                (vec![candidate("SM1", "another text")], 0, Found::Undecided),
            ] {
                assert_eq!(judge(&free, &other, "Hello", others), found, "{kind} {free:?} {others}");
            }
        }
        for (free, others, found) in [
            (vec![], 0, Found::Nothing),
            (vec![candidate("SM1", "Hello")], 0, Found::Taken(candidate("SM1", "Hello"))),
            (vec![candidate("SM1", "")], 0, Found::Taken(candidate("SM1", ""))),
            (vec![candidate("SM1", "another text")], 0, Found::Nothing),
            (vec![candidate("SM1", "Hello")], 1, Found::Undecided),
            (vec![candidate("SM1", "Hello"), candidate("SM2", "Hello")], 0, Found::Undecided),
            (
                vec![candidate("SM1", "Hello"), candidate("SM2", "x")],
                0,
                Found::Taken(candidate("SM1", "Hello")),
            ),
        ] {
            assert_eq!(judge(&free, &message("Hello"), "Hello", others), found, "{free:?} {others}");
        }
    }
}
