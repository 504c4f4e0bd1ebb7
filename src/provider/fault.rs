//! What goes wrong in the same way with every provider: no connection, no
//! answer, an answer that is none; and the times in an answer's headers.

use super::http::{Fault, Reply, TOO_LATE};
use super::{Answer, Refusal};
use crate::message::clock::Millis;
use crate::message::{Class, Error, ProviderName, Status, catalogue};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The longest wait that is taken from an answer.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// A fault that was found here.
pub fn refusal(mut error: Box<Error>) -> Refusal {
    let class = match error.status {
        Status::Template => Class::Template,
        Status::Sender => Class::Sender,
        Status::Recipient => Class::Recipient,
        _ => Class::Permanent,
    };
    error.class = Some(class);
    if !is_mended_by_the_user(&error) {
        error.message = catalogue::response(class, &error.message);
    }
    Refusal { class, retry: false, error, retry_after: None }
}

/// Whether the message's own keys are at fault, and not the template's name,
/// behind which an account, an approval or a setting may stand.
fn is_mended_by_the_user(error: &Error) -> bool {
    let named = error.argument.as_deref().is_some_and(|argument| argument != "template");
    named
        && matches!(
            error.status,
            Status::Message | Status::Template | Status::NotSupported | Status::Argument
        )
}

/// A fault for now.
pub fn temporary(status: Status, meaning: &str, hint: &str) -> Refusal {
    let mut error = Error::new(status, catalogue::response(Class::Temporary, meaning)).hint(hint);
    error.class = Some(Class::Temporary);
    error.retryable = true;
    Refusal { class: Class::Temporary, retry: true, error, retry_after: None }
}

/// What a send without an answer means.
pub fn of_failed_send(provider: ProviderName, fault: Fault) -> Answer {
    match fault {
        Fault::Ambiguous(why) => Answer::Unknown { why },
        Fault::HeldBack => Answer::HeldBack,
        fault => Answer::Refused(of_fault(provider, fault)),
    }
}

/// What a question without an answer means.
pub fn of_fault(provider: ProviderName, fault: Fault) -> Refusal {
    let name = provider.title();
    match fault {
        Fault::NotWritten { why, certificate: true } => {
            let meaning = format!("{name}'s certificate cannot be verified: {why}.");
            let mut error = Error::new(Status::Tls, catalogue::response(Class::Permanent, &meaning)).hint(
                "Check this machine's clock and certificate authorities; where a proxy or a gateway has its own certificate, give its authority as http.ca_file.",
            );
            error.class = Some(Class::Permanent);
            Refusal { class: Class::Permanent, retry: false, error, retry_after: None }
        }
        Fault::NotWritten { why, certificate: false } | Fault::Ambiguous(why) => not_reached(name, &why),
        Fault::HeldBack => not_reached(name, TOO_LATE),
    }
}

fn not_reached(name: &str, why: &str) -> Refusal {
    temporary(
        Status::Network,
        &format!("{name} could not be reached: {why}."),
        "Check the network, the firewall and http.proxy in the settings.",
    )
}

/// What an answer to a question means that is none.
fn not_understood(provider: ProviderName, why: &str, status: u16) -> Refusal {
    let meaning = format!("{}'s answer cannot be used: {why}.", provider.title());
    let hint = "Try again later; look at base_url and the proxy if it stays.";
    let mut refusal = temporary(Status::Temporary, &meaning, hint);
    refusal.error.http_status = Some(status);
    refusal
}

/// Reads JSON whose outermost value is an object.
pub fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// The body of an answer to a question. Asking changes nothing, so whatever
/// is not an answer may be asked again. `refused` judges a refusal.
pub fn of_question<'a, T: Deserialize<'a>>(
    provider: ProviderName,
    reply: &'a Reply,
    refused: impl FnOnce(&Reply) -> Refusal,
) -> Result<T, Refusal> {
    match reply.status {
        200..=299 => object(&reply.body).ok_or_else(|| {
            let why = reply.cut.as_deref().unwrap_or("the answer is not the JSON that is expected");
            not_understood(provider, why, reply.status)
        }),
        300..=599 => Err(refused(reply)),
        _ => Err(not_understood(provider, "there is no such status", reply.status)),
    }
}

/// A date as HTTP writes it.
pub fn time_of(text: &str) -> Option<Millis> {
    let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(Millis)
}

/// The server's clock when it answered.
pub fn server_time(headers: &HeaderMap) -> Option<Millis> {
    time_of(headers.get(DATE)?.to_str().ok()?)
}

/// How long the provider asks to wait: seconds, or a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long wait too.
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let until = time_of(text)?;
    let now = server_time(headers).unwrap_or_else(Millis::now);
    let wait = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
    Some(Duration::from_millis(wait).min(LONGEST_WAIT))
}
