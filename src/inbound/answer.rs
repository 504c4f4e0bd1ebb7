//! What the host is to answer to a webhook's request.

use crate::message::{Error, Status};
use serde::Serialize;
use std::collections::BTreeMap;

/// `response_json` of `wa_webhook`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WebhookResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, by name.
    pub headers: BTreeMap<&'static str, &'static str>,
    /// The body, which may be empty.
    pub body: String,
    /// Why the request could not be dealt with; only where the call did not
    /// give OK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// No browser may take what we answer for something else than it is.
const NO_GUESSES: (&str, &str) = ("X-Content-Type-Options", "nosniff");
const PLAIN: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
/// Twilio notes every other type as a fault of its own, 12300.
const XML: (&str, &str) = ("Content-Type", "text/xml; charset=utf-8");

impl WebhookResponse {
    /// Plain text.
    pub fn text(status: u16, body: impl Into<String>) -> WebhookResponse {
        WebhookResponse { status, headers: [PLAIN, NO_GUESSES].into(), body: body.into(), error: None }
    }

    /// Meta's webhook was taken.
    pub fn taken_from_meta() -> WebhookResponse {
        WebhookResponse::text(200, "")
    }

    /// Twilio's webhook was taken, and nothing is said to its sender.
    pub fn taken_from_twilio() -> WebhookResponse {
        WebhookResponse {
            status: 200,
            headers: [XML, NO_GUESSES].into(),
            body: "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>".to_owned(),
            error: None,
        }
    }

    /// The method is not one of those that are expected.
    pub fn wrong_method() -> WebhookResponse {
        let mut response = WebhookResponse::text(405, "");
        response.headers.insert("Allow", "GET, POST");
        response
    }

    /// The request could not be dealt with. Nothing of why goes out: who asks
    /// may be anybody.
    pub fn failed(error: Error) -> WebhookResponse {
        let status = match error.status {
            Status::Argument | Status::Json | Status::Utf8 => 400,
            // What may work when the provider tries again.
            _ if error.retryable => 503,
            Status::NoClient | Status::Closed | Status::DatabaseRewound | Status::JournalFull => 503,
            _ => 500,
        };
        WebhookResponse { error: Some(error), ..WebhookResponse::text(status, "") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_work_later_is_503_and_what_is_ours_to_mend_500() {
        for (status, wanted) in [
            (Status::DatabaseAway, 503),
            (Status::Timeout, 503),
            (Status::QueueFull, 503),
            (Status::Closed, 503),
            (Status::NoClient, 503),
            (Status::Settings, 500),
            (Status::Database, 500),
            (Status::WouldDeadlock, 500),
            (Status::Internal, 500),
            (Status::Json, 400),
        ] {
            let response = WebhookResponse::failed(*Error::new(status, "secret words"));
            assert_eq!(response.status, wanted, "{status:?}");
            assert!(response.body.is_empty() && response.error.is_some());
        }
    }

    #[test]
    fn every_answer_says_what_it_is() {
        for response in [
            WebhookResponse::text(403, ""),
            WebhookResponse::taken_from_meta(),
            WebhookResponse::taken_from_twilio(),
            WebhookResponse::wrong_method(),
        ] {
            assert_eq!(response.headers["X-Content-Type-Options"], "nosniff");
            let kind = response.headers["Content-Type"];
            assert!(kind.starts_with("text/") && !kind.contains("html"), "{kind}");
        }
    }
}
