//! How fast messages go out.
//!
//! Each sender has a time from which its next message may leave, and each
//! message moves that time on by one interval (the generic cell rate
//! algorithm, GCRA). The times are this process's own: several processes that
//! send from the same number do not know of each other's.

// Built beside the pace that is in use; not wired yet.
#[allow(dead_code)]
mod gate;
#[allow(dead_code)]
mod pacer;
#[allow(dead_code)]
mod queue;
#[allow(dead_code)]
mod schedule;
#[allow(dead_code)]
mod slots;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Twilio's sandbox takes one message in three seconds.
pub const SANDBOX_SENDER: &str = "whatsapp:+14155238886";
/// The pace of the sandbox, in messages per second.
pub const SANDBOX_PACE: f64 = 1.0 / 3.0;

/// Grants each sender its slots.
pub struct Pacer {
    inner: Mutex<Inner>,
}

struct Inner {
    interval: Option<Duration>,
    slow: Option<(String, Duration)>,
    next: HashMap<String, Instant>,
}

impl Pacer {
    /// A pace in messages per second, none being no limit; and one sender
    /// that is slower than the rest.
    pub fn new(rate: Option<f64>, slow: Option<(&str, f64)>) -> Pacer {
        Pacer {
            inner: Mutex::new(Inner {
                interval: interval(rate),
                slow: slow.and_then(|(sender, rate)| Some((sender.to_owned(), interval(Some(rate))?))),
                next: HashMap::new(),
            }),
        }
    }

    /// Changes the pace for all senders.
    pub fn change(&self, rate: Option<f64>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).interval = interval(rate);
    }

    /// Takes the sender's slot if it is free now.
    pub fn take_now(&self, sender: &str) -> bool {
        self.take(sender, Instant::now(), false).is_some()
    }

    /// Takes the sender's next slot and says when it begins.
    pub fn take_next(&self, sender: &str) -> Instant {
        let now = Instant::now();
        self.take(sender, now, true).unwrap_or(now)
    }

    fn take(&self, sender: &str, now: Instant, may_wait: bool) -> Option<Instant> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut step = inner.interval;
        if let Some((slow, slower)) = &inner.slow
            && slow == sender
        {
            step = Some(step.map_or(*slower, |step| step.max(*slower)));
        }
        let Some(step) = step else { return Some(now) };
        let next = inner.next.entry(sender.to_owned()).or_insert(now);
        let slot = (*next).max(now);
        if slot > now && !may_wait {
            return None;
        }
        *next = slot + step;
        Some(slot)
    }
}

fn interval(rate: Option<f64>) -> Option<Duration> {
    rate.map(|rate| Duration::from_secs_f64(1.0 / rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_each_other() {
        let pacer = Pacer::new(Some(10.0), Some(("slow", 1.0)));
        let start = Instant::now();
        let slots: Vec<Duration> =
            (0..5).map(|_| pacer.take("a", start, true).unwrap().duration_since(start)).collect();
        assert_eq!(slots, [0, 100, 200, 300, 400].map(Duration::from_millis));
        assert_eq!(pacer.take("a", start, false), None, "not now");
        assert!(pacer.take("b", start, false).is_some(), "another sender has its own");
        pacer.take("slow", start, true);
        let second = pacer.take("slow", start, true).unwrap();
        assert_eq!(second.duration_since(start), Duration::from_secs(1));
    }

    #[test]
    fn unused_slots_are_not_saved_up() {
        let pacer = Pacer::new(Some(10.0), None);
        let start = Instant::now();
        pacer.take("a", start, true);
        let later = start + Duration::from_secs(60);
        assert_eq!(pacer.take("a", later, true), Some(later));
        assert_eq!(pacer.take("a", later, false), None);
    }

    #[test]
    fn no_limit_is_no_limit() {
        let pacer = Pacer::new(None, None);
        assert!((0..1000).all(|_| pacer.take_now("a")));
    }
}
