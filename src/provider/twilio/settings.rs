//! Twilio's account and senders.

use crate::ground::Secret;
use url::Url;

/// How Twilio is reached and what it sends from.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// `AC..`
    pub account_sid: String,
    /// Who logs in, and with what.
    pub login: TwilioLogin,
    /// Senders as E.164; the first is the default. Empty only where a
    /// messaging service picks one.
    pub senders: Vec<String>,
    /// `MG..`
    pub messaging_service_sid: Option<String>,
    /// Where Twilio reports what became of a message.
    pub status_callback: Option<Url>,
    /// Another address of all of Twilio's APIs.
    pub base_url: Option<Url>,
}

/// User and password of a request.
#[derive(Debug, Clone)]
pub struct TwilioLogin {
    /// The account's or the API key's SID.
    pub user: String,
    /// Its token or secret.
    pub password: Secret,
}
