//! Content types: a template that is to be made, in Twilio's words, and what
//! Twilio's words say in ours.

use super::content_template::ContentTemplate;
use crate::message::variables::variables_of;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Button, Template, TemplateDefinition, TemplateHeader};
use crate::provider::template_rules::{needed, numbering, written_language};
use serde_json::{Map, Value, json};

/// The argument that holds a definition.
const PATH: &str = "template_json";
/// The longest name that our own limits allow.
const LONGEST_NAME: usize = 512;

fn key(key: &str) -> String {
    format!("{PATH}.{key}")
}

/// The body of a request that makes a Content template. With `change`, of one
/// that replaces it: name and language may be missing.
pub fn body(definition: &TemplateDefinition, change: bool) -> Result<Map<String, Value>> {
    if definition.components.is_some() {
        let path = key("components");
        let message = format!("{path} is Meta's description of a template, which Twilio does not have.");
        return Err(Error::about(Status::NotSupported, path, message)
            .hint("Describe the parts in header, body, footer and buttons, or in types."));
    }
    definition.check(PATH)?;
    let mut body = Map::new();
    if !change || definition.name.is_some() {
        let name = needed(&key("name"), definition.name.as_deref())?;
        if name.chars().count() > LONGEST_NAME {
            let path = key("name");
            let message = format!("{path} is longer than {LONGEST_NAME} characters.");
            return Err(Error::about(Status::Template, path, message));
        }
        body.insert("friendly_name".to_owned(), json!(name));
    }
    if !change || definition.language.is_some() {
        let language = needed(&key("language"), definition.language.as_deref())?;
        let language = written_language(&key("language"), language)?;
        body.insert("language".to_owned(), json!(language));
    }
    let types = match &definition.types {
        Some(types) if types.is_empty() || !types.values().all(Value::is_object) => {
            let path = key("types");
            let message = format!("{path} must hold an object for each type, and not be empty.");
            return Err(Error::about(Status::Template, path, message));
        }
        Some(types) => types.clone().into_iter().collect(),
        None => types_of(definition)?,
    };
    let mut samples = definition.examples.clone();
    if definition.types.is_none() {
        // One numbering for all texts.
        add_samples(definition, &mut samples);
        let mut names: Vec<String> = Vec::new();
        super::content_template::texts_of(&Value::Object(types.clone()), &mut |text| {
            for name in variables_of(text) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        });
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        numbering(&key("body"), &names)?;
        TemplateDefinition { examples: samples.clone(), ..TemplateDefinition::default() }
            .check_samples(PATH, &names)?;
    }
    if !samples.is_empty() {
        body.insert("variables".to_owned(), json!(samples));
    }
    body.insert("types".to_owned(), Value::Object(types));
    Ok(body)
}

/// Samples that stand beside a header or a button count as those of the
/// variables there, unless the examples have their own.
fn add_samples(definition: &TemplateDefinition, samples: &mut std::collections::BTreeMap<String, String>) {
    let header = definition.header.iter().map(|header| (header.text.as_deref(), header.example.as_deref()));
    let buttons = definition.buttons.iter().map(|button| (button.url.as_deref(), button.example.as_deref()));
    for (text, sample) in header.chain(buttons) {
        let (Some(text), Some(sample)) = (text, sample) else { continue };
        for name in variables_of(text) {
            samples.entry(name.to_owned()).or_insert_with(|| sample.to_owned());
        }
    }
}

