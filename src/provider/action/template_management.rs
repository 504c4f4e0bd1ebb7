//! Templates as the provider holds them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which templates are wanted.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TemplateQuery {
    /// Those whose name holds this text.
    pub name: Option<String>,
    /// Those of this language, such as `en_US`.
    pub language: Option<String>,
    /// Those in this state: `approved`, `pending`, `rejected`, `paused`, ..
    pub status: Option<String>,
    /// `utility`, `marketing` or `authentication`.
    pub category: Option<String>,
    /// The most of a page, 1 to 1000 (default 100); where the provider takes
    /// less, it is lowered to that (500).
    #[serde(deserialize_with = "crate::message::json::integer_or_null")]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Forgets what is remembered of templates: a list itself is always asked
    /// for, and the next message is checked against what is asked for anew.
    pub refresh: bool,
    /// How long the call may take, in milliseconds (default 60000).
    #[serde(deserialize_with = "crate::message::json::integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// Id of the operation, for `wa_cancel`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<uuid::Uuid>,
}

/// A template that is to be made: the parts that both providers have, or the
/// provider's own words in `components` (Meta) or `types` (Twilio).
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TemplateDefinition {
    /// Small letters, digits and underscores.
    pub name: Option<String>,
    /// Such as `en_US`.
    pub language: Option<String>,
    /// `utility`, `marketing` or `authentication`.
    pub category: Option<String>,
    /// Above the text.
    pub header: Option<TemplateHeader>,
    /// The text, with `{{1}}` or `{{name}}` in it.
    pub body: Option<String>,
    /// A sample of each variable of the text.
    pub examples: BTreeMap<String, String>,
    /// Below the text.
    pub footer: Option<String>,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// Meta's own description of all parts, instead of those above.
    pub components: Option<Vec<Value>>,
    /// Twilio's own description of the content, instead of those above.
    pub types: Option<BTreeMap<String, Value>>,
}

/// What stands above a template's text: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TemplateHeader {
    /// `text`, `image`, `video`, `document` or `location`.
    pub format: String,
    /// The text, with one variable at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A sample of the variable, or of the media. With Meta a file of this
    /// machine, which is uploaded, or the handle of an upload, which begins with
    /// a digit and a colon, such as `4:`; the file is JPEG or PNG, MP4, or PDF.
    /// With Twilio a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// A button of a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Button {
    /// `quick_reply`, `url`, `phone_number`, `copy_code`, ..
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it opens; may end with `{{1}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// A sample of its variable or its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// What is to be deleted.
#[derive(Debug, Clone)]
pub struct DeleteTemplate {
    /// Name, in all its languages; with Twilio name or id.
    pub name: String,
    /// Only the one with this id.
    pub id: Option<String>,
}

/// A wish for WhatsApp's approval.
#[derive(Debug, Clone)]
pub struct SubmitTemplate {
    /// The provider's id of the template.
    pub id: String,
    /// The name under which WhatsApp knows it.
    pub name: Option<String>,
    /// `utility`, `marketing` or `authentication`.
    pub category: Option<String>,
}

/// A template as the provider holds it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Template {
    /// The provider's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// `utility`, `marketing` or `authentication`, once it is known.
    pub category: Option<String>,
    /// `approved`, `pending`, `rejected`, `paused`, `disabled`,
    /// `unsubmitted`, ..: the provider's word in small letters.
    pub status: String,
    /// Why WhatsApp refused it.
    pub rejection_reason: Option<String>,
    /// Above the text.
    pub header: Option<TemplateHeader>,
    /// The text.
    pub body: Option<String>,
    /// Below the text.
    pub footer: Option<String>,
    /// Its buttons.
    pub buttons: Vec<Button>,
    /// The variables of its text.
    pub variables: Vec<String>,
    /// The provider's own description: Meta's `components`, Twilio's `types`.
    pub definition: Value,
}

/// Templates, and where the next page begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TemplateList {
    /// The templates.
    pub templates: Vec<Template>,
    /// The cursor of the next page, or null.
    pub next: Option<String>,
}
