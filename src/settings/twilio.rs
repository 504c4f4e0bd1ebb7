//! Reading and checking of `twilio`.

use super::DefaultCountry;
use super::address::base_url;
use super::fault::refused;
use super::input::TwilioInput;
use crate::ground::Secret;
use crate::message::Result;
use crate::message::phone::Phone;
use crate::provider::twilio::settings::{TwilioLogin, TwilioSettings};
use url::Url;

/// Checks `twilio`.
pub(super) fn read(
    input: TwilioInput,
    country: DefaultCountry,
    allow_insecure: bool,
) -> Result<TwilioSettings> {
    let account_sid =
        input.account_sid.ok_or_else(|| refused("twilio.account_sid", "twilio.account_sid is missing."))?;
    check_sid("twilio.account_sid", &account_sid, "AC")?;
    let login = login(&account_sid, input.auth_token, input.api_key_sid, input.api_key_secret)?;
    let mut senders = Vec::new();
    let named = input.from.iter().map(|s| ("twilio.from".to_owned(), s));
    let listed = input.senders.iter().enumerate().map(|(at, s)| (format!("twilio.senders[{at}]"), s));
    for (path, sender) in named.chain(listed) {
        let phone = Phone::read(&path, sender, country)
            .map_err(|error| refused(&path, format!("{path} is not a number: {}", error.message)))?;
        let phone = phone.e164().to_owned();
        if !senders.contains(&phone) {
            senders.push(phone);
        }
    }
    if let Some(service) = &input.messaging_service_sid {
        check_sid("twilio.messaging_service_sid", service, "MG")?;
    } else if senders.is_empty() {
        return Err(refused(
            "twilio.from",
            "There is no sender: give twilio.from, twilio.senders or twilio.messaging_service_sid.",
        ));
    }
    let status_callback = match input.status_callback {
        Some(text) => Some(callback_url(&text)?),
        None => None,
    };
    let base_url = match input.base_url {
        Some(text) => Some(base_url("twilio.base_url", &text, allow_insecure)?),
        None => None,
    };
    Ok(TwilioSettings {
        account_sid,
        login,
        senders,
        messaging_service_sid: input.messaging_service_sid,
        status_callback,
        base_url,
    })
}

/// Who logs in, and with what.
pub(super) fn login(
    account_sid: &str,
    auth_token: Option<Secret>,
    api_key_sid: Option<String>,
    api_key_secret: Option<Secret>,
) -> Result<TwilioLogin> {
    let not_empty = |secret: Option<Secret>, path: &str| match secret {
        Some(secret) if secret.expose().trim().is_empty() => Err(refused(path, format!("{path} is empty."))),
        other => Ok(other),
    };
    let auth_token = not_empty(auth_token, "twilio.auth_token")?;
    let api_key_secret = not_empty(api_key_secret, "twilio.api_key_secret")?;
    match (api_key_sid, api_key_secret, auth_token) {
        (Some(user), Some(password), _) => {
            check_sid("twilio.api_key_sid", &user, "SK")?;
            Ok(TwilioLogin { user, password })
        }
        (Some(_), None, _) => Err(refused(
            "twilio.api_key_secret",
            "twilio.api_key_sid is given without twilio.api_key_secret.",
        )),
        (None, Some(_), _) => {
            Err(refused("twilio.api_key_sid", "twilio.api_key_secret is given without twilio.api_key_sid."))
        }
        (None, None, Some(password)) => Ok(TwilioLogin { user: account_sid.to_owned(), password }),
        (None, None, None) => Err(refused(
            "twilio.auth_token",
            "twilio.auth_token is missing; give it, or an API key with its secret.",
        )),
    }
}

fn check_sid(path: &str, sid: &str, prefix: &str) -> Result<()> {
    let digits = sid.strip_prefix(prefix).unwrap_or("");
    if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(refused(path, format!("{path} must be {prefix} and 32 hexadecimal digits.")))
}

/// Twilio refuses longer ones, and hosts with an underscore in their name.
const LONGEST_CALLBACK: usize = 4000 - 100;

fn callback_url(text: &str) -> Result<Url> {
    let path = "twilio.status_callback";
    let url =
        Url::parse(text).map_err(|error| refused(path, format!("{path} is not an address: {error}.")))?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err(refused(path, format!("{path} must be an http or https address.")));
    }
    if url.host_str().is_some_and(|host| host.contains('_')) {
        return Err(refused(path, format!("{path}: Twilio accepts no host with an underscore in its name.")));
    }
    if url.as_str().len() > LONGEST_CALLBACK {
        return Err(refused(path, format!("{path} is longer than {LONGEST_CALLBACK} characters.")));
    }
    if url.query_pairs().any(|(key, _)| key == "wa") {
        return Err(refused(path, format!("{path}: the query key `wa` is this library's own.")));
    }
    Ok(url)
}
