//! How long SQLite may work on one thing.
//!
//! SQLite asks, every few thousand steps of a statement, whether it is to go
//! on. So a search through a large history ends when nobody wants its answer
//! any more, and nothing takes longer than the settings allow.

use super::{BUSY, busy};
use crate::history::store::StoreError;
use crate::threads::lock;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How many steps of its virtual machine SQLite makes between two questions:
/// well below a millisecond.
const STEPS: std::ffi::c_int = 10_000;

/// When the client is closed, if that has begun: of all connections of a store.
pub type EndBy = Arc<Mutex<Option<Instant>>>;

/// The limit of one connection.
pub struct Limit {
    longest: Duration,
    deadline: Option<Instant>,
    end: Arc<Mutex<Option<Instant>>>,
    end_by: EndBy,
}

impl Limit {
    /// Sets the limit up for a connection.
    pub fn of(connection: &rusqlite::Connection, longest: Duration, end_by: EndBy) -> Limit {
        let end: Arc<Mutex<Option<Instant>>> = Arc::default();
        let (ends, closes) = (Arc::clone(&end), Arc::clone(&end_by));
        let over = move || {
            let now = Instant::now();
            let past = |end: &Mutex<Option<Instant>>| lock(end).is_some_and(|end| end <= now);
            past(&ends) || past(&closes)
        };
        connection.progress_handler(STEPS, Some(over));
        Limit { longest, deadline: None, end, end_by }
    }

    /// Nobody waits longer than this for what follows.
    pub fn until(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// How long anybody waits for what follows.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Something begins.
    pub fn begin(&self) {
        busy::wait_at_most(BUSY.min(self.longest));
        let longest = Instant::now() + self.longest;
        *lock(&self.end) = Some(self.deadline.map_or(longest, |deadline| deadline.min(longest)));
    }

    /// Something begins that takes as long as it takes: the tables of a large
    /// history are upgraded once.
    pub fn begin_without(&self) {
        busy::wait_at_most(BUSY.min(self.longest));
        *lock(&self.end) = None;
    }

    /// What is to be said of an error: if the deadline has passed, that.
    pub fn told(&self, error: StoreError) -> StoreError {
        let now = Instant::now();
        let late = self.deadline.is_some_and(|deadline| deadline <= now)
            || lock(&self.end_by).is_some_and(|end| end <= now);
        if late { StoreError::late() } else { error }
    }
}
