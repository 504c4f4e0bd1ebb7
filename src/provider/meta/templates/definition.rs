//! A template that is to be made, in Meta's words.

use crate::message::variables::variables_of;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Button, TemplateDefinition, TemplateHeader};
use crate::provider::template_rules::{self, Numbering, needed, numbering, written_language};
use serde_json::{Map, Value, json};

/// The argument that holds a definition.
const PATH: &str = "template_json";

/// The body of a request that makes a template.
pub fn new(definition: &TemplateDefinition) -> Result<Map<String, Value>> {
    let name = needed(&key("name"), definition.name.as_deref())?;
    template_rules::name(&key("name"), name)?;
    let language = needed(&key("language"), definition.language.as_deref())?;
    let language = written_language(&key("language"), language)?;
    needed(&key("category"), definition.category.as_deref())?;
    let mut body = parts(definition)?;
    body.insert("name".to_owned(), json!(name));
    body.insert("language".to_owned(), json!(language));
    Ok(body)
}

/// The body of a request that changes a template.
pub fn change(definition: &TemplateDefinition) -> Result<Map<String, Value>> {
    for (name, given) in [("name", &definition.name), ("language", &definition.language)] {
        if given.is_some() {
            let path = key(name);
            let message = format!("{path}: the {name} of a template cannot be changed; leave it out.");
            return Err(Error::about(Status::Template, path, message)
                .hint(format!("Make another template for another {name}.")));
        }
    }
    if definition.has_no_parts() && definition.category.is_some() {
        let mut body = Map::new();
        put_category(&mut body, definition)?;
        return Ok(body);
    }
    parts(definition)
}

fn key(key: &str) -> String {
    format!("{PATH}.{key}")
}

fn put_category(body: &mut Map<String, Value>, definition: &TemplateDefinition) -> Result<()> {
    if let Some(category) = &definition.category {
        let category = template_rules::category(&key("category"), category)?;
        body.insert("category".to_owned(), json!(category.to_ascii_uppercase()));
    }
    Ok(())
}

/// The category and the components.
fn parts(definition: &TemplateDefinition) -> Result<Map<String, Value>> {
    if definition.types.is_some() {
        let path = key("types");
        let message = format!("{path} is Twilio's description of a template, which Meta does not have.");
        return Err(Error::about(Status::NotSupported, path, message)
            .hint("Describe the parts in header, body, footer and buttons, or in components."));
    }
    let mut body = Map::new();
    put_category(&mut body, definition)?;
    let components = match &definition.components {
        Some(components) => {
            definition.check(PATH)?;
            if components.is_empty() || !components.iter().all(Value::is_object) {
                let path = key("components");
                let message = format!("{path} must be a list of objects, and not empty.");
                return Err(Error::about(Status::Template, path, message));
            }
            let named = components.iter().flat_map(texts).flat_map(variables_of).any(is_name);
            put_format(&mut body, named);
            components.clone()
        }
        None => {
            if body.get("category").is_some_and(|category| category == "AUTHENTICATION") {
                let path = key("components");
                let message =
                    format!("{path} is needed: the text of an authentication template is WhatsApp's own.");
                return Err(Error::about(Status::Template, path, message).hint(
                    "Give components such as [{\"type\":\"BODY\",\"add_security_recommendation\":true},{\"type\":\"BUTTONS\",\"buttons\":[{\"type\":\"OTP\",\"otp_type\":\"COPY_CODE\",\"text\":\"Copy\"}]}], and leave the other parts out.",
                ));
            }
            definition.check(PATH)?;
            let (components, named) = components(definition)?;
            put_format(&mut body, named);
            components
        }
    };
    body.insert("components".to_owned(), Value::Array(components));
    Ok(body)
}

/// Numbers are what Meta takes for granted.
fn put_format(body: &mut Map<String, Value>, named: bool) {
    if named {
        body.insert("parameter_format".to_owned(), json!("NAMED"));
    }
}

