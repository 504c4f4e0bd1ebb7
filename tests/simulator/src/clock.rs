//! Time: microseconds since the start (never going back), and how the providers write a moment.

use std::time::Instant;

use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

pub struct Clock {
    start: Instant,
    wall: OffsetDateTime,
}

impl Clock {
    pub fn new() -> Self {
        Self { start: Instant::now(), wall: OffsetDateTime::now_utc() }
    }

    /// Microseconds since the start.
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub fn wall(&self, at: u64) -> OffsetDateTime {
        self.wall.saturating_add(Duration::microseconds(i64::try_from(at).unwrap_or(i64::MAX)))
    }

    /// `Sun, 22 Nov 2026 01:00:00 +0000`
    pub fn rfc2822(&self, at: u64) -> String {
        self.wall(at).format(&Rfc2822).unwrap_or_default()
    }

    /// `2026-11-22T01:00:00Z`
    pub fn seconds(&self, at: u64) -> String {
        let t = self.wall(at);
        t.replace_nanosecond(0).unwrap_or(t).format(&Rfc3339).unwrap_or_default()
    }

    /// `2026-11-22T01:00:00.123456Z`
    pub fn rfc3339(&self, at: u64) -> String {
        self.wall(at).format(&Rfc3339).unwrap_or_default()
    }

    /// The moment as microseconds since the start; before the start it is negative.
    pub fn since_start(&self, moment: OffsetDateTime) -> i128 {
        (moment - self.wall).whole_microseconds()
    }
}

/// A date or a moment of a query (`2026-11-22`, `2026-11-22T01:00:00Z`, RFC 2822); true if it names a whole day.
pub fn parse_query_date(text: &str) -> Option<(OffsetDateTime, bool)> {
    if let Ok(t) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some((t, false));
    }
    if let Ok(t) = OffsetDateTime::parse(text, &Rfc2822) {
        return Some((t, false));
    }
    let (day, clock) = match text.split_once(['T', ' ']) {
        Some((d, c)) => (d, Some(c)),
        None => (text, None),
    };
    let mut part = day.split('-');
    let year = part.next()?.parse().ok()?;
    let month = part.next()?.parse::<u8>().ok()?;
    let date = part.next()?.parse().ok()?;
    if part.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(year, time::Month::try_from(month).ok()?, date).ok()?;
    let Some(clock) = clock else {
        return Some((PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc(), true));
    };
    let clock = clock.trim_end_matches('Z').split('.').next()?;
    let mut part = clock.split(':');
    let (h, m, s) =
        (part.next()?.parse().ok()?, part.next()?.parse().ok()?, part.next().unwrap_or("0").parse().ok()?);
    Some((PrimitiveDateTime::new(date, Time::from_hms(h, m, s).ok()?).assume_utc(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_twilio_writes_them() {
        let text = Clock::new().rfc2822(0);
        assert!(text.ends_with(" +0000") && text.len() == 31, "{text}");
        assert!(Clock::new().seconds(5).ends_with('Z'));
    }

    #[test]
    fn dates_of_queries_are_read_in_every_form() {
        assert!(parse_query_date("2026-11-22").is_some_and(|(_, day)| day));
        for text in ["2026-11-22T01:02:03Z", "2026-11-22 01:02:03.000", "Sun, 22 Nov 2026 01:02:03 +0000"] {
            let (t, day) = parse_query_date(text).unwrap();
            assert!(!day && t.hour() == 1 && t.second() == 3, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "2026-11", "2026-11-22-01"] {
            assert!(parse_query_date(text).is_none(), "{text}");
        }
    }
}
