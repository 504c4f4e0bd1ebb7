//! What a message says, as fields of the request: texts, media, templates of
//! the settings, and Content templates, which Twilio holds.

use super::limits;
use crate::message::content::{Kind, Template};
use crate::message::template::{render, variables_of};
use crate::message::{Content, Error, Result, Status, Variables};
use crate::provider::template_check::same_language;
use crate::provider::{Prepared, Request};
use crate::settings::{LocalTemplate, LocalTemplates};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const VARIABLES: &str = "variables";

/// What is sent, where that is known here: `None` for a template that Twilio
/// holds. Checks all that can be checked without asking.
pub fn known_here(content: &Content, templates: &LocalTemplates, private: bool) -> Result<Option<Prepared>> {
    match &content.kind {
        Kind::Text(text) => {
            limits::text("text", &text.text)?;
            Ok(Some(prepared(Some(text.text.clone()), None)))
        }
        Kind::Media(media) => {
            limits::media(&media.media, private)?;
            let text = media.text.clone().filter(|text| !text.is_empty());
            if let Some(text) = &text {
                limits::text("text", text)?;
            }
            Ok(Some(prepared(text, media.media.first().cloned())))
        }
        Kind::Template(template) => {
            values_only(template)?;
            match templates.get(&template.template) {
                Some(local) => rendered(template, local, private).map(Some),
                None => {
                    limits::template_name("template", &template.template)?;
                    limits::values(VARIABLES, &template.variables)?;
                    Ok(None)
                }
            }
        }
        _ => Err(not_supported(content.kind())),
    }
}

fn not_supported(kind: &str) -> Box<Error> {
    Error::about(Status::NotSupported, "type", format!("Twilio has no message of the kind {kind}."))
}

/// Twilio fills headers and buttons through the template's variables.
fn values_only(template: &Template) -> Result<()> {
    let others = [
        ("header", template.header.is_some()),
        ("buttons", !template.buttons.is_empty()),
        ("code", template.code.is_some()),
        ("limited_time_offer", template.limited_time_offer.is_some()),
        ("cards", !template.cards.is_empty()),
    ];
    match others.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((key, _)) => Err(Error::about(
            Status::NotSupported,
            key,
            format!("{key} is not supported by twilio; nothing was sent."),
        )
        .hint("Give all values in variables: Twilio numbers those of headers and buttons with those of the text.")),
    }
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
    let name = &template.template;
    if template.language.is_some() {
        return Err(Error::about(
            Status::Template,
            "language",
            format!("The template {name:?} of the settings has no languages; leave language out."),
        ));
    }
    let wanted =
        variables_of(&local.text).into_iter().chain(local.media.iter().flat_map(|link| variables_of(link)));
    template.variables.check_keys(VARIABLES, name, wanted)?;
    let too_long = |message: String| Error::about(Status::Message, VARIABLES, message);
    let text = local.render(&template.variables);
    let length = text.chars().count();
    if length > limits::LONGEST_BODY {
        let most = limits::LONGEST_BODY;
        return Err(too_long(format!(
            "The template {name:?} has {length} characters with these variables; {most} are the most."
        )));
    }
    let link = local.media.first().map(|link| render(link, &template.variables));
    if let Some(link) = &link {
        limits::link(VARIABLES, link, private)?;
    }
    let text = Some(text).filter(|text| !text.trim().is_empty());
    if text.is_none() && link.is_none() {
        return Err(too_long(format!("The template {name:?} is blank with these variables.")));
    }
    Ok(prepared(text, link))
}

/// Whether this is the SID of a Content template.
pub fn is_content_sid(text: &str) -> bool {
    let digits = text.strip_prefix("HX").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A template that Twilio holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// `HX..`
    pub sid: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The names of its variables.
    pub keys: BTreeSet<String>,
    /// Its text, where its type has one.
    pub text: Option<String>,
    /// Twilio's own description of it.
    pub types: Value,
}

/// A template as Twilio writes it.
#[derive(Deserialize)]
struct Written {
    sid: String,
    #[serde(default)]
    friendly_name: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    variables: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    types: Value,
}

