//! The sample of the picture, video or document above a template's text: Meta
//! takes the handle of an upload, and a file is uploaded for one.

use crate::message::catalogue::clipped;
use crate::message::content::MediaKind;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Progress, TemplateDefinition, TemplateHeader};
use crate::provider::meta::Meta;
use crate::provider::meta::media::WholeFile;
use std::borrow::Cow;
use std::path::Path;

/// The key that holds it.
const PATH: &str = "template_json.header.example";

impl Meta {
    /// The definition with the handle of its sample in the place of a file.
    pub(super) async fn with_uploaded_sample<'a>(
        &self,
        definition: &'a TemplateDefinition,
        progress: &Progress,
    ) -> Result<Cow<'a, TemplateDefinition>> {
        let Some((header, kind, types)) = definition.header.as_ref().and_then(with_media) else {
            return Ok(Cow::Borrowed(definition));
        };
        let sample = header.example.as_deref().unwrap_or_default();
        if is_handle(sample) {
            return Ok(Cow::Borrowed(definition));
        }
        if sample.contains("://") {
            let message = format!("{PATH}: {:?} is a link, which Meta does not fetch.", clipped(sample));
            return Err(Error::about(Status::Template, PATH, message)
                .hint("Give the path of a file of this machine, or the handle of an upload."));
        }
        let file = WholeFile::read(PATH, Path::new(sample), kind, types).await?;
        let handle = self.upload_resumably(&file, progress).await.map_err(|refusal| refusal.error)?;
        let mut definition = definition.clone();
        if let Some(header) = &mut definition.header {
            header.example = Some(handle);
        }
        Ok(Cow::Owned(definition))
    }
}

/// A header with media, and which types may be above a template's text.
fn with_media(header: &TemplateHeader) -> Option<(&TemplateHeader, MediaKind, &'static [&'static str])> {
    let (kind, types): (_, &'static [&'static str]) = match header.format.as_str() {
        "image" => (MediaKind::Image, &["image/jpeg", "image/png"]),
        "video" => (MediaKind::Video, &["video/mp4"]),
        "document" => (MediaKind::Document, &["application/pdf"]),
        _ => return None,
    };
    Some((header, kind, types))
}

/// Handles begin with a digit and a colon.
fn is_handle(sample: &str) -> bool {
    let mut chars = sample.chars();
    chars.next().is_some_and(|first| first.is_ascii_digit()) && chars.next() == Some(':')
}

#[cfg(test)]
mod tests;
