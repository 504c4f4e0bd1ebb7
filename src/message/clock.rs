//! Points in time: milliseconds since 1970 inside, RFC 3339 in UTC outside.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// The host's clock.
    pub fn now() -> Millis {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        #[cfg(test)]
        let now = now + SET_BY.load(std::sync::atomic::Ordering::SeqCst);
        Millis(now)
    }

    /// This time and some milliseconds more.
    #[must_use]
    pub fn plus(self, millis: u64) -> Millis {
        Millis(self.0.saturating_add(i64::try_from(millis).unwrap_or(i64::MAX)))
    }

    /// `2026-11-22T03:04:05.678Z`: three decimals, always UTC.
    pub fn to_text(self) -> String {
        let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000) else {
            return self.0.to_string();
        };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }

    /// Reads RFC 3339 with any offset.
    pub fn from_text(text: &str) -> Option<Millis> {
        let at = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
        // Its offset may lead out of the years that are written with four digits.
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() >= 0)?;
        i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Millis)
    }
}

/// By how much the tests have set the clock. It is the whole process's, so
/// whoever sets it must be alone there.
#[cfg(test)]
pub static SET_BY: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

/// Time since the machine started, also while it slept.
pub fn uptime() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use nix::time::{ClockId, clock_gettime};
        if let Ok(now) = clock_gettime(ClockId::CLOCK_BOOTTIME) {
            return Duration::from(now);
        }
    }
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        Millis::from_text(&text).ok_or_else(|| {
            serde::de::Error::custom("not a time as RFC 3339 writes it, such as 2026-11-22T03:04:05Z")
        })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Millis {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_with_millis() {
        for (text, written) in [
            ("2026-11-22T03:04:05Z", "2026-11-22T03:04:05.000Z"),
            ("2026-11-22T03:04:05.6789+02:00", "2026-11-22T01:04:05.678Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Millis::from_text(text).map(Millis::to_text).as_deref(), Some(written));
        }
        // The last two are times of the years 10000 and -1.
        for text in ["tomorrow", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"] {
            assert_eq!(Millis::from_text(text), None, "{text}");
        }
    }
}
