//! Marking a message as read.

use super::{Meta, NAME};
use crate::message::Result;
use crate::provider::action::Done;
use crate::provider::not_supported;

impl Meta {
    pub(super) async fn mark_read(&self, _number: &str, _message_id: &str, _typing: bool) -> Result<Done> {
        Err(not_supported(NAME, "mark_read"))
    }
}
