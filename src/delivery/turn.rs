//! A message's turn: what it waits for before an attempt, and how it is given
//! up while it waits.

use super::attempt::Ready;
use super::live::{Phase, Ticket};
use super::pause::sleep_until;
use super::withdraw::end_of_time;
use super::{Delivery, Stop};
use crate::history::MessageRow;
use crate::message::clock::Millis;
use crate::message::{Content, State};
use crate::provider::Refusal;
use std::sync::Arc;

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
            // First the sender's slot, then the request: a slow sender must not
            // hold requests that others could make.
            let slot = self.pacer.take_next(message.sender.as_deref().unwrap_or_default());
            tokio::time::sleep_until(slot.into()).await;
            let permit = Arc::clone(&self.in_flight).acquire_owned().await;
            Ok::<_, Refusal>((prepared, permit))
        };
        let expired = async {
            match message.expires_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
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
            () = expired => {
                self.withdraw(ticket, message, end_of_time(ticket), last).await
            }
            ready = ready => match ready {
                Ok((prepared, Ok(permit))) => return Turn::Go(Ready { prepared, permit }),
                Ok((_, Err(_closed))) => {
                    ticket.tell(Phase::Closed, None);
                    return Turn::Leave;
                }
                Err(refusal) => {
                    if self.prepares_again(message, &refusal, failed_preparations) {
                        return Turn::Again;
                    }
                    self.withdraw(ticket, message, State::Failed, Some(&refusal)).await
                }
            }
        };
        if given_up { Turn::Leave } else { Turn::Again }
    }

    /// The template could not be looked up, the file not be uploaded, or it
    /// does not fit. Whether that is tried again: as often as attempts may be
    /// repeated, though these tries are no attempts.
    fn prepares_again(&self, message: &mut MessageRow, refusal: &Refusal, failed: &mut u32) -> bool {
        let retry = self.retry();
        *failed += 1;
        let again = Millis::now().plus(refusal.retry_after.unwrap_or(retry.wait).as_millis() as u64);
        let in_time = message.expires_at.is_none_or(|at| again < at);
        let repeated = refusal.retry && in_time && *failed <= retry.max_retries;
        if repeated {
            message.not_before = Some(again);
        }
        repeated
    }
}
