//! Reading and checking of the settings.
//!
//! `input` is what hosts write; `Settings` is what the rest works with:
//! complete, checked, with the defaults in place.

mod check;
mod history;
mod input;
mod meta;
mod secret;
#[cfg(test)]
mod tests;
mod twilio;

pub use check::{Settings, Update};
pub use history::{History, MigrateSetting, Place};
pub use input::TemplateSetting;
#[cfg(test)]
pub use input::{Input, UpdateInput};
pub use meta::Meta;
pub use secret::Secret;
pub use twilio::{Twilio, TwilioLogin};

use crate::message::Variables;
use phonenumber::country::Id as Country;
use std::collections::BTreeMap;
use std::time::Duration;

/// Which provider sends.
#[derive(Debug, Clone)]
pub enum ProviderSettings {
    /// Twilio.
    Twilio(Twilio),
    /// Meta's WhatsApp Business Cloud API.
    Meta(Meta),
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

/// When and how often a failed attempt is made again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Attempts after the first one.
    pub max_retries: u32,
    /// The wait before the next one.
    pub wait: Duration,
    /// Sends again what may have been sent.
    pub resend_unknown: bool,
    /// How long after an attempt the provider's list is believed.
    pub unknown_look: Duration,
    /// When an unknown end stays unknown.
    pub unknown_deadline: Duration,
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
        crate::message::template::render(&self.text, variables)
    }
}

/// The templates of the settings by name.
pub type LocalTemplates = BTreeMap<String, LocalTemplate>;

/// Two letters of a country, as phone numbers are completed with.
pub type DefaultCountry = Option<Country>;