impl Held {
    /// Reads a template of Twilio's answer; `None` for what is none.
    pub fn read(value: Value) -> Option<Held> {
        let written: Written = serde_json::from_value(value).ok()?;
        if !is_content_sid(&written.sid) {
            return None;
        }
        let mut keys: BTreeSet<String> = written.variables.unwrap_or_default().into_keys().collect();
        // Samples may be missing, so what the texts name counts as well.
        texts_of(&written.types, &mut |text| keys.extend(variables_of(text).into_iter().map(str::to_owned)));
        Some(Held {
            sid: written.sid,
            name: written.friendly_name.unwrap_or_default(),
            language: written.language.unwrap_or_default(),
            keys,
            text: body_of(&written.types).map(str::to_owned),
            types: written.types,
        })
    }

    /// The request's fields. The variables must be exactly the template's:
    /// Twilio would send the sample of one that is missing.
    pub fn fields(&self, variables: &Variables, name: &str) -> Result<Prepared> {
        variables.check_keys(VARIABLES, name, self.keys.iter().map(String::as_str))?;
        limits::values(VARIABLES, variables)?;
        let mut fields = vec![("ContentSid", self.sid.clone())];
        if !variables.0.is_empty() {
            let json = serde_json::to_string(&variables.texts())
                .map_err(|error| Error::internal(format!("The variables cannot be written: {error}.")))?;
            fields.push(("ContentVariables", json));
        }
        Ok(Prepared {
            request: Request::Form(fields),
            text: self.text.as_ref().map(|text| render(text, variables)),
        })
    }
}

/// Every text in a template's types. The reader of JSON limits the depth.
pub fn texts_of(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, each)),
        Value::Object(map) => map.values().for_each(|item| texts_of(item, each)),
        _ => {}
    }
}

/// The text that the recipient reads: the body, or a card's title.
fn body_of(types: &Value) -> Option<&str> {
    let types = types.as_object()?;
    ["body", "title"].into_iter().find_map(|key| types.values().find_map(|kind| kind.get(key)?.as_str()))
}

/// Picks the template with this name among those that Twilio listed.
fn pick<'a>(listed: &'a [Held], name: &str, language: Option<&str>) -> Result<&'a Held> {
    let missing = |argument: &str, message: String| {
        Error::about(Status::Template, argument, message).hint(
            "Give the template's HX.. SID, its name at Twilio, or the name of a template of the settings.",
        )
    };
    let mut named: Vec<&Held> = listed.iter().filter(|held| held.name == name).collect();
    if named.is_empty() {
        return Err(missing(
            "template",
            format!("There is no template {name:?} in the settings or at Twilio."),
        ));
    }
    if let Some(language) = language {
        named.retain(|held| same_language(&held.language, language));
    }
    match named.as_slice() {
        [one] => Ok(one),
        [] => Err(missing(
            "language",
            format!(
                "The template {name:?} does not exist in the language {:?}.",
                language.unwrap_or_default()
            ),
        )),
        several => {
            let mut several: Vec<String> =
                several.iter().map(|held| format!("{} ({})", held.sid, held.language)).collect();
            several.sort();
            several.truncate(10);
            Err(missing(
                "template",
                format!("Several templates have the name {name:?}: {}.", several.join(", ")),
            ))
        }
    }
}

/// The SID of the template that is asked for, and the request that sends it.
/// `held` are those of its name, or the one of its SID.
pub fn fit(held: &[Held], template: &Template) -> Result<(String, Prepared)> {
    let held = the_one(held, &template.template, template.language.as_deref())?;
    let prepared = held.fields(&template.variables, &template.template)?;
    Ok((held.sid.clone(), prepared))
}

/// The template with this SID, or the only one with this name.
pub fn the_one<'a>(held: &'a [Held], name: &str, language: Option<&str>) -> Result<&'a Held> {
    match held {
        [one] if one.sid == name => check_language(one, language).map(|()| one),
        several => pick(several, name, language),
    }
}

/// Checks that the template with a SID has the language that is asked for.
fn check_language(held: &Held, language: Option<&str>) -> Result<()> {
    match language {
        Some(language) if !same_language(&held.language, language) => Err(Error::about(
            Status::Template,
            "language",
            format!("The template {} has the language {:?}, not {language:?}.", held.sid, held.language),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
