//! How far the end of a client has come, and who waits for it.

use crate::threads::{self, lock};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How far the closing has come.
#[derive(Default)]
pub struct Closing {
    begun: AtomicBool,
    ended: Mutex<bool>,
    bell: Condvar,
    /// The thread that ends the client.
    pub closer: Mutex<Option<JoinHandle<()>>>,
}

impl Closing {
    /// Whether somebody has called for the end.
    pub fn begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Begins the closing; false if it had begun before. Wakes who sleeps.
    pub fn begin(&self) -> bool {
        let _ended = lock(&self.ended);
        let first = !self.begun.swap(true, Ordering::AcqRel);
        self.bell.notify_all();
        first
    }

    /// Sleeps, unless and until the closing begins.
    pub fn sleep(&self, longest: Duration) {
        let ended = lock(&self.ended);
        let _ = self.bell.wait_timeout_while(ended, longest, |_| !self.begun());
    }

    /// Waits for the end of the closing. False when the deadline passed first.
    pub fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut ended = lock(&self.ended);
        while !*ended {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                return false;
            }
            ended = threads::wait_for(&self.bell, ended, left);
        }
        true
    }

    /// The client has ended: wakes who waits for that.
    pub fn end(&self) {
        *lock(&self.ended) = true;
        self.bell.notify_all();
    }
}
