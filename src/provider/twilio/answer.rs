//! What Twilio's answers mean.
//!
//! The one rule above all: an answer counts as "not taken" only where Twilio
//! itself says so. Whatever may come from a proxy, or from half of Twilio, is
//! unknown.

use crate::message::ProviderName;
use crate::message::catalogue::{Report, judge};
use crate::provider::fault;
use crate::provider::http::{Fault, Reply};
use crate::provider::{Answer, Refusal};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

/// The provider's name in tables and texts.
pub const NAME: ProviderName = ProviderName::Twilio;
/// Twilio's codes for faults in the middle of its work.
const IN_THE_MIDDLE: [u32; 2] = [20500, 20504];

/// What is read of a created message.
#[derive(Deserialize)]
struct Created<'a> {
    #[serde(borrow)]
    sid: std::borrow::Cow<'a, str>,
}

/// What is read of an error. Any types, so that a code counts whatever else
/// the body holds.
#[derive(Deserialize, Default)]
struct Refused {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    detail: Value,
}

/// What an error body of Twilio says.
struct Said {
    code: u32,
    text: String,
}

/// Twilio's codes have five digits: a gateway's `{"code":503}` is none.
fn said(body: &[u8]) -> Option<Said> {
    let refused: Refused = fault::object(body)?;
    let code = refused.code.as_u64().and_then(|code| u32::try_from(code).ok())?;
    if !(10_000..=99_999).contains(&code) {
        return None;
    }
    let text = refused.message.as_str().or(refused.detail.as_str()).unwrap_or_default();
    Some(Said { code, text: text.to_owned() })
}

/// Twilio's own code in an answer.
pub fn code_of(reply: &Reply) -> Option<u32> {
    said(&reply.body).map(|said| said.code)
}

/// Whether this is the SID of a message.
pub fn is_message_sid(sid: &str) -> bool {
    let digits = sid.strip_prefix("SM").or_else(|| sid.strip_prefix("MM")).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether this is the SID of a Content template.
pub fn is_content_sid(text: &str) -> bool {
    let digits = text.strip_prefix("HX").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What an answer to a send means. `harmless` tells whether text of the
/// provider may be shown: it must not hold our credentials.
pub fn of_send(reply: &Reply, attempt: i32, harmless: &dyn Fn(&str) -> bool) -> Answer {
    let unknown = |why: &str| Answer::Unknown { why: format!("HTTP status {}: {why}", reply.status) };
    match reply.status {
        200..=299 => match fault::object::<Created>(&reply.body) {
            Some(created) if is_message_sid(&created.sid) => Answer::Accepted {
                provider_message_id: created.sid.into_owned(),
                recipient_id: None,
                provider_status: None,
            },
            _ => unknown(reply.cut.as_deref().unwrap_or("the answer holds no id of a message")),
        },
        // Whatever a redirect says, it is not an answer of Twilio's messaging.
        300..=399 => Answer::Refused(refusal(reply, None, attempt, harmless)),
        // A gateway says these too, after it passed the request on.
        400..=499 => match said(&reply.body) {
            Some(said) => Answer::Refused(refusal(reply, Some(said), attempt, harmless)),
            None => unknown("the answer is not Twilio's own"),
        },
        502 | 504 => unknown("a gateway gave up waiting"),
        500..=599 => match said(&reply.body) {
            Some(said) if !IN_THE_MIDDLE.contains(&said.code) => {
                Answer::Refused(refusal(reply, Some(said), attempt, harmless))
            }
            Some(said) => unknown(&format!("Twilio failed in the middle of its work, code {}", said.code)),
            None => unknown("the answer is not Twilio's own"),
        },
        _ => unknown("there is no such status"),
    }
}

/// The body of an answer to a question. Asking changes nothing, so whatever
/// is not an answer may be asked again.
pub fn of_question<'a, T: Deserialize<'a>>(
    reply: &'a Reply,
    harmless: &dyn Fn(&str) -> bool,
) -> Result<T, Refusal> {
    fault::of_question(NAME, reply, |reply| refusal(reply, said(&reply.body), 1, harmless))
}

/// Why it is not known whether a change was made that was answered so; `None`
/// where Twilio itself says it.
pub fn open(reply: &Reply) -> Option<String> {
    let own = said(&reply.body).filter(|said| !IN_THE_MIDDLE.contains(&said.code));
    match reply.status {
        200..=299 => Some(
            reply.cut.clone().unwrap_or_else(|| "the answer is not the JSON that is expected".to_owned()),
        ),
        502 | 504 => Some("a gateway gave up waiting".to_owned()),
        // A proxy's word is no word of Twilio, and it may have passed the request on.
        400.. if own.is_none() => Some(format!("HTTP status {}", reply.status)),
        _ => None,
    }
}

fn refusal(reply: &Reply, said: Option<Said>, attempt: i32, harmless: &dyn Fn(&str) -> bool) -> Refusal {
    let text = said.as_ref().map(|said| said.text.as_str()).filter(|text| harmless(text));
    let report = Report {
        code: said.as_ref().map(|said| said.code),
        http_status: Some(reply.status),
        said: text,
        attempt,
        ..Report::default()
    };
    let verdict = judge(NAME, report);
    Refusal {
        class: verdict.class,
        retry: verdict.retry,
        error: verdict.error,
        retry_after: fault::retry_after(&reply.headers),
    }
}

/// What a send without an answer means.
pub fn of_failed_send(fault: Fault) -> Answer {
    fault::of_failed_send(NAME, fault)
}

/// What a question without an answer means.
pub fn of_fault(fault: Fault) -> Refusal {
    fault::of_fault(NAME, fault)
}

/// Twilio's id of the request, for its support.
pub fn trace_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("twilio-request-id")?.to_str().ok()?.trim();
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

#[cfg(test)]
mod tests;
