//! A log record, as hosts get it.

use crate::message::clock::Millis;
use serde::Serialize;

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
