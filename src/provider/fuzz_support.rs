//! Tests only: what the targets that eat foreign bytes share.

use super::http::Reply;
use crate::message::Error;
use crate::provider::settings::{LocalTemplate, LocalTemplates};
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use std::sync::LazyLock;

/// A secret, in the forms in which it may not come back.
pub const SECRET: &str = "canary+4711/secret=";

/// The statuses that the providers' answers are told apart by, and some that
/// there are not.
const STATUSES: [u16; 16] = [200, 201, 204, 301, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 999];

/// A provider's answer: three lines are the headers `Retry-After`, `Date` and
/// `trace`, the rest is the body.
pub fn reply_of(status: u8, cut: bool, trace: &'static str, bytes: &[u8]) -> Reply {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [RETRY_AFTER, DATE, HeaderName::from_static(trace)] {
        let line = parts.next().unwrap_or_default();
        if let Ok(value) = HeaderValue::from_bytes(line)
            && !line.is_empty()
        {
            headers.insert(name, value);
        }
    }
    Reply {
        status: STATUSES[usize::from(status) % STATUSES.len()],
        headers,
        body: parts.next().unwrap_or_default().to_vec(),
        cut: cut.then(|| "connection reset".to_owned()),
    }
}

/// What every error about an argument promises.
pub fn names(error: &Error, argument: &str) {
    assert!(!error.message.is_empty());
    let named = error.argument.as_deref().unwrap_or_default();
    let rest = named.strip_prefix(argument);
    assert!(
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
        "{argument}: {error:?}"
    );
    let written = serde_json::to_string(error).expect("an error can be written");
    assert_eq!(serde_json::from_str::<Error>(&written).ok().as_ref(), Some(error), "an error comes back");
}

/// Templates of the settings.
pub static SETTINGS_TEMPLATES: LazyLock<LocalTemplates> = LazyLock::new(|| {
    let template = |text: &str, media: &[&str]| LocalTemplate {
        text: text.to_owned(),
        media: media.iter().map(|link| (*link).to_owned()).collect(),
    };
    LocalTemplates::from([
        ("welcome".to_owned(), template("Hello {{name}}", &[])),
        ("photo".to_owned(), template("For {{1}}", &["https://example.com/{{2}}.png"])),
    ])
});
