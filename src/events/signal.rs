//! A bell that rings when there may be something to tell.

use crate::threads;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// Counts what happened, so that a ring between a look and a wait is not lost.
#[derive(Default)]
pub struct Signal {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default, Clone, Copy)]
struct State {
    rings: u64,
    log_listeners: usize,
    closed: bool,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, State> {
        threads::lock(&self.state)
    }

    /// Something was committed that hosts are told.
    pub fn ring(&self) {
        self.lock().rings += 1;
        self.bell.notify_all();
    }

    /// A log record was written: rings only where somebody listens.
    pub fn ring_log(&self) {
        let mut state = self.lock();
        if state.log_listeners > 0 {
            state.rings += 1;
            drop(state);
            self.bell.notify_all();
        }
    }

    /// Somebody listens to the log, or no longer does.
    pub fn listen_to_log(&self, listens: bool) {
        let mut state = self.lock();
        state.log_listeners =
            if listens { state.log_listeners + 1 } else { state.log_listeners.saturating_sub(1) };
    }

    /// Wakes everybody, for ever.
    pub fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_all();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How often it has rung.
    pub fn rings(&self) -> u64 {
        self.lock().rings
    }

    /// Waits for a ring after the `seen`th, the closing, or the deadline.
    pub fn wait(&self, seen: u64, deadline: Instant) {
        let mut state = self.lock();
        while state.rings == seen && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = threads::wait_for(&self.bell, state, left);
        }
    }
}
