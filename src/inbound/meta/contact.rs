//! Messages of the system: somebody's number, user id or telephone changed.

use super::item::{self, Around, Said};
use super::people::{self, Contacts};
use crate::inbound::field::{self, at, first_word, text, word};
use crate::inbound::key;
use crate::inbound::notice::What;
use crate::message::changes::ContactChange;
use serde_json::Value;

/// An item of `messages` of type `system`. What it is about may stand in the
/// message or in its object, and each of it may be missing.
pub fn read(around: &Around, item: &Value, contacts: &Contacts) -> (item::Read, Option<Value>) {
    let system = at(item, &["system"]);
    let of = |keys: &[&str]| first_word(system, keys).or_else(|| first_word(item, keys));
    let (from, from_user, from_parent) =
        (word(item, "from"), word(item, "from_user_id"), word(item, "from_parent_user_id"));
    let contact = contacts.of(&[&from, &from_user]).cloned();
    let what = match word(system, "type").as_deref() {
        Some("user_changed_number" | "customer_changed_number") => "number",
        Some("user_changed_user_id") => "user_id",
        Some("customer_identity_changed" | "user_identity_changed") => "identity",
        _ => "",
    };
    let key = word(item, "id").map(|id| key::of("contact", &[&id]));
    let key = key.unwrap_or_else(|| item::hash("contact", around.entry, around.field, item));
    let at = field::happened(item, "timestamp", around.now());
    if what.is_empty() {
        // A note in a chat that this version does not know: nobody wrote it.
        return (Ok(Said { what: What::Other { field: "system".to_owned() }, key, at }), contact);
    }
    let old_user = of(&["previous_user_id"]);
    let old_parent = of(&["previous_parent_user_id"]);
    let new_number = first_word(system, &["wa_id", "new_wa_id"]);
    let new_user = word(system, "user_id");
    let new_parent = word(system, "parent_user_id");
    let old_number = from.clone().or_else(|| word(system, "customer"));
    // Without a previous id, the one of the message is the old one where the
    // object tells a new one, else the one that stays.
    let previous = people::person(
        old_number.clone(),
        old_user.clone().or_else(|| from_user.clone()),
        old_parent.clone().or_else(|| from_parent.clone()),
        None,
    );
    let current = people::person(
        new_number.or_else(|| old_number.filter(|_| what != "number")),
        new_user.or(from_user),
        new_parent.or(from_parent),
        contact.as_ref().filter(|_| what == "identity"),
    );
    let Some((previous, current)) = previous.zip(current) else {
        return (Err("The change of a contact does not say who it was and who it is.".to_owned()), contact);
    };
    let hash = first_word(field::at(item, &["identity"]), &["hash"])
        .or_else(|| of(&["identity", "identity_key_hash"]));
    let change = ContactChange {
        what: what.to_owned(),
        previous,
        current,
        identity_key_hash: hash,
        text: text(system, "body"),
    };
    (Ok(Said { what: What::Contact(Box::new(change)), key, at }), contact)
}
