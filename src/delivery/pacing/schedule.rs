//! Who goes next, over all senders: the rule alone, without clocks, tasks or
//! locks, so that it can be tested instant by instant.
//!
//! A message goes when three things come together: the slot of its sender has
//! begun, a request is free, and it is the head of its sender's queue. Slot
//! and request are taken in that same moment. Were the slot taken earlier,
//! messages would go in a heap after a time without free requests; were the
//! request taken earlier, a slow sender would keep it from the others.

use super::gate::Limit;
use super::queue::{Queue, Rank, Waiter};
use super::slots::{OwnSlots, Slots};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Idle lanes are looked for when there are this many, and then when they have
/// doubled.
const FEW_LANES: usize = 64;

/// What has a pace and a queue of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The messages of one sender.
    Sender(Arc<str>),
    /// Questions to the provider about messages of unknown end.
    LookUps,
}

/// The paces: how long a slot is.
#[derive(Debug, Clone)]
pub struct Paces {
    /// Of a sender. Zero: no limit.
    pub sender: Duration,
    /// One sender that is slower than the rest.
    pub slow: Option<(Arc<str>, Duration)>,
    /// Of look-ups.
    pub look_ups: Duration,
    /// Of the messages of one sender to one recipient.
    pub pair: Option<Limit>,
}

impl Paces {
    fn of(&self, lane: &Lane) -> Duration {
        match (lane, &self.slow) {
            (Lane::LookUps, _) => self.look_ups,
            (Lane::Sender(sender), Some((slow, slower))) if sender == slow => self.sender.max(*slower),
            (Lane::Sender(_), _) => self.sender,
        }
    }
}

/// A lane's queue, its slots, and when it is looked at next.
struct LaneState {
    queue: Queue,
    slots: Box<dyn Slots>,
    /// Its requests under way.
    requests: usize,
    filed: Option<Filed>,
}

/// When a lane is looked at next.
#[derive(Debug, Clone, Copy)]
enum Filed {
    /// It waits for a free request: by the head's priority, then by how long
    /// its slot has been there.
    Due(i16, Instant),
    /// Nothing happens before this time.
    Later(Instant),
}

/// All lanes, and the requests that they share.
pub struct Schedule {
    paces: Paces,
    lanes: HashMap<Lane, LaneState>,
    due: BTreeSet<(i16, Instant, Lane)>,
    later: BTreeSet<(Instant, Lane)>,
    most_requests: usize,
    requests: usize,
    many_lanes: usize,
}

impl Schedule {
    /// Nobody waits yet. `most_requests` may be under way at once.
    pub fn new(paces: Paces, most_requests: usize) -> Schedule {
        Schedule {
            paces,
            lanes: HashMap::new(),
            due: BTreeSet::new(),
            later: BTreeSet::new(),
            most_requests,
            requests: 0,
            many_lanes: FEW_LANES,
        }
    }

    /// When something happens next that nobody tells: a slot begins, or a pair
    /// may go on.
    pub fn next_event(&self) -> Option<Instant> {
        // With no free request, nothing happens before one is given back.
        let free = self.requests < self.most_requests;
        self.later.first().map(|(at, _)| *at).filter(|_| free)
    }

    /// One joins the queue of a lane.
    pub fn enter(&mut self, lane: &Lane, rank: Rank, waiter: Waiter, now: Instant) {
        self.lane_state(lane, now).queue.enter(rank, waiter, now);
        self.file(lane, now);
    }

    /// One leaves the queue. False if its turn has come already, or never will.
    pub fn leave(&mut self, lane: &Lane, rank: Rank, now: Instant) -> bool {
        let Some(state) = self.lanes.get_mut(lane) else { return false };
        let left = state.queue.leave(rank, now).is_some();
        self.file(lane, now);
        left
    }

    /// Takes slot and request at once, if nobody waits who could have them.
    pub fn take_now(&mut self, lane: &Lane, person: Option<&Arc<str>>, now: Instant) -> bool {
        self.run(now);
        if self.requests >= self.most_requests {
            return false;
        }
        let most = self.most_of(lane);
        let state = self.lane_state(lane, now);
        let free = state.queue.head(now).is_none()
            && state.queue.is_open(person.map(AsRef::as_ref), now)
            && state.requests < most
            && state.slots.next(now) <= now;
        if free {
            state.slots.take(now);
            if let Some(person) = person {
                state.queue.pass(person, now);
            }
            state.requests += 1;
            self.requests += 1;
        }
        self.file(lane, now);
        free
    }

