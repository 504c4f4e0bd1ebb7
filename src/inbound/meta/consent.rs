//! What people wish to get.

use super::item::{self, Around, Said};
use super::people::{self, Contacts};
use crate::inbound::field::{self, first_word, text, word};
use crate::inbound::notice::What;
use crate::message::changes::ConsentChange;
use serde_json::Value;

/// An item of `user_preferences`.
pub fn read(around: &Around, item: &Value, contacts: &Contacts) -> (item::Read, Option<Value>) {
    let (wa_id, user_id) = (word(item, "wa_id"), word(item, "user_id"));
    let contact = contacts.of(&[&wa_id, &user_id]);
    let person = people::person(wa_id, user_id, word(item, "parent_user_id"), contact);
    let read = || {
        let person = person.ok_or("The preference does not say whose it is.")?;
        let value = first_word(item, &["value"]).ok_or("The preference has no value.")?;
        let wanted = match value.as_str() {
            "stop" => Some(false),
            "resume" | "signup" => Some(true),
            _ => None,
        };
        let change = ConsentChange {
            person,
            category: word(item, "category"),
            value,
            wanted,
            reason: text(item, "detail"),
        };
        let key = item::hash("consent", around.entry, around.field, item);
        let at = field::happened(item, "timestamp", around.now());
        Ok(Said { what: What::Consent(Box::new(change)), key, at })
    };
    (read(), contact.cloned())
}
