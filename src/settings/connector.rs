//! The five settings of the Creatio connector, which hosts may give by their
//! codes: each goes to its place among ours.

use super::fault::twice;
use super::input::{Input, UpdateInput};
use crate::message::Result;

/// Those of `wa_configure`.
pub fn take_over(input: &mut Input) -> Result<()> {
    fn fill<T>(from: &mut Option<T>, to: &mut Option<T>, one: &str, other: &str) -> Result<()> {
        match (from.take(), to.is_some()) {
            (Some(_), true) => Err(twice(one, other)),
            (Some(value), false) => {
                *to = Some(value);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }
    let twilio = &mut input.twilio;
    fill(&mut input.psg_account_sid, &mut twilio.account_sid, "PsgTwilioAccountSId", "twilio.account_sid")?;
    fill(&mut input.psg_auth_token, &mut twilio.auth_token, "PsgTwilioAuthToken", "twilio.auth_token")?;
    // The connector's system setting may be left empty, where other keys name the sender.
    let mut number = input.psg_phone_number.take().filter(|n| !n.trim().is_empty());
    fill(&mut number, &mut twilio.from, "PsgTwilioPhoneNumber", "twilio.from")?;
    fill(&mut input.psg_max_retry, &mut input.retry.max_retries, "PsgWhatsAppMaxRetry", "retry.max_retries")?;
    fill(
        &mut input.psg_session_timeout,
        &mut input.retry.wait_seconds,
        "PsgWhatsAppSessionTimeout",
        "retry.wait_seconds",
    )
}

/// Those of `wa_update`.
pub fn take_over_changes(input: &mut UpdateInput) -> Result<()> {
    if let Some(token) = input.psg_auth_token.take() {
        if input.twilio.auth_token.is_some() {
            return Err(twice("PsgTwilioAuthToken", "twilio.auth_token"));
        }
        input.twilio.auth_token = Some(token);
    }
    if input.psg_max_retry.is_some() || input.psg_session_timeout.is_some() {
        let retry = input.retry.get_or_insert_default();
        if retry.max_retries.is_some() && input.psg_max_retry.is_some() {
            return Err(twice("PsgWhatsAppMaxRetry", "retry.max_retries"));
        }
        if retry.wait_seconds.is_some() && input.psg_session_timeout.is_some() {
            return Err(twice("PsgWhatsAppSessionTimeout", "retry.wait_seconds"));
        }
        retry.max_retries = retry.max_retries.or(input.psg_max_retry);
        retry.wait_seconds = retry.wait_seconds.or(input.psg_session_timeout);
    }
    Ok(())
}
