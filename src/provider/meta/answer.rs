//! What Meta's answers mean.
//!
//! The one rule above all: an answer counts as "not taken" only where Meta
//! itself says so. Whatever may come from a proxy, or from half of Meta, is
//! unknown.

use super::NAME;
use crate::message::catalogue::{self, Report, judge};
use crate::message::{Class, Error, Status};
use crate::provider::http::{Fault, Reply};
use crate::provider::{Answer, Refusal};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is read of an error. Any types, so that a code counts whatever else
/// the body holds.
#[derive(Deserialize, Default)]
struct Refused {
    error: Written,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Written {
    code: Value,
    message: Value,
    error_subcode: Value,
    error_data: Value,
    fbtrace_id: Value,
    is_transient: Value,
}

/// What an error body of Meta says.
struct Said {
    code: u32,
    text: String,
    trace_id: Option<String>,
}

fn said(body: &[u8]) -> Option<Said> {
    let refused: Refused = object(body)?;
    let error = refused.error;
    let code = error.code.as_u64().and_then(|code| u32::try_from(code).ok())?;
    let details = match &error.error_data {
        Value::String(text) => Some(text.as_str()),
        other => other.get("details").and_then(Value::as_str),
    };
    let text = details.or(error.message.as_str()).unwrap_or_default().to_owned();
    let trace_id = error.fbtrace_id.as_str().map(str::to_owned);
    Some(Said { code, text, trace_id })
}

/// Reads JSON whose outermost value is an object.
fn object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// The body of an answer to a question. Asking changes nothing, so whatever
/// is not an answer may be asked again.
pub fn of_question<T: DeserializeOwned>(
    reply: &Reply,
    harmless: &dyn Fn(&str) -> bool,
) -> Result<T, Refusal> {
    if (200..=299).contains(&reply.status) {
        return object(&reply.body).ok_or_else(|| {
            let why = reply.cut.as_deref().unwrap_or("the answer is not the JSON that is expected");
            not_understood(why, reply.status)
        });
    }
    if !(300..=599).contains(&reply.status) {
        return Err(not_understood("there is no such status", reply.status));
    }
    Err(refused(reply, said(&reply.body), 1, harmless))
}

fn not_understood(why: &str, status: u16) -> Refusal {
    let meaning = format!("Meta's answer cannot be used: {why}.");
    let mut refusal = temporary(
        Status::Temporary,
        &meaning,
        "Try again later; look at base_url and the proxy if it stays.",
    );
    refusal.error.http_status = Some(status);
    refusal
}

fn refused(reply: &Reply, said: Option<Said>, attempt: i32, harmless: &dyn Fn(&str) -> bool) -> Refusal {
    let text = said.as_ref().map(|said| said.text.as_str()).filter(|text| harmless(text));
    let report = Report {
        code: said.as_ref().map(|said| said.code),
        http_status: Some(reply.status),
        said: text,
        attempt,
    };
    let verdict = judge(NAME, report);
    Refusal { class: verdict.class, retry: verdict.retry, error: verdict.error, retry_after: None }
}

/// A fault that was found here.
pub fn refusal(mut error: Box<Error>) -> Refusal {
    let class = match error.status {
        Status::Template => Class::Template,
        Status::Sender => Class::Sender,
        Status::Recipient => Class::Recipient,
        _ => Class::Permanent,
    };
    error.class = Some(class);
    error.message = catalogue::response(class, &error.message);
    Refusal { class, retry: false, error, retry_after: None }
}

/// What a send without an answer means.
pub fn of_failed_send(fault: Fault) -> Answer {
    match fault {
        Fault::Ambiguous(why) => Answer::Unknown { why },
        fault => Answer::Refused(of_fault(fault)),
    }
}

/// What a question without an answer means.
pub fn of_fault(fault: Fault) -> Refusal {
    match fault {
        Fault::NotWritten { why, certificate: true } => {
            let meaning = format!("Meta's certificate cannot be verified: {why}.");
            let mut error = Error::new(Status::Tls, catalogue::response(Class::Permanent, &meaning)).hint(
                "Check this machine's clock and certificate authorities; where a proxy or a gateway has its own certificate, give its authority as http.ca_file.",
            );
            error.class = Some(Class::Permanent);
            Refusal { class: Class::Permanent, retry: false, error, retry_after: None }
        }
        Fault::NotWritten { why, certificate: false } | Fault::Ambiguous(why) => temporary(
            Status::Network,
            &format!("Meta could not be reached: {why}."),
            "Check the network, the firewall and http.proxy in the settings.",
        ),
    }
}

/// A fault for now.
pub fn temporary(status: Status, meaning: &str, hint: &str) -> Refusal {
    let mut error = Error::new(status, catalogue::response(Class::Temporary, meaning)).hint(hint);
    error.class = Some(Class::Temporary);
    error.retryable = true;
    Refusal { class: Class::Temporary, retry: true, error, retry_after: None }
}