    /// A request is over.
    pub fn give_back(&mut self, lane: &Lane, now: Instant) {
        self.requests = self.requests.saturating_sub(1);
        if let Some(state) = self.lanes.get_mut(lane) {
            state.requests = state.requests.saturating_sub(1);
            self.file(lane, now);
        }
    }

    /// Another pace for senders. It holds from the next slot.
    pub fn change(&mut self, sender: Duration, now: Instant) {
        self.paces.sender = sender;
        let lanes: Vec<Lane> = self.lanes.keys().cloned().collect();
        for lane in lanes {
            let interval = self.paces.of(&lane);
            if let Some(state) = self.lanes.get_mut(&lane) {
                state.slots.change(interval);
            }
            self.file(&lane, now);
        }
    }

    /// Gives every slot that has begun to whoever is the head of its queue
    /// now, as long as there are free requests.
    pub fn run(&mut self, now: Instant) {
        while let Some((at, lane)) = self.later.first()
            && *at <= now
        {
            let lane = lane.clone();
            self.file(&lane, now);
        }
        while self.requests < self.most_requests
            && let Some((.., lane)) = self.due.first()
        {
            let lane = lane.clone();
            self.grant(&lane, now);
        }
    }

    /// The head of a lane goes, whose slot has begun and for which there is a
    /// free request.
    fn grant(&mut self, lane: &Lane, now: Instant) {
        if let Some(state) = self.lanes.get_mut(lane)
            && let Some(head) = state.queue.head(now)
            && let Some(waiter) = state.queue.go(head, now)
        {
            state.slots.take(now);
            if waiter.turn.send(()).is_ok() {
                state.requests += 1;
                self.requests += 1;
            }
        }
        self.file(lane, now);
    }

    /// Finds out when a lane is looked at next.
    fn file(&mut self, lane: &Lane, now: Instant) {
        let most = self.most_of(lane);
        let Some(state) = self.lanes.get_mut(lane) else { return };
        match state.filed.take() {
            Some(Filed::Due(priority, since)) => {
                self.due.remove(&(priority, since, lane.clone()));
            }
            Some(Filed::Later(at)) => {
                self.later.remove(&(at, lane.clone()));
            }
            None => {}
        }
        let slot = state.slots.next(now);
        state.filed = match state.queue.head(now) {
            // A request of its own must be over first.
            _ if state.requests >= most => None,
            Some(head) if slot <= now => Some(Filed::Due(head.priority(), slot)),
            Some(_) => Some(Filed::Later(slot)),
            None => state.queue.next_opening().map(Filed::Later),
        };
        match state.filed {
            Some(Filed::Due(priority, since)) => {
                self.due.insert((priority, since, lane.clone()));
            }
            Some(Filed::Later(at)) => {
                self.later.insert((at, lane.clone()));
            }
            None => {}
        }
    }

    /// How many requests a lane may have at once. Look-ups are not in a hurry:
    /// most requests are left to the messages, however slow the answers are.
    fn most_of(&self, lane: &Lane) -> usize {
        match lane {
            Lane::Sender(_) => self.most_requests,
            Lane::LookUps => (self.most_requests / 8).max(1),
        }
    }

    fn lane_state(&mut self, lane: &Lane, now: Instant) -> &mut LaneState {
        if self.lanes.len() >= self.many_lanes {
            self.lanes.retain(|_, state| {
                state.requests > 0 || !state.queue.is_forgettable(now) || state.slots.next(now) > now
            });
            self.many_lanes = FEW_LANES.max(2 * self.lanes.len());
        }
        let (interval, pair) = (self.paces.of(lane), self.paces.pair);
        self.lanes.entry(lane.clone()).or_insert_with(|| LaneState {
            queue: Queue::new(pair),
            slots: Box::new(OwnSlots::new(interval, now)),
            requests: 0,
            filed: None,
        })
    }
}

#[cfg(test)]
mod tests;
