//! Webhooks that are refused are told, but not each: anybody can send a
//! million of them, and each event is a row.

use crate::threads::lock;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// After one was told, so long none is.
const PAUSE: Duration = Duration::from_secs(60);

/// Why a webhook is refused. Each reason is told by itself: what anybody can
/// send must not hide what only the provider can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// Nobody whom we know signed it.
    NotSigned,
    /// It is signed, and about another account.
    AnotherAccount,
}

/// Counts what was not told.
#[derive(Default)]
pub struct Refusals {
    not_signed: Mutex<Told>,
    another_account: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    at: Option<Instant>,
    since: u64,
}

impl Refusals {
    /// What is to be told of one, if it is time to tell something.
    pub fn tell(&self, reason: Reason, why: &str) -> Option<String> {
        self.tell_at(reason, why, Instant::now())
    }

    fn tell_at(&self, reason: Reason, why: &str, now: Instant) -> Option<String> {
        let mut told = lock(match reason {
            Reason::NotSigned => &self.not_signed,
            Reason::AnotherAccount => &self.another_account,
        });
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
        let first = refusals.tell_at(Reason::NotSigned, "it is not signed", begun);
        assert_eq!(first.as_deref(), Some("A webhook was refused: it is not signed."));
        for second in 0..59 {
            assert_eq!(refusals.tell_at(Reason::NotSigned, "x", begun + Duration::from_secs(second)), None);
        }
        let next = refusals.tell_at(Reason::NotSigned, "y", begun + PAUSE).unwrap();
        assert!(next.contains("y. 59 more"), "{next}");
        assert_eq!(refusals.tell_at(Reason::NotSigned, "y", begun + PAUSE), None);
    }

    #[test]
    fn a_flood_of_forgeries_hides_nothing_that_is_signed() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        for _ in 0..1000 {
            refusals.tell_at(Reason::NotSigned, "x", begun);
        }
        let told = refusals.tell_at(Reason::AnotherAccount, "y", begun);
        assert_eq!(told.as_deref(), Some("A webhook was refused: y."));
        assert_eq!(refusals.tell_at(Reason::AnotherAccount, "y", begun), None);
    }
}
