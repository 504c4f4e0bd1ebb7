//! What the webhooks of a provider are checked with.

use crate::ground::Secret;
use ipnet::IpNet;
use std::collections::BTreeMap;
use url::Url;

/// Those of the provider that sends.
#[derive(Debug, Clone)]
pub enum WebhookKeys {
    /// Twilio's.
    Twilio(TwilioKeys),
    /// Meta's.
    Meta(MetaKeys),
}

/// With which Twilio's webhooks are signed.
#[derive(Debug, Clone, Default)]
pub struct TwilioKeys {
    /// The account's token.
    pub auth_token: Option<Secret>,
    /// Further tokens: the one before it, or the account's where a key logs in.
    pub webhook_tokens: Vec<Secret>,
    /// Shared keys by their ids.
    pub shared_keys: BTreeMap<String, Secret>,
    /// The address at which Twilio reaches us; may hold a user and a password.
    pub public_url: Option<Secret>,
    /// The address that Twilio is told with every message.
    pub status_callback: Option<Url>,
    /// Whose `X-Forwarded-*` headers are believed.
    pub proxies: Vec<IpNet>,
}

impl TwilioKeys {
    /// All tokens that may have signed.
    pub fn tokens(&self) -> impl Iterator<Item = &Secret> {
        self.auth_token.iter().chain(&self.webhook_tokens)
    }
}

/// With which Meta's webhooks are signed, and by what Meta knows ours.
#[derive(Debug, Clone, Default)]
pub struct MetaKeys {
    /// The app's secret.
    pub app_secret: Option<Secret>,
    /// Further ones: the one before it, those of other apps.
    pub webhook_app_secrets: Vec<Secret>,
    /// What Meta repeats when an address is set up.
    pub verify_token: Option<Secret>,
}

impl MetaKeys {
    /// All secrets that may have signed.
    pub fn app_secrets(&self) -> impl Iterator<Item = &Secret> {
        self.app_secret.iter().chain(&self.webhook_app_secrets)
    }
}
