//! What is not stored because it follows from what is.
//!
//! Most messages are texts that the provider takes at the first attempt. Of
//! these, the content says no more than the text, the sentence for the user
//! is always the same, and the event that tells of the end says nothing that
//! the message's row does not say (`told`). Leaving that out makes the rows
//! half as large. Whatever is left out is put back on reading, so nobody else
//! knows.

use super::fields::Cell;
use super::record::MessageRow;
use crate::message::{Content, ProviderName, State};

/// The sentence for the user of a message that the provider took. It is the
/// same for ever: rows and events are stored without it.
pub fn usual_response(state: State, provider: ProviderName) -> Option<String> {
    matches!(state, State::Accepted | State::Sent | State::Delivered | State::Read)
        .then(|| provider.accepted())
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
        "response" => {
            stored_response(message.state, message.response.as_deref()).map_or(Cell::Null, Cell::Text)
        }
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

#[cfg(test)]
mod tests;
