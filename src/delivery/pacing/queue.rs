//! The queue of one sender: by priority, then by age. Who must wait for the
//! sake of its recipient does not stand in the way of the others.

use super::gate::{Gate, Limit};
use crate::message::Priority;
use crate::message::clock::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Pairs are looked through for forgotten ones when there are this many, and
/// then when they have doubled.
const FEW_PAIRS: usize = 1024;

/// A place in the queue: who has the smallest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    priority: i16,
    age: Millis,
    number: u64,
}

impl Rank {
    /// `age`: when the message was made. `number` tells those of one age apart.
    pub fn new(priority: Priority, age: Millis, number: u64) -> Rank {
        Rank { priority: priority as i16, age, number }
    }

    /// The priority as a number; the smallest goes first.
    pub fn priority(self) -> i16 {
        self.priority
    }
}

/// Who waits in the queue.
pub struct Waiter {
    /// The recipient, where each of them has a pace of its own.
    pub person: Option<Arc<str>>,
    /// After this a slot is of no use to it.
    pub useful_until: Option<Instant>,
    /// Rung when its turn has come; dropped when it never will.
    pub turn: oneshot::Sender<()>,
}

impl Waiter {
    fn is_too_late(&self, now: Instant) -> bool {
        self.turn.is_closed() || self.useful_until.is_some_and(|until| until < now)
    }
}

/// The messages of one sender to one recipient.
struct Pair {
    gate: Gate,
    waiting: BTreeSet<Rank>,
    first: First,
}

/// Where the first of a pair's messages is.
#[derive(Clone, Copy)]
enum First {
    /// There is none.
    Nowhere,
    /// Among those that are ready.
    Ready(Rank),
    /// It waits until the pair's gate opens.
    Until(Instant),
}

/// The queue of one sender.
pub struct Queue {
    waiting: BTreeMap<Rank, Waiter>,
    /// Who can go with the next slot: all but those whose pair must wait, and
    /// the first of each pair.
    ready: BTreeSet<Rank>,
    limit: Option<Limit>,
    pairs: HashMap<Arc<str>, Pair>,
    /// The pairs that wait for their gate to open.
    opening: BTreeSet<(Instant, Arc<str>)>,
    many_pairs: usize,
}

impl Queue {
    /// An empty queue. `limit` is the pace of each pair.
    pub fn new(limit: Option<Limit>) -> Queue {
        Queue {
            waiting: BTreeMap::new(),
            ready: BTreeSet::new(),
            limit,
            pairs: HashMap::new(),
            opening: BTreeSet::new(),
            many_pairs: FEW_PAIRS,
        }
    }

    /// Joins the queue.
    pub fn enter(&mut self, rank: Rank, waiter: Waiter, now: Instant) {
        let person = waiter.person.clone();
        self.waiting.insert(rank, waiter);
        if let (Some(limit), Some(person)) = (self.limit, person) {
            self.pair(&person, limit, now).waiting.insert(rank);
            self.place(&person, now);
        } else {
            self.ready.insert(rank);
        }
    }

    /// Leaves the queue. None if it is not there.
    pub fn leave(&mut self, rank: Rank, now: Instant) -> Option<Waiter> {
        let waiter = self.waiting.remove(&rank)?;
        self.ready.remove(&rank);
        if let Some(person) = &waiter.person
            && let Some(pair) = self.pairs.get_mut(person)
        {
            pair.waiting.remove(&rank);
            self.place(person, now);
        }
        Some(waiter)
    }

    /// Who goes with the next slot. Those for whom it is too late are sent
    /// away first.
    pub fn head(&mut self, now: Instant) -> Option<Rank> {
        while let Some((at, person)) = self.opening.first()
            && *at <= now
        {
            let person = Arc::clone(person);
            self.place(&person, now);
        }
        while let Some(rank) = self.ready.first().copied() {
            match self.waiting.get(&rank) {
                Some(waiter) if !waiter.is_too_late(now) => return Some(rank),
                _ => {
                    self.ready.remove(&rank);
                    drop(self.leave(rank, now));
                }
            }
        }
        None
    }

    /// When the next of those becomes ready whose pair must wait.
    pub fn next_opening(&self) -> Option<Instant> {
        self.opening.first().map(|(at, _)| *at)
    }

    /// The head goes: it uses its pair's time.
    pub fn go(&mut self, head: Rank, now: Instant) -> Option<Waiter> {
        if let Some(person) = self.waiting.get(&head).and_then(|waiter| waiter.person.clone()) {
            self.pass(&person, now);
        }
        self.leave(head, now)
    }

    /// Whether a message to this recipient could go now, if it were the head.
    pub fn is_open(&self, person: Option<&str>, now: Instant) -> bool {
        person
            .and_then(|person| self.pairs.get(person))
            .is_none_or(|pair| pair.waiting.is_empty() && pair.gate.opens(now) <= now)
    }

    /// A message to this recipient goes without having waited.
    pub fn pass(&mut self, person: &Arc<str>, now: Instant) {
        if let Some(limit) = self.limit {
            self.pair(person, limit, now).gate.pass(now);
            self.place(person, now);
        }
    }

    /// Whether there is nothing to remember.
    pub fn is_forgettable(&mut self, now: Instant) -> bool {
        self.waiting.is_empty() && self.pairs.values().all(|pair| pair.gate.is_fresh(now))
    }

    /// How many pairs are remembered.
    #[cfg(test)]
    pub fn pairs_known(&self) -> usize {
        self.pairs.len()
    }

    fn pair(&mut self, person: &Arc<str>, limit: Limit, now: Instant) -> &mut Pair {
        if self.pairs.len() >= self.many_pairs {
            self.pairs.retain(|_, pair| !pair.waiting.is_empty() || !pair.gate.is_fresh(now));
            self.many_pairs = FEW_PAIRS.max(2 * self.pairs.len());
        }
        self.pairs.entry(Arc::clone(person)).or_insert_with(|| Pair {
            gate: Gate::new(limit, now),
            waiting: BTreeSet::new(),
            first: First::Nowhere,
        })
    }

    /// Puts the first of a pair where it belongs.
    fn place(&mut self, person: &Arc<str>, now: Instant) {
        let Some(pair) = self.pairs.get_mut(person) else { return };
        match pair.first {
            First::Nowhere => {}
            First::Ready(rank) => {
                self.ready.remove(&rank);
            }
            First::Until(at) => {
                self.opening.remove(&(at, Arc::clone(person)));
            }
        }
        let opens = pair.gate.opens(now);
        pair.first = match pair.waiting.first() {
            None => First::Nowhere,
            Some(rank) if opens <= now => {
                self.ready.insert(*rank);
                First::Ready(*rank)
            }
            Some(_) => {
                self.opening.insert((opens, Arc::clone(person)));
                First::Until(opens)
            }
        };
    }
}
