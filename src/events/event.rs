//! The events themselves.

use crate::history::EventRow;
use crate::message::Outcome;
use crate::message::clock::Millis;
use serde::Serialize;
use uuid::Uuid;

/// A message came to an end, or its end is unknown.
pub const KIND_MESSAGE: &str = "message";
/// The database went away or came back.
pub const KIND_DATABASE: &str = "database";
/// Something is accepted but not advised.
pub const KIND_WARNING: &str = "warning";
/// A log record.
pub const KIND_LOG: &str = "log";
/// How far long work has come.
pub const KIND_PROGRESS: &str = "progress";
/// All kinds.
pub const KINDS: &[&str] = &[KIND_MESSAGE, KIND_DATABASE, KIND_WARNING, KIND_LOG, KIND_PROGRESS];
/// The kinds that live in memory only, and come only to who names them.
pub const MEMORY_KINDS: &[&str] = &[KIND_LOG, KIND_PROGRESS];

/// An event as hosts get it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Event {
    /// Stable: an event that comes twice has the same id.
    pub id: String,
    /// `message`, `database`, `warning`, `log` or `progress`.
    pub kind: String,
    /// When it happened.
    pub at: Millis,
    /// Of kind `message`: where the message is.
    pub outcome: Option<Outcome>,
    /// Of kind `database` and `warning`: what happened, in a sentence.
    pub text: Option<String>,
    /// Of kind `log`: the record.
    pub log: Option<super::LogRecord>,
    /// Of kind `progress`: how far a call has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<super::ProgressRecord>,
}

impl Event {
    /// The row of an event about a message.
    pub fn about_message(account_key: &str, id: Uuid, outcome: Outcome, at: Millis) -> EventRow {
        Self::row(account_key, KIND_MESSAGE, Some(id), Some(outcome), None, at)
    }

    /// The row of an event that is told in a sentence.
    pub fn told(account_key: &str, kind: &'static str, text: &str) -> EventRow {
        Self::row(account_key, kind, None, None, Some(text.to_owned()), Millis::now())
    }

    fn row(
        account_key: &str,
        kind: &'static str,
        message_id: Option<Uuid>,
        outcome: Option<Outcome>,
        text: Option<String>,
        at: Millis,
    ) -> EventRow {
        let id = Uuid::now_v7();
        let event =
            Event { id: id.to_string(), kind: kind.to_owned(), at, outcome, text, log: None, progress: None };
        EventRow {
            id,
            account_key: account_key.to_owned(),
            kind,
            message_id,
            at,
            // Serialising plain data into text cannot fail.
            body: serde_json::to_string(&event).unwrap_or_default(),
        }
    }
}
