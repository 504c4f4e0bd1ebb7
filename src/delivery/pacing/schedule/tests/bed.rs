//! A schedule with a clock that the test moves.

use super::*;
use crate::delivery::pacing::queue::Rank;
use crate::message::Priority;
use crate::message::clock::Millis;
use std::collections::BTreeMap;
use tokio::sync::oneshot;

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn sender(name: &str) -> Lane {
    Lane::Sender(name.into())
}

struct Waiting {
    lane: Lane,
    rank: Rank,
    comes: oneshot::Receiver<()>,
}

pub struct Bed {
    pub schedule: Schedule,
    start: Instant,
    now: Instant,
    number: u64,
    waiting: BTreeMap<u64, Waiting>,
    sent_away: Vec<u64>,
    /// Who went, and when.
    log: Vec<(u64, u64)>,
    /// The requests under way.
    requests: Vec<Lane>,
}

impl Bed {
    pub fn new(interval: Duration, pair: Option<Limit>, most_requests: usize) -> Bed {
        let paces = Paces { sender: interval, slow: None, look_ups: ms(100), pair };
        let start = Instant::now();
        Bed {
            schedule: Schedule::new(paces, most_requests),
            start,
            now: start,
            number: 0,
            waiting: BTreeMap::new(),
            sent_away: Vec::new(),
            log: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Milliseconds since the start.
    pub fn time(&self) -> u64 {
        u64::try_from(self.now.duration_since(self.start).as_millis()).unwrap()
    }

    pub fn enter(&mut self, name: &str, priority: Priority, age: i64) -> u64 {
        self.enter_lane(sender(name), None, priority, age, None)
    }

    pub fn enter_to(&mut self, name: &str, person: &str, priority: Priority, age: i64) -> u64 {
        self.enter_lane(sender(name), Some(person), priority, age, None)
    }

    pub fn enter_lane(
        &mut self,
        lane: Lane,
        person: Option<&str>,
        priority: Priority,
        age: i64,
        useful_for: Option<u64>,
    ) -> u64 {
        self.number += 1;
        let rank = Rank::new(priority, Millis(age), self.number);
        let (turn, comes) = oneshot::channel();
        let useful_until = useful_for.map(|life| self.now + ms(life));
        let waiter = Waiter { person: person.map(Into::into), useful_until, turn };
        self.schedule.enter(&lane, rank, waiter, self.now);
        self.waiting.insert(self.number, Waiting { lane, rank, comes });
        self.run();
        self.number
    }

    pub fn leave(&mut self, id: u64) -> bool {
        let Some(waiting) = self.waiting.remove(&id) else { return false };
        let left = self.schedule.leave(&waiting.lane, waiting.rank, self.now);
        self.run();
        left
    }

    pub fn take_now(&mut self, name: &str, person: &str) -> bool {
        let lane = sender(name);
        let taken = self.schedule.take_now(&lane, Some(&person.into()), self.now);
        self.run();
        if taken {
            self.requests.push(lane);
        }
        taken
    }

    pub fn change(&mut self, interval: Duration) {
        self.schedule.change(interval, self.now);
        self.run();
    }

    /// All requests under way end.
    pub fn end_all(&mut self) {
        for lane in std::mem::take(&mut self.requests) {
            self.schedule.give_back(&lane, self.now);
        }
        self.run();
    }

    /// Moves the clock on, from event to event as the timer does.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now + ms(millis);
        while let Some(at) = self.schedule.next_event().filter(|at| *at <= end) {
            assert!(at > self.now, "the timer would spin");
            self.now = at;
            self.run();
        }
        self.now = end;
    }

    fn run(&mut self) {
        self.schedule.run(self.now);
        let time = self.time();
        let mut gone = Vec::new();
        for (id, waiting) in &mut self.waiting {
            match waiting.comes.try_recv() {
                Ok(()) => gone.push(*id),
                Err(oneshot::error::TryRecvError::Closed) => self.sent_away.push(*id),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
        for id in gone {
            self.log.push((time, id));
            self.requests.extend(self.waiting.remove(&id).map(|waiting| waiting.lane));
        }
        for id in &self.sent_away {
            self.waiting.remove(id);
        }
    }

    pub fn was_sent_away(&self, id: u64) -> bool {
        self.sent_away.contains(&id)
    }

    pub fn is_waiting(&self, id: u64) -> bool {
        self.waiting.contains_key(&id)
    }

    pub fn under_way(&self) -> usize {
        self.requests.len()
    }

    /// Who went, and when, in milliseconds since the start.
    pub fn log(&self) -> Vec<(u64, u64)> {
        self.log.clone()
    }

    pub fn times(&self) -> Vec<u64> {
        self.log.iter().map(|(at, _)| *at).collect()
    }
}
