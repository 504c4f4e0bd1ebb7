//! What a message says, in one model for both providers.

use super::{Error, Result, Status, Variables, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text(Text),
    /// Media by link, with an optional text.
    Media(Media),
    /// A template of the provider, or of the settings.
    Template(Template),
}

/// Free text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// Media by link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Links that the provider fetches.
    pub media: Vec<String>,
    /// The text beside the media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A template and the values of its variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Name of a template of the settings, or the provider's name or id.
    pub template: String,
    /// Language, where the name has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The values.
    #[serde(default)]
    pub variables: Variables,
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
    /// The values by name or number.
    #[serde(default)]
    variables: Value,
}

impl Content {
    /// Reads `message_json`: an object with `type` and the keys of that type.
    pub fn read(argument: &str, text: &str) -> Result<Content> {
        let Value::Object(mut object) = json::value(argument, text)? else {
            return Err(Error::about(
                Status::Json,
                argument,
                format!("{argument} must be an object such as {{\"type\":\"text\",\"text\":\"Hello\"}}."),
            ));
        };
        let kind = object.remove("type");
        let body = Value::Object(object);
        match kind.as_ref().and_then(Value::as_str) {
            Some("text") => json::from_value(argument, body).map(Content::Text),
            Some("media") => json::from_value(argument, body).map(Content::Media),
            Some("template") => {
                let input: TemplateInput = json::from_value(argument, body)?;
                let path = format!("{argument}.variables");
                Ok(Content::Template(Template {
                    template: input.template,
                    language: input.language,
                    variables: Variables::from_value(&path, input.variables)?,
                }))
            }
            other => {
                let path = format!("{argument}.type");
                Err(Error::about(
                    Status::Json,
                    path.clone(),
                    match other {
                        Some(kind) => format!("{path}: there is no kind of message {kind:?}."),
                        None => format!("{path} is missing."),
                    },
                )
                .hint("The kinds are text, media and template."))
            }
        }
    }

    /// The kind, as the history holds it.
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Text(_) => "text",
            Content::Media(_) => "media",
            Content::Template(_) => "template",
        }
    }

    /// What a person reads in the history.
    pub fn as_text(&self) -> String {
        match self {
            Content::Text(text) => text.text.clone(),
            Content::Media(media) => {
                let mut lines: Vec<&str> = media.text.iter().map(String::as_str).collect();
                lines.extend(media.media.iter().map(String::as_str));
                lines.join("\n")
            }
            Content::Template(template) => {
                let values: Vec<String> =
                    template.variables.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
                if values.is_empty() {
                    template.template.clone()
                } else {
                    format!("{} ({})", template.template, values.join(", "))
                }
            }
        }
    }

    /// The template's name, if it is one.
    pub fn template_name(&self) -> Option<&str> {
        match self {
            Content::Template(template) => Some(&template.template),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read() {
        for (text, kind) in [
            (r#"{"type":"text","text":"Hello"}"#, "text"),
            (r#"{"type":"media","media":["https://example.com/a.png"]}"#, "media"),
            (r#"{"type":"template","template":"welcome","variables":{"1":"Ann"}}"#, "template"),
            (r#"{"type":"template","template":"welcome"}"#, "template"),
        ] {
            assert_eq!(Content::read("message_json", text).unwrap().kind(), kind);
        }
    }

    #[test]
    fn faults_name_the_key() {
        for (text, path) in [
            (r#"{"text":"Hello"}"#, "message_json.type"),
            (r#"{"type":"fax"}"#, "message_json.type"),
            (r#"{"type":1}"#, "message_json.type"),
            (r#"{"type":"text","text":"x","bold":true}"#, "message_json.bold"),
            (r#"{"type":"text","text":7}"#, "message_json.text"),
            (r#"{"type":"media","media":[7]}"#, "message_json.media[0]"),
            (r#"{"type":"template","template":"t","variables":{"1":null}}"#, "message_json.variables.1"),
            ("[]", "message_json"),
        ] {
            let error = Content::read("message_json", text).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
        }
    }
}
