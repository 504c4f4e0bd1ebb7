//! The store of everything that was sent: records, queries, group commit.

pub mod embedded;
mod finding;
mod names;
pub mod odbc;
pub mod query;
mod reader;
pub mod record;
pub mod reported;
mod select;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use finding::{Condition, Finding};
pub use query::{EventCursor, EventPage, EventQuery, Page, Query};
pub use reader::Readers;
pub use record::*;
pub use store::{Connection, Memorandum, Store, StoreErrorKind, StoreResult, Worker};
pub use writer::{Health, Writer};

use crate::message::{Error, Outcome, State, Status};
use crate::settings::{History, Place};
use std::sync::Arc;

/// The store that the settings name.
pub fn open(settings: &History) -> Arc<dyn Store> {
    match &settings.place {
        Place::File(path) => {
            Arc::new(embedded::Sqlite::new(path.clone(), names::Names::new(None, &settings.table_prefix)))
        }
        Place::Odbc(connection_string) => Arc::new(odbc::Odbc::new(
            connection_string.clone(),
            names::Names::new(settings.schema.as_deref(), &settings.table_prefix),
            settings.login_timeout,
        )),
    }
}

/// What hosts are told of a message, out of its row.
pub fn outcome_of(message: &MessageRow) -> Outcome {
    let error: Option<Error> = message.error.as_deref().and_then(|text| serde_json::from_str(text).ok());
    // An unknown end that is still looked for says `pending`.
    let given_up = error.as_ref().is_some_and(|error| error.status == Status::Unknown);
    Outcome {
        id: message.id.to_string(),
        status: message.state,
        r#final: message.state.ends_the_send() || (message.state == State::Unknown && given_up),
        response: message.response.clone(),
        attempts: message.attempts,
        provider: message.provider.clone(),
        provider_message_id: message.provider_message_id.clone(),
        sender: message.sender.clone(),
        recipient: message.recipient.clone(),
        recipient_id: message.recipient_id.clone(),
        provider_status: message.provider_status.clone(),
        contact_id: message.contact_id.clone(),
        reference: message.reference.clone(),
        durability: "shared",
        error,
    }
}
