//! How old an attempt is, by clocks that nobody can set.
//!
//! Whether a message is sent again depends on how long ago its attempt was.
//! The time of day proves nothing about that: people and servers set it. The
//! machine's uptime does, but it says nothing of what came before this
//! process. So an attempt of another process counts as seen only from the
//! moment on at which it was taken over; what the database says of its age
//! widens what is searched, and allows nothing.

use super::clock::{Millis, uptime};
use std::time::Duration;

/// Two clocks that tell the same time differ by no more than this.
const MARGIN_MILLIS: i64 = 30_000;
/// By how much the database may be wrong about the age of another process's
/// attempt: a clock that was set may have been wrong by hours.
const UNPROVEN: Duration = Duration::from_secs(24 * 3600);

/// The age of one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Age {
    /// When it began or was taken over, as `uptime` counts.
    seen_at: Duration,
    /// How old it was then, as the database told.
    told: Duration,
    /// By how much that may be wrong.
    unproven: Duration,
    /// The provider's clock when it began, where its answer had a date.
    provider_clock: Option<Millis>,
}

impl Age {
    /// Of an attempt that this process made, at this `uptime`.
    pub fn of_own(began_at: Duration) -> Age {
        Age { seen_at: began_at, told: Duration::ZERO, unproven: Duration::ZERO, provider_clock: None }
    }

    /// Of another process's attempt, which the database calls `told` old at
    /// this `uptime`.
    pub fn of_another(seen_at: Duration, told: Duration) -> Age {
        Age { seen_at, told, unproven: UNPROVEN, provider_clock: None }
    }

    /// The same, where the provider's clock at its beginning is known.
    #[must_use]
    pub fn with_provider_clock(self, provider_clock: Option<Millis>) -> Age {
        Age { provider_clock, ..self }
    }

    /// How old it is at least: this much was counted here.
    pub fn proven(&self) -> Duration {
        uptime().saturating_sub(self.seen_at)
    }

    /// How old it is, as far as anybody knows.
    pub fn told(&self) -> Duration {
        self.told.saturating_add(self.proven())
    }

    /// How old it can be at most.
    pub fn most(&self) -> Duration {
        self.told().saturating_add(self.unproven)
    }

    /// Whether the database, which calls it so many milliseconds old, tells
    /// the same. If not, one of the clocks was set.
    pub fn agrees_with(&self, database: i64) -> bool {
        is_near(database, millis(self.told()))
    }

    /// Whether the provider's clock, which shows this now, went on as ours
    /// since the attempt.
    pub fn agrees_with_provider(&self, now: Millis) -> bool {
        self.provider_clock.is_none_or(|began| is_near(now.0.saturating_sub(began.0), millis(self.told())))
    }

    /// The provider's clock at the beginning, where it is known.
    pub fn provider_clock(&self) -> Option<Millis> {
        self.provider_clock
    }
}

/// A time as milliseconds.
pub fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn is_near(one: i64, other: i64) -> bool {
    one.saturating_sub(other).saturating_abs() <= MARGIN_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_the_database_tells_proves_nothing() {
        let seen = uptime().saturating_sub(Duration::from_secs(1));
        for (age, told) in [(Age::of_own(seen), Duration::ZERO), (Age::of_another(seen, HOUR), HOUR)] {
            assert!(age.proven() < Duration::from_secs(60), "{age:?}");
            assert!(age.told() >= told + Duration::from_secs(1) && age.told() < told + HOUR, "{age:?}");
            assert_eq!(age.most() > age.told() + HOUR, told > Duration::ZERO, "{age:?}");
        }
    }

    #[test]
    fn a_clock_that_was_set_is_noticed() {
        let age = Age::of_another(uptime(), HOUR);
        for (off, agrees) in [(0, true), (25_000, true), (-25_000, true), (40_000, false), (-40_000, false)] {
            let database = millis(HOUR) + off;
            assert_eq!(age.agrees_with(database), agrees, "{off}");
            let noted = age.with_provider_clock(Some(Millis(1_800_000_000_000)));
            assert_eq!(noted.agrees_with_provider(Millis(1_800_000_000_000 + database)), agrees, "{off}");
        }
        assert!(age.agrees_with_provider(Millis(7)), "nothing is known of it");
        assert!(!age.agrees_with(i64::MIN));
    }
}
