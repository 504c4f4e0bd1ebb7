//! The view that reports and hosts read: a row for each message, with what
//! people look for in their words. The tables beside it hold numbers and
//! milliseconds, and may change with any version; the view's columns stay.

use super::merge;
use super::names::Names;
use super::record::Direction;
use crate::message::{ProviderName, State};

/// How a database writes what they all write differently.
pub struct ViewSyntax {
    /// A column of milliseconds since 1970, as a time.
    pub time: fn(&str) -> String,
    /// A column of text as a GUID, and null where it holds none.
    pub guid: fn(&str) -> String,
}

/// The columns, in their order.
pub const COLUMNS: [&str; 16] = [
    "id",
    "created_on",
    "direction",
    "sender",
    "receiver",
    "contact",
    "contact_id",
    "message",
    "status",
    "response",
    "attempts",
    "provider",
    "provider_message_id",
    "template",
    "reference",
    "campaign_id",
];

/// The statement that makes the view.
pub fn make(names: &Names, syntax: &ViewSyntax) -> String {
    let columns = COLUMNS.map(|name| {
        let value = match name {
            "created_on" => (syntax.time)("created_at"),
            "direction" => {
                format!(
                    "CASE direction WHEN {} THEN 'inbound' ELSE 'outbound' END",
                    Direction::Inbound as i16
                )
            }
            "receiver" => "recipient".to_owned(),
            "contact" => (syntax.guid)("contact_id"),
            "message" => "body".to_owned(),
            "status" => status(),
            "response" => response(),
            same => return same.to_owned(),
        };
        format!("{value} AS {name}")
    });
    format!("CREATE VIEW {} AS SELECT {} FROM {}", names.history, columns.join(", "), names.messages)
}

fn status() -> String {
    let words: Vec<String> = State::ALL
        .iter()
        .map(|state| format!("WHEN {} THEN '{}'", merge::number(*state), state.name()))
        .collect();
    format!("CASE state {} END", words.join(" "))
}

/// The usual answer of a provider need not be in the row: it follows from who
/// it is, and from how far the message has come.
fn response() -> String {
    let taken = merge::numbers(&[State::Accepted, State::Sent, State::Delivered, State::Read]);
    let words: Vec<String> = ProviderName::ALL
        .iter()
        .map(|provider| {
            format!("WHEN state IN ({taken}) AND provider = '{provider}' THEN '{}'", provider.accepted())
        })
        .collect();
    format!("COALESCE(response, CASE {} END)", words.join(" "))
}
