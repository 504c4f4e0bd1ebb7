//! Counts, for `GET /_control/stats`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Value, json};

use crate::chance::locked;

#[derive(Default)]
pub struct Stats {
    pub connections: AtomicU64,
    pub requests: AtomicU64,
    pub incomplete: AtomicU64,
    /// Complete requests to create a message.
    pub post_messages: AtomicU64,
    pub taken: AtomicU64,
    pub faults: AtomicU64,
    pub in_flight: AtomicU64,
    pub peak_concurrent: AtomicU64,
    pub callbacks_sent: AtomicU64,
    pub callbacks_failed: AtomicU64,
    pub callbacks_not_loopback: AtomicU64,
    answers: Mutex<BTreeMap<String, u64>>,
}

impl Stats {
    /// Counts one more in flight; gives how many there are now.
    pub fn enter(&self) -> u64 {
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.peak_concurrent.fetch_max(now, Relaxed);
        now
    }

    pub fn leave(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub fn answered(&self, what: &str) {
        let mut answers = locked(&self.answers);
        match answers.get_mut(what) {
            Some(n) => *n += 1,
            None => {
                answers.insert(what.to_owned(), 1);
            }
        }
    }

    pub fn to_json(&self) -> Value {
        let n = |a: &AtomicU64| a.load(Relaxed);
        json!({
            "connections": n(&self.connections), "requests": n(&self.requests), "incomplete": n(&self.incomplete),
            "post_messages": n(&self.post_messages), "taken": n(&self.taken), "faults": n(&self.faults),
            "in_flight": n(&self.in_flight), "peak_concurrent": n(&self.peak_concurrent),
            "callbacks_sent": n(&self.callbacks_sent), "callbacks_failed": n(&self.callbacks_failed),
            "callbacks_not_loopback": n(&self.callbacks_not_loopback), "answers": *locked(&self.answers),
        })
    }

    pub fn reset(&self) {
        for a in [
            &self.connections,
            &self.requests,
            &self.incomplete,
            &self.post_messages,
            &self.taken,
            &self.faults,
            &self.callbacks_sent,
            &self.callbacks_failed,
            &self.callbacks_not_loopback,
        ] {
            a.store(0, Relaxed);
        }
        self.peak_concurrent.store(self.in_flight.load(Relaxed), Relaxed);
        locked(&self.answers).clear();
    }
}
