//! From a composed message to its task: room in memory, a ticket, a start at
//! once where that is possible.

use super::attempt::Ready;
use super::compose::{Composed, Submission, compose};
use super::expiry::Expiry;
use super::tickets::{Phase, Ticket};
use super::{Delivery, Stop, rows, texts};
use crate::history::{MessageRow, QueueRow, Record, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Error, Result, State, Status};
use crate::provider::Prepared;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Messages that are due later than this wait in the database, not in memory.
const NEAR: u64 = 60_000;

impl Delivery {
    /// Checks a message, hands it to the writer, and sets it on the road. The
    /// ticket tells when it is recorded. Nothing here waits.
    pub fn submit(self: &Arc<Self>, handle: &Handle, submission: Submission<'_>) -> Result<Arc<Ticket>> {
        let composed = compose(self.provider.as_ref(), submission, Millis::now())?;
        match composed.refused {
            true => self.admit_refused(handle, composed.message),
            false => self.admit(handle, composed),
        }
    }

    /// Takes a message in, if there is room for it, and starts its task.
    fn admit(self: &Arc<Self>, handle: &Handle, composed: Composed) -> Result<Arc<Ticket>> {
        let Composed { mut message, content, prepared, reference, bound, .. } = composed;
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(Error::new(
                Status::QueueFull,
                "Too many messages are under way; nothing was recorded.",
            )
            .hint("Try again when some have ended."));
        };
        let now = message.created_at;
        let expiry = Expiry::of_new(&message);
        let far = message.not_before.is_some_and(|at| at > now.plus(NEAR));
        let due =
            message.not_before.is_none_or(|at| at <= now) && message.expires_at.is_none_or(|at| at > now);
        let start = if due { self.start_now(&message, expiry, prepared) } else { None };
        let queue = QueueRow {
            state: if start.is_some() { State::Sending } else { State::Queued },
            worker: (!far).then_some(self.context.worker.id),
            attempt: i32::from(start.is_some()),
            not_before: message.not_before.unwrap_or(now),
        };
        if start.is_some() {
            message.state = State::Sending;
            message.attempts = 1;
        }
        message.nonce = Some(MessageRow::new_nonce(self.context.worker.id));
        let ticket = self.ticket(&message, bound, expiry)?;
        let record = Record { message: message.clone(), queue: Some(queue), reference, event: None };
        let (delivery, own) = (Arc::clone(self), Arc::clone(&ticket));
        let stay = Stay::new(self, &ticket);
        handle.spawn(async move {
            let _stay = stay;
            delivery.travel_from_record(own, record, message, content, start, far).await;
            drop(room);
        });
        Ok(ticket)
    }

    /// A message that cannot be sent is recorded too, with the reason.
    fn admit_refused(self: &Arc<Self>, handle: &Handle, mut message: MessageRow) -> Result<Arc<Ticket>> {
        message.nonce = Some(MessageRow::new_nonce(self.context.worker.id));
        let ticket = self.ticket(&message, false, Expiry::of_new(&message))?;
        let outcome = outcome_of(&message);
        let event = Some(rows::event(&message));
        self.context.kept.hide(&mut message);
        let record = Record { message, queue: None, reference: None, event };
        let (delivery, own) = (Arc::clone(self), Arc::clone(&ticket));
        let stay = Stay::new(self, &ticket);
        handle.spawn(async move {
            let _stay = stay;
            if delivery.record(&own, record).await {
                own.tell(Phase::Ended, Some(outcome));
            }
        });
        Ok(ticket)
    }

    /// The permit and the slot of a message that can go at once: its record
    /// and its first intent are then one commit.
    fn start_now(&self, message: &MessageRow, expiry: Expiry, prepared: Option<Prepared>) -> Option<Ready> {
        let prepared = prepared?;
        let permit = self.pacer.take_now(&self.pacing_entry(message, expiry))?;
        Some(Ready { prepared, permit })
    }

    fn ticket(&self, message: &MessageRow, bound: bool, expiry: Expiry) -> Result<Arc<Ticket>> {
        self.live.enter(message.id, outcome_of(message), bound, expiry).ok_or_else(|| {
            Error::about(Status::Argument, "options_json.id", "A message with this id is under way already.")
                .hint("Every message needs an id of its own; use a reference to send something only once.")
        })
    }
}

/// A message's stay at this client. It ends when the message's task is
/// dropped: at its end, and also when a runtime that is shut down drops the
/// task before its end or before it ran at all.
struct Stay {
    delivery: Arc<Delivery>,
    ticket: Arc<Ticket>,
}

impl Stay {
    fn new(delivery: &Arc<Delivery>, ticket: &Arc<Ticket>) -> Stay {
        Stay { delivery: Arc::clone(delivery), ticket: Arc::clone(ticket) }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.delivery.live.leave(&self.ticket);
        if self.delivery.stopped(Stop::Drain) {
            match self.ticket.look().1 {
                Phase::New => self.ticket.tell(Phase::Refused(texts::closed_before_record()), None),
                _ => self.ticket.tell(Phase::Closed, None),
            }
        }
    }
}
