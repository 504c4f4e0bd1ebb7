//! Where the time slots of a sender come from.

use super::gate::{Gate, Limit};
use std::time::{Duration, Instant};

/// Grants the slots of one sender, one after the other. Each slot carries one
/// message, and one that nobody uses in its time is lost.
///
/// The queue asks only when it could use a slot, and takes the slot only with
/// all else at hand that the message needs. So it does not matter to the queue
/// whether this process makes the slots or fetches them from elsewhere.
pub trait Slots: Send {
    /// When the next slot begins, or began. A source that has to ask elsewhere
    /// first says when to ask it again.
    fn next(&mut self, now: Instant) -> Instant;

    /// Uses the next slot, which has begun.
    fn take(&mut self, now: Instant);

    /// Another pace: it holds from the next slot.
    fn change(&mut self, interval: Duration);
}

/// Slots that this process grants itself.
pub struct OwnSlots(Gate);

impl OwnSlots {
    /// One slot in each interval.
    pub fn new(interval: Duration, now: Instant) -> OwnSlots {
        OwnSlots(Gate::new(Limit { interval, burst: 1 }, now))
    }
}

impl Slots for OwnSlots {
    fn next(&mut self, now: Instant) -> Instant {
        self.0.opens(now)
    }

    fn take(&mut self, now: Instant) {
        self.0.pass(now);
    }

    fn change(&mut self, interval: Duration) {
        self.0.change(interval);
    }
}
