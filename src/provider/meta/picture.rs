//! The picture of the business profile: a resumable upload.

use super::{Meta, NAME};
use crate::message::Result;
use crate::provider::action::{Done, Progress};
use crate::provider::not_supported;
use std::path::Path;

impl Meta {
    pub(super) async fn set_picture(
        &self,
        _number: &str,
        _file: &Path,
        _progress: &Progress,
    ) -> Result<Done> {
        Err(not_supported(NAME, "set_picture"))
    }
}
