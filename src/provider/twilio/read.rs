//! Marking a message as read. Twilio does it only while it shows that an
//! answer is being written.

use super::answer::{self, NAME, is_message_sid};
use super::{NOT_FOUND, Twilio, under};
use crate::message::{Error, Result, Status};
use crate::provider::action::Done;
use crate::provider::http::Text;
use crate::provider::not_supported;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

#[derive(Deserialize)]
struct Marked {
    #[serde(default)]
    success: Value,
}

impl Twilio {
    /// Shows the typing indicator, with which the message becomes read.
    pub(super) async fn mark_read(&self, message_id: &str, typing: bool) -> Result<Done> {
        if !typing {
            let mut error = not_supported(NAME, "wa_mark_read without the typing indicator");
            error.argument = Some("options_json.typing".to_owned());
            return Err(error.hint(
                "Twilio marks a message as read only together with the indicator: set typing to true.",
            ));
        }
        if !is_message_sid(message_id) {
            return Err(Error::about(
                Status::Argument,
                "message_id",
                "message_id must be the SID of a message: SM or MM and 32 hexadecimal digits.",
            )
            .hint("Twilio's webhook of the inbound message has it as MessageSid."));
        }
        let login = self.login();
        let url = under(&self.messaging, "v2/Indicators/Typing.json");
        let form = Text::Form(format!("channel=whatsapp&messageId={message_id}"));
        // It may leave at any time: marking twice does no harm.
        let reply = self.http.post_message(url, login.header.clone(), form, Duration::MAX).await;
        let reply = reply.map_err(|fault| answer::of_fault(fault).error)?;
        if answer::code_of(&reply) == Some(NOT_FOUND) {
            return Err(Error::about(
                Status::NotFound,
                "message_id",
                format!("Twilio does not know the message {message_id}."),
            )
            .hint("Give the SID of a message that came in to this account."));
        }
        let marked: Marked =
            answer::of_question(&reply, &|text| login.is_harmless(text)).map_err(|refusal| refusal.error)?;
        if marked.success == Value::Bool(false) {
            return Err(Error::new(
                Status::Rejected,
                "Twilio did not mark the message as read, and does not say why.",
            ));
        }
        Ok(Done::SUCCESS)
    }
}

#[cfg(test)]
mod tests;
