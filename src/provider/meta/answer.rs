//! What Meta's answers mean.
//!
//! The one rule above all: an answer counts as "not taken" only where Meta
//! itself says so. Whatever may come from a proxy, or from half of Meta, is
//! unknown.

use super::NAME;
use crate::message::catalogue::{self, Report, judge};
use crate::provider::fault;
use crate::provider::http::{Fault, Reply};
use crate::provider::{Answer, Refusal};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::time::Duration;

/// The code of a template that is paused.
const PAUSED: u32 = 132_015;
/// The most characters of an id.
const LONGEST_ID: usize = 512;

/// What is read of an accepted message. Any types: an id counts whatever else
/// the body holds.
#[derive(Deserialize)]
struct Accepted {
    #[serde(default)]
    contacts: Value,
    messages: Value,
}

/// What is read of an error: an object, with members of any types, so that a
/// code counts whatever else the body holds.
#[derive(Deserialize)]
struct Refused {
    error: Map<String, Value>,
}

/// What an error body of Meta says.
struct Said {
    code: u32,
    subcode: Option<u32>,
    text: String,
    trace_id: Option<String>,
    transient: bool,
    /// It is Meta's own, not a gateway's `{"error":{"code":503}}`.
    own: bool,
}

fn said(body: &[u8]) -> Option<Said> {
    let refused: Refused = fault::object(body)?;
    let member = |key: &str| refused.error.get(key).unwrap_or(&Value::Null);
    let number = |key: &str| member(key).as_u64().and_then(|number| u32::try_from(number).ok());
    let code = number("code")?;
    let details = match member("error_data") {
        Value::String(text) => Some(text.as_str()),
        other => other.get("details").and_then(Value::as_str),
    };
    let details = details.filter(|text| !text.trim().is_empty());
    Some(Said {
        code,
        subcode: number("error_subcode"),
        text: details.or(member("message").as_str()).unwrap_or_default().to_owned(),
        trace_id: member("fbtrace_id").as_str().map(str::to_owned),
        transient: *member("is_transient") == Value::Bool(true),
        own: member("fbtrace_id").is_string()
            || member("type").as_str().is_some_and(|kind| kind.ends_with("Exception"))
            || catalogue::lookup(NAME, code, None).is_some(),
    })
}

/// Fuzzing only: whether an error body is Meta's own.
#[cfg(feature = "fuzzing")]
pub fn is_own(reply: &Reply) -> bool {
    said(&reply.body).is_some_and(|said| said.own)
}

/// Whether this is the id of a message.
pub fn is_message_id(id: &str) -> bool {
    let rest = id.strip_prefix("wamid.").unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte);
    (1..=LONGEST_ID).contains(&rest.len()) && rest.bytes().all(fits)
}

/// What an answer to a send means. `harmless` tells whether text of the
/// provider may be shown: it must not hold our token.
pub fn of_send(reply: &Reply, attempt: i32, harmless: &dyn Fn(&str) -> bool) -> Answer {
    let unknown = |why: &str| Answer::Unknown { why: format!("HTTP status {}: {why}", reply.status) };
    match reply.status {
        200..=299 => {
            match fault::object::<Accepted>(&reply.body).and_then(|body| accepted(&body, harmless)) {
                Some(answer) => answer.unwrap_or_else(|| Answer::Refused(paused(reply.status))),
                None => unknown(reply.cut.as_deref().unwrap_or("the answer holds no id of a message")),
            }
        }
        // Whatever a redirect says, it is not an answer of Meta's messaging.
        300..=399 => Answer::Refused(refused(reply, None, attempt, harmless)),
        502 | 504 => unknown("a gateway gave up waiting"),
        // A gateway says these too, after it passed the request on.
        400..=599 => match said(&reply.body).filter(|said| said.own) {
            Some(said) => Answer::Refused(refused(reply, Some(said), attempt, harmless)),
            None => unknown("the answer is not Meta's own"),
        },
        _ => unknown("there is no such status"),
    }
}

