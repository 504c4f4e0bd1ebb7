//! Reading and checking of the settings.
//!
//! `input` is what hosts write; `Settings` is what the rest works with:
//! complete, checked, with the defaults in place. Each section is checked in
//! the file of its name.

mod address;
mod connector;
mod fault;
mod history;
mod http;
mod input;
mod log;
mod meta;
mod pacing;
mod read;
mod retry;
mod templates;
#[cfg(test)]
mod tests;
mod twilio;
mod update;

pub use history::{History, Migrate, Place};
pub use http::Http;
#[cfg(test)]
pub use input::{Input, UpdateInput};
pub use meta::Meta;
pub use read::Settings;
pub use retry::Retry;
pub use templates::{LocalTemplate, LocalTemplates};
pub use twilio::{Twilio, TwilioLogin};
pub use update::Update;

// The rooms above took it from here before it went to the ground floor.
pub use crate::ground::Secret;

use phonenumber::country::Id as Country;

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

/// Two letters of a country, as phone numbers are completed with.
pub type DefaultCountry = Option<Country>;
