//! The calls to the provider that run right now: each ends once, by what it
//! asked for, by its deadline, by being cancelled, or with the client.

use super::answer::{closed_error, id_in_use};
use crate::message::{Error, Result, Status};
use crate::provider::action::Action;
use crate::provider::action::options::Common;
use crate::threads::lock;
use futures_util::future::AbortHandle;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many calls may run at once.
pub const MOST: usize = 64;
/// How long a task that was broken off may take to be gone.
pub const GONE: Duration = Duration::from_secs(1);

/// A call, as the host made it.
pub struct Call {
    /// What is asked.
    pub action: Action,
    /// The sender that it is about.
    pub sender: Option<String>,
    /// Its id and its time.
    pub common: Common,
}

/// The calls that run.
#[derive(Default)]
pub struct Calls {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    closed: bool,
    running: HashMap<Uuid, Running>,
}

/// A call that runs. Whoever claims it first decides how it ends.
#[derive(Clone)]
pub struct Running {
    claimed: Arc<AtomicBool>,
    bell: SyncSender<End>,
    task: AbortHandle,
}

/// How a call ends.
pub enum End {
    Done,
    Cancelled,
    Closed,
    Deadline,
}

impl Running {
    /// A call that begins; `bell` has room for one end.
    pub fn new(bell: SyncSender<End>, task: AbortHandle) -> Running {
        Running { claimed: Arc::default(), bell, task }
    }

    fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Ends it in this way, unless it has ended already.
    pub fn end(&self, end: End) -> bool {
        let first = self.claim();
        if first {
            // There is room for one, and only one is ever sent.
            let _ = self.bell.try_send(end);
        }
        first
    }

    /// The same, and its task is stopped.
    fn break_off(&self, end: End) -> bool {
        let first = self.end(end);
        if first {
            self.task.abort();
        }
        first
    }
}

impl Calls {
    /// A call begins. It is in the table until what this gives is dropped.
    pub fn enter(&self, id: Uuid, running: Running) -> Result<Entered<'_>> {
        let mut table = lock(&self.table);
        if table.closed {
            return Err(closed_error());
        }
        if table.running.len() >= MOST {
            return Err(Error::new(
                Status::QueueFull,
                format!("{MOST} calls to the provider are under way, which is the most; nothing was done."),
            )
            .hint("Try again when some have ended."));
        }
        if table.running.contains_key(&id) {
            return Err(id_in_use());
        }
        table.running.insert(id, running);
        Ok(Entered { calls: self, id })
    }

    /// Whether a call with this id runs.
    pub fn has(&self, id: Uuid) -> bool {
        lock(&self.table).running.contains_key(&id)
    }

    /// Breaks a call off. `None`: none of this id runs; false: it is over.
    pub fn cancel(&self, id: Uuid) -> Option<bool> {
        let running = lock(&self.table).running.get(&id).cloned()?;
        Some(running.break_off(End::Cancelled))
    }

    /// Breaks all off, and takes no more.
    pub fn close(&self) {
        let mut table = lock(&self.table);
        table.closed = true;
        for running in table.running.values() {
            running.break_off(End::Closed);
        }
    }
}

/// Takes the call out of the table, however it ends.
pub struct Entered<'a> {
    calls: &'a Calls,
    id: Uuid,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        lock(&self.calls.table).running.remove(&self.id);
    }
}

/// Waits for the end of a call; at the deadline that is it.
pub fn wait(running: &Running, end: &Receiver<End>, deadline: Instant) -> End {
    if let Ok(end) = end.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        return end;
    }
    if running.claim() {
        running.task.abort();
        return End::Deadline;
    }
    // Somebody else has just claimed it, and sends how it ends in a moment.
    end.recv_timeout(GONE).unwrap_or(End::Deadline)
}
