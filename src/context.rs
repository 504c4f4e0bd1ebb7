//! What all rooms of one client work with: its history, and the ways to tell
//! its hosts something. Who sends, receives or runs campaigns gets it as it
//! is, and needs no other room for it.

use crate::events::{Event, Log, Signal};
use crate::ground::Level;
use crate::history::{Kept, MessageRow, Readers, Worker, Write, Writer};
use std::sync::Arc;

/// One client's history, log and bell.
pub struct Context {
    /// Writes the history.
    pub writer: Writer,
    /// Read the history.
    pub readers: Arc<Readers>,
    /// This client as a worker on the history's rows.
    pub worker: Worker,
    /// The log.
    pub log: Arc<Log>,
    /// Rings when an event was committed.
    pub signal: Arc<Signal>,
    /// Which texts the history keeps once a message has ended.
    pub kept: Kept,
}

impl Context {
    /// Writes a log record about a message.
    pub fn say(
        &self,
        level: Level,
        target: &'static str,
        message: &MessageRow,
        text: impl FnOnce() -> String,
    ) {
        self.log.about(level, target, Some(message.id), message.correlation_id.as_deref(), text);
    }

    /// Tells hosts something about no message: an event that is a sentence.
    /// Not waited for.
    pub fn tell(&self, kind: &'static str, text: &str) {
        let event = Event::told(&self.worker.account_key, kind, text);
        self.writer.write(Write::Event(Box::new(event)), Box::new(|_| {}));
    }
}
