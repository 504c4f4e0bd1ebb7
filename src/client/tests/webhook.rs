//! Requests to a whole client, signed as the provider does.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Of the client's settings.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const URL: &str = "https://example.com/hook";

/// The HTTP status that a form gets.
fn post(client: &Client, body: &str, signature: &str) -> u16 {
    let request = json!({"method": "POST", "url": URL, "headers": {"X-Twilio-Signature": signature}});
    let answer = client.webhook(&request.to_string(), body.as_bytes());
    assert_eq!(answer.status, Status::Ok);
    answer.response.status
}

fn signed(client: &Client, body: &str) -> u16 {
    let mut fields: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    fields.sort();
    let text: String = fields.into_iter().flat_map(|(name, value)| [name, value]).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    post(client, body, &STANDARD.encode(hmac::sign(&key, format!("{URL}{text}").as_bytes())))
}

/// The provider is content with the answer and never tells it again.
#[test]
fn a_signed_request_that_cannot_be_read_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(file(folder.path()), 1, json!({}));
    assert_eq!((signed(&client, "Hello=you"), signed(&client, "Hello=you")), (200, 200));
    let letters = told(&client, "dead_letter", 1);
    assert!(letters.len() == 1 && letters[0].contains("none of the fields"), "{letters:?}");
    assert!(client.close(LONG));
    let history = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
    let kept: String = history.query_row("SELECT body FROM wa_dead_letters", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "\"Hello=you\"");
}

#[test]
fn strangers_hide_no_webhook_of_another_account() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(file(folder.path()), 1, json!({}));
    let foreign = "AccountSid=AC00000000000000000000000000000002&MessageSid=SM1&MessageStatus=sent";
    for _ in 0..3 {
        assert_eq!(post(&client, foreign, "AAAA"), 403);
    }
    assert_eq!(signed(&client, foreign), 200);
    let refused = told(&client, "refused", 2);
    assert!(refused.len() == 2 && refused[1].contains("a client of its own"), "{refused:?}");
    assert!(client.close(LONG));
}
