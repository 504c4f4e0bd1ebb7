//! Log records of one client: kept for who asks, never for the process.

use super::{Event, KIND_LOG, KIND_PROGRESS, LogRecord, ProgressRecord, Signal};
use crate::ground::Level;
use crate::ground::threads::lock;
use crate::message::clock::Millis;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// How many records are kept for a host that asks later.
const KEPT: usize = 1000;
/// How many steps of progress are kept: they are worth something now only.
const STEPS_KEPT: usize = 256;

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
    /// Numbered with the records, so that one cursor does for both, but kept
    /// apart: an upload must not push the log out.
    steps: VecDeque<(u64, ProgressRecord)>,
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

    /// Keeps a step of progress. Rings nobody: who wants it looks often enough.
    pub fn step(&self, step: ProgressRecord) {
        let mut kept = self.lock();
        kept.newest += 1;
        let number = kept.newest;
        if kept.steps.len() >= STEPS_KEPT {
            kept.steps.pop_front();
        }
        kept.steps.push_back((number, step));
    }

    /// What came after a number, as events in their order, up to a count, with
    /// the number to go on from.
    pub fn events_after(&self, number: u64, log: bool, progress: bool, most: usize) -> (Vec<Event>, u64) {
        let kept = self.lock();
        let newest = kept.newest;
        let records = kept.records.iter().filter(|_| log).map(|(at, _, record)| (*at, Memory::Log(record)));
        let steps = kept.steps.iter().filter(|_| progress).map(|(at, step)| (*at, Memory::Step(step)));
        let mut found: Vec<(u64, Memory<'_>)> = records.chain(steps).filter(|(at, _)| *at > number).collect();
        found.sort_by_key(|(at, _)| *at);
        let last = match found.get(most) {
            // There is more: go on behind the last one that fits.
            Some(_) => most.checked_sub(1).and_then(|at| found.get(at)).map_or(number, |(at, _)| *at),
            None => newest,
        };
        found.truncate(most);
        (found.into_iter().map(|(_, kept)| kept.as_event()).collect(), last)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

/// What lives in memory only.
enum Memory<'a> {
    Log(&'a LogRecord),
    Step(&'a ProgressRecord),
}

impl Memory<'_> {
    fn as_event(&self) -> Event {
        let event = |kind: &str, at: Millis| Event {
            id: Uuid::now_v7().to_string(),
            kind: kind.to_owned(),
            at,
            outcome: None,
            text: None,
            log: None,
            progress: None,
            webhook: None,
        };
        match self {
            Memory::Log(record) => Event { log: Some((*record).clone()), ..event(KIND_LOG, record.at) },
            Memory::Step(step) => {
                Event { progress: Some((*step).clone()), ..event(KIND_PROGRESS, Millis::now()) }
            }
        }
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
    fn progress_and_records_come_in_their_order() {
        let log = Log::new(Level::Info, Arc::default());
        let step = |done| log.step(ProgressRecord { id: "x".into(), done, total: None });
        step(1);
        log.write(Level::Info, "test", "between");
        for done in 2..=STEPS_KEPT as u64 + 1 {
            step(done);
        }
        let (events, last) = log.events_after(0, true, true, 2);
        // The oldest step made room; the record did not.
        assert_eq!(events[0].log.as_ref().map(|record| record.message.as_str()), Some("between"));
        assert_eq!(events[1].progress.as_ref().map(|step| step.done), Some(2));
        let (events, last) = log.events_after(last, false, true, 1000);
        assert_eq!(events.len(), STEPS_KEPT - 1);
        assert!(log.events_after(last, true, true, 10).0.is_empty());
        let (events, last) = log.events_after(0, true, false, 10);
        assert_eq!((events.len(), last), (1, STEPS_KEPT as u64 + 2));
    }

    #[test]
    fn numbers_are_masked() {
        assert_eq!(masked("whatsapp:+14155238886"), "whatsapp:+141******86");
        assert_eq!(masked("12"), "***");
    }
}
