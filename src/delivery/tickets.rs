//! The messages that this client looks after right now, and who waits for
//! them.

use super::expiry::Expiry;
use crate::message::clock::Millis;
use crate::message::{Error, Outcome};
use crate::threads;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;
use tokio::sync::Notify;
use uuid::Uuid;

/// A message under way: where it is, and a bell for who waits for it.
pub struct Ticket {
    /// The message.
    pub id: Uuid,
    state: Mutex<TicketState>,
    changed: Condvar,
    /// A call waits for it: the message ends with the call's deadline.
    pub bound: bool,
    /// When its time is over.
    pub expiry: Expiry,
    /// Rung to give the message up while it waits.
    pub give_up: Notify,
}

#[derive(Debug)]
struct TicketState {
    outcome: Outcome,
    phase: Phase,
    give_up: Option<GiveUp>,
    /// Somebody waits for the record only, and is woken by it. Those who wait
    /// for the end are not woken before the end.
    for_record: bool,
}

/// How far a message has come, for who waits for it.
#[derive(Debug, Clone)]
pub enum Phase {
    /// Not committed yet.
    New,
    /// Recorded; waits for its turn. Nothing was attempted.
    Waiting,
    /// An attempt is under way, or was.
    Attempting,
    /// Between two attempts; nothing happens before this time.
    Resting(Millis),
    /// It was left to the database, and rests there until this time. Then
    /// any worker may take it: its row tells the rest.
    Left(Millis),
    /// It is over.
    Ended,
    /// It was not recorded.
    Refused(Box<Error>),
    /// The client is closed; the message goes on at the next start.
    Closed,
}

impl Phase {
    /// Whether nobody here looks after the message any more.
    fn is_last(&self) -> bool {
        matches!(self, Phase::Ended | Phase::Refused(_) | Phase::Closed | Phase::Left(_))
    }
}

/// Who wants a waiting message to be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// The host.
    Cancelled,
    /// The deadline of the call that sent it.
    Deadline,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    /// The commit of the message.
    Record,
    /// The end, given up early where nothing happens before the deadline.
    Progress,
    /// The end, whatever happens.
    End,
}

/// What a wait ended with.
#[derive(Debug)]
pub enum Waited {
    /// The message is over.
    Ended(Outcome),
    /// It was not recorded.
    Refused(Box<Error>),
    /// The deadline passed, or nothing happens before it.
    Deadline(Outcome, Phase),
    /// Nobody here looks after it any more: the client is closed, or the
    /// message was left to the database or to another worker.
    Closed(Outcome),
}

impl Ticket {
    fn new(id: Uuid, outcome: Outcome, bound: bool, expiry: Expiry) -> Ticket {
        Ticket {
            id,
            state: Mutex::new(TicketState { outcome, phase: Phase::New, give_up: None, for_record: false }),
            changed: Condvar::new(),
            bound,
            expiry,
            give_up: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, TicketState> {
        threads::lock(&self.state)
    }

    /// Tells who waits how far the message has come.
    pub fn tell(&self, phase: Phase, outcome: Option<Outcome>) {
        let mut state = self.lock();
        if state.phase.is_last() {
            return;
        }
        state.phase = phase;
        if let Some(outcome) = outcome {
            state.outcome = outcome;
        }
        let between = matches!(state.phase, Phase::New | Phase::Waiting | Phase::Attempting);
        let wakes = !between || state.for_record;
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
    }

    /// Leaves the message to the database until a time. False if it is to be
    /// given up: then it stays, to be ended here.
    pub fn leave(&self, until: Millis, outcome: Option<Outcome>) -> bool {
        let mut state = self.lock();
        if let Some(outcome) = outcome {
            state.outcome = outcome;
        }
        if state.give_up.is_some() {
            return false;
        }
        if !state.phase.is_last() {
            state.phase = Phase::Left(until);
        }
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Asks for the message to be given up; the first reason stays.
    pub fn ask_to_give_up(&self, reason: GiveUp) {
        let mut state = self.lock();
        state.give_up.get_or_insert(reason);
        drop(state);
        self.give_up.notify_one();
    }

    /// Whether somebody asked for it to be given up.
    pub fn given_up(&self) -> Option<GiveUp> {
        self.lock().give_up
    }

    /// Where the message is, and how far it has come.
    pub fn look(&self) -> (Outcome, Phase) {
        let state = self.lock();
        (state.outcome.clone(), state.phase.clone())
    }

    /// Whether the message is over, refused or left to the next start.
    #[cfg(test)]
    pub fn is_over(&self) -> bool {
        self.lock().phase.is_last()
    }

    /// Waits, on a host's thread, for what is asked, or until the deadline.
    pub fn wait(&self, what: WaitFor, deadline: Instant) -> Waited {
        let mut state = self.lock();
        state.for_record |= what == WaitFor::Record;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match &state.phase {
                Phase::Ended => return Waited::Ended(state.outcome.clone()),
                Phase::Refused(error) => return Waited::Refused(error.clone()),
                Phase::Closed => return Waited::Closed(state.outcome.clone()),
                Phase::Waiting | Phase::Attempting | Phase::Resting(_) | Phase::Left(_)
                    if what == WaitFor::Record =>
                {
                    return Waited::Ended(state.outcome.clone());
                }
                // Nothing happens before the deadline, unless it is being given up.
                Phase::Resting(until) | Phase::Left(until)
                    if what == WaitFor::Progress
                        && state.give_up.is_none()
                        && Millis::now().plus(left.as_millis() as u64) < *until =>
                {
                    return Waited::Deadline(state.outcome.clone(), state.phase.clone());
                }
                Phase::Left(_) => return Waited::Closed(state.outcome.clone()),
                _ => {}
            }
            if left.is_zero() {
                return Waited::Deadline(state.outcome.clone(), state.phase.clone());
            }
            state = threads::wait_for(&self.changed, state, left);
        }
    }
}

/// All tickets by message.
#[derive(Default)]
pub struct Live {
    tickets: Mutex<HashMap<Uuid, Arc<Ticket>>>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Ticket>>> {
        threads::lock(&self.tickets)
    }

    /// A ticket for a message. None if it is looked after already.
    pub fn enter(&self, id: Uuid, outcome: Outcome, bound: bool, expiry: Expiry) -> Option<Arc<Ticket>> {
        let mut tickets = self.lock();
        if tickets.contains_key(&id) {
            return None;
        }
        let ticket = Arc::new(Ticket::new(id, outcome, bound, expiry));
        tickets.insert(id, Arc::clone(&ticket));
        Some(ticket)
    }

    /// The ticket of a message.
    pub fn find(&self, id: Uuid) -> Option<Arc<Ticket>> {
        self.lock().get(&id).cloned()
    }

    /// The message is over, or no longer looked after here. It may have come
    /// back meanwhile, with a ticket that is another one.
    pub fn leave(&self, ticket: &Arc<Ticket>) {
        let mut tickets = self.lock();
        if tickets.get(&ticket.id).is_some_and(|known| Arc::ptr_eq(known, ticket)) {
            tickets.remove(&ticket.id);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Wakes everybody who waits for a recorded message: the client is closed.
    /// Who waits for the record itself learns in a moment whether it is there.
    pub fn close(&self) {
        let tickets: Vec<Arc<Ticket>> = self.lock().values().cloned().collect();
        for ticket in tickets {
            if !matches!(ticket.look().1, Phase::New) {
                ticket.tell(Phase::Closed, None);
            }
        }
    }
}
