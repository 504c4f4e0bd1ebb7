//! What changes at the provider without our doing, in one form for both
//! providers.

use super::clock::Millis;
use super::inbound::Person;
use serde::Serialize;

/// Something about a template changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TemplateChange {
    /// `status`, `quality`, `category`, or `components`.
    pub what: String,
    /// The provider's id of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its language, written as the API takes it: `en_US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What it was before: a status, a quality, a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What it is now, such as `APPROVED`, `PAUSED`, `YELLOW`, `MARKETING`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// What it will be, where that is only announced: a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something about one of our numbers changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NumberChange {
    /// `quality` (which tells of throughput and limits too), `name`,
    /// `security`, `username` or `settings`.
    pub what: String,
    /// The number, as the provider shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What happened, such as `THROUGHPUT_UPGRADE` or `APPROVED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something about the account changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountChange {
    /// `account`, `review`, `alert` or `capability`.
    pub what: String,
    /// What happened, such as `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`,
    /// `ACCOUNT_OFFBOARDED`, `APPROVED`, or the kind of an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The account, where the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// What is forbidden to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<Restriction>,
    /// What it is now: the state of a ban, the messaging limit (a number of
    /// people a day, or `TIER_10K` and the like).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Of an alert: `CRITICAL`, `WARNING` or `INFORMATIONAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Why, or a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something that is forbidden to an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Restriction {
    /// Such as `RESTRICTED_BIZ_INITIATED_MESSAGING`.
    pub kind: String,
    /// When it ends; none where no end is told.
    pub until: Option<Millis>,
}

/// Somebody said which messages they wish to get.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConsentChange {
    /// Who.
    pub person: Person,
    /// To what it applies, such as `marketing_messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The provider's word: `stop`, `resume`, `signup`.
    pub value: String,
    /// Whether such messages are wanted; none for a word that this version
    /// does not know.
    pub wanted: Option<bool>,
    /// Why, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Somebody has another number, another user id, or another telephone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ContactChange {
    /// `number`, `user_id` or `identity` (another telephone or a new
    /// installation).
    pub what: String,
    /// Who it was.
    pub previous: Person,
    /// Who it is now.
    pub current: Person,
    /// The fingerprint of the new identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_key_hash: Option<String>,
    /// In the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Something about a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Call {
    /// The provider's id of the call.
    pub provider_call_id: String,
    /// Who is at the other end.
    pub person: Person,
    /// `connect`, `terminate`, or a status such as `RINGING`.
    pub event: String,
    /// Whether the person called us; none where it is not told.
    pub inbound: Option<bool>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How long it was, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<i64>,
}
