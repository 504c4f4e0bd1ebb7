//! What hosts are told of a message, out of its row.

use super::record::MessageRow;
use crate::message::{Error, Outcome, State, Status};

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
