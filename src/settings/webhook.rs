//! `webhook`, and what else webhooks are checked with.

use super::fault::{check_secret, refused};
use super::input::{MetaInput, MetaSecrets, TwilioInput, TwilioSecrets, WebhookInput, WebhookSecrets};
use crate::ground::Secret;
use crate::message::Result;
use crate::provider::webhook_keys::{MetaKeys, TwilioKeys, WebhookKeys};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use url::Url;

/// So many of a kind: each is tried with every webhook.
const MOST_SECRETS: usize = 10;
/// The most networks of proxies.
const MOST_PROXIES: usize = 100;
/// Twilio takes no longer address.
const LONGEST_URL: usize = 4000;

/// Reads what Twilio's webhooks are checked with. `status_callback` is known
/// once `twilio` was read.
pub(super) fn of_twilio(webhook: &WebhookInput, twilio: &TwilioInput) -> Result<TwilioKeys> {
    Ok(TwilioKeys {
        auth_token: twilio.auth_token.clone(),
        webhook_tokens: secrets("twilio.webhook_tokens", twilio.webhook_tokens.clone())?,
        shared_keys: shared_keys(twilio.webhook_keys.clone())?,
        public_url: webhook.public_url.as_ref().map(public_url).transpose()?,
        status_callback: None,
        proxies: proxies(webhook)?,
    })
}

/// Reads what Meta's webhooks are checked with.
pub(super) fn of_meta(
    webhook: &WebhookInput,
    meta: &MetaInput,
    warnings: &mut Vec<String>,
) -> Result<MetaKeys> {
    // Meta signs no address: they are read for their faults only.
    webhook.public_url.as_ref().map(public_url).transpose()?;
    proxies(webhook)?;
    let keys = MetaKeys {
        app_secret: checked("meta.app_secret", meta.app_secret.clone())?,
        webhook_app_secrets: secrets("webhook.app_secrets", webhook.app_secrets.clone())?,
        verify_token: webhook.verify_token.clone().map(verify_token).transpose()?,
    };
    if let (Some(verify), Some(access)) = (&keys.verify_token, &meta.access_token)
        && verify.expose() == access.expose()
    {
        warnings.push(
            "webhook.verify_token is the access token. It travels in the address of a request, and stands in the \
             logs of servers: choose another text."
                .to_owned(),
        );
    }
    Ok(keys)
}

/// What `wa_update` changes of it.
#[derive(Debug, Default)]
pub struct NewWebhookKeys {
    auth_token: Option<Secret>,
    webhook_tokens: Option<Vec<Secret>>,
    shared_keys: Option<BTreeMap<String, Secret>>,
    app_secret: Option<Secret>,
    webhook_app_secrets: Option<Vec<Secret>>,
    verify_token: Option<Secret>,
}

impl NewWebhookKeys {
    /// Reads and checks it.
    pub(super) fn read(
        webhook: &WebhookSecrets,
        twilio: &TwilioSecrets,
        meta: &MetaSecrets,
    ) -> Result<NewWebhookKeys> {
        let of =
            |path: &str, list: &Option<Vec<Secret>>| list.clone().map(|list| secrets(path, list)).transpose();
        Ok(NewWebhookKeys {
            auth_token: checked("twilio.auth_token", twilio.auth_token.clone())?,
            webhook_tokens: of("twilio.webhook_tokens", &twilio.webhook_tokens)?,
            shared_keys: twilio.webhook_keys.clone().map(shared_keys).transpose()?,
            app_secret: checked("meta.app_secret", meta.app_secret.clone())?,
            webhook_app_secrets: of("webhook.app_secrets", &webhook.app_secrets)?,
            verify_token: webhook.verify_token.clone().map(verify_token).transpose()?,
        })
    }

