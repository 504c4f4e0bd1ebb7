//! A page of events, as `wa_next_event` gives it.

use serde::Serialize;
use serde_json::value::RawValue;

/// `events_json` of `wa_next_event`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// The events, oldest first.
    #[cfg_attr(test, schemars(with = "Vec<crate::events::Event>"))]
    pub events: Vec<Box<RawValue>>,
    /// The cursor to go on from; giving it back acknowledges these events.
    pub cursor: String,
}
