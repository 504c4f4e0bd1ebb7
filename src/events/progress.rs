//! How far long work has come: told while it runs, kept by nobody.

use crate::ground::threads::lock;
use serde::Serialize;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A step of a call that takes long.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProgressRecord {
    /// Id of the operation: the `id` of the call's options.
    pub id: String,
    /// Bytes done; of work on the history, messages or rows.
    pub done: u64,
    /// All of them, where that is known.
    pub total: Option<u64>,
}

/// How often a call tells of its progress.
const EVERY: Duration = Duration::from_millis(200);

/// Lets a step through now and then, and the last one always.
#[derive(Default)]
pub struct Throttle {
    told: Mutex<Option<Instant>>,
}

impl Throttle {
    /// Whether this step is to be told.
    pub fn lets_through(&self, done: u64, total: Option<u64>) -> bool {
        let mut told = lock(&self.told);
        let now = Instant::now();
        if total != Some(done) && told.is_some_and(|told| now.duration_since(told) < EVERY) {
            return false;
        }
        *told = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_step_are_told() {
        let throttle = Throttle::default();
        let told: Vec<u64> = (0..=1000).filter(|done| throttle.lets_through(*done, Some(1000))).collect();
        assert_eq!((told.first(), told.last()), (Some(&0), Some(&1000)));
        assert!(told.len() < 500, "{} steps", told.len());
    }
}
