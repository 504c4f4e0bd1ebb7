//! A message's turn: what it waits for before an attempt, and how it is given
//! up while it waits.

use super::attempt::Ready;
use super::decide::{chance, wait_for};
use super::expiry::Expiry;
use super::pacing::{Entry, Lane, TooLate};
use super::pause::{SHORT_WAIT, sleep_until};
use super::rows::{change, settlement};
use super::tickets::{Phase, Ticket};
use super::withdraw::end_of_time;
use super::{Delivery, Stop};
use crate::history::{MessageRow, QueueRow, Write, Written, outcome_of};
use crate::message::clock::Millis;
use crate::message::phone::person;
use crate::message::{Content, State};
use crate::provider::Refusal;
use std::time::{Duration, Instant};

/// What a waiting message does next.
pub(super) enum Turn {
    /// Its turn has come: it may attempt.
    Go(Ready),
    /// It waits on: for its next try, or to be given up once there is a
    /// database.
    Again,
    /// It is over, or left to the next start.
    Leave,
}

impl Delivery {
    /// Waits for a message's turn: its time, its preparation, a slot of its
    /// sender, a free request. `last` is why its last attempt failed;
    /// `failed_preparations` counts what could not be prepared.
    pub(super) async fn turn(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        content: &Content,
        last: Option<&Refusal>,
        failed_preparations: &mut u32,
    ) -> Turn {
        let ready = async {
            if let Some(at) = message.not_before {
                sleep_until(at).await;
            }
            let prepared = match self.provider.prepared(content) {
                Some(prepared) => prepared,
                None => self.provider.prepare(content, message.sender.as_deref()).await?,
            };
            match self.pacer.turn(self.pacing_entry(message, ticket.expiry)).await {
                Ok(permit) => Ok::<_, Refusal>(Ready { prepared, permit }),
                // Its time will be over in a moment.
                Err(TooLate) => std::future::pending().await,
            }
        };
        let given_up = tokio::select! {
            biased;
            () = self.until_stopped(Stop::Drain) => {
                ticket.tell(Phase::Closed, None);
                return Turn::Leave;
            }
            () = ticket.give_up.notified() => {
                self.withdraw(ticket, message, State::Cancelled, last).await
            }
            () = ticket.expiry.over() => {
                self.withdraw(ticket, message, end_of_time(ticket), last).await
            }
            ready = ready => match ready {
                Ok(ready) => return Turn::Go(ready),
                Err(refusal) => {
                    if let Some(wait) = self.prepares_again(ticket, message, &refusal, failed_preparations) {
                        return self.wait_to_prepare(ticket, message, &refusal, wait).await;
                    }
                    self.withdraw(ticket, message, State::Failed, Some(&refusal)).await
                }
            }
        };
        if given_up { Turn::Leave } else { Turn::Again }
    }

    /// A message's entry for the queue of its sender.
    pub(super) fn pacing_entry(&self, message: &MessageRow, expiry: Expiry) -> Entry {
        let pair = self.provider.pair_limit();
        Entry {
            lane: Lane::Sender(message.sender.as_deref().unwrap_or_default().into()),
            person: pair.map(|_| person(&message.recipient).into()),
            priority: message.priority,
            age: message.created_at,
            useful_until: expiry.left().map(useful_until),
        }
    }

    /// The template could not be looked up, the file not be uploaded, or it
    /// does not fit. Whether that is tried again, and after what wait: as often
    /// as attempts may be repeated, though these tries are no attempts.
    fn prepares_again(
        &self,
        ticket: &Ticket,
        message: &MessageRow,
        refusal: &Refusal,
        failed: &mut u32,
    ) -> Option<Duration> {
        let retry = self.retry();
        *failed += 1;
        // A long wait is spent in the database, where nobody counts the tries:
        // they end with the time that a message may wait for a limit.
        let due = message.created_at.max(message.not_before.unwrap_or_default());
        let last = due.plus(retry.limit.as_millis() as u64);
        let wait = wait_for(Some(refusal), retry.wait, chance(message));
        let in_time = match ticket.expiry.left() {
            Some(left) => wait < left,
            None => Millis::now().plus(wait.as_millis() as u64) < last,
        };
        (refusal.retry && in_time && *failed <= retry.max_retries).then_some(wait)
    }

    /// Waits until a message is prepared again: here, or in the database.
    async fn wait_to_prepare(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        refusal: &Refusal,
        wait: Duration,
    ) -> Turn {
        let now = Millis::now();
        let again = now.plus(wait.as_millis() as u64);
        message.not_before = Some(again);
        if ticket.bound || wait <= SHORT_WAIT {
            return Turn::Again;
        }
        let error = &refusal.error;
        change(message, State::Queued, Some(error.message.clone()), Some(error), now);
        let place =
            QueueRow { state: State::Queued, worker: None, attempt: message.attempts, not_before: again };
        let rests = settlement(self.context.worker.id, message, Some(place));
        match self.context.writer.written(Write::Settle(Box::new(rests))).await {
            Ok(Written::Done) if ticket.leave(again, Some(outcome_of(message))) => Turn::Leave,
            Ok(Written::Done) => Turn::Again,
            _ => {
                self.tell_what_the_row_says(ticket).await;
                Turn::Leave
            }
        }
    }
}

/// The last moment at which a slot helps a message that has so much time
/// left. An attempt takes some time too: were the slots of a crowd
/// given to those whose time is just about to be over, none would arrive.
fn useful_until(left: Duration) -> Instant {
    const ATTEMPT: Duration = Duration::from_secs(1);
    let left = left.min(Duration::from_secs(365 * 24 * 3600));
    Instant::now() + left - ATTEMPT.min(left / 4)
}
