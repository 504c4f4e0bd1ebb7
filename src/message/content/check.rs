//! What WhatsApp refuses, refused before anything is recorded. Every error
//! names the field and the limit; paths begin inside the message.

use super::super::variables::Variables;
use super::super::{Error, Result, Status};
use super::{Attachment, Contact, Content, Kind, Location, MediaKind, Reaction, below};
use std::collections::HashSet;
use url::{Host, Url};

/// Where providers, or the sources about them, differ. Lengths are in
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A text.
    pub text: usize,
    /// The text of a list.
    pub list_body: usize,
    /// Contacts in a message.
    pub contacts: usize,
    /// What the button of a flow says.
    pub flow_cta: usize,
    /// The provider fetches from this network too: it is a simulator or a
    /// gateway.
    pub private_links: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { text: 4096, list_body: 4096, contacts: 257, flow_cta: 30, private_links: false }
    }
}

/// The most characters of a link.
const LONGEST_LINK: usize = 4000;
/// The most characters of a provider's id.
const LONGEST_ID: usize = 512;
/// The most characters of a caption.
const LONGEST_CAPTION: usize = 1024;
/// The most characters of a document's name.
const LONGEST_FILENAME: usize = 240;
/// WhatsApp refuses more blanks in a row in a template's value.
const MOST_BLANKS: usize = 4;
/// The most code points of one emoji: a family of four with skin tones.
const LONGEST_EMOJI: usize = 16;

/// An error about a field of the message.
pub(super) fn refused(path: &str, message: impl Into<String>) -> Box<Error> {
    Error::about(Status::Message, path, message)
}

/// A text that must be there, and not too long.
pub(super) fn length(path: &str, text: &str, longest: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(refused(path, format!("{path} is empty, or has nothing but blanks in it.")));
    }
    at_most(path, text, longest)
}

/// A text that may be empty.
pub(super) fn at_most(path: &str, text: &str, longest: usize) -> Result<()> {
    // Never more characters than bytes: long texts only are counted.
    if text.len() > longest {
        let found = text.chars().count();
        if found > longest {
            let message = format!("{path} has {found} characters; {longest} are the most.");
            let hint = if path == "text" { "Shorten it, or send it in parts." } else { "Shorten it." };
            return Err(refused(path, message).hint(hint));
        }
    }
    Ok(())
}

/// So many of something.
pub(super) fn count(path: &str, found: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let limit = if least == most { format!("{least} is") } else { format!("{least} to {most} are") };
    Err(refused(path, format!("{path} has {found} entries; {limit} allowed.")))
}

/// No two are the same.
pub(super) fn unique<'a>(values: impl Iterator<Item = (String, &'a str)>) -> Result<()> {
    let mut seen = HashSet::new();
    for (path, value) in values {
        if !seen.insert(value) {
            return Err(refused(&path, format!("{path}: {value:?} is there twice; each must be another.")));
        }
    }
    Ok(())
}

/// Checks one link that the provider fetches.
pub fn link(path: &str, text: &str, private: bool) -> Result<()> {
    if text.len() > LONGEST_LINK {
        return Err(refused(path, format!("{path} is longer than {LONGEST_LINK} characters.")));
    }
    // A parser of URLs would drop some of these without a word.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused(path, format!("{path} has a blank or a control character in it.")));
    }
    let url =
        Url::parse(text).map_err(|error| refused(path, format!("{path} is not an address: {error}.")))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(refused(path, format!("{path} must be an http or https address.")));
    }
    let reachable = match url.host() {
        None => false,
        Some(Host::Domain(name)) => name != "localhost" && name.trim_end_matches('.').contains('.'),
        Some(Host::Ipv4(ip)) => {
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified())
        }
        Some(Host::Ipv6(ip)) => {
            !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local())
        }
    };
    if !private && !reachable {
        return Err(refused(
            path,
            format!("{path} leads to this machine or its network; the provider fetches from the internet."),
        )
        .hint("Give an address that is public, or the file itself."));
    }
    Ok(())
}

/// Checks the values that go into a template at the provider: WhatsApp refuses
/// these, some of them only after the message was accepted.
pub fn template_values(path: &str, variables: &Variables, longest: usize) -> Result<()> {
    variables.check(path)?;
    for (key, value) in &variables.0 {
        template_value(&format!("{path}.{key}"), value.as_text(), longest)?;
    }
    Ok(())
}

/// Checks one value.
pub(super) fn template_value(path: &str, value: &str, longest: usize) -> Result<()> {
    let why = if value.chars().any(|c| matches!(c, '\n' | '\r' | '\t')) {
        "has a line break or a tab in it, which WhatsApp does not take in a template".to_owned()
    } else if value.contains(&" ".repeat(MOST_BLANKS + 1)) {
        format!("has more than {MOST_BLANKS} blanks in a row")
    } else if value.trim().is_empty() {
        "is empty".to_owned()
    } else if value.len() > longest && value.chars().count() > longest {
        format!("has {} characters; {longest} are the most", value.chars().count())
    } else {
        return Ok(());
    };
    Err(Error::about(Status::Template, path, format!("{path} {why}.")))
}

