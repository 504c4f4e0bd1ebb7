//! The end of a client: the runtime ends by this path only.

use super::Client;
use crate::delivery::{Delivery, Stop};
use crate::events::Level;
use crate::threads;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far the closing has come.
#[derive(Default)]
pub struct Closing {
    begun: AtomicBool,
    ended: Mutex<bool>,
    bell: Condvar,
}

impl Closing {
    /// Whether somebody has called for the end.
    pub fn begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                return false;
            }
            ended = self.bell.wait_timeout(ended, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// How long attempts under way may take to end by themselves, at the most,
/// where the caller sets no limit.
const LONGEST_DRAIN: Duration = Duration::from_secs(600);
/// How long the last writes may take once nothing is under way any more.
const LAST_WRITES: Duration = Duration::from_secs(3);

impl Client {
    /// Ends the client. True once everything has ended and all threads are
    /// joined; false when the deadline passed first: ask again.
    pub fn close(self: &Arc<Self>, timeout: Duration) -> bool {
        let begin = Instant::now();
        let deadline = begin.checked_add(timeout);
        if !self.closing.begun.swap(true, Ordering::AcqRel) {
            let client = Arc::clone(self);
            let drain = timeout.min(LONGEST_DRAIN);
            let closer = std::thread::Builder::new().name("wa-close".into()).spawn(move || {
                threads::prepare();
                client.end(begin, drain);
            });
            if closer.is_err() {
                // No thread can be had: end it here.
                self.end(begin, drain);
            }
        }
        self.closing.wait(deadline)
    }

    fn end(self: &Arc<Self>, begin: Instant, drain: Duration) {
        self.log.write(Level::Info, "client", "The client is being closed.");
        self.dispatcher.stop();
        self.delivery.stop.send_replace(Stop::Drain);
        // Who waits is told first; what is under way goes on meanwhile.
        self.delivery.live.close();
        self.signal.close();
        let share = drain.saturating_sub(LAST_WRITES.min(drain / 2));
        while self.delivery.live.count() > 0 && begin.elapsed() < share {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.delivery.stop.send_replace(Stop::Now);
        let patience = Instant::now() + LAST_WRITES;
        while self.delivery.live.count() > 0 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
        release(&self.delivery);
        self.delivery.writer.stop(Instant::now() + LAST_WRITES);
        self.delivery.readers.stop();
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(LAST_WRITES);
        }
        // A driver or a callback may hang: these threads are waited for
        // without an end, and wa_close says meanwhile that it is pending.
        while !(self.delivery.writer.ended() && self.delivery.readers.ended() && self.dispatcher.ended()) {
            std::thread::sleep(Duration::from_millis(2));
        }
        *self.closing.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.closing.bell.notify_all();
    }
}

/// What is still queued is free for the next client.
fn release(delivery: &Arc<Delivery>) {
    let worker = delivery.worker.id;
    delivery.writer.call(move |connection| connection.release(worker), |_| {});
}
