//! Who is let in: a request is answered at once, or it is known to come from
//! the provider.

#[cfg(feature = "fuzzing")]
pub mod fuzz;

use super::answer::WebhookResponse;
use super::challenge;
use super::notice::{NotAnEnvelope, Notice};
use super::request::WebhookRequest;
use super::signature::{Doubt, meta, twilio};
use crate::message::clock::Millis;
use crate::provider::webhook_keys::WebhookKeys;

/// The longest body: Meta sends 3 MB at most.
pub const LONGEST_BODY: usize = 4 * 1024 * 1024;

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

/// What a signed request tells, each thing by itself.
pub fn notices(
    keys: &WebhookKeys,
    request: &WebhookRequest,
    body: &[u8],
    now: Millis,
) -> Result<Vec<Notice>, NotAnEnvelope> {
    match keys {
        WebhookKeys::Meta(_) => super::meta::notices(body, now),
        WebhookKeys::Twilio(_) => super::twilio::notices(request.query(), body, now),
    }
}

/// What is answered once all of it is committed.
pub fn taken(keys: &WebhookKeys) -> WebhookResponse {
    match keys {
        WebhookKeys::Meta(_) => WebhookResponse::taken_from_meta(),
        WebhookKeys::Twilio(_) => WebhookResponse::taken_from_twilio(),
    }
}
