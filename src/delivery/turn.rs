//! A message's turn: what it waits for before an attempt, and how it is given
//! up while it waits.

use super::live::{GiveUp, Phase, Ticket};
use super::road::{INTENT_PAUSE, sleep_until};
use super::{Delivery, Stop, change, given_up_error, withdrawal};
use crate::history::{MessageRow, Write, Written, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Content, State};
use crate::provider::{Prepared, Refusal};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What a waiting message does next.
pub(super) enum Turn {
    /// Its turn has come: it may attempt, with this preparation.
    Go(Prepared, OwnedSemaphorePermit),
    /// Look again: it waits, or could not be given up for want of a database.
    Again,
    /// It is over, or left to the next start.
    Leave,
}

impl Delivery {
    /// Waits for a message's turn: its time, its preparation, a free request,
    /// a slot of its sender.
    pub(super) async fn turn(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        content: &Content,
        last: Option<&Refusal>,
        failed_looks: &mut u32,
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
        tokio::select! {
            biased;
            () = self.until_stopped(Stop::Drain) => {
                ticket.tell(Phase::Closed, None);
                Turn::Leave
            }
            () = ticket.give_up.notified() => {
                self.withdraw(ticket, message, State::Cancelled, last).await
            }
            () = expired => {
                self.withdraw(ticket, message, end_of_time(ticket), last).await
            }
            ready = ready => match ready {
                Ok((prepared, Ok(permit))) => Turn::Go(prepared, permit),
                Ok((_, Err(_closed))) => {
                    ticket.tell(Phase::Closed, None);
                    Turn::Leave
                }
                Err(refusal) => {
                    self.not_prepared(ticket, message, &refusal, failed_looks).await
                }
            }
        }
    }

    /// The template could not be looked up, the file not be uploaded, or it
    /// does not fit. There are as many tries as there may be retries, and they
    /// are no attempts.
    async fn not_prepared(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        refusal: &Refusal,
        failed_looks: &mut u32,
    ) -> Turn {
        let retry = self.retry();
        *failed_looks += 1;
        let again = Millis::now().plus(refusal.retry_after.unwrap_or(retry.wait).as_millis() as u64);
        let in_time = message.expires_at.is_none_or(|at| again < at);
        if refusal.retry && in_time && *failed_looks <= retry.max_retries {
            message.not_before = Some(again);
            return Turn::Again;
        }
        self.withdraw(ticket, message, State::Failed, Some(refusal)).await
    }

    /// Gives a waiting message up: only while its row is still queued.
    pub(super) async fn withdraw(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        state: State,
        last: Option<&Refusal>,
    ) -> Turn {
        let error = match last {
            Some(refusal) if ticket.given_up() != Some(GiveUp::Cancelled) => refusal.error.clone(),
            _ => given_up_error(state),
        };
        // What failed before its time was over has failed: the reason is worth more.
        let asked = ticket.given_up() == Some(GiveUp::Cancelled);
        let state = if last.is_some() && !asked { State::Failed } else { state };
        let mut ended = message.clone();
        change(&mut ended, state, Some(error.message.clone()), Some(&error));
        let outcome = outcome_of(&ended);
        let event = self.event(outcome.clone(), &ended, ended.updated_at);
        // The host's own wish holds whoever has the message; the rest is only
        // for whoever has it to say.
        let owner = ticket.given_up().is_none().then_some(self.worker.id);
        match self.write(Write::Withdraw(Box::new(withdrawal(&ended, owner, Some(event))))).await {
            Ok(Written::Done) => {
                *message = ended;
                ticket.tell(Phase::Ended, Some(outcome));
                Turn::Leave
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                Turn::Leave
            }
            Err(_) => {
                // The database is away, and nobody else ends the message while
                // this worker lives: the wish stays, and is tried again.
                if ticket.given_up().is_some() {
                    ticket.give_up.notify_one();
                }
                tokio::time::sleep(INTENT_PAUSE).await;
                Turn::Again
            }
        }
    }
}

/// What a message becomes whose time is over: a call's deadline cancels it.
pub(super) fn end_of_time(ticket: &Ticket) -> State {
    if ticket.bound { State::Cancelled } else { State::Expired }
}
