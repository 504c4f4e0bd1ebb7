//! The settings as the rest works with them: complete, checked, with the
//! defaults in place.

use super::fault::{ARGUMENT, refused};
use super::input::Input;
use super::{DefaultCountry, History, Http, LocalTemplates, ProviderSettings, Retry};
use super::{connector, history, http, log, meta, pacing, retry, templates, twilio, webhook};
use crate::ground::Level;
use crate::message::{ProviderName, Result, json, phone};
use crate::provider::webhook_keys::WebhookKeys;
use std::time::Duration;

/// Settings that are complete and checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider that sends.
    pub provider: ProviderSettings,
    /// Completes numbers without a country.
    pub default_country: DefaultCountry,
    /// When and how often a failed attempt is made again.
    pub retry: Retry,
    /// Where the history is kept.
    pub history: History,
    /// Messages per second and sender; `None` is no limit.
    pub messages_per_second: Option<f64>,
    /// How the providers are reached.
    pub http: Http,
    /// What webhooks are checked with.
    pub webhook_keys: WebhookKeys,
    /// Templates that are rendered here.
    pub templates: LocalTemplates,
    /// What is logged.
    pub log_level: Level,
    /// How long `wa_configure` may take.
    pub timeout: Duration,
    /// What is accepted but not advised; told in the log.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads and checks `settings_json`.
    pub fn read(text: &str) -> Result<Settings> {
        let mut input: Input = json::read_sections(ARGUMENT, text)?;
        let mut warnings = Vec::new();
        connector::take_over(&mut input)?;

        let default_country = match &input.default_country {
            Some(country) => Some(phone::country("default_country", country).map_err(|e| e.under(ARGUMENT))?),
            None => None,
        };
        let named = input.provider.as_deref().map_or(Some(ProviderName::Twilio), ProviderName::from_text);
        let (provider, webhook_keys) = match named {
            Some(ProviderName::Twilio) => {
                let mut keys = webhook::of_twilio(&input.webhook, &input.twilio)?;
                let twilio = twilio::read(input.twilio, default_country, input.allow_insecure_base_url)?;
                keys.status_callback.clone_from(&twilio.status_callback);
                (ProviderSettings::Twilio(twilio), WebhookKeys::Twilio(keys))
            }
            Some(ProviderName::Meta) => {
                let keys = webhook::of_meta(&input.webhook, &input.meta, &mut warnings)?;
                let meta = meta::read(input.meta, input.allow_insecure_base_url)?;
                (ProviderSettings::Meta(meta), WebhookKeys::Meta(keys))
            }
            None => {
                let other = input.provider.unwrap_or_default();
                return Err(refused(
                    "provider",
                    format!("There is no provider {other:?}; there are twilio and meta."),
                ));
            }
        };
        if let Some(window) = input.window.as_deref()
            && !["off", "warn", "enforce"].contains(&window)
        {
            return Err(refused("window", "window is one of off, warn and enforce."));
        }
        if input.window.as_deref().is_some_and(|w| w != "off") {
            warnings.push("window is accepted, and has no effect in this version.".into());
        }
        let retry = retry::read(&input.retry, &provider, &mut warnings)?;
        let history = history::read(input.history, &provider.account_key(), &mut warnings)?;
        Ok(Settings {
            provider,
            default_country,
            retry,
            history,
            messages_per_second: pacing::read(&input.pacing)?,
            http: http::read(input.http)?,
            webhook_keys,
            templates: templates::read(input.templates)?,
            log_level: log::level(input.log.level.as_deref())?,
            timeout: Duration::from_millis(input.timeout_ms.unwrap_or(60_000).into()),
            warnings,
        })
    }
}