    /// Puts it in the place of what runs.
    pub fn apply(&self, keys: &mut WebhookKeys) {
        fn put<T: Clone>(new: &Option<T>, place: &mut T) {
            if let Some(new) = new {
                place.clone_from(new);
            }
        }
        fn put_one(new: &Option<Secret>, place: &mut Option<Secret>) {
            if new.is_some() {
                place.clone_from(new);
            }
        }
        match keys {
            WebhookKeys::Twilio(keys) => {
                put_one(&self.auth_token, &mut keys.auth_token);
                put(&self.webhook_tokens, &mut keys.webhook_tokens);
                put(&self.shared_keys, &mut keys.shared_keys);
            }
            WebhookKeys::Meta(keys) => {
                put_one(&self.app_secret, &mut keys.app_secret);
                put(&self.webhook_app_secrets, &mut keys.webhook_app_secrets);
                put_one(&self.verify_token, &mut keys.verify_token);
            }
        }
    }
}

fn checked(path: &str, secret: Option<Secret>) -> Result<Option<Secret>> {
    secret.map(|secret| check_secret(path, secret)).transpose()
}

fn secrets(path: &str, list: Vec<Secret>) -> Result<Vec<Secret>> {
    if list.len() > MOST_SECRETS {
        return Err(refused(path, format!("{path} holds more than {MOST_SECRETS} secrets.")));
    }
    list.into_iter().enumerate().map(|(at, secret)| check_secret(&format!("{path}[{at}]"), secret)).collect()
}

fn shared_keys(keys: BTreeMap<String, Secret>) -> Result<BTreeMap<String, Secret>> {
    let path = "twilio.webhook_keys";
    if keys.len() > MOST_SECRETS {
        return Err(refused(path, format!("{path} holds more than {MOST_SECRETS} keys.")));
    }
    let fits = |id: &str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_graphic() && !b",=".contains(&byte))
    };
    keys.into_iter()
        .map(|(id, secret)| match fits(&id) {
            true => Ok((id.clone(), check_secret(&format!("{path}.{id}"), secret)?)),
            // Perhaps a secret that stands in the wrong place: it is not repeated.
            false => Err(refused(path, format!("{path}: one of the ids is none that Twilio gives."))),
        })
        .collect()
}

/// People choose it, so it may hold what other secrets do not.
fn verify_token(token: Secret) -> Result<Secret> {
    let path = "webhook.verify_token";
    let text = token.expose();
    if text.trim().is_empty() || text.trim() != text || text.len() > 1000 {
        let message = format!("{path} is empty, has more than 1000 bytes, or a blank around it.");
        return Err(refused(path, message));
    }
    Ok(token)
}

/// The text stays as it was written: an address is signed as it was told to
/// Twilio.
fn public_url(text: &Secret) -> Result<Secret> {
    let path = "webhook.public_url";
    let refuse = |what: &str| Err(refused(path, format!("{path} {what}")));
    let Ok(url) = Url::parse(text.expose()) else { return refuse("is not an address.") };
    if !["http", "https"].contains(&url.scheme()) || !text.expose().contains("://") {
        return refuse("must be an http or https address.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("must have no query and no fragment: these come with each request.");
    }
    if text.expose().len() > LONGEST_URL {
        return refuse(&format!("is longer than {LONGEST_URL} bytes."));
    }
    check_secret(path, text.clone())
}

/// Whose `X-Forwarded-*` headers are believed; none unless they are to be.
fn proxies(input: &WebhookInput) -> Result<Vec<IpNet>> {
    if input.proxies.len() > MOST_PROXIES {
        return Err(refused("webhook.proxies", format!("webhook.proxies holds more than {MOST_PROXIES}.")));
    }
    let read = |(at, text): (usize, &String)| {
        let one = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        one.ok_or_else(|| {
            let path = format!("webhook.proxies[{at}]");
            refused(&path, format!("{path} is no address and no network, such as 10.0.0.0/8."))
        })
    };
    let named: Vec<IpNet> = input.proxies.iter().enumerate().map(read).collect::<Result<_>>()?;
    match (input.trust_forwarded, named.is_empty()) {
        (true, true) => {
            let message = "webhook.trust_forwarded is true, and webhook.proxies names nobody to trust.";
            Err(refused("webhook.proxies", message)
                .hint("Name the addresses from which your proxies connect to your program."))
        }
        (true, false) => Ok(named),
        (false, _) => Ok(Vec::new()),
    }
}
