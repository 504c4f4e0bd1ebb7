//! A gate that lets one through in each interval, and some in a row after a
//! pause: the generic cell rate algorithm (GCRA).

use std::time::{Duration, Instant};

/// How late a timer may ring. Who comes through this late still uses the time
/// that was meant for it; were it not so, every late timer would make the pace
/// a little slower than it was set.
const LATE: Duration = Duration::from_millis(20);

/// One in each `interval`, at most `burst` in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The time for each. Zero: no limit.
    pub interval: Duration,
    /// How many may come in a row after a pause; at least one.
    pub burst: u32,
}

/// Who comes through the gate uses up one interval. The gate knows until when
/// the intervals that were used reach.
#[derive(Debug)]
pub struct Gate {
    limit: Limit,
    used_until: Instant,
}

impl Gate {
    /// A gate that nobody came through yet.
    pub fn new(limit: Limit, now: Instant) -> Gate {
        Gate { limit, used_until: now }
    }

    /// When the gate opens, or opened.
    pub fn opens(&self, now: Instant) -> Instant {
        let in_a_row = self.limit.interval.saturating_mul(self.limit.burst.saturating_sub(1));
        // What lies before the first instant that the machine can tell is over.
        self.used_until.checked_sub(in_a_row).unwrap_or(now)
    }

    /// One comes through. What was not used before is lost.
    pub fn pass(&mut self, now: Instant) {
        let from = if now > self.used_until + LATE { now } else { self.used_until };
        self.used_until = from + self.limit.interval;
    }

    /// Changes the interval. It holds from who came through last.
    pub fn change(&mut self, interval: Duration) {
        let last = self.used_until.checked_sub(self.limit.interval).unwrap_or(self.used_until);
        self.used_until = last + interval;
        self.limit.interval = interval;
    }

    /// Whether the gate is as if nobody had come through.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.used_until <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The times, in milliseconds since the start, at which they come through
    /// who come as early as the gate lets them, up to `end`.
    fn passes(gate: &mut Gate, start: Instant, from: u64, end: u64) -> Vec<u64> {
        let mut passed = Vec::new();
        let mut now = start + ms(from);
        loop {
            now = now.max(gate.opens(now));
            if now > start + ms(end) {
                return passed;
            }
            gate.pass(now);
            passed.push(u64::try_from(now.duration_since(start).as_millis()).unwrap());
        }
    }

    #[test]
    fn one_passes_in_each_interval() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: ms(100), burst: 1 }, start);
        assert_eq!(passes(&mut gate, start, 0, 400), [0, 100, 200, 300, 400]);
    }

    #[test]
    fn intervals_that_nobody_used_are_lost() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: ms(100), burst: 1 }, start);
        gate.pass(start);
        // Eight seconds of standstill: not one more than the pace allows.
        assert_eq!(passes(&mut gate, start, 8_000, 8_300), [8_000, 8_100, 8_200, 8_300]);
    }

    #[test]
    fn late_timers_do_not_slow_the_pace_down() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: ms(10), burst: 1 }, start);
        let mut now = start;
        for _ in 0..1000 {
            now = now.max(gate.opens(now)) + ms(3);
            gate.pass(now);
        }
        assert!(now.duration_since(start) < ms(10_020), "{:?}", now.duration_since(start));
    }

    #[test]
    fn a_burst_is_allowed_and_its_debt_is_paid_off() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: 6 * SECOND, burst: 45 }, start);
        let passed = passes(&mut gate, start, 0, 60_000);
        assert_eq!(passed[..45], [0; 45]);
        assert_eq!(
            passed[45..],
            [6_000, 12_000, 18_000, 24_000, 30_000, 36_000, 42_000, 48_000, 54_000, 60_000]
        );
        assert!(!gate.is_fresh(start + 300 * SECOND));
        assert!(gate.is_fresh(start + 331 * SECOND));
    }

    #[test]
    fn a_new_interval_holds_from_who_came_last() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: 1000 * SECOND, burst: 1 }, start);
        gate.pass(start);
        gate.change(ms(100));
        assert_eq!(passes(&mut gate, start, 0, 200), [100, 200]);
        gate.change(SECOND);
        assert_eq!(passes(&mut gate, start, 200, 1_300), [1_200]);
    }

    #[test]
    fn no_interval_is_no_limit() {
        let start = Instant::now();
        let mut gate = Gate::new(Limit { interval: Duration::ZERO, burst: 1 }, start);
        for _ in 0..1000 {
            assert!(gate.opens(start) <= start);
            gate.pass(start);
        }
    }
}
