//! Whether the account is fit to send.

use super::{Meta, NAME};
use crate::message::Result;
use crate::provider::action::Done;
use crate::provider::not_supported;

impl Meta {
    pub(super) async fn check_account(&self, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "check_account"))
    }
}
