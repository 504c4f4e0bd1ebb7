//! Content templates, which Twilio holds: reading one, picking the one that a
//! message asks for, and the fields of the request that sends it.

use super::answer::is_content_sid;
use super::limits;
use crate::message::content::Template;
use crate::message::variables::{render, variables_of};
use crate::message::{Error, Result, Status, Variables};
use crate::provider::settings_template::VARIABLES;
use crate::provider::template_rules::{is_language, same_language};
use crate::provider::{Prepared, Request};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A name as a pattern that finds it, be it compared with the whole or a part:
/// without anchors, which not every reader of patterns has.
pub fn literal(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '_' | '-') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The longest text of a template, in bytes, that is kept for the history: several times what WhatsApp takes.
const LONGEST_TEXT: usize = 16 * 1024;

/// The most characters of a template that WhatsApp has approved, with its
/// variables' values.
const LONGEST_APPROVED: usize = 1024;

/// A template that Twilio holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentTemplate {
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

impl ContentTemplate {
    /// Reads a template of Twilio's answer; `None` for what is none.
    pub fn read(value: Value) -> Option<ContentTemplate> {
        let written: Written = serde_json::from_value(value).ok()?;
        if !is_content_sid(&written.sid) {
            return None;
        }
        let mut keys: BTreeSet<String> = written.variables.unwrap_or_default().into_keys().collect();
        // Samples may be missing, so what the texts name counts as well.
        texts_of(&written.types, &mut |text| keys.extend(variables_of(text).into_iter().map(str::to_owned)));
        Some(ContentTemplate {
            sid: written.sid,
            name: written.friendly_name.unwrap_or_default(),
            language: written.language.filter(|language| is_language(language)).unwrap_or_default(),
            keys,
            text: body_of(&written.types).filter(|text| text.len() <= LONGEST_TEXT).map(str::to_owned),
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
        let text = self.text.as_ref().map(|text| render(text, variables));
        if let Some(text) = &text {
            let longest = if self.is_text() { limits::LONGEST_BODY } else { LONGEST_APPROVED };
            check_length(name, text, longest)?;
        }
        Ok(Prepared { request: Request::Form(fields), text })
    }

    /// Whether it is nothing but text: that goes without an approval too,
    /// inside of the 24 hours, and may then be longer.
    fn is_text(&self) -> bool {
        self.types.as_object().is_some_and(|types| types.keys().all(|kind| kind == "twilio/text"))
    }
}

/// Refuses a text that WhatsApp would refuse after Twilio has taken it (63021).
fn check_length(name: &str, text: &str, longest: usize) -> Result<()> {
    let found = text.chars().count();
    if found <= longest {
        return Ok(());
    }
    let message =
        format!("The template {name:?} has {found} characters with these variables; {longest} are the most.");
    Err(Error::about(Status::Template, VARIABLES, message).hint("Shorten the variables."))
}

/// The same for the request of a template that WhatsApp has approved.
pub fn check_approved(name: &str, prepared: &Prepared) -> Result<()> {
    prepared.text.as_deref().map_or(Ok(()), |text| check_length(name, text, LONGEST_APPROVED))
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
fn pick<'a>(
    listed: &'a [ContentTemplate],
    name: &str,
    language: Option<&str>,
) -> Result<&'a ContentTemplate> {
    let missing = |argument: &str, message: String| {
        Error::about(Status::Template, argument, message).hint(
            "Give the template's HX.. SID, its name at Twilio, or the name of a template of the settings.",
        )
    };
    let mut named: Vec<&ContentTemplate> = listed.iter().filter(|stored| stored.name == name).collect();
    if named.is_empty() {
        return Err(missing(
            "template",
            format!("There is no template {name:?} in the settings or at Twilio."),
        ));
    }
    if let Some(language) = language {
        named.retain(|stored| same_language(&stored.language, language));
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
                several.iter().map(|stored| format!("{} ({})", stored.sid, stored.language)).collect();
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
/// `stored` are those of its name, or the one of its SID.
pub fn fit(stored: &[ContentTemplate], template: &Template) -> Result<(String, Prepared)> {
    let stored = the_one(stored, &template.template, template.language.as_deref())?;
    let prepared = stored.fields(&template.variables, &template.template)?;
    Ok((stored.sid.clone(), prepared))
}

/// The template with this SID, or the only one with this name.
pub fn the_one<'a>(
    stored: &'a [ContentTemplate],
    name: &str,
    language: Option<&str>,
) -> Result<&'a ContentTemplate> {
    match stored {
        [one] if one.sid == name => check_language(one, language).map(|()| one),
        several => pick(several, name, language),
    }
}

/// Checks that the template with a SID has the language that is asked for.
fn check_language(stored: &ContentTemplate, language: Option<&str>) -> Result<()> {
    match language {
        Some(language) if !same_language(&stored.language, language) => Err(Error::about(
            Status::Template,
            "language",
            format!("The template {} has the language {:?}, not {language:?}.", stored.sid, stored.language),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
