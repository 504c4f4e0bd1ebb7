//! Tests only: requests that no provider signed.

use super::{Visit, enter};
use crate::ground::Secret;
use crate::inbound::request::WebhookRequest;
use crate::inbound::signature::{Doubt, twilio};
use crate::provider::webhook_keys::{MetaKeys, TwilioKeys, WebhookKeys};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::collections::BTreeMap;

/// A secret that stands in no seed.
const SECRET: &str = "3b1f7a52c9de4806a1f0e7d2b6c35948";

/// A request and its body, by the first byte of which provider: the first line
/// is `request_json`, the rest the body. Nothing is believed that was not
/// signed with our secret, and whatever we sign ourselves is.
pub fn signature(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let Ok(text) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
    let body = parts.next().unwrap_or_default();
    let request = match WebhookRequest::read(text) {
        Ok(request) => request,
        Err(error) => {
            let argument = error.argument.as_deref().expect("an argument is named");
            return assert!(argument.starts_with("request_json"), "{error:?}");
        }
    };
    let secret = || Secret::new(SECRET.to_owned());
    let keys = if first % 2 == 0 {
        WebhookKeys::Meta(MetaKeys {
            app_secret: Some(secret()),
            verify_token: Some(secret()),
            ..MetaKeys::default()
        })
    } else {
        WebhookKeys::Twilio(TwilioKeys {
            auth_token: Some(secret()),
            shared_keys: BTreeMap::from([("main".to_owned(), secret())]),
            proxies: "127.0.0.0/8".parse().into_iter().collect(),
            ..TwilioKeys::default()
        })
    };
    match enter(&keys, &request, body) {
        Visit::Answered(response) => assert!([405, 413].contains(&response.status), "{}", response.status),
        Visit::Doubtful(response, Doubt::Refused(why)) => {
            assert!(response.status == 403 && response.body.is_empty() && !why.is_empty());
            assert!(!why.contains(SECRET), "{why}");
        }
        Visit::Doubtful(response, Doubt::NoSecret(_)) => {
            assert!(response.status == 500 && request.url.starts_with('/'), "{}", request.url);
        }
        Visit::Signed => panic!("nobody signed it: {text}"),
    }
    if let WebhookKeys::Twilio(keys) = &keys
        && !request.url.starts_with('/')
        && !request.url.contains('#')
    {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        if let Ok(signed) = twilio::signed_with(&request, body) {
            let signature = STANDARD.encode(hmac::sign(&key, format!("{}{signed}", request.url).as_bytes()));
            let plain = request.signed_for_fuzz(&signature);
            assert_eq!(twilio::check(keys, &plain, body), Ok(()), "{text}");
        }
    }
}
