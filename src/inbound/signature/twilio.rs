//! `X-Twilio-Signature`, with which Twilio signs an address and the parameters
//! that go there.

mod addresses;
#[cfg(test)]
mod tests;

use super::{Doubt, is_hmac, same};
use crate::ground::{Secret, hex};
use crate::inbound::request::{Headers, WebhookRequest};
use crate::provider::webhook_keys::TwilioKeys;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{Algorithm, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use sha2::{Digest, Sha256};

const HEADER: &str = "X-Twilio-Signature";
/// Names the shared key that signed, in the place of the account's token.
const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";
/// The query key that holds the hash of a body which is no form.
const BODY_HASH: &str = "bodySHA256";
/// The most parameters of a form: Twilio's have some fifty.
const MOST_PARAMETERS: usize = 1000;
/// The longest body: a message has 1600 characters, and some fifty fields.
/// Each address and key that is tried reads all of it, and anybody can send one.
const LONGEST_BODY: usize = 64 * 1024;

/// Checks the signature of a request.
pub fn check(keys: &TwilioKeys, request: &WebhookRequest, body: &[u8]) -> Result<(), Doubt> {
    let signers = signers(keys, &request.headers)?;
    let signature = match request.headers.only(HEADER) {
        Ok(Some(signature)) => signature,
        Ok(None) => return Err(Doubt::refused(format!("it has no header {HEADER}"))),
        Err(_) => return Err(Doubt::refused(format!("its header {HEADER} is repeated"))),
    };
    let Ok(signature) = STANDARD.decode(signature) else {
        return Err(Doubt::refused(format!("its header {HEADER} is no signature")));
    };
    if body.len() > LONGEST_BODY {
        return Err(Doubt::refused(format!("its body has more than {LONGEST_BODY} bytes")));
    }
    let parameters = parameters(request, body)?;
    let signed = as_signed(&parameters);
    let addresses = addresses::of(keys, request)?;
    let fits = |address: &String| {
        let parts = [address.as_bytes(), signed.as_bytes()];
        signers.secrets.iter().any(|secret| is_hmac(signers.algorithm, secret.expose(), &parts, &signature))
    };
    match addresses.iter().any(fits) {
        true => Ok(()),
        false => Err(Doubt::refused(
            "its signature fits no address and no token of the settings (webhook.public_url, twilio.auth_token, \
             twilio.webhook_tokens)",
        )),
    }
}

/// Tests only: what is signed behind the address.
#[cfg(feature = "fuzzing")]
pub fn signed_with(request: &WebhookRequest, body: &[u8]) -> Result<String, Doubt> {
    match body.len() > LONGEST_BODY {
        true => Err(Doubt::refused("too long")),
        false => parameters(request, body).map(|parameters| as_signed(&parameters)),
    }
}

/// Who may have signed, and how.
struct Signers<'a> {
    algorithm: Algorithm,
    secrets: Vec<&'a Secret>,
}

/// A header that names a shared key is taken at its word: no other key is
/// tried, and one that we lack is none.
fn signers<'a>(keys: &'a TwilioKeys, headers: &Headers) -> Result<Signers<'a>, Doubt> {
    let named = match headers.only(SETTINGS) {
        Ok(named) => named,
        Err(_) => return Err(Doubt::refused(format!("its header {SETTINGS} is repeated"))),
    };
    let Some(named) = named else {
        let secrets: Vec<_> = keys.tokens().collect();
        if secrets.is_empty() && !keys.shared_keys.is_empty() {
            // With shared keys alone everything of Twilio's names one.
            return Err(Doubt::refused(format!(
                "it has no header {SETTINGS}, and the settings have shared keys alone (twilio.webhook_keys)"
            )));
        }
        if secrets.is_empty() {
            return Err(Doubt::NoSecret("twilio.auth_token"));
        }
        return Ok(Signers { algorithm: HMAC_SHA1_FOR_LEGACY_USE_ONLY, secrets });
    };
    let (mut key, mut algorithm) = (None, None);
    for part in named.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let place = match name.trim().to_ascii_lowercase().as_str() {
            "key" => &mut key,
            "algorithm" => &mut algorithm,
            // Whatever else it says may change what is signed.
            _ => return Err(Doubt::refused(format!("its header {SETTINGS} says what is not known here"))),
        };
        if place.replace(value.trim()).is_some() {
            return Err(Doubt::refused(format!("its header {SETTINGS} says something twice")));
        }
    }
    if algorithm != Some("HMAC_SHA256") {
        return Err(Doubt::refused(format!(
            "its header {SETTINGS} asks for another algorithm than HMAC_SHA256"
        )));
    }
    match key.and_then(|key| keys.shared_keys.get(key)) {
        Some(secret) => Ok(Signers { algorithm: HMAC_SHA256, secrets: vec![secret] }),
        None => Err(Doubt::refused("it names a shared key that twilio.webhook_keys does not hold")),
    }
}

/// The parameters that are signed with the address: those of a form. Any other
/// body is signed by its hash, which is part of the address.
fn parameters(request: &WebhookRequest, body: &[u8]) -> Result<Vec<(String, String)>, Doubt> {
    let hashes: Vec<String> = request
        .query_pairs()
        .into_iter()
        .filter(|(name, _)| name == BODY_HASH)
        .map(|(_, hash)| hash)
        .collect();
    if let [hash] = hashes.as_slice() {
        let ours = hex(&Sha256::digest(body));
        return match same(ours.as_bytes(), hash.to_ascii_lowercase().as_bytes()) {
            true => Ok(Vec::new()),
            false => Err(Doubt::refused(format!("its body is not the one of {BODY_HASH}"))),
        };
    }
    if !hashes.is_empty() {
        return Err(Doubt::refused(format!("its {BODY_HASH} is repeated")));
    }
    if body.is_empty() {
        return Ok(Vec::new());
    }
    if !is_form(&request.headers) {
        return Err(Doubt::refused(format!("its body is no form, and its address has no {BODY_HASH}")));
    }
    let parameters: Vec<_> =
        url::form_urlencoded::parse(body).into_owned().take(MOST_PARAMETERS + 1).collect();
    if parameters.len() > MOST_PARAMETERS {
        return Err(Doubt::refused(format!("it has more than {MOST_PARAMETERS} parameters")));
    }
    Ok(parameters)
}

/// Whether the body is a form: where nothing else is said, it is one.
fn is_form(headers: &Headers) -> bool {
    match headers.only("Content-Type") {
        Ok(None) => true,
        Ok(Some(kind)) => {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
        Err(_) => false,
    }
}

/// Names and values as they are signed: sorted, and each pair once.
fn as_signed(parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = parameters.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
}
