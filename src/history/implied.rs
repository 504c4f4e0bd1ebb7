//! What is not stored because it follows from what is.
//!
//! Most messages are texts that the provider takes at the first attempt. Of
//! these, the content says no more than the text, the sentence for the user
//! is always the same, and the event that tells of the end says nothing that
//! the message's row does not say. Leaving that out makes the rows half as
//! large. Whatever is left out is put back on reading, so nobody else knows.

use super::fields::{Cell, Fields};
use super::record::MessageRow;
use crate::message::clock::Millis;
use crate::message::{Content, Outcome, ProviderName, State};
use serde::Serialize;
use uuid::Uuid;

/// The sentence for the user of a message that the provider took. It is the
/// same for ever: rows and events are stored without it.
pub fn usual_response(state: State, provider: ProviderName) -> Option<String> {
    matches!(state, State::Accepted | State::Sent | State::Delivered | State::Read)
        .then(|| format!("Message accepted by {}.", provider.title()))
}

/// The response as it is stored: none where it is the usual one.
pub fn stored_response(state: State, response: Option<&str>) -> Option<&str> {
    let usual = |response: &&str| {
        ProviderName::ALL.into_iter().any(|name| usual_response(state, name).as_deref() == Some(*response))
    };
    response.filter(|response| !usual(response))
}

/// Stands for a content that is nothing but the text.
pub const THE_TEXT: &str = "=";

/// The content of a text that is nothing but its words.
fn plain_content(kind: &str, body: &str) -> Option<String> {
    // Databases cannot keep U+0000 in a text; in the content it is escaped.
    (kind == "text" && !body.contains('\0'))
        .then(|| serde_json::to_string(&Content::text(body)).unwrap_or_default())
}

/// What is stored of a message in a column.
pub fn stored<'a>(message: &'a MessageRow, column: &str, cell: Cell<'a>) -> Cell<'a> {
    match column {
        "response" => stored_response(message.state, message.response.as_deref()).map_or(Cell::Null, Cell::Text),
        "content" if plain_content(&message.kind, &message.body).as_ref() == Some(&message.content) => {
            Cell::Text(THE_TEXT)
        }
        _ => cell,
    }
}

/// A message as it was before it was stored.
pub fn complete(mut message: MessageRow) -> MessageRow {
    if message.response.is_none() {
        let provider = ProviderName::from_text(&message.provider);
        message.response = provider.and_then(|provider| usual_response(message.state, provider));
    }
    if message.content == THE_TEXT {
        message.content = plain_content(&message.kind, &message.body).unwrap_or_default();
    }
    message
}

/// Whether a message's row tells this outcome for ever, whatever is still
/// reported of the message: nothing in it can change later.
pub fn is_told_by_the_row(outcome: &Outcome) -> bool {
    let provider = ProviderName::from_text(&outcome.provider);
    outcome.status == State::Accepted
        && outcome.attempts == FIRST
        && outcome.provider_message_id.is_some()
        && (&outcome.recipient_id, &outcome.provider_status) == (&None, &None)
        && outcome.error.is_none()
        && outcome.response.is_some()
        && outcome.response == provider.and_then(|provider| usual_response(State::Accepted, provider))
}

const FIRST: i32 = 1;

/// An event about a message, as hosts get it.
#[derive(Serialize)]
struct Told {
    id: String,
    kind: &'static str,
    at: Millis,
    outcome: Outcome,
    text: Option<()>,
    log: Option<()>,
}

/// Events with what the messages' rows say of those that are stored without a
/// body. `page` selects events. What follows the event's own columns is read by
/// `read_event`.
pub fn told(names: &super::names::Names, own: &str, page: &str) -> String {
    let super::names::Names { messages, attempts, .. } = names;
    format!(
        // The provider's id is the first attempt's, whatever came after it.
        "SELECT {own}, e.body, e.event_id, e.message_id, e.state, e.created_at, m.provider, \
         CASE WHEN m.attempts = {FIRST} THEN m.provider_message_id ELSE (SELECT a.provider_message_id \
         FROM {attempts} a WHERE a.message_id = m.id AND a.attempt = {FIRST}) END, \
         m.sender, m.recipient, m.contact_id, m.reference \
         FROM ({page}) e LEFT JOIN {messages} m ON m.id = e.message_id AND e.body = ''"
    )
}

/// Reads an event's body, or makes it. None where the message is no longer
/// there to tell it.
pub fn read_event<F: Fields + ?Sized>(fields: &mut F) -> Result<Option<String>, F::Error> {
    let body = fields.text()?;
    let (event, message): (Uuid, Uuid) = (fields.next()?, fields.next()?);
    let state = fields.number_or_null()?.and_then(|number| i16::try_from(number).ok());
    let Some(status) = state.and_then(State::from_number).filter(|_| body.is_empty()) else {
        return Ok(Some(body));
    };
    let at: Millis = fields.next()?;
    let provider = fields.text()?;
    let Some(name) = ProviderName::from_text(&provider) else { return Ok(None) };
    let outcome = Outcome {
        id: message.to_string(),
        status,
        r#final: status.ends_the_send(),
        response: usual_response(status, name),
        attempts: FIRST,
        provider,
        provider_message_id: fields.next()?,
        sender: fields.next()?,
        recipient: fields.next()?,
        recipient_id: None,
        provider_status: None,
        contact_id: fields.next()?,
        reference: fields.next()?,
        durability: "shared",
        error: None,
    };
    let told = Told { id: event.to_string(), kind: "message", at, outcome, text: None, log: None };
    Ok(serde_json::to_string(&told).ok())
}

#[cfg(test)]
mod tests;
