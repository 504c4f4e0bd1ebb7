//! A template and what fills it.

use super::super::variables::Variables;
use super::super::{Result, json};
use super::media::{Attachment, MediaKind};
use super::{Location, ProductSection};
use crate::message::clock::Millis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A template and what fills it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Name of a template of the settings, or the provider's name or id.
    pub template: String,
    /// Language, where the name has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The values of the body.
    #[serde(default)]
    pub variables: Variables,
    /// What fills the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// What fills the buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
    /// The code of an authentication template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When the offer of the template ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_time_offer: Option<LimitedTimeOffer>,
    /// The cards of a carousel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
}

/// A template as `message_json` gives it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// Name of a template of the settings, or the provider's name or id.
    template: String,
    /// Language, where the name has several.
    #[serde(default)]
    language: Option<String>,
    /// The values of the body, by name or number, or as a list. A value is
    /// text, or `{"currency":{..}}`, or `{"date_time":{..}}`.
    #[serde(default)]
    variables: Value,
    /// What fills the header.
    #[serde(default)]
    header: Option<TemplateHeader>,
    /// What fills the buttons.
    #[serde(default)]
    buttons: Vec<TemplateButton>,
    /// The code of an authentication template.
    #[serde(default, deserialize_with = "json::secret_text")]
    code: Option<String>,
    /// When the offer of the template ends.
    #[serde(default)]
    limited_time_offer: Option<LimitedTimeOffer>,
    /// The cards of a carousel.
    #[serde(default)]
    cards: Vec<TemplateCardInput>,
}

/// What fills a template's header: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TemplateHeader {
    /// The value of the header's variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The variable's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Attachment>,
    /// A video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Attachment>,
    /// A document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
    /// A place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// A product of a catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<HeaderProduct>,
}

/// A product of a catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeaderProduct {
    /// Id of the catalog.
    pub catalog_id: String,
    /// The product's id in the catalog.
    pub product_retailer_id: String,
}

/// What fills a button.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TemplateButton {
    /// Place of the button in the template; 0 is the first.
    pub index: u8,
    /// What fills it.
    #[serde(flatten)]
    pub fill: ButtonFill,
}

/// What fills a button, by the button's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ButtonFill {
    /// Comes back when it is tapped.
    QuickReply {
        /// What comes back.
        payload: String,
    },
    /// The end of the button's address.
    Url {
        /// The end.
        text: String,
    },
    /// A code to copy.
    CopyCode {
        /// The code.
        code: String,
    },
    /// A form.
    Flow {
        /// The host's own mark of this form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_token: Option<String>,
        /// What the first screen is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_action_data: Option<Map<String, Value>>,
    },
    /// The catalog.
    Catalog {
        /// The product whose picture is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thumbnail_product_retailer_id: Option<String>,
    },
    /// Several products.
    MultiProduct {
        /// The product whose picture is shown.
        thumbnail_product_retailer_id: String,
        /// The products.
        sections: Vec<ProductSection>,
    },
}

/// When an offer ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LimitedTimeOffer {
    /// The end.
    pub expires_at: Millis,
}

/// A card of a template's carousel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateCard {
    /// Its image or video.
    pub header: Option<TemplateHeader>,
    /// The values of its text.
    pub variables: Variables,
    /// What fills its buttons.
    pub buttons: Vec<TemplateButton>,
}

/// A card as `message_json` gives it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateCardInput {
    /// Its image or video.
    #[serde(default)]
    header: Option<TemplateHeader>,
    /// The values of its text.
    #[serde(default)]
    variables: Value,
    /// What fills its buttons.
    #[serde(default)]
    buttons: Vec<TemplateButton>,
}

impl Template {
    /// A template with values for its body only.
    pub fn new(template: impl Into<String>, variables: Variables) -> Template {
        Template { template: template.into(), variables, ..Template::default() }
    }

    /// Reads the keys of a template message. `written` is the same message
    /// with its numbers as text: the values of variables are taken from it.
    pub(super) fn read(argument: &str, mut body: Value, mut written: Value) -> Result<Template> {
        let cards = body.get("cards").and_then(Value::as_array).map_or(0, Vec::len);
        let of_cards = (0..cards).map(|at| format!("/cards/{at}/variables"));
        for values in of_cards.chain(["/variables".to_owned()]) {
            if let (Some(read), Some(written)) = (body.pointer_mut(&values), written.pointer_mut(&values)) {
                *read = written.take();
            }
        }
        let input: TemplateInput = json::from_value(argument, body)?;
        let mut cards = Vec::with_capacity(input.cards.len());
        for (at, card) in input.cards.into_iter().enumerate() {
            let path = format!("{argument}.cards[{at}].variables");
            cards.push(TemplateCard {
                header: card.header,
                variables: Variables::from_value(&path, card.variables)?,
                buttons: card.buttons,
            });
        }
        Ok(Template {
            template: input.template,
            language: input.language,
            variables: Variables::from_value(&format!("{argument}.variables"), input.variables)?,
            header: input.header,
            buttons: input.buttons,
            code: input.code,
            limited_time_offer: input.limited_time_offer,
            cards,
        })
    }

    /// Whether nothing but the values of a body fills it.
    pub fn is_plain(&self) -> bool {
        self.header.is_none()
            && self.buttons.is_empty()
            && self.code.is_none()
            && self.limited_time_offer.is_none()
            && self.cards.is_empty()
    }

    /// What a person reads in the history, where the text is not known. A code
    /// is a secret between two.
    pub(super) fn as_text(&self) -> String {
        let values: Vec<String> =
            self.variables.0.iter().map(|(key, value)| format!("{key}={}", value.as_text())).collect();
        if values.is_empty() {
            self.template.clone()
        } else {
            format!("{} ({})", self.template, values.join(", "))
        }
    }
}

impl TemplateHeader {
    /// The attachment that it holds, if any.
    pub(super) fn attachments<'a>(
        &'a self,
        path: &str,
        found: &mut Vec<(String, MediaKind, &'a Attachment)>,
    ) {
        for (kind, held) in [
            (MediaKind::Image, &self.image),
            (MediaKind::Video, &self.video),
            (MediaKind::Document, &self.document),
        ] {
            if let Some(attachment) = held {
                found.push((format!("{path}.{}", kind.name()), kind, attachment));
            }
        }
    }
}