impl Limits {
    /// Checks a message as WhatsApp would.
    pub fn check(&self, content: &Content) -> Result<()> {
        if let Some(id) = &content.reply_to {
            provider_id("reply_to", id)?;
            if matches!(content.kind, Kind::Reaction(_)) {
                return Err(refused("reply_to", "reply_to: a reaction names its message in message_id."));
            }
        }
        for (path, kind, attachment) in content.attachments() {
            self.attachment(&path, kind, attachment)?;
        }
        match &content.kind {
            Kind::Text(text) => length("text", &text.text, self.text),
            Kind::Media(_) | Kind::Image(_) | Kind::Video(_) | Kind::Audio(_) | Kind::Document(_) => Ok(()),
            Kind::Sticker(_) => Ok(()),
            Kind::Location(place) => location("", place),
            Kind::Contacts(contacts) => {
                count("contacts", contacts.contacts.len(), 1, self.contacts)?;
                contacts.contacts.iter().enumerate().try_for_each(|(at, it)| contact(at, it))
            }
            Kind::Reaction(it) => reaction(it),
            Kind::Interactive(interactive) => interactive.check(self),
            Kind::Template(template) => template.check(),
        }
    }

    fn attachment(&self, path: &str, kind: MediaKind, it: &Attachment) -> Result<()> {
        let key = |name: &str| below(path, name);
        it.check_source(path)?;
        if let Some(link) = &it.link {
            self::link(&key("link"), link, self.private_links)?;
        }
        if let Some(id) = &it.id {
            provider_id(&key("id"), id)?;
        }
        let what = kind.name();
        if let Some(caption) = &it.caption {
            // A header's picture has the message's text below it already.
            if !path.is_empty() || !matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document)
            {
                return Err(refused(
                    &key("caption"),
                    format!("{}: this {what} has no caption.", key("caption")),
                ));
            }
            length(&key("caption"), caption, LONGEST_CAPTION)?;
        }
        if let Some(filename) = &it.filename {
            if kind != MediaKind::Document {
                return Err(refused(
                    &key("filename"),
                    format!("{}: only a document has one.", key("filename")),
                ));
            }
            length(&key("filename"), filename, LONGEST_FILENAME)?;
        }
        if it.voice && kind != MediaKind::Audio {
            return Err(refused(&key("voice"), format!("{}: only audio can be a voice note.", key("voice"))));
        }
        Ok(())
    }
}

/// Checks an id that the provider gave.
pub fn provider_id(path: &str, id: &str) -> Result<()> {
    length(path, id, LONGEST_ID)?;
    if id.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused(path, format!("{path} has a blank or a control character in it.")));
    }
    Ok(())
}

/// Checks a place.
pub(super) fn location(path: &str, place: &Location) -> Result<()> {
    for (key, degrees, most) in [("latitude", place.latitude, 90.0), ("longitude", place.longitude, 180.0)] {
        let key = below(path, key);
        if !degrees.is_finite() || degrees.abs() > most {
            return Err(refused(&key, format!("{key} must lie between -{most} and {most}.")));
        }
    }
    for (key, text) in [("name", &place.name), ("address", &place.address)] {
        if let Some(text) = text {
            length(&below(path, key), text, LONGEST_CAPTION)?;
        }
    }
    Ok(())
}

fn contact(at: usize, contact: &Contact) -> Result<()> {
    let path = |key: &str| format!("contacts[{at}].{key}");
    let name = &contact.name;
    length(&path("name.formatted_name"), &name.formatted_name, LONGEST_CAPTION)?;
    let parts = [&name.first_name, &name.last_name, &name.middle_name, &name.suffix, &name.prefix];
    if !parts.into_iter().flatten().any(|part| !part.trim().is_empty()) {
        let path = path("name");
        return Err(refused(
            &path,
            format!("{path} needs one part beside formatted_name, such as first_name."),
        ));
    }
    if contact.birthday.as_deref().is_some_and(|day| !is_date(day)) {
        let path = path("birthday");
        return Err(refused(&path, format!("{path} must be a day, written as YYYY-MM-DD.")));
    }
    Ok(())
}

/// Whether a text is a day, written as YYYY-MM-DD.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |length: usize| {
        let part = parts.next().filter(|part| part.len() == length)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else { return false };
    let month = u8::try_from(month).ok().and_then(|month| time::Month::try_from(month).ok());
    let (Some(month), Ok(day)) = (month, u8::try_from(day)) else { return false };
    parts.next().is_none() && time::Date::from_calendar_date(year.into(), month, day).is_ok()
}

fn reaction(it: &Reaction) -> Result<()> {
    provider_id("message_id", &it.message_id)?;
    let emoji = &it.emoji;
    if emoji.is_empty() {
        return Ok(());
    }
    at_most("emoji", emoji, LONGEST_EMOJI)?;
    // Some begin with a digit or with what is a letter elsewhere; none is without a sign of its own.
    let sign = |c: char| c >= '\u{2000}' || matches!(c, '©' | '®');
    let part = |c: char| sign(c) || matches!(c, '0'..='9' | '#' | '*');
    if !emoji.chars().any(sign) || !emoji.chars().all(part) || emoji.chars().any(char::is_whitespace) {
        return Err(refused("emoji", "emoji must be one emoji, or empty to take the reaction back."));
    }
    Ok(())
}
