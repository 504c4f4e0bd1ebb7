//! The business profile.

use super::{Meta, NAME};
use crate::message::Result;
use crate::provider::action::{Done, ProfileUpdate};
use crate::provider::not_supported;

impl Meta {
    pub(super) async fn get_profile(&self, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "get_profile"))
    }
    pub(super) async fn update_profile(&self, _number: &str, _update: &ProfileUpdate) -> Result<Done> {
        Err(not_supported(NAME, "update_profile"))
    }
}
