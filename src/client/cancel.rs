//! `wa_cancel` of a message.

use super::answer::{Answer, done, not_found, timeout, too_late};
use super::{Client, GIVING_UP};
use crate::delivery::{GiveUp, Phase, Ticket, WaitFor, Waited, cancellation};
use crate::history::{MessageRow, Write, Written, outcome_of};
use crate::message::{Result, State};
use std::sync::mpsc::sync_channel;
use std::time::Instant;
use uuid::Uuid;

impl Client {
    /// Gives a message up, unless an attempt has begun.
    pub fn cancel(&self, id: Uuid) -> Result<Answer> {
        self.refuse_if_closing()?;
        if let Some(ticket) = self.delivery.live.find(id)
            && let Some(answer) = cancel_here(&ticket)
        {
            return Ok(answer);
        }
        let message = self.row(id)?;
        if message.state == State::Queued {
            return self.cancel_elsewhere(id, message);
        }
        let outcome = outcome_of(&message);
        Ok(match message.state {
            State::Cancelled => done(outcome),
            _ => too_late(outcome),
        })
    }

    /// Cancels a message that waits in the database, or at another worker.
    fn cancel_elsewhere(&self, id: Uuid, message: MessageRow) -> Result<Answer> {
        let (withdrawal, outcome) = cancellation(message, self.context.kept);
        let (reply, answer) = sync_channel(1);
        self.context.writer.write(
            Write::Withdraw(Box::new(withdrawal)),
            Box::new(move |result| {
                let _ = reply.send(result);
            }),
        );
        match answer.recv_timeout(GIVING_UP) {
            Ok(Ok(Written::Done)) => Ok(done(outcome)),
            Ok(Ok(_)) => Ok(too_late(outcome_of(&self.row(id)?))),
            Ok(Err(error)) => Err(error.to_error()),
            Err(_) => Err(timeout()),
        }
    }

    fn row(&self, id: Uuid) -> Result<MessageRow> {
        let row = self.seen_row(id, Instant::now() + GIVING_UP)?;
        row.map(|row| row.message).ok_or_else(|| not_found(id))
    }
}

/// Cancels a message that this client looks after. None if it was left to the
/// database in this moment.
fn cancel_here(ticket: &Ticket) -> Option<Answer> {
    let (outcome, phase) = ticket.look();
    if outcome.status == State::Cancelled {
        return Some(done(outcome));
    }
    let cancellable = match phase {
        Phase::New | Phase::Waiting => true,
        Phase::Resting(_) => outcome.status == State::Queued,
        _ => false,
    };
    if cancellable {
        ticket.ask_to_give_up(GiveUp::Cancelled);
        if let Waited::Ended(outcome) = ticket.wait(WaitFor::End, Instant::now() + GIVING_UP)
            && outcome.status == State::Cancelled
        {
            return Some(done(outcome));
        }
    }
    match ticket.look() {
        (_, Phase::Left(_)) => None,
        (outcome, _) => Some(too_late(outcome)),
    }
}
