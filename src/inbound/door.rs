//! Who is let in: a request is answered at once, or it is known to come from
//! the provider.

#[cfg(feature = "fuzzing")]
pub mod fuzz;

use super::answer::WebhookResponse;
use super::notice::{NotAnEnvelope, Notice, NoticeAccount, What};
use super::request::WebhookRequest;
use super::signature::{Doubt, meta, twilio};
use super::{challenge, foreign, key};
use crate::message::ProviderName;
use crate::message::clock::Millis;
use crate::provider::webhook_keys::WebhookKeys;

/// The longest body: Meta sends 3 MB at most.
pub const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// So much is kept of a request that cannot be taken apart.
const MOST_KEPT: usize = 256 * 1024;

/// What a request is, once it was looked at.
#[derive(Debug)]
pub enum Visit {
    /// It is answered so, and tells nothing.
    Answered(WebhookResponse),
    /// It is not believed; the answer, and why.
    Doubtful(WebhookResponse, Doubt),
    /// It comes from the provider.
    Signed,
}

/// Looks at a request. Nothing of a body is read as JSON before its signature
/// was checked.
pub fn enter(keys: &WebhookKeys, request: &WebhookRequest, body: &[u8]) -> Visit {
    if body.len() > LONGEST_BODY {
        return Visit::Answered(too_long());
    }
    let (get, post) = (request.is("GET"), request.is("POST"));
    if !get && !post {
        return Visit::Answered(WebhookResponse::wrong_method());
    }
    let visit = match keys {
        WebhookKeys::Meta(keys) if get => challenge::answer(keys, &request.query_pairs())
            .map(|text| Visit::Answered(WebhookResponse::text(200, text))),
        WebhookKeys::Meta(keys) => meta::check(keys, &request.headers, body).map(|()| Visit::Signed),
        WebhookKeys::Twilio(keys) => twilio::check(keys, request, body).map(|()| Visit::Signed),
    };
    visit.unwrap_or_else(|doubt| {
        let status = if matches!(doubt, Doubt::Refused(_)) { 403 } else { 500 };
        Visit::Doubtful(WebhookResponse::text(status, ""), doubt)
    })
}

/// What is answered to a body that is longer than any webhook.
pub fn too_long() -> WebhookResponse {
    WebhookResponse::text(413, "")
}

/// What a signed request tells, each thing by itself. One that cannot be taken
/// apart is one thing that cannot be read: the provider signed it and does not
/// tell it again, so it is kept.
pub fn notices(keys: &WebhookKeys, request: &WebhookRequest, body: &[u8], now: Millis) -> Vec<Notice> {
    let read = match keys {
        WebhookKeys::Meta(_) => super::meta::notices(body, now),
        WebhookKeys::Twilio(_) => super::twilio::notices(request.query(), body, now),
    };
    read.unwrap_or_else(|not| vec![unreadable(keys, request, body, not)])
}

/// The notice of a whole request that cannot be taken apart.
fn unreadable(keys: &WebhookKeys, request: &WebhookRequest, body: &[u8], not: NotAnEnvelope) -> Notice {
    // Of a GET the query is all that it tells.
    let told = if body.is_empty() { request.query().as_bytes() } else { body };
    let text = foreign::text(told);
    let mut end = text.len().min(MOST_KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut why = not.why;
    if end < text.len() {
        why.push_str(&format!(" The first {end} of its {} bytes are kept.", text.len()));
    }
    let (provider, account) = match keys {
        WebhookKeys::Meta(_) => (
            ProviderName::Meta,
            NoticeAccount::Meta { business_account_id: None, phone_number_id: None, display_number: None },
        ),
        WebhookKeys::Twilio(_) => {
            (ProviderName::Twilio, NoticeAccount::Twilio { account_sid: None, number: None })
        }
    };
    Notice {
        provider,
        account,
        at: None,
        key: key::hashed("unreadable", &["request", &text]),
        what: What::Unreadable { why },
        rest: text[..end].into(),
    }
}

/// What is answered once all of it is committed.
pub fn taken(keys: &WebhookKeys) -> WebhookResponse {
    match keys {
        WebhookKeys::Meta(_) => WebhookResponse::taken_from_meta(),
        WebhookKeys::Twilio(_) => WebhookResponse::taken_from_twilio(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::webhook_keys::{MetaKeys, TwilioKeys};

    fn read(keys: &WebhookKeys, url: &str, body: &[u8]) -> Notice {
        let request = WebhookRequest::read(&format!(r#"{{"method":"POST","url":"{url}"}}"#)).unwrap();
        let mut found = notices(keys, &request, body, Millis::now());
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn a_signed_request_that_cannot_be_taken_apart_is_kept_whole() {
        let meta = WebhookKeys::Meta(MetaKeys::default());
        let twilio = WebhookKeys::Twilio(TwilioKeys::default());
        let one = read(&meta, "/", b"{\"entry\":7,\0\"a\":\"\xff\"}");
        assert!(matches!(&one.what, What::Unreadable { why } if why.contains("JSON object")), "{one:?}");
        assert_eq!(one.rest, "{\"entry\":7,\u{FFFD}\"a\":\"\u{FFFD}\"}");
        assert_eq!(read(&meta, "/", b"{\"entry\":7,\0\"a\":\"\xff\"}").key, one.key);
        assert_ne!(read(&meta, "/", b"{\"entry\":8}").key, one.key);
        let two = read(&twilio, "/?x=1", b"Hello=you");
        assert_eq!((two.provider, two.rest), (ProviderName::Twilio, "Hello=you".into()));
        assert_eq!(read(&twilio, "/?x=1", b"").rest, "x=1", "a GET");
        let long = "é".repeat(MOST_KEPT);
        let cut = read(&meta, "/", format!("x{long}").as_bytes());
        assert_eq!(cut.rest.as_str().map(str::len), Some(MOST_KEPT - 1), "between two characters");
        assert!(matches!(&cut.what, What::Unreadable { why } if why.contains("are kept")));
        assert_ne!(read(&meta, "/", format!("x{long}é").as_bytes()).key, cut.key, "all of it counts");
    }
}
