//! One upload: a multipart request whose file is read while it is sent.

use super::super::answer;
use super::super::graph::Graph;
use super::source::{LONGEST_NAME, Medium};
use crate::message::clock::Millis;
use crate::message::content::provider_id;
use crate::message::{Result, Status};
use crate::provider::Refusal;
use crate::provider::action::{MediaInfo, Progress};
use crate::provider::fault;
use crate::provider::http::{Outgoing, Sending};
use crate::threads::lock;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Uploaded media lives so long at Meta.
const LIVES: u64 = 30 * 24 * 60 * 60 * 1000;
/// Progress is told no more often.
const BETWEEN: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Uploaded {
    #[serde(default)]
    id: Value,
}

/// Uploads; may be repeated, for Meta takes each upload under an id of its own.
pub async fn upload(
    graph: &Graph,
    number: &str,
    medium: Medium,
    progress: &Progress,
) -> Result<MediaInfo, Refusal> {
    let token = graph.token();
    let url = graph.url(&format!("{number}/media"), &[]).map_err(fault::refusal)?;
    let boundary = format!("wa-{}", Uuid::new_v4().simple());
    let (before, after) = frame(&boundary, &medium.chosen.text, &medium.name);
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
        .map_err(|_| fault::refusal(crate::message::Error::internal("A boundary is no header.")))?;
    let (length, sha256) = (medium.facts.bytes, medium.facts.sha256_text());
    let mime_type = medium.chosen.text.clone();
    let (source, fault) = medium.into_source();
    let sending = Sending {
        method: Method::POST,
        url,
        authorization: token.header.clone(),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type)]),
        body: Outgoing {
            before: before.into(),
            source,
            length,
            after: after.into(),
            progress: told(progress.clone(), length),
        },
    };
    let answered = graph.http.upload(sending).await;
    if let Some(error) = lock(&fault).take() {
        return Err(fault::refusal(error));
    }
    let (reply, whole) = answered.map_err(answer::of_fault)?;
    let uploaded: Uploaded = answer::of_question(&reply, &|text| token.is_harmless(text))?;
    let broken = |why: &str| {
        let meaning = format!("Meta's answer to an upload cannot be used: {why}.");
        fault::temporary(Status::Temporary, &meaning, "Try again later; look at base_url and the proxy.")
    };
    if !whole {
        return Err(broken("it came before the file was sent"));
    }
    let id = match uploaded.id {
        Value::String(id) => id,
        Value::Number(id) => id.to_string(),
        _ => return Err(broken("there is no id in it")),
    };
    provider_id("id", &id).map_err(|_| broken("the id in it is none"))?;
    progress(length, Some(length));
    Ok(MediaInfo {
        id,
        mime_type: Some(mime_type),
        bytes: Some(length),
        sha256: Some(sha256),
        url: None,
        expires_at: Some(Millis::now().plus(LIVES)),
    })
}

/// What stands before and after the file in the request.
fn frame(boundary: &str, mime_type: &str, name: &str) -> (String, String) {
    let field = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let before = format!(
        "{}{}--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: {mime_type}\r\n\r\n",
        field("messaging_product", "whatsapp"),
        field("type", mime_type),
        quoted(name)
    );
    (before, format!("\r\n--{boundary}--\r\n"))
}

/// A name as browsers write it into a form.
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars().take(LONGEST_NAME) {
        match c {
            '"' => text.push_str("%22"),
            '\r' | '\n' => text.push_str(if c == '\r' { "%0D" } else { "%0A" }),
            c if c.is_control() => text.push('_'),
            c => text.push(c),
        }
    }
    text
}

/// Tells progress, and not too often.
pub fn told(progress: Progress, length: u64) -> Box<dyn FnMut(u64) + Send + Sync> {
    let mut last: Option<Instant> = None;
    Box::new(move |done| {
        // All of it is told when the answer is there.
        if done < length && last.is_none_or(|last| last.elapsed() >= BETWEEN) {
            last = Some(Instant::now());
            progress(done, Some(length));
        }
    })
}

/// Bytes of memory as a request's body.
pub fn of_memory(bytes: Bytes, progress: Progress, done: u64, length: u64) -> Outgoing {
    let mut told = told(progress, length);
    Outgoing {
        before: Bytes::new(),
        length: bytes.len() as u64,
        source: crate::provider::http::Source::Bytes(bytes),
        after: Bytes::new(),
        progress: Box::new(move |sent| told(done + sent)),
    }
}

#[cfg(test)]
mod tests;
