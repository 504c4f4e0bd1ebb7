//! Media in and out of Meta's store.

mod bounded;
mod download;
mod file_facts;
mod message_files;
mod place;
mod second_attempts;
mod source;
pub(super) mod types;
mod upload;

pub(super) use message_files::MessageFiles;
pub(super) use source::WholeFile;
pub(super) use upload::of_memory;

use super::Meta;
use super::graph::{Body, Graph};
use crate::message::{Error, Result, Status};
use crate::provider::Refusal;
use crate::provider::action::{Done, Download, MediaInfo, Progress, Upload};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use source::Wanted;

/// The most characters of an id that goes into an address.
const LONGEST_ID: usize = 128;

/// What Meta tells of media. Any types: sizes come as text and as numbers.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    url: Value,
    mime_type: Value,
    sha256: Value,
    file_size: Value,
}

#[derive(Deserialize)]
struct Deleted {
    #[serde(default)]
    success: Value,
}

impl Meta {
    pub(super) async fn upload_media(
        &self,
        upload: &Upload,
        number: &str,
        progress: &Progress,
    ) -> Result<Done> {
        let argument = match upload.input {
            crate::provider::action::Input::File(_) => "file",
            crate::provider::action::Input::Bytes(_) => "bytes",
        };
        let wanted = Wanted {
            input: upload.input.clone(),
            mime_type: upload.mime_type.clone(),
            filename: upload.filename.clone(),
            kind: None,
            argument: argument.to_owned(),
            type_argument: "options_json.mime_type".to_owned(),
        };
        let medium = wanted.look().await?;
        upload::upload(&self.graph, number, medium, progress)
            .await
            .map(Done::Media)
            .map_err(|refusal| refusal.error)
    }

    /// Refuses bytes by their type and their number alone.
    pub(super) fn check_bytes(mime_type: &str, bytes: u64) -> Result<()> {
        let chosen = types::choose("options_json.mime_type", Some(mime_type), "", None)?;
        chosen.media_type.check_size("bytes", bytes)
    }

    pub(super) async fn download_media(
        &self,
        download: &Download,
        number: &str,
        progress: &Progress,
    ) -> Result<Done> {
        download::download(&self.graph, download, number, progress).await.map(Done::File)
    }

    pub(super) async fn media_url(&self, id: &str, number: &str) -> Result<Done> {
        address_of(&self.graph, id, number).await.map(Done::Media)
    }

    pub(super) async fn delete_media(&self, id: &str, number: &str) -> Result<Done> {
        let id = path_id(id)?;
        let query = [("phone_number_id", number)];
        let deleted: Deleted =
            self.graph.ask(Method::DELETE, id, &query, Body::Nothing).await.map_err(about_media)?;
        self.forget_media(id).await;
        if deleted.success == Value::Bool(false) {
            return Err(Error::new(Status::Rejected, "Meta did not delete the media, and does not say why."));
        }
        Ok(Done::SUCCESS)
    }
}

/// What Meta tells of media, and where it can be fetched.
async fn address_of(graph: &Graph, id: &str, number: &str) -> Result<MediaInfo> {
    let id = path_id(id)?;
    let query = [("phone_number_id", number)];
    let told: Told = graph.ask(Method::GET, id, &query, Body::Nothing).await.map_err(about_media)?;
    let text = |value: Value| match value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    };
    let bytes = match told.file_size {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    Ok(MediaInfo {
        id: id.to_owned(),
        mime_type: text(told.mime_type),
        bytes,
        sha256: text(told.sha256),
        url: text(told.url),
        expires_at: None,
    })
}

/// An id that becomes a part of an address: nothing in it can lead elsewhere.
fn path_id(id: &str) -> Result<&str> {
    let fits = (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits {
        return Ok(id);
    }
    Err(Error::about(
        Status::Argument,
        "media_id",
        "media_id is not an id of media: letters and digits only.",
    )
    .hint("wa_media_upload gives ids, and so do inbound messages."))
}

/// An error about media that Meta does not have, or not for this number.
fn about_media(refusal: Refusal) -> Box<Error> {
    let error = refusal.error;
    let gone = error.http_status == Some(404)
        || error.http_status == Some(400) && matches!(error.provider_code.as_deref(), Some("100" | "131009"));
    if !gone {
        return error;
    }
    let mut missing = Error::about(
        Status::NotFound,
        "media_id",
        "There is no media with this id, or it belongs to another number.",
    )
    .hint("Uploads live for 30 days, media of inbound messages for 7; sender says which number asks.");
    missing.provider_code = error.provider_code;
    missing.http_status = error.http_status;
    missing
}

/// What a refused send says of its media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Meta names the media.
    Sure,
    /// It may be any value of the message.
    Perhaps,
}

/// Whether a send can have been refused because Meta does not know its media.
pub(super) fn doubt_of(refusal: &Refusal) -> Option<Doubt> {
    match refusal.error.provider_code.as_deref()? {
        "131052" | "131053" => Some(Doubt::Sure),
        "100" | "131009" => Some(Doubt::Perhaps),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
