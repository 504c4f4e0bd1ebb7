//! What a provider told by a webhook, as hosts get it.

use crate::message::changes::{
    AccountChange, Call, ConsentChange, ContactChange, NumberChange, TemplateChange,
};
use crate::message::clock::Millis;
use crate::message::inbound::InboundMessage;
use serde::Serialize;

/// What a provider told by a webhook. Which of the members is there follows
/// from the kind of the event.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WebhookRecord {
    /// `twilio` or `meta`.
    pub provider: &'static str,
    /// When it happened, by the provider's clock; Twilio does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_at: Option<Millis>,
    /// Meta's id of the business account, or Twilio's `AC..`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Meta's id of our number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// Our number, as the provider writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Of kind `received`: the id of the message in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Of kind `received` and `echo`: the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<InboundMessage>,
    /// Of kind `template`: what changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_change: Option<TemplateChange>,
    /// Of kind `number`: what changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_change: Option<NumberChange>,
    /// Of kind `account`: what changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_change: Option<AccountChange>,
    /// Of kind `consent`: what is wished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_change: Option<ConsentChange>,
    /// Of kind `contact`: who is who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_change: Option<ContactChange>,
    /// Of kind `call`: the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Of kind `webhook`: what the provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The same as it came.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub raw: serde_json::Value,
}
