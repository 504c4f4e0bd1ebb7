//! Reading and checking of `twilio`.

use super::DefaultCountry;
use super::address::base_url;
use super::fault::{check_secret, refused};
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
        if is_sid(sender.trim(), "MG") {
            let message = format!("{path} is the SID of a messaging service, not a number.");
            return Err(refused(&path, message)
                .hint("Write it as twilio.messaging_service_sid; the service then picks the sender."));
        }
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
    for (path, value) in [("twilio.region", &input.region), ("twilio.edge", &input.edge)] {
        let Some(value) = value else { continue };
        check_host_part(path, value)?;
        if input.base_url.is_some() {
            let message = format!("{path} and twilio.base_url are both given; give one of them.");
            return Err(refused(path, message));
        }
    }
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
        region: input.region,
        edge: input.edge,
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
    let checked =
        |secret: Option<Secret>, path: &str| secret.map(|secret| check_secret(path, secret)).transpose();
    let auth_token = checked(auth_token, "twilio.auth_token")?;
    let api_key_secret = checked(api_key_secret, "twilio.api_key_secret")?;
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

fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or("");
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A part of a host's name between two dots.
fn check_host_part(path: &str, part: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let inner = part.trim_matches('-').len() == part.len();
    if (1..=40).contains(&part.len()) && inner && part.bytes().all(fits) {
        return Ok(());
    }
    Err(refused(path, format!("{path} is one word of small letters, digits and hyphens."))
        .hint("Twilio's regions are us1, ie1 and au1; an edge is, for one, dublin or sydney."))
}

fn check_sid(path: &str, sid: &str, prefix: &str) -> Result<()> {
    if is_sid(sid, prefix) {
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
