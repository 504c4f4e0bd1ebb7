//! Calls.

use super::item::{self, Around, Said};
use super::people::{self, Contacts};
use crate::inbound::field::{self, word};
use crate::inbound::key;
use crate::inbound::notice::What;
use crate::message::changes::Call;
use crate::message::inbound::Person;
use serde_json::Value;

/// An item of `calls`: it begins or ends.
pub fn read(around: &Around, item: &Value, contacts: &Contacts) -> (item::Read, Option<Value>) {
    let inbound = match word(item, "direction").as_deref() {
        Some("USER_INITIATED") => Some(true),
        Some("BUSINESS_INITIATED") => Some(false),
        _ => None,
    };
    let side = if inbound == Some(false) { "to" } else { "from" };
    let of_side = |rest: &str| word(item, &format!("{side}{rest}"));
    let (wa_id, user_id) = (of_side(""), of_side("_user_id"));
    let contact = contacts.of(&[&wa_id, &user_id]).or_else(|| contacts.of(&[]));
    let person = people::person(wa_id, user_id, of_side("_parent_user_id"), contact);
    (call(around, item, word(item, "event"), person, inbound), contact.cloned())
}

/// A status of a call that we make: it rings, it was accepted or rejected.
pub fn read_status(around: &Around, item: &Value, contacts: &Contacts) -> (item::Read, Option<Value>) {
    let (wa_id, user_id) = (word(item, "recipient_id"), word(item, "recipient_user_id"));
    let contact = contacts.of(&[&wa_id, &user_id]);
    let parent = field::first_word(item, &["recipient_parent_user_id", "parent_recipient_user_id"]);
    let person = people::person(wa_id, user_id, parent, contact);
    (call(around, item, word(item, "status"), person, Some(false)), contact.cloned())
}

fn call(
    around: &Around,
    item: &Value,
    event: Option<String>,
    person: Option<Person>,
    inbound: Option<bool>,
) -> item::Read {
    let (id, event) = word(item, "id").zip(event).ok_or("The call has no id, or no event.")?;
    let person = person.ok_or("The call does not say who is at the other end.")?;
    let status = word(item, "status").filter(|status| *status != event);
    let key = key::of("call", &[&[id.as_str(), &event], status.as_deref().as_slice()].concat());
    let duration_seconds = field::integer(item, "duration").filter(|seconds| *seconds >= 0);
    let call = Call { provider_call_id: id, person, event, inbound, status, duration_seconds };
    let at = field::happened(item, "timestamp", around.now());
    Ok(Said { what: What::Call(Box::new(call)), key, at })
}
