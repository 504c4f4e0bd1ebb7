//! Messages that come in, and those that the business wrote with its telephone.

use super::item::Around;
use super::people::{self, Contacts};
use super::status;
use crate::inbound::field::{self, at, first_word, list, text, word};
use crate::inbound::key;
use crate::message::clock::Millis;
use crate::message::inbound::{InboundMedia, InboundMessage, Person, Place, Referral};
use serde_json::Value;

/// A message, when it was written, and its key.
type Read = (Result<(InboundMessage, Option<Millis>, String), String>, Option<Value>);

/// The kinds whose object is a file.
const FILES: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// An item of `messages`. `fault` is what the change says went wrong with it.
pub fn read(around: &Around, item: &Value, contacts: &Contacts, fault: &Value) -> Read {
    let (wa_id, user_id) = (word(item, "from"), word(item, "from_user_id"));
    let contact = contacts.of(&[&wa_id, &user_id]);
    let person = people::person(wa_id, user_id, word(item, "from_parent_user_id"), contact);
    (message(around, item, fault, person, "from", "message"), contact.cloned())
}

/// An item of `message_echoes`: our side is `from`, the person is `to`.
pub fn read_echo(around: &Around, item: &Value, contacts: &Contacts) -> Read {
    let (wa_id, user_id) = (word(item, "to"), word(item, "to_user_id"));
    let contact = contacts.of(&[&wa_id, &user_id]);
    let person = people::person(wa_id, user_id, word(item, "to_parent_user_id"), contact);
    (message(around, item, &Value::Null, person, "to", "echo"), contact.cloned())
}

fn message(
    around: &Around,
    item: &Value,
    fault: &Value,
    person: Option<Person>,
    whom: &str,
    kind_of_key: &str,
) -> Result<(InboundMessage, Option<Millis>, String), String> {
    if !item.is_object() {
        return Err("The message is not a JSON object.".to_owned());
    }
    let id = word(item, "id").ok_or("The message has no id.")?;
    let person = person.ok_or_else(|| format!("The message does not say whom it is `{whom}`."))?;
    let mut message = content(item, fault);
    let context = at(item, &["context"]);
    let key = key::of(kind_of_key, &[&id]);
    message.provider_message_id = id;
    message.person = person;
    message.sender = around.sender();
    message.reply_to = message.reply_to.or_else(|| word(context, "id"));
    message.forwarded =
        ["forwarded", "frequently_forwarded"].iter().any(|key| context.get(*key) == Some(&Value::Bool(true)));
    message.referral = referral(at(item, &["referral"]));
    message.group_id = word(item, "group_id");
    Ok((message, field::happened(item, "timestamp", around.now()), key))
}

/// What a message says, by its type. What is not there is left out: a message
/// counts, and opens the window, whatever is odd about its content.
fn content(item: &Value, fault: &Value) -> InboundMessage {
    let kind = word(item, "type").unwrap_or_else(|| UNSUPPORTED.to_owned());
    let object = at(item, &[&kind]);
    let mut message = InboundMessage::default();
    match kind.as_str() {
        "text" => message.text = text(object, "body"),
        file if FILES.contains(&file) => {
            message.text = text(object, "caption");
            message.media = vec![media(object)];
        }
        "location" => {
            message.place = place(object);
            message.text = first_word(object, &["name", "address"]);
        }
        "contacts" => message.text = names(list(item, "contacts")),
        "button" => {
            message.text = text(object, "text");
            message.payload = text(object, "payload");
        }
        "interactive" => return interactive(object, fault),
        "order" => message.text = text(object, "text"),
        "reaction" => {
            message.target = word(object, "message_id");
            // Without an emoji it takes an earlier one back.
            message.text = Some(text(object, "emoji").unwrap_or_default());
        }
        "edit" => {
            let inner = content(at(object, &["message"]), fault);
            message.text = inner.text;
            message.media = inner.media;
            message.reply_to = word(at(object, &["message", "context"]), "id");
            message.target = word(object, "original_message_id");
        }
        "revoke" => message.target = word(object, "original_message_id"),
        _ => {}
    }
    message.kind = match kind.as_str() {
        "button" => "button_reply".to_owned(),
        "unknown" => UNSUPPORTED.to_owned(),
        _ => kind,
    };
    message.error = status::error_of(list(item, "errors").first().unwrap_or(fault));
    message
}

const UNSUPPORTED: &str = "unsupported";

/// What was tapped or filled in.
fn interactive(object: &Value, fault: &Value) -> InboundMessage {
    let word_of_kind = word(object, "type").unwrap_or_default();
    let reply = at(object, &[&word_of_kind]);
    let (kind, text, payload) = match word_of_kind.as_str() {
        kind @ ("button_reply" | "list_reply") => (kind, text(reply, "title"), text(reply, "id")),
        "nfm_reply" => ("flow_reply", text(reply, "body"), text(reply, "response_json")),
        "call_permission_reply" => ("call_permission", None, text(reply, "response")),
        "" => (UNSUPPORTED, None, None),
        kind => (kind, first_word(reply, &["title", "body", "text"]), text(reply, "id")),
    };
    let error = status::error_of(fault);
    InboundMessage { kind: kind.to_owned(), text, payload, error, ..InboundMessage::default() }
}

fn media(object: &Value) -> InboundMedia {
    InboundMedia {
        id: word(object, "id"),
        url: first_address(object),
        mime_type: word(object, "mime_type"),
        sha256: word(object, "sha256"),
        file_name: word(object, "filename"),
        voice: object.get("voice") == Some(&Value::Bool(true)),
    }
}

/// Addresses are longer than words.
fn first_address(object: &Value) -> Option<String> {
    ["url", "link"].iter().find_map(|key| text(object, key)).filter(|url| !url.chars().any(char::is_control))
}

/// A place; none without both of its degrees.
fn place(object: &Value) -> Option<Place> {
    Some(Place {
        latitude: field::number(object, "latitude")?,
        longitude: field::number(object, "longitude")?,
        name: text(object, "name"),
        address: text(object, "address"),
    })
}

/// The names of contacts, as a person reads them.
fn names(contacts: &[Value]) -> Option<String> {
    let names: Vec<String> = contacts
        .iter()
        .filter_map(|contact| {
            first_word(at(contact, &["name"]), &["formatted_name", "first_name", "last_name"])
        })
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn referral(object: &Value) -> Option<Referral> {
    object.is_object().then(|| Referral {
        source_type: word(object, "source_type"),
        source_id: word(object, "source_id"),
        source_url: text(object, "source_url"),
        headline: text(object, "headline"),
        body: text(object, "body"),
        click_id: text(object, "ctwa_clid"),
    })
}
