//! What people send us, in one form for both providers.

use serde::Serialize;

/// Somebody at the other end, as far as the provider tells who it is. A person
/// may have no telephone number at all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Person {
    /// Where an answer goes, written as the history writes recipients: the
    /// number, or the user id of somebody whose number is not told.
    pub address: String,
    /// WhatsApp's own id of them: the digits of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// Their business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The user id that all businesses of one portfolio share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_user_id: Option<String>,
    /// The name that they gave themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InboundMessage {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Who wrote it; of an echo: who it went to.
    pub person: Person,
    /// Our side, written as the history writes senders: the number, or Meta's
    /// id of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// `text`, `image`, `video`, `audio`, `document`, `sticker`, `location`,
    /// `contacts`, `order`, `button_reply`, `list_reply`, `flow_reply`,
    /// `call_permission`, `reaction`, `edit`, `revoke`, `unsupported`, or a
    /// word of the provider's that this version does not know.
    pub kind: String,
    /// What a person reads of it: the text, the caption, the title of what was
    /// tapped, the emoji of a reaction (empty where it was taken back).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<InboundMedia>,
    /// Of kind `location`: the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The provider's id of the message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Of kind `reaction`, `edit` and `revoke`: the provider's id of the
    /// message that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What the business put behind the button or the row that was tapped; of
    /// a flow its answers, as JSON text; of a call permission `accept` or
    /// `reject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// It was forwarded to us.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// The advertisement from which it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// The group in which it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Whether the provider itself took it for a consent (`true`) or for the
    /// end of one (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<bool>,
    /// Of kind `unsupported`: why its content is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ProviderError>,
}

/// A file of a message that came in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InboundMedia {
    /// Meta's id of the file, from which its address is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it can be fetched, with the account's credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Such as `image/jpeg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The fingerprint of its bytes, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The name that it had at the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// It was spoken into the telephone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The advertisement, or the post, whose button led to the message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Referral {
    /// `ad` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Its headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The id of the click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
}

/// What a provider says went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProviderError {
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
