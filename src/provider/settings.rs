//! What the settings say about the providers: which one sends, how it is
//! reached, and the templates that are rendered here.

use super::meta::settings::MetaSettings;
use super::twilio::settings::{TwilioLogin, TwilioSettings};
use crate::message::Variables;
use crate::message::variables::render;
use crate::settings::Secret;
use std::collections::BTreeMap;
use std::time::Duration;

/// Which provider sends.
#[derive(Debug, Clone)]
pub enum ProviderSettings {
    /// Twilio.
    Twilio(TwilioSettings),
    /// Meta's WhatsApp Business Cloud API.
    Meta(MetaSettings),
}

impl ProviderSettings {
    /// Whether this is the provider itself, not a simulator or a gateway.
    pub fn is_real(&self) -> bool {
        match self {
            ProviderSettings::Twilio(twilio) => twilio.base_url.is_none(),
            ProviderSettings::Meta(meta) => meta.base_url.is_none(),
        }
    }
}

/// What a provider logs in with from now on.
#[derive(Debug)]
pub enum NewLogin {
    /// Twilio's user and password.
    Twilio(TwilioLogin),
    /// Meta's token.
    Meta(Secret),
}

/// How the providers are reached.
#[derive(Debug, Clone)]
pub struct Http {
    /// How long an answer may take.
    pub timeout: Duration,
    /// Requests under way at once.
    pub max_in_flight: usize,
    /// A proxy.
    pub proxy: Option<Secret>,
    /// Certificate authorities, in PEM, to trust besides the system's.
    pub ca_pem: Option<Vec<u8>>,
}

/// A template that is rendered here.
#[derive(Debug, Clone)]
pub struct LocalTemplate {
    /// Its text.
    pub text: String,
    /// Links to one image or video.
    pub media: Vec<String>,
}

impl LocalTemplate {
    /// The text with its variables' values.
    pub fn render(&self, variables: &Variables) -> String {
        render(&self.text, variables)
    }
}

/// The templates of the settings by name.
pub type LocalTemplates = BTreeMap<String, LocalTemplate>;
