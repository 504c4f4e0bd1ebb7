//! Reading and checking of the settings.
//!
//! `input` is what hosts write; `Settings` is what the rest works with:
//! complete, checked, with the defaults in place.

mod check;
mod input;
mod secret;
#[cfg(test)]
mod tests;

pub use check::{Settings, Update};
pub use input::TemplateSetting;
#[cfg(test)]
pub use input::{Input, UpdateInput};
pub use secret::Secret;

use crate::message::Variables;
use crate::message::content::Limits;
use phonenumber::country::Id as Country;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

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

/// How Meta is reached and what it sends from.
#[derive(Debug, Clone)]
pub struct Meta {
    /// The system user's token.
    pub access_token: Secret,
    /// Ids of the sending numbers; the first is the default.
    pub senders: Vec<String>,
    /// Id of the WhatsApp Business account.
    pub business_account_id: String,
    /// Id of the app, where it is known.
    pub app_id: Option<String>,
    /// The app's secret; checks webhooks.
    pub app_secret: Option<Secret>,
    /// Such as `v25.0`.
    pub api_version: String,
    /// Another address of the API.
    pub base_url: Option<Url>,
    /// Lengths and counts where sources disagree.
    pub limits: Limits,
    /// The most characters of the profile's description.
    pub description: usize,
}

/// How Twilio is reached and what it sends from.
#[derive(Debug, Clone)]
pub struct Twilio {
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

/// Where the history is kept.
#[derive(Debug, Clone)]
pub struct History {
    /// The store.
    pub place: Place,
    /// Schema of the database that holds the tables.
    pub schema: Option<String>,
    /// What the tables' names begin with.
    pub table_prefix: String,
    /// Whether the tables are made here.
    pub migrate: Migrate,
    /// Longest wait for a login.
    pub login_timeout: Duration,
    /// How long a silent worker keeps its messages.
    pub lease: Duration,
}

/// The store of the history.
#[derive(Debug, Clone)]
pub enum Place {
    /// The embedded SQLite.
    File(PathBuf),
    /// A database reached through ODBC.
    Odbc(Secret),
}

/// Whether the tables are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// Makes and upgrades them.
    Auto,
    /// Looks whether they fit.
    Check,
    /// Takes them as they are.
    Off,
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
