//! `X-Hub-Signature-256`, with which Meta signs the bytes of a body.

use super::{Doubt, is_hmac};
use crate::inbound::request::Headers;
use crate::provider::webhook_keys::MetaKeys;
use ring::hmac::HMAC_SHA256;

const HEADER: &str = "X-Hub-Signature-256";

/// Checks the signature of a body: that of one of our apps.
pub fn check(keys: &MetaKeys, headers: &Headers, body: &[u8]) -> Result<(), Doubt> {
    if keys.app_secrets().next().is_none() {
        return Err(Doubt::NoSecret("meta.app_secret"));
    }
    let signature = match headers.only(HEADER) {
        Ok(Some(signature)) => signature,
        Ok(None) => return Err(Doubt::refused(format!("it has no header {HEADER}"))),
        Err(_) => return Err(Doubt::refused(format!("its header {HEADER} is repeated"))),
    };
    let Some(signature) = signature.strip_prefix("sha256=").and_then(bytes_of_hex) else {
        return Err(Doubt::refused(format!("its header {HEADER} is no signature")));
    };
    // All are tried: how many there are is no secret, and which one fits is none either.
    match keys.app_secrets().any(|secret| is_hmac(HMAC_SHA256, secret.expose(), &[body], &signature)) {
        true => Ok(()),
        false => Err(Doubt::refused("its signature is none of an app secret of the settings")),
    }
}

/// The 32 bytes of 64 hexadecimal digits.
fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Secret;

    const PYWA: &str = include_str!("pywa.json");

    fn keys(secrets: &[&str]) -> MetaKeys {
        MetaKeys {
            webhook_app_secrets: secrets.iter().map(|text| Secret::new((*text).to_owned())).collect(),
            ..MetaKeys::default()
        }
    }

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        serde_json::from_value(serde_json::to_value(pairs).unwrap()).unwrap()
    }

    fn signed(hex: &str) -> Headers {
        headers(&[("x-hub-signature-256", &format!("sha256={hex}"))])
    }

    /// Of Meta's Node SDK, of its reference, and a real payload of pywa's tests.
    const VECTORS: [(&str, &str, &str); 3] = [
        ("TEST_APP_SECRET", "test", "0c61947b610d4f45e65f3d680e26027121ec2413e77598bcb6cfc6e0d9888221"),
        ("secret", "test", "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914"),
        (
            "1222e786b144d0e85b9f365372d93676",
            PYWA,
            "54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441",
        ),
    ];

    #[test]
    fn published_signatures_are_accepted() {
        for (secret, body, hex) in VECTORS {
            let body = body.trim_end().as_bytes();
            assert_eq!(check(&keys(&[secret]), &signed(hex), body), Ok(()));
            assert_eq!(
                check(&keys(&["old", secret, "other"]), &signed(hex), body),
                Ok(()),
                "of several apps"
            );
            assert_eq!(check(&keys(&[secret]), &signed(&hex.to_uppercase()), body), Ok(()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let (secret, body, hex) = VECTORS[0];
        let refused = |headers: Headers, body: &str, part: &str| {
            let doubt = check(&keys(&[secret]), &headers, body.as_bytes()).unwrap_err();
            assert!(matches!(&doubt, Doubt::Refused(why) if why.contains(part)), "{doubt:?}");
        };
        refused(signed(hex), "tesu", "none of an app secret");
        refused(signed(&hex.replace('0', "1")), body, "none of an app secret");
        refused(signed(&hex[..62]), body, "no signature");
        refused(signed(&format!("{hex}00")), body, "no signature");
        refused(signed(""), body, "no signature");
        refused(signed(&format!("+{}", &hex[1..])), body, "no signature");
        refused(headers(&[("X-Hub-Signature-256", hex)]), body, "no signature");
        refused(headers(&[]), body, "no header");
        // The older signature is not looked at.
        refused(headers(&[("X-Hub-Signature", &format!("sha256={hex}"))]), body, "no header");
        let given = format!("sha256={hex}");
        refused(
            headers(&[("X-Hub-Signature-256", &given), ("x-hub-signature-256", &given)]),
            body,
            "repeated",
        );
        refused(headers(&[("X-Hub-Signature-256", &format!("{given}, {given}"))]), body, "no signature");
    }

    #[test]
    fn nobody_is_believed_without_a_secret() {
        let (_, body, hex) = VECTORS[0];
        assert_eq!(check(&keys(&[]), &signed(hex), body.as_bytes()), Err(Doubt::NoSecret("meta.app_secret")));
    }
}
