//! What a message says, in one model for both providers.

mod attachments;
mod check;
mod check_interactive;
mod check_template_message;
mod contact;
mod interactive;
mod media;
mod template_message;

pub use check::{Limits, link, provider_id, template_values};
pub use contact::Contact;
pub use interactive::{Card, Flow, FlowAction, Header, Interactive, List, ProductSection};
#[cfg(test)]
pub use interactive::{Carousel, Catalog, CtaUrl, LocationRequest, Product, ProductList, ReplyButtons};
pub use media::{Attachment, Media, MediaKind};
#[cfg(test)]
pub use template_message::TemplateInput;
pub use template_message::{ButtonFill, Template, TemplateButton, TemplateCard, TemplateHeader};

use super::{Error, Result, Status, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message's content: what it says, and which message it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What it says.
    #[serde(flatten)]
    pub kind: Kind,
    /// The provider's id of the message that this one quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    Text(Text),
    /// Media by link, with an optional text, as Twilio has it.
    Media(Media),
    /// An image.
    Image(Attachment),
    /// A video.
    Video(Attachment),
    /// A sound, or a voice note.
    Audio(Attachment),
    /// A file.
    Document(Attachment),
    /// A sticker.
    Sticker(Attachment),
    /// A place.
    Location(Location),
    /// Contacts of an address book.
    Contacts(Contacts),
    /// A reaction to a message.
    Reaction(Reaction),
    /// Something to tap on.
    Interactive(Interactive),
    /// A template of the provider, or of the settings.
    Template(Template),
}

/// Free text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Shows a preview of the first link in it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub preview_url: bool,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
    /// Name of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address; shown only beside a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Contacts of an address book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// The contacts.
    pub contacts: Vec<Contact>,
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The provider's id of the message.
    pub message_id: String,
    /// One emoji; an empty text takes the reaction back.
    pub emoji: String,
}

/// The kinds of `message_json`, as an error lists them.
const KINDS: &str = "text, media, image, video, audio, document, sticker, location, contacts, reaction, \
                     interactive and template";

/// The path of a key below another, which may be the message itself.
fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_false(value: &bool) -> bool {
    !value
}

impl From<Kind> for Content {
    fn from(kind: Kind) -> Content {
        Content { kind, reply_to: None }
    }
}

impl Content {
    /// A plain text.
    pub fn text(text: impl Into<String>) -> Content {
        Kind::Text(Text { text: text.into(), preview_url: false }).into()
    }

