//! The kinds of events that are rows, for rows that are kept as JSON.

use serde::Deserialize;

/// The kinds of events that are rows.
const STORED_KINDS: &[&str] = &[
    "message",
    "database",
    "warning",
    "received",
    "echo",
    "template",
    "number",
    "account",
    "consent",
    "contact",
    "call",
    "webhook",
    "dead_letter",
    "refused",
];

/// The kind of an event that was kept as JSON. There are few, and none was ever
/// taken away.
pub fn kind_of_event<'de, D: serde::Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let kind = String::deserialize(from)?;
    Ok(STORED_KINDS.iter().find(|known| **known == kind).unwrap_or(&"warning"))
}
