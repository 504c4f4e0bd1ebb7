//! `retry`: when and how often a failed attempt is made again.

use super::ProviderSettings;
use super::fault::refused;
use super::input::RetryInput;
use crate::message::Result;
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
    /// How long after its first attempt a message waits for a limit of the
    /// provider to pass.
    pub limit: Duration,
}

/// The least age at which a real provider's list is proof that it did not
/// take a message: it lags.
const LEAST_LOOK_SECONDS: u32 = 300;

/// Twilio drops what it could not send within four hours; Meta reports for
/// seven days.
fn unknown_deadline(provider: &ProviderSettings) -> u32 {
    match provider {
        ProviderSettings::Twilio(_) => 15_000,
        ProviderSettings::Meta(_) => 7 * 24 * 3600,
    }
}

/// Checks `retry`.
pub fn read(input: &RetryInput, provider: &ProviderSettings, warnings: &mut Vec<String>) -> Result<Retry> {
    let max_retries = input.max_retries.unwrap_or(3);
    let wait = input.wait_seconds.unwrap_or(5);
    if max_retries > 100 {
        return Err(refused("retry.max_retries", "retry.max_retries is at most 100."));
    }
    if wait > 3600 {
        return Err(refused("retry.wait_seconds", "retry.wait_seconds is at most 3600."));
    }
    if max_retries > 5 {
        warnings.push(format!("retry.max_retries is {max_retries}; at most 5 is advised."));
    }
    if wait > 10 {
        warnings.push(format!("retry.wait_seconds is {wait}; at most 10 is advised."));
    }
    let resend_unknown = input.resend_unknown.unwrap_or(false);
    if resend_unknown {
        warnings.push("retry.resend_unknown is on: a message may be sent twice.".into());
    }
    let look = input.unknown_look_seconds.unwrap_or(LEAST_LOOK_SECONDS);
    if provider.is_real() && look < LEAST_LOOK_SECONDS {
        return Err(refused(
            "retry.unknown_look_seconds",
            format!("retry.unknown_look_seconds is at least {LEAST_LOOK_SECONDS}: the provider's list lags."),
        ));
    }
    let limit_hours = input.limit_hours.unwrap_or(24);
    if !(1..=720).contains(&limit_hours) {
        return Err(refused("retry.limit_hours", "retry.limit_hours is between 1 and 720."));
    }
    Ok(Retry {
        max_retries,
        wait: Duration::from_secs(wait.into()),
        resend_unknown,
        unknown_look: Duration::from_secs(look.into()),
        unknown_deadline: Duration::from_secs(
            input.unknown_deadline_seconds.unwrap_or(unknown_deadline(provider)).into(),
        ),
        limit: Duration::from_secs(3600 * u64::from(limit_hours)),
    })
}
