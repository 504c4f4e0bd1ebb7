//! A template and what fills it, as Meta writes them.

use super::message_parts::{attachment, location, products};
use crate::message::content::{ButtonFill, Template, TemplateButton, TemplateHeader};
use crate::message::variables::Variable;
use crate::message::{Error, Result, Status, Variables};
use serde_json::{Map, Value, json};

/// The object `template`. `language` is the template's own word for it.
pub(super) fn template(it: &Template, language: &str) -> Result<Value> {
    let components = components(it)?;
    let mut value = Map::from_iter([
        ("name".to_owned(), json!(it.template)),
        ("language".to_owned(), json!({"code": language})),
    ]);
    if !components.is_empty() {
        value.insert("components".to_owned(), Value::Array(components));
    }
    Ok(Value::Object(value))
}

/// Checks that the variables' keys can be told apart as Meta does: by name, or
/// by number without a hole.
pub(super) fn check_keys(it: &Template) -> Result<()> {
    parameters("variables", &it.variables).map(drop)?;
    for (at, card) in it.cards.iter().enumerate() {
        parameters(&format!("cards[{at}].variables"), &card.variables)?;
    }
    Ok(())
}

fn components(it: &Template) -> Result<Vec<Value>> {
    let mut components = Vec::new();
    if let Some(code) = &it.code {
        // The reader sees the code, and the button copies it.
        components.push(component("body", vec![json!({"type": "text", "text": code})]));
        components.push(button(0, "url", json!({"type": "text", "text": code})));
        return Ok(components);
    }
    fill(&mut components, it.header.as_ref(), "variables", &it.variables)?;
    if let Some(offer) = &it.limited_time_offer {
        let end = json!({"expiration_time_ms": offer.expires_at.0});
        components.push(json!({
            "type": "limited_time_offer",
            "parameters": [{"type": "limited_time_offer", "limited_time_offer": end}],
        }));
    }
    components.extend(it.buttons.iter().map(filled));
    if !it.cards.is_empty() {
        let mut cards = Vec::with_capacity(it.cards.len());
        for (at, card) in it.cards.iter().enumerate() {
            let mut components = Vec::new();
            let path = format!("cards[{at}].variables");
            fill(&mut components, card.header.as_ref(), &path, &card.variables)?;
            components.extend(card.buttons.iter().map(filled));
            cards.push(json!({"card_index": at, "components": components}));
        }
        components.push(json!({"type": "carousel", "cards": cards}));
    }
    Ok(components)
}

/// What stands above, and the text.
fn fill(
    components: &mut Vec<Value>,
    above: Option<&TemplateHeader>,
    path: &str,
    variables: &Variables,
) -> Result<()> {
    if let Some(above) = above {
        components.push(component("header", vec![header(above)?]));
    }
    let parameters = parameters(path, variables)?;
    if !parameters.is_empty() {
        components.push(component("body", parameters));
    }
    Ok(())
}

fn component(kind: &str, parameters: Vec<Value>) -> Value {
    json!({"type": kind, "parameters": parameters})
}

fn header(it: &TemplateHeader) -> Result<Value> {
    if let Some(text) = &it.text {
        return Ok(parameter(&Variable::Text(text.clone()), it.name.as_deref()));
    }
    if let Some(place) = &it.location {
        return Ok(json!({"type": "location", "location": location(place)}));
    }
    if let Some(product) = &it.product {
        return Ok(json!({"type": "product", "product": product}));
    }
    let (kind, media) = match (&it.image, &it.video, &it.document) {
        (Some(image), _, _) => ("image", image),
        (_, Some(video), _) => ("video", video),
        (_, _, Some(document)) => ("document", document),
        (None, None, None) => {
            return Err(Error::about(Status::Template, "header", "header is empty; leave it out."));
        }
    };
    Ok(json!({"type": kind, kind: attachment(media)?}))
}

/// The body's values: in the order of their numbers, or by name.
fn parameters(path: &str, variables: &Variables) -> Result<Vec<Value>> {
    let is_number = |key: &str| key.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = variables.0.keys().filter(|key| is_number(key)).count();
    if numbers == 0 {
        return Ok(variables.0.iter().map(|(name, value)| parameter(value, Some(name))).collect());
    }
    if let Some(name) = variables.0.keys().find(|key| !is_number(key)) {
        let path = format!("{path}.{name}");
        let message = format!("{path}: a template's variables have names or numbers, never both.");
        return Err(Error::about(Status::Template, path, message));
    }
    (1..=numbers)
        .map(|number| match variables.0.get(&number.to_string()) {
            Some(value) => Ok(parameter(value, None)),
            None => {
                let path = format!("{path}.{number}");
                let message = format!("{path} is missing: numbers go from 1 to {numbers} without a hole.");
                Err(Error::about(Status::Template, path, message))
            }
        })
        .collect()
}

fn parameter(value: &Variable, name: Option<&str>) -> Value {
    let mut parameter = match value {
        // The check refuses what is no value; here it would be an empty text.
        Variable::Text(_) | Variable::Unfit(_) => json!({"type": "text", "text": value.as_text()}),
        Variable::Currency(it) => json!({
            "type": "currency",
            "currency": {"fallback_value": it.fallback_value, "code": it.code, "amount_1000": it.amount_1000},
        }),
        Variable::DateTime(it) => {
            json!({"type": "date_time", "date_time": {"fallback_value": it.fallback_value}})
        }
    };
    if let (Some(name), Some(members)) = (name, parameter.as_object_mut()) {
        members.insert("parameter_name".to_owned(), json!(name));
    }
    parameter
}

fn button(index: u8, kind: &str, parameter: Value) -> Value {
    json!({"type": "button", "sub_type": kind, "index": index.to_string(), "parameters": [parameter]})
}

fn filled(it: &TemplateButton) -> Value {
    let mut action = Map::new();
    let mut put = |key: &str, value: Value| action.insert(key.to_owned(), value);
    let kind = match &it.fill {
        ButtonFill::QuickReply { payload } => {
            return button(it.index, "quick_reply", json!({"type": "payload", "payload": payload}));
        }
        ButtonFill::Url { text } => return button(it.index, "url", json!({"type": "text", "text": text})),
        ButtonFill::CopyCode { code } => {
            return button(it.index, "copy_code", json!({"type": "coupon_code", "coupon_code": code}));
        }
        ButtonFill::Flow { flow_token, flow_action_data } => {
            if let Some(token) = flow_token {
                put("flow_token", json!(token));
            }
            if let Some(data) = flow_action_data {
                put("flow_action_data", Value::Object(data.clone()));
            }
            "flow"
        }
        ButtonFill::Catalog { thumbnail_product_retailer_id } => {
            if let Some(id) = thumbnail_product_retailer_id {
                put("thumbnail_product_retailer_id", json!(id));
            }
            "catalog"
        }
        ButtonFill::MultiProduct { thumbnail_product_retailer_id, sections } => {
            put("thumbnail_product_retailer_id", json!(thumbnail_product_retailer_id));
            put("sections", products(sections));
            "mpm"
        }
    };
    button(it.index, kind, json!({"type": "action", "action": action}))
}
