//! Log records of one client: kept for who asks, never for the process.

use super::{Event, KIND_LOG, Level, Signal};
use crate::message::clock::Millis;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// A log record as hosts get it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogRecord {
    /// When.
    pub at: Millis,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: &'static str,
    /// The room that says it.
    pub target: &'static str,
    /// What it says. Numbers are masked; secrets are never in it.
    pub message: String,
    /// The message it is about.
    pub message_id: Option<String>,
    /// The host's id for its own log.
    pub correlation_id: Option<String>,
}

/// How many records are kept for a host that asks later.
const KEPT: usize = 1000;

/// The log of one client.
pub struct Log {
    level: AtomicI32,
    kept: Mutex<Kept>,
    signal: Arc<Signal>,
}

#[derive(Default)]
struct Kept {
    /// Number of the newest record.
    newest: u64,
    records: VecDeque<(u64, Level, LogRecord)>,
}

impl Log {
    /// A log that keeps records up to a level, and rings for each.
    pub fn new(level: Level, signal: Arc<Signal>) -> Log {
        Log { level: AtomicI32::new(level as i32), kept: Mutex::default(), signal }
    }

    /// Changes the level.
    pub fn set_level(&self, level: Level) {
        self.level.store(level as i32, Ordering::Relaxed);
    }

    /// Whether records of this level are kept.
    pub fn wants(&self, level: Level) -> bool {
        level as i32 <= self.level.load(Ordering::Relaxed)
    }

    /// Writes a record about no message.
    pub fn write(&self, level: Level, target: &'static str, message: impl Into<String>) {
        self.about(level, target, None, None, || message.into());
    }

    /// Writes a record about a message; the text is made only if it is wanted.
    pub fn about(
        &self,
        level: Level,
        target: &'static str,
        message_id: Option<Uuid>,
        correlation_id: Option<&str>,
        message: impl FnOnce() -> String,
    ) {
        if !self.wants(level) {
            return;
        }
        let record = LogRecord {
            at: Millis::now(),
            level: level.name(),
            target,
            message: message(),
            message_id: message_id.map(|id| id.to_string()),
            correlation_id: correlation_id.map(str::to_owned),
        };
        let mut kept = self.lock();
        kept.newest += 1;
        let number = kept.newest;
        if kept.records.len() >= KEPT {
            kept.records.pop_front();
        }
        kept.records.push_back((number, level, record));
        drop(kept);
        self.signal.ring_log();
    }

    /// The records after a number, up to a level and a count, with the number
    /// to go on from.
    pub fn after(&self, number: u64, level: Level, most: usize) -> (Vec<(Level, LogRecord)>, u64) {
        let kept = self.lock();
        let mut last = number.min(kept.newest);
        let mut records = Vec::new();
        for (at, weight, record) in &kept.records {
            if *at <= number {
                continue;
            }
            if records.len() == most {
                return (records, last);
            }
            last = *at;
            if *weight <= level {
                records.push((*weight, record.clone()));
            }
        }
        (records, last)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record as an event of kind `log`.
pub fn as_event(record: LogRecord) -> Event {
    Event {
        id: Uuid::now_v7().to_string(),
        kind: KIND_LOG.to_owned(),
        at: record.at,
        outcome: None,
        text: None,
        log: Some(record),
    }
}

/// A number with its middle hidden: logs are read by many.
pub fn masked(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits < 7 {
        return "***".into();
    }
    let mut seen = 0;
    number
        .chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return c;
            }
            seen += 1;
            if seen > 3 && seen <= digits - 2 { '*' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_records_make_room() {
        let log = Log::new(Level::Info, Arc::default());
        for number in 0..KEPT + 10 {
            log.write(Level::Info, "test", number.to_string());
        }
        log.write(Level::Debug, "test", "not wanted");
        let (records, last) = log.after(0, Level::Trace, 5);
        assert_eq!(records[0].1.message, "10");
        assert_eq!(records.len(), 5);
        let (rest, _) = log.after(last, Level::Trace, KEPT * 2);
        assert_eq!(rest.len(), KEPT - 5);
    }

    #[test]
    fn numbers_are_masked() {
        assert_eq!(masked("whatsapp:+14155238886"), "whatsapp:+141******86");
        assert_eq!(masked("12"), "***");
    }
}
