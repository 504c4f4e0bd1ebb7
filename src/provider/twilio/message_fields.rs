//! What a message says, as fields of the request: texts, media, places and
//! templates of the settings. What Twilio holds itself is `content_template`.

use super::interactive::types_of;
use super::limits::{self, refused};
use crate::message::content::{self, Attachment, Kind, Limits, Location, MediaKind, Template};
use crate::message::{Content, Result};
use crate::provider::settings::{LocalTemplate, LocalTemplates};
use crate::provider::settings_template::{self, Longest, Rendered, VARIABLES};
use crate::provider::{Prepared, Request};

/// What is sent, where that is known here: `None` for a template that Twilio
/// holds. Checks all that can be checked without asking.
pub fn known_here(content: &Content, templates: &LocalTemplates, private: bool) -> Result<Option<Prepared>> {
    if content.reply_to.is_some() {
        return Err(refused("reply_to", "An answer that quotes a message"));
    }
    // A template of the settings travels as a text, to which other limits apply.
    if !content.template_name().is_some_and(|name| templates.contains_key(name)) {
        limits(private).check(content)?;
    }
    match &content.kind {
        Kind::Text(text) => Ok(Some(prepared(Some(text.text.clone()), None))),
        Kind::Media(media) => {
            limits::media(&media.media, private)?;
            let text = media.text.clone().filter(|text| !text.is_empty());
            if let Some(text) = &text {
                limits(private).check(&Content::text(text.as_str()))?;
                limits::text_beside("text", None, media.media.first())?;
            }
            Ok(Some(prepared(text, media.media.first().cloned())))
        }
        Kind::Template(template) => match templates.get(&template.template) {
            Some(local) => rendered(template, local, private).map(Some),
            None => {
                if !template.is_plain() {
                    return Err(refused("template", "What fills a header, buttons or cards")
                        .hint("Twilio fills a Content template by its variables alone."));
                }
                limits::values(VARIABLES, &template.variables)?;
                Ok(None)
            }
        },
        Kind::Image(media) => attachment(MediaKind::Image, media).map(Some),
        Kind::Video(media) => attachment(MediaKind::Video, media).map(Some),
        Kind::Audio(media) => attachment(MediaKind::Audio, media).map(Some),
        Kind::Document(media) => attachment(MediaKind::Document, media).map(Some),
        Kind::Sticker(media) => attachment(MediaKind::Sticker, media).map(Some),
        Kind::Location(place) => Ok(Some(location(place))),
        // Made at Twilio, unless it was before.
        Kind::Interactive(interactive) => types_of(interactive).map(|_| None),
        Kind::Contacts(_) | Kind::Reaction(_) => {
            Err(refused("type", &format!("A message of the kind {}", content.kind())))
        }
    }
}

/// WhatsApp's limits as Twilio has them.
fn limits(private: bool) -> Limits {
    Limits {
        text: limits::LONGEST_BODY,
        list_body: limits::LONGEST_LIST_BODY,
        private_links: private,
        ..Limits::default()
    }
}

/// Twilio fetches media from a link, tells its kind by what it finds there,
/// and shows the last part of the link as a document's name.
fn attachment(kind: MediaKind, media: &Attachment) -> Result<Prepared> {
    let Some(link) = &media.link else {
        let key = if media.id.is_some() { "id" } else { "file" };
        return Err(refused(key, "Media by id or file").hint("Give a link that is public."));
    };
    if media.filename.is_some() {
        return Err(refused("filename", "A document's name").hint("Let the link end with the name."));
    }
    if media.voice {
        return Err(refused("voice", "A voice note").hint("Leave voice out: the sound is sent as audio."));
    }
    if media.caption.is_some() {
        limits::text_beside("caption", Some(kind), Some(link))?;
    }
    Ok(prepared(media.caption.clone(), Some(link.clone())))
}

/// The label goes with the place, the name is the text.
fn location(place: &Location) -> Prepared {
    let mut action = format!("geo:{},{}", place.latitude, place.longitude);
    if let Some(label) = place.address.as_ref().or(place.name.as_ref()) {
        action.push('|');
        action.push_str(label);
    }
    let name = place.name.clone().unwrap_or_else(|| format!("{}, {}", place.latitude, place.longitude));
    let text = [place.name.as_deref(), place.address.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let text = if text.is_empty() { name.clone() } else { text.join("\n") };
    let fields = vec![("Body", name), ("PersistentAction", action)];
    Prepared { request: Request::Form(fields), text: Some(text) }
}

fn prepared(text: Option<String>, link: Option<String>) -> Prepared {
    let mut fields = Vec::with_capacity(2);
    if let Some(text) = &text {
        fields.push(("Body", text.clone()));
    }
    let shown = match (text, &link) {
        (Some(text), Some(link)) => Some(format!("{text}\n{link}")),
        (Some(text), None) => Some(text),
        (None, link) => link.clone(),
    };
    if let Some(link) = link {
        fields.push(("MediaUrl", link));
    }
    Prepared { request: Request::Form(fields), text: shown }
}

/// A template of the settings travels as a text.
fn rendered(template: &Template, local: &LocalTemplate, private: bool) -> Result<Prepared> {
    let longest = Longest { text: limits::LONGEST_BODY, caption: limits::LONGEST_BODY };
    let Rendered { text, link } = settings_template::rendered(template, local, longest)?;
    if let Some(link) = &link {
        content::link(VARIABLES, link, private)?;
    }
    if text.is_some() {
        limits::text_beside("template", None, link.as_ref())?;
    }
    Ok(prepared(text, link))
}

#[cfg(test)]
mod tests;
