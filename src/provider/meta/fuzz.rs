//! Tests only: Meta's answers, and what it is sent.

use super::graph::Token;
use super::{answer, request, stand_ins, template_components, templates};
use crate::ground::Secret;
use crate::message::content::{Kind, Limits};
use crate::message::{Content, catalogue};
use crate::provider::fuzz_support::{SECRET, SETTINGS_TEMPLATES, names, reply_of};
use crate::provider::http::Reply;
use crate::provider::{Answer, Attempt, Prepared, Refusal, Request};
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use uuid::Uuid;

const RECIPIENT: &str = "+15005550006";

/// One answer. The first byte picks the status, the second what was asked and
/// which attempt it was; three lines are the headers `Retry-After`, `Date` and
/// `X-FB-Trace-ID`; the rest is the body. In the seeds '@' to 'O' are the
/// statuses; 'D' is a send, 'H' its second attempt, 'T' one whose answer was
/// cut, 'E' a question, 'F' a page of templates, 'G' a change of one.
pub fn answer(bytes: &[u8]) {
    let [status, what, rest @ ..] = bytes else { return };
    let reply = reply_of(*status, what & 16 != 0, "x-fb-trace-id", rest);
    let harmless = |text: &str| TOKEN.is_harmless(text);
    if let Some(id) = answer::trace_id(&reply) {
        assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    match what % 4 {
        0 => send(&reply, i32::from(what >> 2 & 3), &harmless),
        1 => match answer::of_question::<Value>(&reply, &harmless) {
            Ok(value) => assert!((200..=299).contains(&reply.status) && value.is_object()),
            Err(refusal) => refused(&refusal),
        },
        // Pages, changes, and refusals of templates.
        _ => templates::any_answer(&[&[*status], reply.body.as_slice()].concat()),
    }
}

fn send(reply: &Reply, attempt: i32, harmless: &dyn Fn(&str) -> bool) {
    let success = (200..=299).contains(&reply.status);
    match answer::of_send(reply, attempt, harmless) {
        Answer::Accepted { provider_message_id, recipient_id, provider_status } => {
            assert!(success, "{} is no success", reply.status);
            assert!(answer::is_message_id(&provider_message_id), "{provider_message_id:?} is no id");
            for word in [recipient_id, provider_status].into_iter().flatten() {
                assert!((1..=128).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic()));
                shows_no_secret(&word);
            }
        }
        Answer::Refused(refusal) => {
            assert!(reply.status <= 599 && ![502, 504].contains(&reply.status));
            // A gateway fails with 5xx too, and a template is paused with 2xx.
            assert!(reply.status < 500 || refusal.error.provider_code.is_some());
            assert!(!success || refusal.error.message.contains("paused"));
            assert_eq!(refusal.error.http_status, Some(reply.status));
            refused(&refusal);
        }
        Answer::HeldBack => panic!("what was answered was not held back"),
        Answer::Unknown { why } => {
            // A no of Meta's own is known; a gateway's is not.
            assert!(success || reply.status >= 500 || reply.status >= 400 && !answer::is_own(reply));
            assert!(why.len() < 200, "{why}");
            shows_no_secret(&why);
        }
    }
}

/// What every refusal promises.
fn refused(refusal: &Refusal) {
    let error = &refusal.error;
    assert_eq!(error.class, Some(refusal.class));
    let text = catalogue::ResponseText::of(refusal.class).text_of(super::NAME);
    // A refusal by our own checks is a sentence of its own.
    assert!(error.http_status.is_none() || error.message.starts_with(text), "{}", error.message);
    assert!(error.message.chars().count() < 900, "long: {}", error.message);
    assert!(!error.message.chars().any(char::is_control), "{:?}", error.message);
    assert!(refusal.retry_after.is_none_or(|wait| wait <= Duration::from_secs(24 * 3600)));
    assert!(!refusal.retry || refusal.class.retried());
    shows_no_secret(&serde_json::to_string(error).expect("an error can be written"));
}

/// Our token, in the forms in which it is sent.
fn shows_no_secret(text: &str) {
    for secret in [SECRET, "canary%2B4711%2Fsecret%3D"] {
        assert!(!text.contains(secret), "a secret is shown: {text}");
    }
}

/// What Meta would be sent for a message.
pub(crate) fn message(content: &Content) {
    for private_links in [false, true] {
        let limits = Limits { private_links, ..Limits::default() };
        let checked = stand_ins::of_meta(content, &SETTINGS_TEMPLATES, &limits).and_then(|content| {
            limits.check(&content)?;
            if let Kind::Template(it) = &content.kind {
                template_components::check_keys(it)?;
            }
            Ok(content)
        });
        match checked {
            Ok(content) => {
                let files = content.attachments().iter().any(|(_, _, it)| it.file.is_some());
                let members = request::members(&content, "en_US");
                assert_eq!(members.is_err(), files, "what was checked can be written: {members:?}");
                if let Ok(members) = members {
                    sent(&Prepared { request: Request::Json(members), text: None });
                }
            }
            Err(error) => {
                let argument = error.argument.clone().unwrap_or_default();
                names(&error, argument.split(['.', '[']).next().unwrap_or_default());
            }
        }
    }
}

/// What goes over the wire comes back as it was.
fn sent(prepared: &Prepared) {
    let attempt = Attempt {
        message_id: Uuid::from_u128(1),
        number: 1,
        sender: None,
        recipient: RECIPIENT.to_owned(),
        prepared: prepared.clone(),
        leaves_before: std::time::Duration::MAX,
    };
    let body = request::body(&attempt).expect("it is JSON");
    let back: Value = serde_json::from_str(&body.to_string()).expect("JSON");
    assert_eq!(back, body);
    let kind = back["type"].as_str().expect("a kind");
    assert!(!back[kind].is_null() && back["to"] == RECIPIENT);
    let key = back["biz_opaque_callback_data"].as_str().expect("our key");
    assert!(key.len() <= 512 && key.starts_with("wa1:"));
    if let Some(code) = request::code_of(&prepared.request) {
        assert!(back.to_string().matches(&*Value::from(code).to_string()).count() >= 2);
    }
}

static TOKEN: LazyLock<Arc<Token>> =
    LazyLock::new(|| Token::new(Secret::new(SECRET.to_owned())).expect("a header"));
