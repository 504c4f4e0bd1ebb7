//! A place in the stream of events: what hosts keep as `cursor`.

use crate::history::EventCursor;

/// A place in the stream: of the durable events, and of those in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The durable event.
    pub event: EventCursor,
    /// The log record or step of progress.
    pub log: u64,
    /// The database was away when this place was given: the durable events
    /// begin where they would have begun without it.
    pub unplaced: bool,
}

const UNPLACED: &str = "new";

impl Position {
    /// As hosts keep it.
    pub fn to_text(self) -> String {
        if self.unplaced {
            return format!("{UNPLACED}-{}", self.log);
        }
        format!("{}-{}", self.event.to_text(), self.log)
    }

    /// Reads what `to_text` wrote.
    pub fn from_text(text: &str) -> Option<Position> {
        let (event, log) = text.split_once('-')?;
        let log = log.parse().ok()?;
        if event == UNPLACED {
            return Some(Position { log, unplaced: true, ..Position::default() });
        }
        Some(Position { event: EventCursor::from_text(event)?, log, unplaced: false })
    }
}
