//! Reading and checking of the settings.
//!
//! `input` is what hosts write; `Settings` is what the rest works with:
//! complete, checked, with the defaults in place. Each section is checked in
//! the file of its name.

mod address;
mod connection_string;
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
mod webhook;

pub use history::{ContentSetting, History, Journal, MigrateSetting, Place, Tables, WhileAwaySetting};
#[cfg(test)]
pub use input::{Input, UpdateInput};
pub use read::Settings;
pub use retry::Retry;
pub use update::Update;
pub use webhook::NewWebhookKeys;

pub use crate::message::phone::DefaultCountry;
pub use crate::provider::settings::{Http, LocalTemplates};
pub use crate::provider::{NewLogin, ProviderSettings};