/// An accepted message: `Some(None)` where Meta holds it back for good,
/// because its template is paused.
fn accepted(body: &Accepted, harmless: &dyn Fn(&str) -> bool) -> Option<Option<Answer>> {
    let message = body.messages.as_array()?.first()?;
    let id = message.get("id")?.as_str().filter(|id| is_message_id(id))?;
    let status = message.get("message_status").and_then(Value::as_str);
    if status == Some("paused") {
        return Some(None);
    }
    let contact = body.contacts.as_array().and_then(|contacts| contacts.first());
    let of_contact = |key: &str| contact?.get(key)?.as_str().and_then(|id| word(id, harmless));
    Some(Some(Answer::Accepted {
        provider_message_id: id.to_owned(),
        recipient_id: of_contact("wa_id").or_else(|| of_contact("user_id")),
        provider_status: status.filter(|status| *status != "accepted").and_then(|it| word(it, harmless)),
    }))
}

/// A word of the provider that can be stored and shown.
fn word(text: &str, harmless: &dyn Fn(&str) -> bool) -> Option<String> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    (fits && harmless(text)).then(|| text.to_owned())
}

/// The template was paused between the look at it and the send.
fn paused(status: u16) -> Refusal {
    let report = Report { code: Some(PAUSED), http_status: Some(status), ..Report::default() };
    let verdict = judge(NAME, report);
    let mut error = verdict.error;
    // The answer had no code.
    error.provider_code = None;
    Refusal { class: verdict.class, retry: false, error, retry_after: None }
}

/// Meta's id of the request, for its support.
pub fn trace_id(reply: &Reply) -> Option<String> {
    let header = |name: &str| Some(reply.headers.get(name)?.to_str().ok()?.trim().to_owned());
    let body = (reply.status >= 300).then(|| said(&reply.body)).flatten().and_then(|said| said.trace_id);
    body.or_else(|| header("x-fb-trace-id"))
        .or_else(|| header("x-fb-request-id"))
        .and_then(|id| word(&id, &|_| true))
}

/// The body of an answer to a question. Asking changes nothing, so whatever
/// is not an answer may be asked again.
pub fn of_question<T: DeserializeOwned>(
    reply: &Reply,
    harmless: &dyn Fn(&str) -> bool,
) -> Result<T, Refusal> {
    fault::of_question(NAME, reply, |reply| refused(reply, said(&reply.body), 1, harmless))
}

fn refused(reply: &Reply, said: Option<Said>, attempt: i32, harmless: &dyn Fn(&str) -> bool) -> Refusal {
    let text = said.as_ref().map(|said| said.text.as_str()).filter(|text| harmless(text));
    let report = Report {
        code: said.as_ref().map(|said| said.code),
        subcode: said.as_ref().and_then(|said| said.subcode),
        http_status: Some(reply.status),
        said: text,
        attempt,
        transient: said.as_ref().is_some_and(|said| said.transient),
    };
    let verdict = judge(NAME, report);
    let retry_after =
        fault::retry_after(&reply.headers).or_else(|| wait_of(said.as_ref().map(|said| said.code), attempt));
    Refusal { class: verdict.class, retry: verdict.retry, error: verdict.error, retry_after }
}

/// How long Meta's documentation asks to wait after a code.
fn wait_of(code: Option<u32>, attempt: i32) -> Option<Duration> {
    let seconds = match code? {
        // 4^X seconds, X from 0.
        131_056 => 4_u64.saturating_pow(u32::try_from(attempt.saturating_sub(1)).unwrap_or(0)),
        131_057 => 60,
        133_015 => 300,
        134_101 => 180,
        _ => return None,
    };
    Some(Duration::from_secs(seconds).min(fault::LONGEST_WAIT))
}

/// What a send without an answer means.
pub fn of_failed_send(fault: Fault) -> Answer {
    fault::of_failed_send(NAME, fault)
}

/// What a question without an answer means.
pub fn of_fault(fault: Fault) -> Refusal {
    fault::of_fault(NAME, fault)
}

#[cfg(test)]
mod tests;
