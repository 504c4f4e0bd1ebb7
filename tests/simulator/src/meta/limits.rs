//! How fast one may send: to one recipient, and from one number.

use std::collections::HashMap;

use super::errors::{Checked, Refusal};
use crate::kindness::Kindness;

/// Holds `burst` at most and is filled again by one every `interval` microseconds.
struct Bucket {
    /// In microseconds of filling, so that no fraction is lost.
    filled: u64,
    at: u64,
}

#[derive(Default)]
pub struct Limits {
    pairs: HashMap<(String, String), Bucket>,
    numbers: HashMap<String, Bucket>,
}

impl Bucket {
    fn full(burst: u64, interval: u64, now: u64) -> Self {
        Self { filled: burst * interval, at: now }
    }

    fn take(&mut self, burst: u64, interval: u64, now: u64) -> bool {
        self.filled = (burst * interval).min(self.filled + now.saturating_sub(self.at));
        self.at = now;
        if self.filled < interval {
            return false;
        }
        self.filled -= interval;
        true
    }
}

impl Limits {
    /// One more message of that number to that recipient?
    pub fn take(&mut self, kindness: &Kindness, number: &str, recipient: &str, now: u64) -> Checked {
        if kindness.messages_per_second > 0 {
            let (burst, interval) =
                (kindness.messages_per_second, 1_000_000 / kindness.messages_per_second.min(1_000_000));
            let bucket =
                self.numbers.entry(number.to_owned()).or_insert_with(|| Bucket::full(burst, interval, now));
            if !bucket.take(burst, interval, now) {
                return Err(Refusal::because(
                    130_429,
                    "Message failed to send because there were too many messages sent from this phone number in a short period of time",
                ));
            }
        }
        if kindness.pair_burst > 0 {
            let (burst, interval) = (kindness.pair_burst, 1000 * kindness.pair_interval_ms.max(1));
            let pair = (number.to_owned(), recipient.to_owned());
            let bucket = self.pairs.entry(pair).or_insert_with(|| Bucket::full(burst, interval, now));
            if !bucket.take(burst, interval, now) {
                return Err(Refusal::because(
                    131_056,
                    "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time",
                ));
            }
        }
        Ok(())
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Checked) -> u32 {
        result.err().map_or(0, |r| r.code)
    }

    #[test]
    fn forty_five_at_once_then_one_in_six_seconds() {
        let kindness = Kindness { messages_per_second: 0, ..Kindness::default() };
        let mut limits = Limits::default();
        for n in 0..45 {
            assert_eq!(code(limits.take(&kindness, "1", "a", n)), 0, "{n}");
        }
        assert_eq!(code(limits.take(&kindness, "1", "a", 50)), 131_056);
        assert_eq!(code(limits.take(&kindness, "1", "b", 50)), 0);
        assert_eq!(code(limits.take(&kindness, "2", "a", 50)), 0);
        assert_eq!(code(limits.take(&kindness, "1", "a", 6_100_000)), 0);
        assert_eq!(code(limits.take(&kindness, "1", "a", 6_200_000)), 131_056);
    }

    #[test]
    fn eighty_a_second_of_one_number() {
        let kindness = Kindness::default();
        let mut limits = Limits::default();
        for n in 0..80 {
            assert_eq!(code(limits.take(&kindness, "1", &n.to_string(), 0)), 0);
        }
        assert_eq!(code(limits.take(&kindness, "1", "x", 0)), 130_429);
        assert_eq!(code(limits.take(&kindness, "1", "x", 100_000)), 0);
    }

    #[test]
    fn the_ideal_provider_knows_no_limits() {
        let mut limits = Limits::default();
        assert!((0..500).all(|_| limits.take(&Kindness::ideal(), "1", "a", 0).is_ok()));
    }
}
