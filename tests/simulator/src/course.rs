//! What becomes of a message after it was taken, and which webhooks tell of it: early, twice, in another order.

use crate::chance::fresh_uuid;
use crate::kindness::Kindness;
use crate::sim::Sim;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Status {
    Scheduled,
    Accepted,
    Queued,
    Sent,
    Delivered,
    Read,
    Undelivered,
    Failed,
    Canceled,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        use Status::{Accepted, Canceled, Delivered, Failed, Queued, Read, Scheduled, Sent, Undelivered};
        [Scheduled, Accepted, Queued, Sent, Delivered, Read, Undelivered, Failed, Canceled]
            .into_iter()
            .find(|s| s.name() == text)
    }
}

#[derive(Clone, Copy)]
pub struct Step {
    /// Microseconds since the start.
    pub at: u64,
    pub status: Status,
    pub error: Option<u32>,
}

/// The callbacks of one message, in the order in which they go out.
pub struct Plan {
    /// The first call comes before the answer.
    pub early: bool,
    pub calls: Vec<Call>,
}

#[derive(Clone)]
pub struct Call {
    pub at: u64,
    pub step: Step,
    /// The same when it is repeated.
    pub token: String,
}

impl Plan {
    /// May move the second step forward: an early callback tells what has already come true.
    pub fn new(sim: &Sim, kindness: &Kindness, steps: &mut [Step]) -> Self {
        let scheduled = steps.first().is_some_and(|s| s.status == Status::Scheduled);
        let early = !scheduled && steps.len() > 1 && sim.chance.happens(kindness.callback_early);
        if early && let [first, second, ..] = steps {
            second.at = first.at;
        }
        // the state the answer shows gets no callback
        let mut calls: Vec<Call> =
            steps.iter().skip(1).map(|s| Call { at: s.at, step: *s, token: fresh_uuid() }).collect();
        let from = usize::from(early);
        if calls.len() >= from + 2 && sim.chance.happens(kindness.callback_reorder) {
            let n = from + pick(sim, calls.len() - from - 1);
            if let Some([a, b]) = calls.get_mut(n..n + 2) {
                std::mem::swap(&mut a.at, &mut b.at);
            }
        }
        if !calls.is_empty() && sim.chance.happens(kindness.callback_repeat) {
            let mut again = calls[pick(sim, calls.len())].clone();
            again.at += 1000 * sim.chance.up_to(kindness.status_step_max_ms);
            calls.push(again);
        }
        calls.sort_by_key(|c| c.at);
        Self { early, calls }
    }
}

fn pick(sim: &Sim, count: usize) -> usize {
    usize::try_from(sim.chance.up_to(count.saturating_sub(1) as u64)).unwrap_or(0)
}
