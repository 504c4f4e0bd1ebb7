//! What Meta has no kind for, in kinds that it has: media whose kind only its
//! link tells, and templates of the settings.

use super::media::types;
use crate::message::content::{self, Attachment, Kind, Limits, Media, MediaKind, Text};
use crate::message::{Content, Error, Result, Status};
use crate::provider::links::{self, Ending};
use crate::provider::settings::LocalTemplates;
use crate::provider::settings_template::{self, Longest, Rendered, VARIABLES};
use std::borrow::Cow;

/// The most characters of a caption.
const LONGEST_CAPTION: usize = 1024;
/// The longest name of a document.
const LONGEST_NAME: usize = 240;

/// The content in Meta's kinds. Checks what is found on the way; the rest is
/// `Limits::check`'s.
pub(super) fn of_meta<'a>(
    content: &'a Content,
    templates: &LocalTemplates,
    limits: &Limits,
) -> Result<Cow<'a, Content>> {
    let kind = match &content.kind {
        Kind::Media(media) => of_media(media, limits)?,
        Kind::Template(template) => match templates.get(&template.template) {
            None => return with_checked_links(content),
            Some(local) => {
                let longest = Longest { text: limits.text, caption: LONGEST_CAPTION };
                of_rendered(settings_template::rendered(template, local, longest)?, limits)?
            }
        },
        _ => return with_checked_links(content),
    };
    Ok(Cow::Owned(Content { kind, reply_to: content.reply_to.clone() }))
}

fn of_media(media: &Media, limits: &Limits) -> Result<Kind> {
    let link = match media.media.as_slice() {
        [one] => one,
        [] => return Err(about("media", "media is empty; give one link.".to_owned())),
        more => {
            let message = format!("media has {} links; 1 is the most in a WhatsApp message.", more.len());
            return Err(about("media", message).hint("Send one message for each link."));
        }
    };
    content::link("media[0]", link, limits.private_links)?;
    let caption = media.text.as_deref().filter(|text| !text.is_empty());
    if let Some(caption) = caption {
        let found = caption.chars().count();
        if found > LONGEST_CAPTION {
            let message =
                format!("text has {found} characters; {LONGEST_CAPTION} are the most beside media.");
            return Err(about("text", message).hint("Shorten it, or send it as a text of its own."));
        }
        if caption.trim().is_empty() {
            return Err(about("text", "text has nothing but blanks in it; leave it out.".to_owned()));
        }
    }
    with_caption("media[0]", "text", link, caption)
}

fn of_rendered(rendered: Rendered, limits: &Limits) -> Result<Kind> {
    match rendered.link {
        Some(link) => {
            content::link(VARIABLES, &link, limits.private_links)?;
            with_caption("template", "template", &link, rendered.text.as_deref())
        }
        None => Ok(Kind::Text(Text { text: rendered.text.unwrap_or_default(), preview_url: false })),
    }
}

fn with_caption(path: &str, caption_path: &str, link: &str, caption: Option<&str>) -> Result<Kind> {
    let kind = kind_of(path, link)?;
    let mut attachment = Attachment {
        link: Some(link.to_owned()),
        caption: caption.map(str::to_owned),
        ..Attachment::default()
    };
    Ok(match kind {
        MediaKind::Image => Kind::Image(attachment),
        MediaKind::Video => Kind::Video(attachment),
        MediaKind::Document => {
            attachment.filename = name_of_document(link);
            Kind::Document(attachment)
        }
        MediaKind::Audio | MediaKind::Sticker => {
            if caption.is_some() {
                let message = format!("{caption_path}: audio has no text beside it.");
                return Err(about(caption_path, message).hint("Send the text as a message of its own."));
            }
            Kind::Audio(attachment)
        }
    })
}

/// What a link leads to, by its ending: Meta is told the kind of everything.
fn kind_of(path: &str, link: &str) -> Result<MediaKind> {
    match links::ending(link) {
        Some(Ending { kind, taken: true }) if kind != MediaKind::Sticker => Ok(kind),
        _ => {
            let message = format!("{path}: the link's ending does not tell Meta what kind of media it is.");
            Err(about(path, message).hint(
                "Send it with the type image, video, audio, document or sticker; or give a link that ends with .jpg, .png, .mp4, .mp3, .pdf or the like.",
            ))
        }
    }
}

/// The name that a document has by its link: without one the reader sees a
/// file without a title.
fn name_of_document(link: &str) -> Option<String> {
    links::name(link).filter(|name| !name.contains('%') && name.len() <= LONGEST_NAME)
}

/// Content of Meta's own kinds, with names for its documents. A link whose
/// ending tells that WhatsApp does not take it so is refused as the file is.
fn with_checked_links(content: &Content) -> Result<Cow<'_, Content>> {
    let mut is_nameless = false;
    for (path, kind, attachment) in content.attachments() {
        let Some(link) = attachment.link.as_deref() else { continue };
        if kind == MediaKind::Document {
            is_nameless |= attachment.filename.is_none() && name_of_document(link).is_some();
        } else if links::ending(link).is_some() {
            let path = if path.is_empty() { "link".to_owned() } else { format!("{path}.link") };
            types::choose(&path, None, &links::name(link).unwrap_or_default(), Some(kind)).map_err(
                |mut error| {
                    error.status = Status::Message;
                    error
                },
            )?;
        }
    }
    if !is_nameless {
        return Ok(Cow::Borrowed(content));
    }
    let mut named = content.clone();
    for (_, kind, attachment) in named.attachments_mut() {
        if kind == MediaKind::Document && attachment.filename.is_none() {
            attachment.filename = attachment.link.as_deref().and_then(name_of_document);
        }
    }
    Ok(Cow::Owned(named))
}

fn about(path: &str, message: String) -> Box<Error> {
    Error::about(Status::Message, path, message)
}

#[cfg(test)]
mod tests;
