//! Marking a message as read.

use super::Meta;
use super::call::Change;
use crate::message::{Error, Result, Status};
use crate::provider::action::Done;
use reqwest::Method;
use serde_json::json;

/// The most characters of a message's id.
const LONGEST_ID: usize = 512;

impl Meta {
    /// Marks a message, and those before it, as read. The typing indicator
    /// goes with it: Meta knows it in no other way.
    pub(super) async fn mark_read(&self, number: &str, message_id: &str, typing: bool) -> Result<Done> {
        check_id(message_id)?;
        let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": message_id});
        if typing {
            body["typing_indicator"] = json!({"type": "text"});
        }
        let change = Change {
            method: Method::POST,
            path: &format!("{number}/messages"),
            query: &[],
            body: Some(body),
            secret: None,
            look: "Mark it again: that does no harm.",
            repeatable: true,
        };
        self.graph.change_and_see(&change).await?;
        Ok(Done::SUCCESS)
    }
}

fn check_id(id: &str) -> Result<()> {
    let why = if id.is_empty() {
        "is empty"
    } else if id.chars().count() > LONGEST_ID {
        "is too long to be the id of a message"
    } else if id.chars().any(|c| c.is_whitespace() || c.is_control()) {
        "has a blank or a control character in it"
    } else {
        return Ok(());
    };
    Err(Error::about(Status::Argument, "message_id", format!("message_id {why}."))
        .hint("Give WhatsApp's id of a message that came in: it begins with wamid."))
}
