//! Attempts of which nobody knows whether the provider took them.
//!
//! The provider's list decides, and only where it can. Exactly one matching
//! message in it that belongs to no other attempt: ours was taken. No match in
//! two looks one after the other, the first not before `retry.unknown_look`: it
//! was not taken. Otherwise it stays unknown until the deadline, and then for
//! good.

use super::attempt::attempt_without_answer;
use super::decide::{Next, after_refusal};
use super::judge::{Found, judge};
use super::pacing::{Entry, Lane, TooLate};
use super::rows::{self, change, settlement};
use super::tickets::{Phase, Ticket};
use super::{Delivery, Stop, texts};
use crate::ground::Level;
use crate::history::merge::after_report;
use crate::history::{AttemptRow, MessageRow, QueueRow, Write, Written, outcome_of};
use crate::message::age::Age;
use crate::message::catalogue::Report;
use crate::message::clock::Millis;
use crate::message::phone;
use crate::message::{Class, Content, Error, State, Status, catalogue};
use crate::provider::{Candidate, LostAttempt};
use std::time::Duration;

/// How many empty looks prove that a message was not taken.
const EMPTY_LOOKS: u32 = 2;
/// The least time between two looks.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

impl Delivery {
    /// Finds out what became of an attempt, as far as that can be known now.
    /// Where it cannot, the message goes back into the database until the next
    /// look; where it was not taken, until it is sent again. A look counts only
    /// once the attempt is proven to be old enough; the deadline, which allows
    /// nothing, goes by what is told: here, or `told` by the database.
    pub(super) async fn resolve(&self, ticket: &Ticket, message: &mut MessageRow, age: Age, told: Duration) {
        let retry = self.retry();
        let pause = (retry.unknown_look / 5).max(LEAST_PAUSE);
        for look in 1..=EMPTY_LOOKS {
            let left = retry.unknown_deadline.saturating_sub(age.told().max(told));
            if left.is_zero() {
                return self.settle_unknown(ticket, message, State::Unknown, None).await;
            }
            let wait = self.wait_for_look(age, left);
            if !wait.is_zero() {
                return self.rest(ticket, message, wait).await;
            }
            let found = tokio::select! {
                biased;
                () = self.until_stopped(Stop::Drain) => return ticket.tell(Phase::Closed, None),
                found = self.look_in_turn(message, age) => found,
            };
            crate::points::reach("looked");
            match found {
                Found::Taken(candidate) => {
                    let state = after_report(State::Accepted, candidate.state);
                    return self.settle_unknown(ticket, message, state, Some(candidate)).await;
                }
                Found::ToldElsewhere => {
                    self.ages.forget(message.id, message.attempts);
                    return self.tell_what_the_row_says(ticket).await;
                }
                Found::Nothing if look == EMPTY_LOOKS => return self.not_taken(ticket, message).await,
                Found::Nothing => {
                    tokio::select! {
                        biased;
                        () = self.until_stopped(Stop::Drain) => return ticket.tell(Phase::Closed, None),
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                Found::Undecided => {
                    // What time has not told yet is asked for ever more rarely.
                    let next = pause.max(age.told() / 4);
                    return self.rest(ticket, message, next.min(left)).await;
                }
            }
        }
    }

    /// Leaves an unknown end to the database for a while.
    async fn rest(&self, ticket: &Ticket, message: &mut MessageRow, wait: Duration) {
        message.version += 1;
        let until = Millis::now().plus(wait.as_millis() as u64);
        let place =
            QueueRow { state: State::Unknown, worker: None, attempt: message.attempts, not_before: until };
        let rests = settlement(self.context.worker.id, message, Some(place));
        let _ = self.context.writer.written(Write::Settle(Box::new(rests))).await;
        ticket.leave(until, Some(outcome_of(message)));
    }

    /// Looks when there is a free request for it: look-ups have a pace of their
    /// own, so that after many lost answers the provider is not asked for all
    /// of them at once.
    async fn look_in_turn(&self, message: &MessageRow, age: Age) -> Found {
        let entry = Entry {
            lane: Lane::LookUps,
            person: None,
            priority: message.priority,
            age: message.created_at,
            useful_until: None,
        };
        match self.pacer.turn(entry).await {
            Ok(_permit) => self.look(message, age).await,
            Err(TooLate) => Found::Undecided,
        }
    }

    async fn look(&self, message: &MessageRow, age: Age) -> Found {
        let lost = LostAttempt { sender: message.sender.clone(), recipient: message.recipient.clone(), age };
        let look = match self.provider.look_for(&lost).await {
            Ok(look) => look,
            Err(refusal) => {
                self.say(Level::Warn, message, || {
                    format!("The provider's list could not be read: {}", refusal.error.message)
                });
                return Found::Undecided;
            }
        };
        let ids: Vec<String> = look.candidates.iter().map(|c| c.provider_message_id.clone()).collect();
        let (recipient, id) = (message.recipient.clone(), message.id);
        let known = self
            .context
            .readers
            .asked(move |connection| {
                let row = connection.find(id)?;
                // In this order, so that an attempt that ends between the two
                // questions is seen by one of them: as open, or as an owner.
                let mut others_open = 0;
                for address in phone::addresses(&recipient) {
                    others_open += connection.others_open(&address, id)?;
                }
                let owned = connection.owned(&ids)?;
                Ok((row, others_open, owned, connection.age(id)?))
            })
            .await;
        let Ok((row, others_open, owned, database)) = known else { return Found::Undecided };
        if row.is_some_and(|row| row.message.state.ends_the_send()) {
            // The worker that made the attempt was alive after all, and has
            // stored how it ended.
            return Found::ToldElsewhere;
        }
        let free: Vec<Candidate> =
            look.candidates.into_iter().filter(|c| !owned.contains(&c.provider_message_id)).collect();
        let content = serde_json::from_str::<Content>(&message.content).ok();
        let listed = content.and_then(|content| self.provider.listed_text(&content));
        let clocks_agree = look.clocks_agree && database.is_none_or(|told| age.agrees_with(told));
        match judge(&free, message, listed.as_deref().unwrap_or(&message.body), others_open) {
            Found::Nothing if !clocks_agree => {
                self.say(Level::Warn, message, || {
                    "A clock was set since the attempt: the provider's list proves nothing.".into()
                });
                Found::Undecided
            }
            found => found,
        }
    }

    /// It was not taken: back into the queue, for whoever is free, or failed
    /// where no attempt is left.
    async fn not_taken(&self, ticket: &Ticket, message: &mut MessageRow) {
        let Some(past) = self.past(message).await else { return ticket.tell(Phase::Closed, None) };
        let now = Millis::now();
        match after_refusal(None, message.attempts, &past, &self.retry(), now, ticket.expiry.left(), 0.0) {
            Next::Again(_) => {
                let text = "The provider did not take the message; it is sent again.";
                change(message, State::Queued, Some(text.into()), None, now);
                message.not_before = None;
                let queue = QueueRow {
                    state: State::Queued,
                    worker: None,
                    attempt: message.attempts,
                    not_before: now,
                };
                let mut back = settlement(self.context.worker.id, message, Some(queue));
                back.attempt = Some(resolved_attempt(
                    message,
                    State::Failed,
                    "the provider's list shows that it was not taken",
                ));
                let written = self.context.writer.written(Write::Settle(Box::new(back))).await;
                crate::points::reach("put_back");
                if written.is_ok_and(|written| written.is_done()) {
                    self.ages.forget(message.id, message.attempts);
                    ticket.leave(now, Some(outcome_of(message)));
                } else {
                    self.tell_what_the_row_says(ticket).await;
                }
            }
            _ => self.settle_unknown(ticket, message, State::Failed, None).await,
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
        let now = Millis::now();
        let detail = match (state, found) {
            (_, Some(candidate)) => {
                message.provider_message_id = Some(candidate.provider_message_id);
                if matches!(state, State::Failed | State::Undelivered) {
                    let report = Report { code: candidate.code, ..Report::default() };
                    let error = catalogue::judge(self.provider.name(), report).error;
                    change(message, state, Some(error.message.clone()), Some(&error), now);
                } else {
                    change(message, state, Some(texts::accepted(self.provider.name())), None, now);
                }
                "found in the provider's list"
            }
            (State::Failed, None) => {
                let text = catalogue::response(Class::Temporary, "The provider did not take the message.");
                let mut error = Error::new(Status::Temporary, text);
                error.class = Some(Class::Temporary);
                change(message, state, Some(error.message.clone()), Some(&error), now);
                "the provider's list shows that it was not taken"
            }
            _ => {
                let error = texts::unknown_for_good(self.provider.name());
                change(message, state, Some(error.message.clone()), Some(&error), now);
                "never found out"
            }
        };
        let outcome = outcome_of(message);
        let mut end = settlement(self.context.worker.id, message, None);
        end.attempt = Some(resolved_attempt(message, state, detail));
        end.event = Some(rows::event(message));
        end.hides = self.context.kept.hides_now(message);
        match self.context.writer.written(Write::Settle(Box::new(end))).await {
            Ok(written) if written.is_done() => {
                self.ages.forget(message.id, message.attempts);
                ticket.tell(Phase::Ended, Some(outcome));
            }
            Ok(Written::JournalledUnconfirmed) => self.tell_when_replayed(ticket).await,
            // Another worker has it now, or has stored that it was taken.
            Ok(_) => self.tell_what_the_row_says(ticket).await,
            Err(_) => ticket.tell(Phase::Closed, Some(outcome)),
        }
    }
}

/// The row of the attempt, now that its end is known or given up.
fn resolved_attempt(message: &MessageRow, state: State, detail: &str) -> AttemptRow {
    let attempt = attempt_without_answer(message.attempts, message.updated_at, state, detail);
    AttemptRow {
        class: (state == State::Failed).then(|| Class::Temporary.name().to_owned()),
        provider_message_id: message.provider_message_id.clone(),
        ..attempt
    }
}
