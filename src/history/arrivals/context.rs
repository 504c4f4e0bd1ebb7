//! What applying needs to know beside what arrived.

use crate::history::kept::Kept;
use crate::history::record::{EventRow, MessageRow};
use std::sync::Arc;

/// Makes an event of a provider's name and a reason.
type Dead = dyn Fn(&str, &str) -> EventRow + Send + Sync;

/// Whose arrivals they are, and what is told of them.
#[derive(Clone)]
pub struct Telling {
    /// The account whose rows they concern.
    pub account_key: String,
    /// Which texts are kept.
    pub kept: Kept,
    /// Makes the event that tells of a message's change by a report.
    pub moved: Arc<dyn Fn(&MessageRow) -> EventRow + Send + Sync>,
    /// Makes the event that tells of a dead letter: its provider, and why.
    pub dead: Arc<Dead>,
}
