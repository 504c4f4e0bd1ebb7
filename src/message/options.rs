//! The options of a send.

use super::clock::Millis;
use super::{Error, Result, Status, contact_id, json};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a blocking call waits unless it is told otherwise.
pub const DEFAULT_TIMEOUT_MS: u32 = 60_000;

/// `options_json` of every function that sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SendOptions {
    /// Id of the message, chosen by the caller: a UUID that was never used.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<Uuid>,
    /// Which of the settings' senders sends it.
    pub sender: Option<String>,
    /// The host's id of the contact.
    pub contact_id: Option<String>,
    /// The host's own key of this message: the same again sends nothing twice.
    pub reference: Option<String>,
    /// How far the reference must be unique for the message to be sent while
    /// the database is away.
    pub reference_scope: ReferenceScope,
    /// How long the call may take, in milliseconds (default 60000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// What a call that reaches its deadline does with the message.
    pub on_timeout: OnTimeout,
    /// After this time no attempt starts.
    pub expires_at: Option<Millis>,
    /// Before this time no attempt starts.
    pub not_before: Option<Millis>,
    /// Who goes first when there is a queue.
    pub priority: Priority,
    /// The host's own category, kept in the history.
    pub category: Option<String>,
    /// Appears in the log records about this message.
    pub correlation_id: Option<String>,
    /// The provider, if it must be this one.
    pub provider: Option<String>,
}

/// What a send does at its deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// The message is given up, unless an attempt has begun.
    #[default]
    Cancel,
    /// The message goes on without the caller.
    Continue,
}

/// How far a reference must be unique for its message to be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReferenceScope {
    /// In the database: without it the message is not sent.
    #[default]
    Database,
    /// While the database is away, in the journal of this client: another
    /// machine may use the same reference meanwhile.
    Machine,
}

/// Who goes first when there is a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Priority {
    /// Before all others.
    High = 0,
    /// As they come.
    #[default]
    Normal = 5,
    /// After all others.
    Low = 9,
}

impl Priority {
    /// The priority that a table's number stands for.
    pub fn from_number(number: i16) -> Priority {
        match number {
            ..=2 => Priority::High,
            3..=7 => Priority::Normal,
            _ => Priority::Low,
        }
    }
}

/// The longest text of each option, in characters.
const LONGEST: usize = 128;
const LONGEST_REFERENCE: usize = 256;

impl SendOptions {
    /// Reads `options_json`; null means the defaults.
    pub fn read(argument: &str, text: Option<&str>) -> Result<SendOptions> {
        let Some(text) = text else { return Ok(SendOptions::default()) };
        let mut options: SendOptions = json::read(argument, text)?;
        for (key, value, longest) in [
            ("sender", &options.sender, LONGEST),
            ("contact_id", &options.contact_id, LONGEST),
            ("reference", &options.reference, LONGEST_REFERENCE),
            ("category", &options.category, LONGEST),
            ("correlation_id", &options.correlation_id, LONGEST),
            ("provider", &options.provider, LONGEST),
        ] {
            let Some(value) = value else { continue };
            let path = format!("{argument}.{key}");
            if value.is_empty() {
                let message = format!("{path} is empty; leave it out or give a value.");
                return Err(Error::about(Status::Argument, path, message));
            }
            if value.chars().count() > longest {
                let message = format!("{path} is longer than {longest} characters.");
                return Err(Error::about(Status::Argument, path, message));
            }
        }
        options.contact_id = options.contact_id.map(contact_id::one_form);
        if options.id.is_some_and(|id| id.is_nil()) {
            return Err(Error::about(Status::Argument, format!("{argument}.id"), "The id is the nil UUID."));
        }
        if let (Some(from), Some(until)) = (options.not_before, options.expires_at)
            && from >= until
        {
            return Err(Error::about(
                Status::Argument,
                format!("{argument}.not_before"),
                "not_before is not before expires_at, so the message could never be sent.",
            ));
        }
        Ok(options)
    }

    /// How long the call may take.
    pub fn timeout(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_key() {
        for (text, path) in [
            (r#"{"id":"x"}"#, "options_json.id"),
            (r#"{"id":"00000000-0000-0000-0000-000000000000"}"#, "options_json.id"),
            (r#"{"sender":""}"#, "options_json.sender"),
            (r#"{"timeout_ms":-1}"#, "options_json.timeout_ms"),
            (r#"{"on_timeout":"explode"}"#, "options_json.on_timeout"),
            (r#"{"timeout":1}"#, "options_json.timeout"),
            (r#"{"expires_at":"soon"}"#, "options_json.expires_at"),
            (
                r#"{"not_before":"2030-01-01T00:00:00Z","expires_at":"2029-01-01T00:00:00Z"}"#,
                "options_json.not_before",
            ),
        ] {
            let error = SendOptions::read("options_json", Some(text)).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
        }
        let options = SendOptions::read("options_json", Some(r#"{"timeout_ms":"250"}"#)).unwrap();
        assert_eq!(options.timeout().as_millis(), 250);
        let contact = r#"{"contact_id":"{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"}"#;
        let options = SendOptions::read("options_json", Some(contact)).unwrap();
        assert_eq!(options.contact_id.as_deref(), Some("6f9619ff-8b86-d011-b42d-00cf4fc964ff"));
    }
}
