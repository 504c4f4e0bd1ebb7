//! The picture of the business profile: it is uploaded, then the profile is
//! told of it.

use super::Meta;
use super::graph::Body;
use super::media::WholeFile;
use crate::message::content::MediaKind;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Done, Progress};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Deserialize)]
struct Updated {
    #[serde(default)]
    success: Value,
}

impl Meta {
    pub(super) async fn set_picture(&self, number: &str, file: &Path, progress: &Progress) -> Result<Done> {
        let picture = WholeFile::read("file", file, MediaKind::Image, &["image/jpeg", "image/png"]).await?;
        let uploaded = self.upload_resumably(&picture, progress).await;
        let handle = uploaded.map_err(|refusal| refusal.error)?;
        let body = json!({"messaging_product": "whatsapp", "profile_picture_handle": handle});
        let path = format!("{number}/whatsapp_business_profile");
        let updated = self.graph.ask(Method::POST, &path, &[], Body::Json(&body)).await;
        let updated: Updated = updated.map_err(|refusal| refusal.error)?;
        if updated.success == Value::Bool(false) {
            return Err(Error::new(Status::Rejected, "Meta did not take the picture, and does not say why."));
        }
        let length = picture.bytes.len() as u64;
        progress(length, Some(length));
        Ok(Done::SUCCESS)
    }
}

#[cfg(test)]
mod tests;