    /// Reads `message_json`: an object with `type` and the keys of that type.
    pub fn read(argument: &str, text: &str) -> Result<Content> {
        let Value::Object(mut object) = json::value(argument, text)? else {
            return Err(Error::about(
                Status::Json,
                argument,
                format!("{argument} must be an object such as {{\"type\":\"text\",\"text\":\"Hello\"}}."),
            ));
        };
        let kind = object.remove("type");
        let reply_to = match object.remove("reply_to") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => {
                let path = format!("{argument}.reply_to");
                let message = format!("{path} must be text: the provider's id of a message.");
                return Err(Error::about(Status::Json, path, message));
            }
        };
        let mut body = Value::Object(object);
        let kind = match kind.as_ref().and_then(Value::as_str) {
            Some("text") => Kind::Text(json::from_value(argument, body)?),
            Some("media") => Kind::Media(json::from_value(argument, body)?),
            Some("image") => Kind::Image(json::from_value(argument, body)?),
            Some("video") => Kind::Video(json::from_value(argument, body)?),
            Some("audio") => Kind::Audio(json::from_value(argument, body)?),
            Some("document") => Kind::Document(json::from_value(argument, body)?),
            Some("sticker") => Kind::Sticker(json::from_value(argument, body)?),
            Some("location") => Kind::Location(json::from_value(argument, body)?),
            Some("contacts") => Kind::Contacts(json::from_value(argument, body)?),
            Some("reaction") => Kind::Reaction(json::from_value(argument, body)?),
            Some("interactive") => {
                json::keep_digits(argument, text, &mut body, "data")?;
                Kind::Interactive(Interactive::read(argument, body)?)
            }
            Some("template") => {
                let written = json::with_numbers_as_text(argument, text)?;
                json::keep_digits(argument, text, &mut body, "flow_action_data")?;
                Kind::Template(Template::read(argument, body, written)?)
            }
            other => {
                let path = format!("{argument}.type");
                return Err(Error::about(
                    Status::Json,
                    path.clone(),
                    match other {
                        Some(kind) => format!("{path}: there is no kind of message {kind:?}."),
                        None => format!("{path} is missing."),
                    },
                )
                .hint(format!("The kinds are {KINDS}.")));
            }
        };
        Ok(Content { kind, reply_to })
    }

    /// The kind, as the history holds it.
    pub fn kind(&self) -> &'static str {
        match &self.kind {
            Kind::Text(_) => "text",
            Kind::Media(_) => "media",
            Kind::Image(_) => "image",
            Kind::Video(_) => "video",
            Kind::Audio(_) => "audio",
            Kind::Document(_) => "document",
            Kind::Sticker(_) => "sticker",
            Kind::Location(_) => "location",
            Kind::Contacts(_) => "contacts",
            Kind::Reaction(_) => "reaction",
            Kind::Interactive(_) => "interactive",
            Kind::Template(_) => "template",
        }
    }

    /// What a person reads in the history.
    pub fn as_text(&self) -> String {
        match &self.kind {
            Kind::Text(text) => text.text.clone(),
            Kind::Media(media) => lines(media.text.as_deref(), media.media.iter().map(String::as_str)),
            Kind::Image(media) | Kind::Video(media) | Kind::Document(media) => {
                lines(media.caption.as_deref(), [media.shown()])
            }
            Kind::Audio(media) | Kind::Sticker(media) => media.shown().to_owned(),
            Kind::Location(place) => {
                let position = format!("{}, {}", place.latitude, place.longitude);
                lines(place.name.as_deref(), [place.address.as_deref().unwrap_or_default(), &position])
            }
            Kind::Contacts(contacts) => {
                lines(None, contacts.contacts.iter().map(|contact| contact.name.formatted_name.as_str()))
            }
            Kind::Reaction(reaction) => reaction.emoji.clone(),
            Kind::Interactive(interactive) => interactive.as_text(),
            Kind::Template(template) => template.as_text(),
        }
    }

    /// Its attachments with what each is and where it stands in the message.
    pub fn attachments(&self) -> Vec<(String, MediaKind, &Attachment)> {
        let mut found = Vec::new();
        match &self.kind {
            Kind::Image(it) => found.push((String::new(), MediaKind::Image, it)),
            Kind::Video(it) => found.push((String::new(), MediaKind::Video, it)),
            Kind::Audio(it) => found.push((String::new(), MediaKind::Audio, it)),
            Kind::Document(it) => found.push((String::new(), MediaKind::Document, it)),
            Kind::Sticker(it) => found.push((String::new(), MediaKind::Sticker, it)),
            Kind::Interactive(interactive) => {
                if let Some(header) = interactive.frame().0 {
                    header.attachments("header", &mut found);
                }
                if let Interactive::Carousel(carousel) = interactive {
                    for (at, card) in carousel.cards.iter().enumerate() {
                        card.header.attachments(&format!("cards[{at}].header"), &mut found);
                    }
                }
            }
            Kind::Template(template) => {
                if let Some(header) = &template.header {
                    header.attachments("header", &mut found);
                }
                for (at, card) in template.cards.iter().enumerate() {
                    if let Some(header) = &card.header {
                        header.attachments(&format!("cards[{at}].header"), &mut found);
                    }
                }
            }
            Kind::Text(_) | Kind::Media(_) | Kind::Location(_) | Kind::Contacts(_) | Kind::Reaction(_) => {}
        }
        found
    }

    /// The template's name, if it is one.
    pub fn template_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Template(template) => Some(&template.template),
            _ => None,
        }
    }
}

/// What is not empty, a line each.
fn lines<'a>(first: Option<&'a str>, rest: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = first.into_iter().chain(rest).filter(|line| !line.is_empty()).collect();
    all.join("\n")
}

#[cfg(test)]
mod tests;
