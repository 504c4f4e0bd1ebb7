//! When a message's time is over, by a clock that nobody can set.
//!
//! The row has it as a time of day. That is compared with a clock once, when
//! the message comes to this process: a new one's with the clock of its call,
//! one that waited in the database with the database's. From then on the
//! machine's uptime counts, so that a clock that is set meanwhile neither ends
//! a message too early nor lets it go too late.

use crate::history::MessageRow;
use crate::message::clock::uptime;
use std::time::Duration;

/// The longest sleep at once: a machine that slept meanwhile is late by no more.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The end of a message's time, as `uptime` counts; none where it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expiry(Option<Duration>);

impl Expiry {
    /// Of a message that is composed at this moment.
    pub fn of_new(message: &MessageRow) -> Expiry {
        let left = message.expires_at.map(|at| at.0.saturating_sub(message.created_at.0));
        Expiry(left.map(|left| uptime() + Duration::from_millis(u64::try_from(left).unwrap_or_default())))
    }

    /// Of a message that was claimed: so much was left of its time by the
    /// database's clock, which was asked at this `uptime`.
    pub fn of_claimed(left: Option<Duration>, asked_at: Duration) -> Expiry {
        Expiry(left.map(|left| asked_at + left))
    }

    /// When its time is over, as `uptime` counts.
    pub fn at(self) -> Option<Duration> {
        self.0
    }

    /// How much of its time is left.
    pub fn left(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_sub(uptime()))
    }

    /// Whether its time is over.
    pub fn is_over(self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Resolves when its time is over.
    pub async fn over(self) {
        loop {
            match self.left() {
                None => std::future::pending().await,
                Some(left) if left.is_zero() => return,
                Some(left) => tokio::time::sleep(left.min(LONGEST_SLEEP)).await,
            }
        }
    }
}
