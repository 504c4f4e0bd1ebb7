//! What may change while a client runs.

use super::fault::{ARGUMENT, check_secret, refused};
use super::input::{RetryInput, UpdateInput};
use super::{NewLogin, NewWebhookKeys, ProviderSettings, Retry, Settings};
use super::{connector, log, pacing, retry, twilio};
use crate::ground::Level;
use crate::message::{ProviderName, Result, json};

/// What `wa_update` changes.
#[derive(Debug, Default)]
pub struct Update {
    /// What the provider logs in with from now on.
    pub login: Option<NewLogin>,
    /// What webhooks are checked with from now on.
    pub webhook_keys: NewWebhookKeys,
    /// New retry settings.
    pub retry: Option<RetryInput>,
    /// A new pace: `Some(None)` takes the limit away.
    pub messages_per_second: Option<Option<f64>>,
    /// A new log level.
    pub log_level: Option<Level>,
    /// What is accepted but not advised.
    pub warnings: Vec<String>,
}

impl Update {
    /// Reads and checks `settings_json` of `wa_update` against what runs now.
    pub fn read(text: &str, now: &Settings) -> Result<Update> {
        let mut input: UpdateInput = json::read_sections(ARGUMENT, text)?;
        connector::take_over_changes(&mut input)?;
        let webhook_keys = NewWebhookKeys::read(&input.webhook, &input.twilio, &input.meta)?;
        let login = match &now.provider {
            ProviderSettings::Twilio(running) => {
                must_be_of(
                    &["meta.access_token", "meta.app_secret", "webhook.verify_token", "webhook.app_secrets"],
                    ProviderName::Twilio,
                    [
                        input.meta.access_token.is_some(),
                        input.meta.app_secret.is_some(),
                        input.webhook.verify_token.is_some(),
                        input.webhook.app_secrets.is_some(),
                    ],
                )?;
                let secrets = input.twilio;
                // A new secret is used whatever this client logged in with before.
                let changes = secrets.auth_token.is_some()
                    || secrets.api_key_sid.is_some()
                    || secrets.api_key_secret.is_some();
                let new = || {
                    let (key, secret) = (secrets.api_key_sid, secrets.api_key_secret);
                    twilio::login(&running.account_sid, secrets.auth_token, key, secret)
                };
                if changes { Some(NewLogin::Twilio(new()?)) } else { None }
            }
            ProviderSettings::Meta(_) => {
                must_be_of(
                    &[
                        "twilio.auth_token",
                        "twilio.api_key_sid",
                        "twilio.api_key_secret",
                        "twilio.webhook_tokens",
                        "twilio.webhook_keys",
                    ],
                    ProviderName::Meta,
                    [
                        input.twilio.auth_token.is_some(),
                        input.twilio.api_key_sid.is_some(),
                        input.twilio.api_key_secret.is_some(),
                        input.twilio.webhook_tokens.is_some(),
                        input.twilio.webhook_keys.is_some(),
                    ],
                )?;
                let checked = |token| check_secret("meta.access_token", token);
                input.meta.access_token.map(checked).transpose()?.map(NewLogin::Meta)
            }
        };
        let mut warnings = Vec::new();
        if let Some(new) = &input.retry {
            // For its warnings, and to refuse what can never fit. `retry_after` checks it
            // once more, together with what runs.
            retry::read(new, &now.provider, &mut warnings)?;
        }
        Ok(Update {
            login,
            webhook_keys,
            retry: input.retry,
            // A section that names nothing changes nothing.
            messages_per_second: input
                .pacing
                .filter(|pacing| pacing.messages_per_second.is_some())
                .map(|pacing| pacing::read(&pacing))
                .transpose()?,
            log_level: input.log.and_then(|log| log.level).map(|name| log::level(Some(&name))).transpose()?,
            warnings,
        })
    }

    /// The retry settings with what this update says of them.
    pub fn retry_after(&self, now: &Retry, provider: &ProviderSettings) -> Result<Retry> {
        let Some(input) = &self.retry else { return Ok(now.clone()) };
        let merged = RetryInput {
            max_retries: input.max_retries.or(Some(now.max_retries)),
            wait_seconds: input.wait_seconds.or(u32::try_from(now.wait.as_secs()).ok()),
            resend_unknown: input.resend_unknown.or(Some(now.resend_unknown)),
            unknown_look_seconds: input
                .unknown_look_seconds
                .or(u32::try_from(now.unknown_look.as_secs()).ok()),
            unknown_deadline_seconds: input
                .unknown_deadline_seconds
                .or(u32::try_from(now.unknown_deadline.as_secs()).ok()),
            limit_hours: input.limit_hours.or(u32::try_from(now.limit.as_secs() / 3600).ok()),
        };
        // The warnings are not wanted here: `read` has collected those about the update.
        retry::read(&merged, provider, &mut Vec::new())
    }
}

/// Refuses secrets of the provider that does not send.
fn must_be_of<const N: usize>(paths: &[&str; N], provider: ProviderName, given: [bool; N]) -> Result<()> {
    match paths.iter().zip(given).find(|(_, given)| *given) {
        None => Ok(()),
        Some((path, _)) => Err(refused(
            path,
            format!("This client sends through {provider}; the provider cannot change while it runs."),
        )),
    }
}
