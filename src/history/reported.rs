//! Whom WhatsApp reported an id for.

use super::query::Query;
use super::store::{Connection, StoreResult};
use crate::message::clock::Millis;
use crate::message::{phone, reported_key};

/// The address that an account wrote to when WhatsApp reported this id. A row
/// tells it where the id is a form of the number itself; any other was
/// remembered. Each question has an index.
pub fn whom(connection: &mut dyn Connection, account_key: &str, id: &str) -> StoreResult<Option<String>> {
    for form in phone::forms(id) {
        let equal = vec![
            ("recipient", format!("+{form}")),
            ("recipient_id", id.to_owned()),
            ("account_key", account_key.to_owned()),
        ];
        if let Some(row) = connection.page(&Query { equal, ..Query::newest(1) })?.pop() {
            return Ok(Some(row.message.recipient));
        }
    }
    connection.recall(account_key, &reported_key(id), Millis::now())
}