fn is_name(variable: &str) -> bool {
    !variable.bytes().all(|byte| byte.is_ascii_digit())
}

fn texts(component: &Value) -> impl Iterator<Item = &str> {
    let kind = component["type"].as_str().unwrap_or_default();
    let counts = kind.eq_ignore_ascii_case("HEADER") || kind.eq_ignore_ascii_case("BODY");
    component["text"].as_str().filter(|_| counts).into_iter()
}

/// The components of neutral parts, and whether the variables have names.
fn components(definition: &TemplateDefinition) -> Result<(Vec<Value>, bool)> {
    let text = definition.body.as_deref().unwrap_or_default();
    let variables = variables_of(text);
    let in_body = numbering(&key("body"), &variables)?;
    definition.check_samples(PATH, &variables)?;
    let mut components = Vec::with_capacity(4);
    let mut in_header = Numbering::None;
    if let Some(header) = &definition.header {
        let names = header.text.as_deref().map(variables_of).unwrap_or_default();
        in_header = numbering(&key("header.text"), &names)?;
        components.push(header_component(header, names.first().copied(), in_header));
    }
    if in_body != in_header && in_body != Numbering::None && in_header != Numbering::None {
        let path = key("header.text");
        let message = format!("{path}: its variable and those of the body are all numbers or all names.");
        return Err(Error::about(Status::Template, path, message));
    }
    let sample = |name: &str| definition.examples.get(name).cloned().unwrap_or_default();
    let example = match in_body {
        Numbering::None => None,
        Numbering::Numbers => {
            let samples: Vec<String> = (1..=variables.len()).map(|at| sample(&at.to_string())).collect();
            Some(json!({"body_text": [samples]}))
        }
        Numbering::Names => {
            let samples: Vec<Value> = variables.iter().map(|name| named(name, &sample(name))).collect();
            Some(json!({"body_text_named_params": samples}))
        }
    };
    components.push(object([
        ("type", Some(json!("BODY"))),
        ("text", Some(json!(text))),
        ("example", example),
    ]));
    if let Some(footer) = &definition.footer {
        components.push(json!({"type": "FOOTER", "text": footer}));
    }
    if !definition.buttons.is_empty() {
        let buttons: Vec<Value> = definition.buttons.iter().map(button).collect();
        components.push(json!({"type": "BUTTONS", "buttons": buttons}));
    }
    Ok((components, in_body == Numbering::Names || in_header == Numbering::Names))
}

fn named(name: &str, sample: &str) -> Value {
    json!({"param_name": name, "example": sample})
}

/// An object of the members that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn header_component(header: &TemplateHeader, variable: Option<&str>, numbering: Numbering) -> Value {
    let example = header.example.as_deref().unwrap_or_default();
    let example = match (header.format.as_str(), variable) {
        ("image" | "video" | "document", _) => Some(json!({"header_handle": [example]})),
        ("text", Some(variable)) if numbering == Numbering::Names => {
            Some(json!({"header_text_named_params": [named(variable, example)]}))
        }
        ("text", Some(_)) => Some(json!({"header_text": [example]})),
        _ => None,
    };
    object([
        ("type", Some(json!("HEADER"))),
        ("format", Some(json!(header.format.to_ascii_uppercase()))),
        ("text", header.text.as_ref().map(|text| json!(text))),
        ("example", example),
    ])
}

/// A button that was checked.
fn button(button: &Button) -> Value {
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let has_variable = button.url.as_deref().is_some_and(|url| !variables_of(url).is_empty());
    let (title, example) = match button.kind.as_str() {
        // Meta writes what it says.
        "copy_code" => (None, text(&button.example)),
        "url" if has_variable => (text(&button.text), button.example.as_ref().map(|it| json!([it]))),
        _ => (text(&button.text), None),
    };
    object([
        ("type", Some(json!(button.kind.to_ascii_uppercase()))),
        ("text", title),
        ("url", text(&button.url)),
        ("phone_number", text(&button.phone_number)),
        ("example", example),
    ])
}
