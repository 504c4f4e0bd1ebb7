//! A template as Meta writes it, read with tolerance: what is not understood
//! is kept as words, and what is no template is left out.

use crate::message::catalogue::clipped;
use crate::message::variables::variables_of;
use crate::provider::action::{Button, Template, TemplateHeader};
use crate::provider::template_rules::is_language;
use serde::Deserialize;
use serde_json::Value;

/// The longest text of a part, in bytes: several times what WhatsApp takes.
const LONGEST_TEXT: usize = 16 * 1024;
/// More buttons, or cards, than any template has.
const MOST_PARTS: usize = 100;

/// A template that Meta holds.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTemplate {
    /// Meta's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// In capitals.
    pub status: String,
    /// In capitals.
    pub category: String,
    rejection_reason: Option<String>,
    /// What it is made of.
    pub parts: Parts,
    components: Value,
}

/// The parts of a template, or of one card of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// Above the text.
    pub header: Option<Header>,
    /// The text.
    pub body: Option<String>,
    /// Below the text.
    pub footer: Option<String>,
    /// The buttons.
    pub buttons: Vec<StoredButton>,
    /// An offer that ends; whether its end is shown.
    pub offer: Option<bool>,
    /// The cards of a carousel.
    pub cards: Vec<Parts>,
    /// A text of it is too long to be kept, so what it says is not known.
    pub unread: bool,
}

/// What stands above the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Header {
    /// Text, with one variable at most.
    Text(String),
    /// `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION`, `PRODUCT`, or what may come.
    Other(String),
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredButton {
    /// `QUICK_REPLY`, `URL`, `FLOW`, .., in capitals.
    pub kind: String,
    /// What it says.
    pub text: Option<String>,
    /// What it opens.
    pub url: Option<String>,
    phone_number: Option<String>,
    example: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    id: String,
    name: String,
    language: String,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    category: Value,
    #[serde(default)]
    rejected_reason: Value,
    #[serde(default)]
    components: Value,
}

impl StoredTemplate {
    /// Reads a template of Meta's answer; `None` for what is none.
    pub fn read(value: Value) -> Option<StoredTemplate> {
        let written: Written = serde_json::from_value(value).ok()?;
        if !is_id(&written.id)
            || !is_language(&written.language)
            || written.name.is_empty()
            || written.name.len() > LONGEST_TEXT
        {
            return None;
        }
        let reason = word(&written.rejected_reason);
        Some(StoredTemplate {
            parts: Parts::read(&written.components, true),
            id: written.id,
            name: written.name,
            language: written.language,
            status: word(&written.status),
            category: word(&written.category),
            rejection_reason: Some(reason).filter(|reason| !reason.is_empty() && reason != "NONE"),
            components: written.components,
        })
    }

    /// The template as our JSON shows it.
    pub fn shown(&self) -> Template {
        let parts = &self.parts;
        Template {
            id: self.id.clone(),
            name: self.name.clone(),
            language: self.language.clone(),
            category: Some(self.category.to_ascii_lowercase()).filter(|category| !category.is_empty()),
            status: self.status.to_ascii_lowercase(),
            rejection_reason: self.rejection_reason.clone(),
            header: parts.header.as_ref().map(|header| match header {
                Header::Text(text) => {
                    TemplateHeader { format: "text".to_owned(), text: Some(text.clone()), example: None }
                }
                Header::Other(format) => {
                    TemplateHeader { format: format.to_ascii_lowercase(), text: None, example: None }
                }
            }),
            body: parts.body.clone(),
            footer: parts.footer.clone(),
            buttons: parts.buttons.iter().map(StoredButton::shown).collect(),
            variables: parts.body_variables().into_iter().map(str::to_owned).collect(),
            definition: self.components.clone(),
        }
    }
}

impl Parts {
    /// Reads components. A template with a text that is too long is there all
    /// the same.
    fn read(components: &Value, with_cards: bool) -> Parts {
        let mut parts = Parts::default();
        for component in items(components) {
            let text = component.get("text").and_then(Value::as_str);
            parts.unread |= text.is_some_and(|text| text.len() > LONGEST_TEXT);
            let text = text.filter(|text| text.len() <= LONGEST_TEXT).map(str::to_owned);
            match word(&component["type"]).as_str() {
                "HEADER" => {
                    parts.header = match word(&component["format"]).as_str() {
                        "" | "TEXT" => text.map(Header::Text),
                        other => Some(Header::Other(other.to_owned())),
                    }
                }
                "BODY" => parts.body = text,
                "FOOTER" => parts.footer = text,
                "BUTTONS" => {
                    parts.buttons = items(&component["buttons"]).map(StoredButton::read).collect();
                }
                "LIMITED_TIME_OFFER" => {
                    parts.offer = Some(component["limited_time_offer"]["has_expiration"] == true);
                }
                // Cards hold no cards.
                "CAROUSEL" if with_cards => {
                    parts.cards = items(&component["cards"])
                        .map(|card| Parts::read(&card["components"], false))
                        .collect();
                }
                _ => {}
            }
        }
        parts
    }

    /// The names of the variables of the text.
    pub fn body_variables(&self) -> Vec<&str> {
        self.body.as_deref().map(variables_of).unwrap_or_default()
    }

    /// Whether there is nothing but a text.
    pub fn is_body_only(&self) -> bool {
        self.header.is_none()
            && self.footer.is_none()
            && self.buttons.is_empty()
            && self.offer.is_none()
            && self.cards.is_empty()
    }
}

impl StoredButton {
    fn read(value: &Value) -> StoredButton {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let example = match &value["example"] {
            Value::Array(samples) => samples.first().and_then(Value::as_str).map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        };
        StoredButton {
            kind: word(&value["type"]),
            text: text("text"),
            url: text("url"),
            phone_number: text("phone_number"),
            example,
        }
    }

    fn shown(&self) -> Button {
        Button {
            kind: match self.kind.as_str() {
                // The word of a message that fills it.
                "MPM" => "multi_product".to_owned(),
                other => other.to_ascii_lowercase(),
            },
            text: self.text.clone(),
            url: self.url.clone(),
            phone_number: self.phone_number.clone(),
            example: self.example.clone(),
        }
    }
}

/// Whether this is an id as Meta gives them: it goes into addresses.
pub fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A word of Meta's, in capitals and short.
fn word(value: &Value) -> String {
    clipped(value.as_str().unwrap_or_default()).to_ascii_uppercase()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(MOST_PARTS)
}
