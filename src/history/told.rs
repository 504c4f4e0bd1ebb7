//! Events that are stored without a body, because the messages' rows tell what
//! would be in it.

use super::fields::Fields;
use super::implied::usual_response;
use super::names::Names;
use crate::message::clock::Millis;
use crate::message::{Outcome, ProviderName, State};
use serde::Serialize;
use uuid::Uuid;

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
pub fn events(names: &Names, own: &str, page: &str) -> String {
    let Names { messages, attempts, .. } = names;
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
