//! The part of a provider's list in which an attempt can be, by the
//! provider's own clock: ours may be wrong, and may have been set since.

use crate::message::age::{Age, millis};
use crate::message::clock::Millis;

/// How long before an attempt its message may have been made, as times are
/// rounded and answers take their time.
const BEFORE_MILLIS: i64 = 120_000;

/// From when on an entry can be of the attempt.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    surely_from: i64,
    possibly_from: i64,
    clocks_agree: bool,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the time of the attempt.
    Inside,
    /// It may be of that time.
    Doubtful,
    /// Surely older.
    TooOld,
}

impl Window {
    /// The window for an attempt, while the provider's clock shows this. What
    /// does not tell its clock leaves every time in doubt.
    pub fn of(age: &Age, provider_now: Option<Millis>) -> Window {
        let Some(now) = provider_now else {
            return Window { surely_from: i64::MAX, possibly_from: i64::MIN, clocks_agree: true };
        };
        let before = |time| now.0.saturating_sub(millis(time)).saturating_sub(BEFORE_MILLIS);
        let noted = age.provider_clock().map_or(i64::MAX, |at| at.0.saturating_sub(BEFORE_MILLIS));
        Window {
            surely_from: before(age.told()),
            possibly_from: before(age.most()).min(noted),
            clocks_agree: age.agrees_with_provider(now),
        }
    }

    /// Where an entry stands that was made at this time of the provider's clock.
    pub fn place(&self, created: Option<Millis>) -> Place {
        match created {
            Some(at) if at.0 < self.possibly_from => Place::TooOld,
            Some(at) if at.0 >= self.surely_from => Place::Inside,
            _ => Place::Doubtful,
        }
    }

    /// Whether the provider's clock went on as ours since the attempt.
    pub fn clocks_agree(&self) -> bool {
        self.clocks_agree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::clock::uptime;
    use std::time::Duration;

    /// A time of the provider that has nothing to do with ours.
    const NOW: i64 = 1_700_000_000_000;
    const MINUTE: i64 = 60_000;

    fn own() -> Age {
        Age::of_own(uptime())
    }

    fn another() -> Age {
        Age::of_another(uptime(), Duration::from_secs(600))
    }

    #[test]
    fn what_is_too_old_is_told_by_the_providers_clock_alone() {
        for (age, minutes, place) in [
            (own(), 0, Place::Inside),
            (own(), -1, Place::Inside),
            (own(), -3, Place::TooOld),
            (another(), -11, Place::Inside),
            (another(), -13, Place::Doubtful),
            (another(), -24 * 60, Place::Doubtful),
            (another(), -25 * 60, Place::TooOld),
            // Its clock was five minutes ahead when it answered the attempt.
            (own().with_provider_clock(Some(Millis(NOW - 5 * MINUTE))), -6, Place::Doubtful),
            (own().with_provider_clock(Some(Millis(NOW + 5 * MINUTE))), -1, Place::Inside),
        ] {
            let window = Window::of(&age, Some(Millis(NOW)));
            assert_eq!(window.place(Some(Millis(NOW + minutes * MINUTE))), place, "{minutes} {age:?}");
            assert_eq!(window.place(None), Place::Doubtful);
        }
    }

    #[test]
    fn a_list_without_a_date_leaves_everything_in_doubt() {
        let window = Window::of(&own(), None);
        for at in [0, NOW, i64::MAX - 1] {
            assert_eq!(window.place(Some(Millis(at))), Place::Doubtful);
        }
    }

    #[test]
    fn a_clock_of_the_provider_that_was_set_is_noticed() {
        for (off, agrees) in [(0, true), (20_000, true), (60_000, false), (-60_000, false)] {
            let age = own().with_provider_clock(Some(Millis(NOW + off)));
            assert_eq!(Window::of(&age, Some(Millis(NOW))).clocks_agree(), agrees, "{off}");
        }
    }
}
