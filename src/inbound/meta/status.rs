//! Where messages of ours are.

use super::call;
use super::item::{self, Around, Said};
use super::people::{self, Contacts};
use crate::inbound::field::{self, at, first_word, list, text, word};
use crate::inbound::key;
use crate::inbound::notice::{AttemptKey, Report, What};
use crate::message::inbound::ProviderError;
use crate::provider::states::state_of;
use serde_json::Value;

/// What our key begins with in `biz_opaque_callback_data`; what a host gave
/// for itself follows behind a colon.
const OURS: &str = "wa1:";

/// An item of `statuses`.
pub fn read(around: &Around, item: &Value, contacts: &Contacts) -> (item::Read, Option<Value>) {
    if word(item, "type").as_deref() == Some("call") {
        return call::read_status(around, item, contacts);
    }
    let group = word(item, "recipient_type").as_deref() == Some("group");
    // In a group, `recipient_id` is the group's; who got it stands elsewhere.
    let (wa_id, user_id, parent) = if group {
        (
            first_word(item, &["recipient_participant_id", "participant_recipient_id"]),
            first_word(item, &["recipient_participant_user_id", "participant_recipient_user_id"]),
            first_word(
                item,
                &["recipient_participant_parent_user_id", "participant_recipient_parent_user_id"],
            ),
        )
    } else {
        (
            word(item, "recipient_id"),
            word(item, "recipient_user_id"),
            first_word(item, &["recipient_parent_user_id", "parent_recipient_user_id"]),
        )
    };
    let contact = contacts.of(&[&wa_id, &user_id]);
    let person = people::person(wa_id, user_id, parent, contact);
    let contact = contact.cloned();
    let Some((id, status)) = word(item, "id").zip(word(item, "status")) else {
        return (Err("The status does not say of which message it is, or what it is.".to_owned()), contact);
    };
    // In a group each member has a status of their own.
    let member = person.as_ref().filter(|_| group).map(|person| person.address.as_str());
    let key = key::of("status", &[&[id.as_str(), &status], member.as_slice()].concat());
    let report = Report {
        attempt: text(item, "biz_opaque_callback_data").and_then(|data| attempt_of(&data)),
        state: state_of(super::NAME, &status),
        person,
        group_id: word(item, "recipient_id").filter(|_| group),
        sender: around.sender(),
        error: error_of(list(item, "errors").first().unwrap_or(&Value::Null)),
        provider_message_id: id,
        provider_status: status,
    };
    let at = field::happened(item, "timestamp", around.now());
    (Ok(Said { what: What::Report(Box::new(report)), key, at }), contact)
}

/// Our key, as `provider/meta/request.rs` writes it.
fn attempt_of(data: &str) -> Option<AttemptKey> {
    let key = data.strip_prefix(OURS)?;
    AttemptKey::read(key.split_once(':').map_or(key, |(key, _)| key))
}

/// An error as Meta tells it; none where there is none.
pub fn error_of(error: &Value) -> Option<ProviderError> {
    let details = match at(error, &["error_data"]) {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        data => text(data, "details"),
    };
    let text = details.or_else(|| text(error, "message")).or_else(|| text(error, "title"));
    let code = word(error, "code");
    (code.is_some() || text.is_some()).then_some(ProviderError { code, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_key_is_found_beside_a_hosts_own_data() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        for (data, attempt) in [
            (format!("wa1:{id}.2"), Some(2)),
            (format!("wa1:{id}.2:order-42:x"), Some(2)),
            (format!("wa1:{id}.2:"), Some(2)),
            (format!("{id}.2"), None),
            (format!("wa2:{id}.2"), None),
            (format!("wa1:{id}"), None),
            ("order-42".to_owned(), None),
        ] {
            assert_eq!(attempt_of(&data).map(|key| key.attempt), attempt, "{data}");
        }
    }
}
