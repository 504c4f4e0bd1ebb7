//! The road of a message: record, pace, intent, attempt, classify, again,
//! outcome, event.

mod decide;
mod live;
mod pacing;
mod recovery;
mod road;
mod settle;
mod submit;
#[cfg(test)]
mod tests;
mod turn;
mod unknown;

pub use live::{GiveUp, Live, Phase, Ticket, WaitFor, Waited};
pub use pacing::{Pacer, SANDBOX_PACE, SANDBOX_SENDER};
pub use submit::Submission;

use crate::events::{Level, Log, Signal};
use crate::history::{
    EventRow, MessageRow, QueueRow, Readers, Settlement, StoreResult, Withdrawal, Worker, Write, Writer,
    Written,
};
use crate::message::clock::Millis;
use crate::message::{Error, Outcome, State, Status};
use crate::provider::Provider;
use crate::settings::Retry;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How many messages this process looks after at once. More wait in the
/// database.
pub const ROOM: usize = 10_000;

/// How far the closing has come, for the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// All goes on.
    No,
    /// No attempt begins any more; those under way go on.
    Drain,
    /// Those under way are given up: their end is unknown.
    Now,
}

/// What all messages of a client share on their road.
pub struct Delivery {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// The history's writer.
    pub writer: Arc<Writer>,
    /// The history's readers.
    pub readers: Arc<Readers>,
    /// This client as a worker.
    pub worker: Worker,
    /// The messages under way.
    pub live: Live,
    /// The pace.
    pub pacer: Pacer,
    /// Requests under way.
    pub in_flight: Arc<Semaphore>,
    /// Messages in memory.
    pub room: Arc<Semaphore>,
    /// The log.
    pub log: Arc<Log>,
    /// Rings when an event was committed.
    pub signal: Arc<Signal>,
    /// How long an answer may take.
    pub http_timeout: Duration,
    /// How far the closing has come.
    pub stop: watch::Sender<Stop>,
    /// When and how often a failed attempt is made again.
    retry: RwLock<Retry>,
}

impl Delivery {
    /// A road with nothing on it.
    #[allow(clippy::too_many_arguments)] // each is a room of its own; a builder would only rename them
    pub fn new(
        provider: Arc<dyn Provider>,
        writer: Arc<Writer>,
        readers: Arc<Readers>,
        worker: Worker,
        pacer: Pacer,
        max_in_flight: usize,
        log: Arc<Log>,
        signal: Arc<Signal>,
        http_timeout: Duration,
        retry: Retry,
    ) -> Delivery {
        Delivery {
            provider,
            writer,
            readers,
            worker,
            live: Live::default(),
            pacer,
            in_flight: Arc::new(Semaphore::new(max_in_flight)),
            room: Arc::new(Semaphore::new(ROOM)),
            log,
            signal,
            http_timeout,
            stop: watch::Sender::new(Stop::No),
            retry: RwLock::new(retry),
        }
    }

    /// The retry settings as they are now.
    pub fn retry(&self) -> Retry {
        self.retry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the retry settings; attempts under way end with the old ones.
    pub fn set_retry(&self, retry: Retry) {
        *self.retry.write().unwrap_or_else(PoisonError::into_inner) = retry;
    }

    /// Whether this stage of the closing has been reached.
    fn stopped(&self, stage: Stop) -> bool {
        *self.stop.borrow() >= stage
    }

    /// Resolves when this stage of the closing is reached.
    async fn until_stopped(&self, stage: Stop) {
        let mut stop = self.stop.subscribe();
        // The sender lives as long as this: it cannot be gone.
        let _ = stop.wait_for(|now| *now >= stage).await;
    }

    /// Writes and rings for the event, if there was one.
    async fn write(&self, write: Write) -> StoreResult<Written> {
        let tells = match &write {
            Write::Record(record) => record.event.is_some(),
            Write::Settle(settlement) => settlement.event.is_some(),
            Write::Withdraw(withdrawal) => withdrawal.event.is_some(),
            Write::Event(_) => true,
            Write::Intent(_) => false,
        };
        let written = self.writer.written(write).await;
        if tells && written.is_ok() {
            self.signal.ring();
        }
        written
    }

    /// The event that tells where a message is.
    fn event(&self, outcome: Outcome, message: &MessageRow, at: Millis) -> EventRow {
        crate::events::Event::about_message(&message.account_key, message.id, outcome, at)
    }

    /// What cancels a message that nobody here looks after, and what it is then.
    pub fn cancellation(&self, mut message: MessageRow) -> (Withdrawal, Outcome) {
        let error = given_up_error(State::Cancelled);
        change(&mut message, State::Cancelled, Some(error.message.clone()), Some(&error));
        let outcome = crate::history::outcome_of(&message);
        let event = self.event(outcome.clone(), &message, message.updated_at);
        (withdrawal(&message, None, Some(event)), outcome)
    }

    /// Writes a log record about a message.
    fn say(&self, level: Level, message: &MessageRow, text: impl FnOnce() -> String) {
        self.log.about(level, "delivery", Some(message.id), message.correlation_id.as_deref(), text);
    }
}

/// The error of a message that was given up before it was sent.
fn given_up_error(state: State) -> Box<Error> {
    match state {
        State::Expired => Error::new(Status::Expired, "The message expired before it was sent."),
        _ => Error::new(Status::Cancelled, "The message was cancelled before it was sent."),
    }
}

/// The change of a message's row, in memory and in the store alike.
fn change(message: &mut MessageRow, state: State, response: Option<String>, error: Option<&Error>) {
    message.version += 1;
    message.state = state;
    message.updated_at = Millis::now();
    message.response = response;
    message.error = error.and_then(|error| serde_json::to_string(error).ok());
}

/// The settlement that stores what `change` did.
fn settlement(owner: uuid::Uuid, message: &MessageRow, queue: Option<QueueRow>) -> Settlement {
    Settlement {
        id: message.id,
        owner: Some(owner),
        version: message.version,
        state: message.state,
        attempts: message.attempts,
        provider_message_id: message.provider_message_id.clone(),
        recipient_id: message.recipient_id.clone(),
        provider_status: message.provider_status.clone(),
        body: None,
        response: message.response.clone(),
        error: message.error.clone(),
        at: message.updated_at,
        attempt: None,
        queue,
        event: None,
    }
}

/// The withdrawal that stores what `change` did.
fn withdrawal(message: &MessageRow, owner: Option<uuid::Uuid>, event: Option<EventRow>) -> Withdrawal {
    Withdrawal {
        id: message.id,
        owner,
        state: message.state,
        response: message.response.clone(),
        error: message.error.clone(),
        at: message.updated_at,
        event,
    }
}
