//! The rules of what a message carries: text, media, location, contacts, reaction.

use super::errors::{Checked, Refusal};
use super::media::Shelf;
use super::media_types::{Kind, look_up};
use super::shape::{Node, is_web_url};
use super::templates::Templates;
use super::{interactive, template_send};

/// What the rules look things up in.
pub struct Context<'a> {
    pub number_id: &'a str,
    pub media: &'a Shelf,
    pub templates: &'a Templates,
    /// Microseconds since the start.
    pub now: u64,
    /// Unix time in milliseconds.
    pub unix_ms: i128,
}

/// The text of a message that may be taken, for the control API; refused otherwise.
pub fn check(context: &Context, kind: &str, whole: &Node) -> Checked<String> {
    let content = || whole.need(kind);
    match kind {
        "text" => text(&content()?),
        "image" | "video" | "audio" | "document" | "sticker" => {
            let kind = Kind::parse(kind).ok_or_else(|| Refusal::of(131_051))?;
            media_message(context, kind, &content()?)
        }
        "location" => location(&content()?),
        "contacts" => contacts(&content()?),
        "reaction" => reaction(&content()?),
        "interactive" => interactive::check(context, &content()?),
        "template" => template_send::check(context, &content()?),
        other => Err(Refusal::parameter(format!(
            "Param type must be one of {{AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO}} - got \"{other}\"."
        ))),
    }
}

fn text(node: &Node) -> Checked<String> {
    let body = node.need("body")?;
    let words = body.text()?;
    node.may_bool("preview_url")?;
    match words.chars().count() {
        0 => Err(Refusal::because(131_008, "Required parameter text['body'] is missing")),
        1..=4096 => Ok(words.to_owned()),
        _ => Err(body.wrong("must be at most 4096 characters long.")),
    }
}

fn media_message(context: &Context, kind: Kind, node: &Node) -> Checked<String> {
    media(context, kind, node)?;
    let caption = match kind {
        Kind::Audio | Kind::Sticker if node.child("caption").is_some() => {
            return Err(node.wrong("cannot have a caption."));
        }
        _ => node.may_text("caption", 1024)?,
    };
    if kind == Kind::Document {
        node.may_text("filename", 1024)?;
    }
    if kind == Kind::Audio {
        node.may_bool("voice")?;
    }
    Ok(caption.unwrap_or("").to_owned())
}

/// Exactly one of `id` and `link`; an id must be there, belong to this number and be of that kind.
pub fn media(context: &Context, kind: Kind, node: &Node) -> Checked {
    node.object()?;
    match (node.child("id"), node.child("link")) {
        (None, None) => Err(Refusal::because(
            131_008,
            format!("Required parameter {}: either id or link is missing", node.path),
        )),
        (Some(_), Some(_)) => Err(node.invalid("id and link go not together")),
        (None, Some(link)) if is_web_url(link.text()?) => Ok(()),
        (None, Some(link)) => Err(link.invalid("is not a valid URL")),
        (Some(id), None) => {
            let text = id.text()?;
            let Some(medium) =
                context.media.get(text, context.now).filter(|m| m.number_id == context.number_id)
            else {
                return Err(Refusal::because(
                    131_009,
                    format!("{text} is not a valid whatsapp business account media attachment ID"),
                ));
            };
            match look_up(&medium.mime) {
                Some((k, _)) if k == kind || kind == Kind::Document => Ok(()),
                _ => Err(Refusal::because(
                    131_053,
                    format!("{}: received file of type '{}' for a {}", node.path, medium.mime, kind.name()),
                )),
            }
        }
    }
}

pub fn location(node: &Node) -> Checked<String> {
    node.need_degrees("latitude", -90.0, 90.0)?;
    node.need_degrees("longitude", -180.0, 180.0)?;
    let name = node.may_text("name", 1000)?;
    node.may_text("address", 1000)?;
    Ok(name.unwrap_or("").to_owned())
}

fn contacts(node: &Node) -> Checked<String> {
    let mut first = None;
    for contact in node.list_of(1, 257)? {
        let name = contact.need("name")?;
        let formatted = name.need_text("formatted_name", 1, 1024)?;
        let more = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        let mut given = 0;
        for key in more {
            given += usize::from(name.may_text(key, 1024)?.is_some());
        }
        if given == 0 {
            return Err(name.invalid("needs formatted_name and at least one more part of the name"));
        }
        first.get_or_insert(formatted);
        if let Some(birthday) = contact.may_text("birthday", 10)?
            && !is_date(birthday)
        {
            return Err(contact.invalid("birthday is not YYYY-MM-DD"));
        }
        for (list, keys) in [
            ("phones", &["phone", "type", "wa_id"][..]),
            ("emails", &["email", "type"]),
            ("urls", &["url", "type"]),
            ("addresses", &["street", "city", "state", "zip", "country", "country_code", "type"]),
        ] {
            let Some(list) = contact.child(list) else { continue };
            for entry in list.list()? {
                entry.object()?;
                for key in keys {
                    entry.may_text(key, 1024)?;
                }
            }
        }
        if let Some(org) = contact.child("org") {
            org.object()?;
            for key in ["company", "department", "title"] {
                org.may_text(key, 1024)?;
            }
        }
    }
    Ok(first.unwrap_or("").to_owned())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && crate::clock::parse_query_date(text).is_some_and(|(_, day)| day)
}

fn reaction(node: &Node) -> Checked<String> {
    message_id(&node.need("message_id")?)?;
    Ok(node.need("emoji")?.text()?.to_owned())
}

pub fn message_id(node: &Node) -> Checked {
    match node.text()? {
        "" => Err(Refusal::because(131_008, format!("Required parameter {} is missing", node.path))),
        id if id.starts_with("wamid.") && !id.contains(char::is_whitespace) => Ok(()),
        id => Err(node.invalid(&format!("{id} is not a message id"))),
    }
}
