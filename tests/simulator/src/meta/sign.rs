//! X-Hub-Signature-256, and the JSON of a webhook as Meta writes it.

use ring::hmac;
use serde_json::Value;

use crate::multipart::hex;

/// `sha256=` and the HMAC of the raw body with the app's secret.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, body).as_ref()))
}

/// Slashes and everything outside ASCII are escaped: whoever signs a document of his own making gets another hash.
pub fn escaped(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // from the tests of Meta's own Node library and of pywa
    #[test]
    fn published_test_vectors() {
        let payload = r#"{"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550953877","phone_number_id":"277321005464405"},"contacts":[{"profile":{"name":"PyWa Tests"},"wa_id":"972544401243"}],"messages":[{"from":"972544401243","id":"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA","timestamp":"1730231903","text":{"body":"Hey there! I am using PyWa."},"type":"text"}]},"field":"messages"}]}]}"#;
        for (secret, body, expected) in [
            ("TEST_APP_SECRET", "test", "0c61947b610d4f45e65f3d680e26027121ec2413e77598bcb6cfc6e0d9888221"),
            ("secret", "test", "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914"),
            (
                "1222e786b144d0e85b9f365372d93676",
                payload,
                "54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441",
            ),
        ] {
            assert_eq!(signature(secret, body.as_bytes()), format!("sha256={expected}"));
        }
    }

    #[test]
    fn bodies_are_escaped_and_mean_the_same() {
        let value = json!({"a": "ü 👍", "u": "https://e.com/"});
        let text = escaped(&value);
        assert_eq!(text, r#"{"a":"\u00fc \ud83d\udc4d","u":"https:\/\/e.com\/"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
