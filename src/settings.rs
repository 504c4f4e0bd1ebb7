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
pub use history::{History, Migrate, Place};
pub use input::TemplateSetting;
#[cfg(test)]
pub use input::{Input, UpdateInput};
pub use secret::Secret;

pub use crate::message::phone::DefaultCountry;
pub use crate::provider::settings::{Http, LocalTemplate, LocalTemplates, NewLogin, ProviderSettings};
use std::time::Duration;

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
