//! The request of one attempt: `POST /{number}/messages`.

use super::interactive::interactive;
use super::message_parts::{attachment, location};
use super::template_components::template;
use crate::message::content::Kind;
use crate::message::{Content, Error, Result};
use crate::provider::{Attempt, Request};
use serde_json::{Map, Value, json};

/// What our key begins with, so that it is known among marks of others.
const KEY: &str = "wa1:";

/// What the message says: all members but those of the envelope. The content
/// is in Meta's kinds, and its files are uploaded.
pub(super) fn members(content: &Content, language: &str) -> Result<Map<String, Value>> {
    let (kind, value) = match &content.kind {
        Kind::Text(text) => {
            let mut value = Map::from_iter([("body".to_owned(), json!(text.text))]);
            if text.preview_url {
                value.insert("preview_url".to_owned(), Value::Bool(true));
            }
            ("text", Value::Object(value))
        }
        Kind::Image(it) => ("image", attachment(it)?),
        Kind::Video(it) => ("video", attachment(it)?),
        Kind::Audio(it) => ("audio", attachment(it)?),
        Kind::Document(it) => ("document", attachment(it)?),
        Kind::Sticker(it) => ("sticker", attachment(it)?),
        Kind::Location(place) => ("location", location(place)),
        Kind::Contacts(contacts) => ("contacts", written(&contacts.contacts)?),
        Kind::Reaction(it) => ("reaction", json!({"message_id": it.message_id, "emoji": it.emoji})),
        Kind::Interactive(it) => ("interactive", interactive(it)?),
        Kind::Template(it) => ("template", template(it, language)?),
        Kind::Media(_) => return Err(Error::internal("The kind of the media is not known.")),
    };
    let mut members = Map::from_iter([("type".to_owned(), Value::from(kind)), (kind.to_owned(), value)]);
    if let Some(id) = &content.reply_to {
        members.insert("context".to_owned(), json!({"message_id": id}));
    }
    Ok(members)
}

/// The whole body of an attempt.
pub(super) fn body(attempt: &Attempt) -> Result<Value> {
    let mut body = attempt.prepared.request.json()?.clone();
    body.insert("messaging_product".to_owned(), Value::from("whatsapp"));
    body.insert("recipient_type".to_owned(), Value::from("individual"));
    // Only numbers begin with a plus; the rest are business-scoped user ids.
    let to = if attempt.recipient.starts_with('+') { "to" } else { "recipient" };
    body.insert(to.to_owned(), Value::from(attempt.recipient.as_str()));
    body.insert("biz_opaque_callback_data".to_owned(), Value::from(format!("{KEY}{}", attempt.key())));
    Ok(Value::Object(body))
}

/// The code of an authentication template, which no error may repeat.
pub(super) fn code_of(request: &Request) -> Option<&str> {
    let components = request.json().ok()?.get("template")?.get("components")?.as_array()?;
    let of = |kind: &str| {
        let component = components.iter().find(|it| it["type"] == kind)?;
        component["parameters"].as_array()?.first()?.get("text")?.as_str()
    };
    of("body").filter(|code| of("button") == Some(code))
}

/// The name of the template that is sent, if it is one.
pub(super) fn template_of(request: &Request) -> Option<&str> {
    request.json().ok()?.get("template")?.get("name")?.as_str()
}

/// What Meta writes as our own model does.
fn written(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::internal(format!("The message cannot be written: {error}.")))
}

#[cfg(test)]
mod tests;
