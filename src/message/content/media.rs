//! Media: by link, by the provider's id, or as a file of this machine.

use super::super::{Error, Result, Status};
use super::{below, is_false};
use serde::{Deserialize, Serialize};

/// Media by link, as Twilio has it: one link, with an optional text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Links that the provider fetches.
    pub media: Vec<String>,
    /// The text beside the media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An image, a video, a sound, a document or a sticker. Exactly one of `link`,
/// `id` and `file` says where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Attachment {
    /// An address that the provider fetches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The provider's id of media that was uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A file of this machine: it is uploaded once, and its id remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The type of `file`, where its name does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Text below an image, a video or a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Name under which a document is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Shows a sound as a voice note.
    #[serde(skip_serializing_if = "is_false")]
    pub voice: bool,
}

/// What an attachment is: WhatsApp has types and sizes for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// JPEG or PNG.
    Image,
    /// MP4 or 3GPP.
    Video,
    /// AAC, AMR, MP3, MP4 or Ogg.
    Audio,
    /// PDF, office documents, text.
    Document,
    /// WebP.
    Sticker,
}

impl MediaKind {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Document => "document",
            MediaKind::Sticker => "sticker",
        }
    }
}

impl Attachment {
    /// What a person reads of it.
    pub fn shown(&self) -> &str {
        let file = self.file.as_deref().map(|file| file.rsplit(['/', '\\']).next().unwrap_or(file));
        self.filename.as_deref().or(self.link.as_deref()).or(file).or(self.id.as_deref()).unwrap_or_default()
    }

    /// Checks that it says in one way where it comes from.
    pub fn check_source(&self, path: &str) -> Result<()> {
        let refused = |path: String, message: String| Err(Error::about(Status::Message, path, message));
        let given: Vec<(&str, &String)> = [("link", &self.link), ("id", &self.id), ("file", &self.file)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)))
            .collect();
        let key = |name: &str| below(path, name);
        match given.as_slice() {
            [] => refused(key("link"), format!("{} is missing: give link, id or file.", key("link"))),
            [(name, value)] if value.trim().is_empty() => {
                refused(key(name), format!("{} is empty.", key(name)))
            }
            [(name, _)] if self.mime_type.is_some() && *name != "file" => {
                refused(key("mime_type"), format!("{} goes with file only.", key("mime_type")))
            }
            [_] => Ok(()),
            [_, (name, _), ..] => {
                refused(key(name), format!("{}: link, id and file exclude each other; give one.", key(name)))
            }
        }
    }
}
