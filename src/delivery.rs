//! The road of a message: record, pace, intent, attempt, classify, again,
//! outcome, event.
//!
//! `road` is the way of one message from top to bottom. A call comes onto it
//! by `compose` and `admit`; `recovery` brings messages back onto it that wait
//! in the database, or that a crash left there.

mod admit;
mod ages;
mod another_worker;
mod attempt;
mod compose;
mod decide;
mod expiry;
mod intent;
mod judge;
mod pacing;
mod panicked;
mod pause;
mod record;
mod recovery;
mod road;
mod rows;
mod settle;
#[cfg(test)]
mod tests;
mod texts;
mod tickets;
mod turn;
mod unknown;
mod withdraw;
mod words;

pub use compose::Submission;
pub use pacing::{Pacer, SANDBOX_PACE, SANDBOX_SENDER};
pub use rows::cancellation;
pub use tickets::{GiveUp, Live, Phase, Ticket, WaitFor, Waited};

use ages::Ages;

use crate::context::Context;
use crate::ground::Level;
use crate::history::MessageRow;
use crate::message::age::Age;
use crate::provider::Provider;
use crate::settings::Retry;
use crate::threads;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How many messages this process looks after at once. More wait in the
/// database.
pub const ROOM: usize = 10_000;
/// How many messages of unknown end are looked after at once, beside those.
/// More wait in the database.
const LOOK_UP_ROOM: usize = 500;

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
    /// The client's history, log and bell.
    pub context: Arc<Context>,
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// The messages under way.
    pub live: Live,
    /// The pace.
    pub pacer: Pacer,
    /// How far the closing has come.
    pub stop: watch::Sender<Stop>,
    /// How long attempts of unknown end have been watched here.
    ages: Ages,
    /// Messages in memory.
    room: Arc<Semaphore>,
    /// Messages of unknown end in memory.
    look_up_room: Arc<Semaphore>,
    /// How long an answer may take.
    http_timeout: Duration,
    /// When and how often a failed attempt is made again.
    retry: RwLock<Retry>,
}

impl Delivery {
    /// A road with nothing on it.
    pub fn new(
        context: Arc<Context>,
        provider: Arc<dyn Provider>,
        pacer: Pacer,
        http_timeout: Duration,
        retry: Retry,
    ) -> Delivery {
        Delivery {
            context,
            provider,
            live: Live::default(),
            pacer,
            stop: watch::Sender::new(Stop::No),
            ages: Ages::default(),
            room: Arc::new(Semaphore::new(ROOM)),
            look_up_room: Arc::new(Semaphore::new(LOOK_UP_ROOM)),
            http_timeout,
            retry: RwLock::new(retry),
        }
    }

    /// The retry settings as they are now.
    pub fn retry(&self) -> Retry {
        threads::read(&self.retry).clone()
    }

    /// Changes the retry settings; attempts under way end with the old ones.
    pub fn set_retry(&self, retry: Retry) {
        *threads::write(&self.retry) = retry;
    }

    /// The age of a message's last attempt, whose end is unknown: what was
    /// counted here before, else `age`.
    fn counted(&self, message: &MessageRow, age: Age) -> Age {
        self.ages.seen(message.id, message.attempts, age, self.retry().unknown_deadline)
    }

    /// Whether this stage of the closing has been reached.
    fn stopped(&self, stage: Stop) -> bool {
        *self.stop.borrow() >= stage
    }

    /// Resolves when this stage of the closing is reached.
    async fn until_stopped(&self, stage: Stop) {
        let mut stop = self.stop.subscribe();
        // This fails only when the sender is gone, and that lives as long as
        // this.
        let _ = stop.wait_for(|now| *now >= stage).await;
    }

    /// Writes a log record about a message.
    fn say(&self, level: Level, message: &MessageRow, text: impl FnOnce() -> String) {
        self.context.say(level, "delivery", message, text);
    }
}