/// The plainest type that holds all parts, for not every channel has the
/// richer ones.
fn types_of(definition: &TemplateDefinition) -> Result<Map<String, Value>> {
    let body = json!(definition.body);
    let media = match &definition.header {
        Some(header) if header.format == "location" => {
            let path = key("header.format");
            let message = format!("{path}: Twilio's templates have no place above the text.");
            return Err(Error::about(Status::NotSupported, path, message));
        }
        Some(header) if header.format != "text" => header.example.as_ref().map(|link| json!([link])),
        _ => None,
    };
    let header_text = definition.header.as_ref().and_then(|header| header.text.as_ref());
    let buttons = &definition.buttons;
    let is_plain = header_text.is_none() && definition.footer.is_none();
    let replies = buttons.iter().filter(|button| button.kind == "quick_reply").count();
    let actions =
        |with_type: bool| -> Value { buttons.iter().map(|button| action(button, with_type)).collect() };
    let (name, members) = match (&media, replies) {
        (None, _) if is_plain && buttons.is_empty() => ("twilio/text", vec![("body", Some(body))]),
        (Some(_), _) if is_plain && buttons.is_empty() => {
            ("twilio/media", vec![("body", Some(body)), ("media", media)])
        }
        (None, replies) if is_plain && replies == buttons.len() => {
            ("twilio/quick-reply", vec![("body", Some(body)), ("actions", Some(actions(false)))])
        }
        (None, 0) if is_plain => {
            ("twilio/call-to-action", vec![("body", Some(body)), ("actions", Some(actions(true)))])
        }
        _ => (
            "whatsapp/card",
            vec![
                ("body", Some(body)),
                ("header_text", header_text.map(|text| json!(text))),
                ("footer", definition.footer.as_ref().map(|text| json!(text))),
                ("media", media),
                ("actions", Some(actions(true)).filter(|_| !buttons.is_empty())),
            ],
        ),
    };
    let members: Map<String, Value> =
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    Ok(Map::from_iter([(name.to_owned(), Value::Object(members))]))
}

/// A button that was checked.
fn action(button: &Button, with_type: bool) -> Value {
    let title = button.text.as_deref().unwrap_or("Copy code");
    let (kind, key, value) = match button.kind.as_str() {
        "url" => ("URL", "url", button.url.as_deref()),
        "phone_number" => ("PHONE_NUMBER", "phone", button.phone_number.as_deref()),
        "copy_code" => ("COPY_CODE", "code", button.example.as_deref()),
        // Comes back when it is tapped.
        _ => ("QUICK_REPLY", "id", Some(title)),
    };
    let mut members = Map::new();
    if with_type {
        members.insert("type".to_owned(), json!(kind));
    }
    members.insert("title".to_owned(), json!(title));
    members.insert(key.to_owned(), json!(value));
    Value::Object(members)
}

/// The template as our JSON shows it, without its approval.
pub fn shown(stored: &ContentTemplate) -> Template {
    // The richest type says most.
    let kinds = || stored.types.as_object().into_iter().flat_map(Map::values);
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| kinds().find_map(|kind| kind.get(*key)?.as_str())).map(str::to_owned)
    };
    let media = kinds().find_map(|kind| match kind.get("media")? {
        Value::Array(links) => links.first()?.as_str(),
        other => other.as_str(),
    });
    let header = match (text(&["header_text"]), media) {
        (Some(text), _) => {
            Some(TemplateHeader { format: "text".to_owned(), text: Some(text), example: None })
        }
        (None, Some(link)) => Some(TemplateHeader {
            format: format_of(link).to_owned(),
            text: None,
            example: Some(link.to_owned()),
        }),
        (None, None) => None,
    };
    let buttons = kinds()
        .find_map(|kind| kind.get("actions")?.as_array())
        .map(|actions| actions.iter().take(100).map(shown_button).collect())
        .unwrap_or_default();
    Template {
        id: stored.sid.clone(),
        name: stored.name.clone(),
        language: stored.language.clone(),
        header,
        body: stored.text.clone(),
        footer: text(&["footer", "subtitle"]),
        buttons,
        variables: stored.keys.iter().cloned().collect(),
        definition: stored.types.clone(),
        ..Template::default()
    }
}

/// What a link leads to, as far as its ending tells: WhatsApp shows what it is
/// not sure of as a document.
fn format_of(link: &str) -> &'static str {
    let path = link.split(['?', '#']).next().unwrap_or(link).to_ascii_lowercase();
    match path.rsplit('.').next() {
        Some("jpg" | "jpeg" | "png") => "image",
        Some("mp4" | "3gp") => "video",
        _ => "document",
    }
}

fn shown_button(action: &Value) -> Button {
    let text = |key: &str| action.get(key).and_then(Value::as_str).map(str::to_owned);
    Button {
        kind: text("type").map_or_else(|| "quick_reply".to_owned(), |kind| kind.to_ascii_lowercase()),
        text: text("title").or_else(|| text("copy_code_text")),
        url: text("url"),
        phone_number: text("phone"),
        example: text("code"),
    }
}
