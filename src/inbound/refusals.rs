//! Webhooks that are refused are told, but not each: anybody can send a
//! million of them, and each event is a row.

use crate::threads::lock;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// After one was told, so long none is.
const PAUSE: Duration = Duration::from_secs(60);

/// Counts what was not told.
#[derive(Default)]
pub struct Refusals {
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    at: Option<Instant>,
    since: u64,
}

impl Refusals {
    /// What is to be told of one, if it is time to tell something.
    pub fn tell(&self, why: &str) -> Option<String> {
        self.tell_at(why, Instant::now())
    }

    fn tell_at(&self, why: &str, now: Instant) -> Option<String> {
        let mut told = lock(&self.told);
        if told.at.is_some_and(|at| now.saturating_duration_since(at) < PAUSE) {
            told.since += 1;
            return None;
        }
        let others = match std::mem::take(&mut told.since) {
            0 => String::new(),
            more => format!(" {more} more were refused since the last one that was told."),
        };
        told.at = Some(now);
        Some(format!("A webhook was refused: {why}.{others}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_once_a_minute_with_its_count() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let first = refusals.tell_at("it is not signed", begun);
        assert_eq!(first.as_deref(), Some("A webhook was refused: it is not signed."));
        for second in 0..59 {
            assert_eq!(refusals.tell_at("x", begun + Duration::from_secs(second)), None);
        }
        let next = refusals.tell_at("y", begun + PAUSE).unwrap();
        assert!(next.contains("y. 59 more"), "{next}");
        assert_eq!(refusals.tell_at("y", begun + PAUSE), None);
    }
}
