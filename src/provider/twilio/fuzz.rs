//! Tests only: Twilio's answers, and what it is sent.

use super::content_template::{self, ContentTemplate};
use super::list::{Page, next_page};
use super::message_fields;
use super::request::Fixed;
use super::{Login, answer, limits};
use crate::ground::Secret;
use crate::message::age::Age;
use crate::message::clock::uptime;
use crate::message::content::Kind;
use crate::message::{Content, Variables, catalogue};
use crate::provider::fault;
use crate::provider::fuzz_support::{SECRET, SETTINGS_TEMPLATES, names, reply_of};
use crate::provider::http::{Http, Reply};
use crate::provider::twilio::settings::TwilioLogin;
use crate::provider::window::{Place, Window};
use crate::provider::{Answer, Attempt, LostAttempt, Prepared, Refusal};
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use url::Url;
use uuid::Uuid;

const SENDER: &str = "whatsapp:+14155238886";
const RECIPIENT: &str = "whatsapp:+15005550006";

/// One answer. The first byte picks the status, the second what was asked and
/// which attempt it was; three lines are the headers `Retry-After`, `Date` and
/// `Twilio-Request-Id`; the rest is the body. In the seeds '@' to 'O' are the
/// statuses; 'D' is a send, 'H' its second attempt, 'T' one whose answer was
/// cut, 'E' a list, 'F' templates, 'G' one of them.
pub fn answer(bytes: &[u8]) {
    let [status, what, rest @ ..] = bytes else { return };
    let reply = reply_of(*status, what & 16 != 0, "twilio-request-id", rest);
    let harmless = |text: &str| LOGIN.is_harmless(text);
    if let Some(id) = answer::trace_id(&reply.headers) {
        assert!((1..=64).contains(&id.len()));
    }
    if let Some(code) = answer::code_of(&reply) {
        assert!((10_000..=99_999).contains(&code));
    }
    match what % 4 {
        0 => send(&reply, i32::from(what >> 2 & 3), &harmless),
        1 => list(&reply, &harmless),
        2 => templates(&reply, &harmless),
        _ => {
            if let Some(stored) = question::<Value>(&reply, &harmless).and_then(ContentTemplate::read) {
                template(stored);
            }
        }
    }
}

fn send(reply: &Reply, attempt: i32, harmless: &dyn Fn(&str) -> bool) {
    let success = (200..=299).contains(&reply.status);
    match answer::of_send(reply, attempt, harmless) {
        Answer::Accepted { provider_message_id, .. } => {
            assert!(success, "{} is no success", reply.status);
            assert!(answer::is_message_sid(&provider_message_id), "{provider_message_id:?} is no SID");
        }
        Answer::Refused(refusal) => {
            assert!((300..=599).contains(&reply.status) && ![502, 504].contains(&reply.status));
            // A gateway fails with 5xx too: only Twilio's own word counts.
            assert!(reply.status < 500 || answer::code_of(reply).is_some());
            assert_eq!(refusal.error.http_status, Some(reply.status));
            refused(&refusal);
        }
        Answer::HeldBack => panic!("what was answered was not held back"),
        Answer::Unknown { why } => {
            // A no of Twilio's own is known; a gateway's is not.
            assert!(
                success || reply.status >= 500 || reply.status >= 400 && answer::code_of(reply).is_none()
            );
            assert!(why.len() < 200, "{why}");
            shows_no_secret(&why);
        }
    }
}

/// What every refusal promises.
fn refused(refusal: &Refusal) {
    let error = &refusal.error;
    assert_eq!(error.class, Some(refusal.class));
    // A refusal by our own checks is a sentence of its own.
    let text = catalogue::ResponseText::of(refusal.class).text();
    assert!(error.http_status.is_none() || error.message.starts_with(text), "{}", error.message);
    assert!(error.message.chars().count() < 900, "long: {}", error.message);
    assert!(!error.message.chars().any(char::is_control), "{:?}", error.message);
    assert!(refusal.retry_after.is_none_or(|wait| wait <= Duration::from_secs(24 * 3600)));
    assert!(!refusal.retry || refusal.class.retried());
    shows_no_secret(&serde_json::to_string(error).expect("an error can be written"));
}

/// Our credentials, in the forms in which they are sent. What only resembles
/// them is no secret.
fn shows_no_secret(text: &str) {
    let login = LOGIN.header.to_str().unwrap_or_default().trim_start_matches("Basic ");
    for secret in [SECRET, "canary%2B4711%2Fsecret%3D", login] {
        assert!(!text.contains(secret), "a secret is shown: {text}");
    }
}

/// The answer to a question, if there is one.
fn question<'a, T: Deserialize<'a>>(reply: &'a Reply, harmless: &dyn Fn(&str) -> bool) -> Option<T> {
    match answer::of_question(reply, harmless) {
        Ok(value) => {
            assert!((200..=299).contains(&reply.status));
            Some(value)
        }
        Err(refusal) => {
            refused(&refusal);
            None
        }
    }
}

fn list(reply: &Reply, harmless: &dyn Fn(&str) -> bool) {
    let Some(mut page) = question::<Page>(reply, harmless) else { return };
    let own = own("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
    if let Some(next) = page.next_page_uri.take() {
        stays(&own, &next);
    }
    let age = Age::of_own(uptime());
    let lost = LostAttempt { sender: Some(SENDER.to_owned()), recipient: RECIPIENT.to_owned(), age };
    let window = Window::of(&age, fault::server_time(&reply.headers));
    let read = page.read(&lost, &window);
    for candidate in &read.candidates {
        assert!(candidate.doubtful || answer::is_message_sid(&candidate.provider_message_id));
        assert!(candidate.doubtful || window.place(candidate.created) == Place::Inside, "too old");
    }
    assert!(!read.too_old || read.candidates.iter().all(|candidate| candidate.created.is_none()));
}

/// The next page is at our own address.
fn stays(own: &Url, next: &str) {
    if let Some(url) = next_page(own, next) {
        assert_eq!(url[..url::Position::AfterPath], own[..url::Position::AfterPath]);
        assert!(url.fragment().is_none());
    }
}

fn templates(reply: &Reply, harmless: &dyn Fn(&str) -> bool) {
    if let Some((_, Some(next))) = super::content_management::read_page(&reply.body) {
        assert!((1..=4000).contains(&next.len()));
    }
    let Some(value) = question::<Value>(reply, harmless) else { return };
    if let Some(next) = value.pointer("/meta/next_page_url").and_then(Value::as_str) {
        stays(&own("https://content.twilio.com/v1/Content"), next);
    }
    let Some(contents) = value.get("contents").and_then(Value::as_array) else { return };
    let listed: Vec<ContentTemplate> = contents.iter().cloned().filter_map(ContentTemplate::read).collect();
    for language in [None, Some("en")] {
        match content_template::the_one(&listed, "order", language) {
            Ok(stored) => {
                assert_eq!(stored.name, "order");
                template(stored.clone());
            }
            Err(error) => refused(&crate::provider::fault::refusal(error)),
        }
    }
}

fn template(stored: ContentTemplate) {
    assert!(answer::is_content_sid(&stored.sid));
    if let Err(error) = content_template::the_one(std::slice::from_ref(&stored), &stored.sid, Some("en")) {
        refused(&crate::provider::fault::refusal(error));
    }
    // A variable may have any name, and an error says which one is missing.
    if !LOGIN.is_harmless(&format!("{stored:?}")) {
        return;
    }
    let given = Variables::from_value("variables", serde_json::json!({"1": "Ann", "name": "Bob"}));
    for variables in [Variables::default(), given.unwrap_or_default()] {
        match stored.fields(&variables, "order") {
            Ok(prepared) => sent(&prepared),
            Err(error) => refused(&crate::provider::fault::refusal(error)),
        }
    }
}

/// What Twilio would be sent for a message.
pub(crate) fn message(content: &Content) {
    for private in [false, true] {
        match message_fields::known_here(content, &SETTINGS_TEMPLATES, private) {
            Ok(Some(prepared)) => {
                assert!(!prepared.request.form().expect("it is a form").is_empty());
                sent(&prepared);
            }
            Ok(None) => assert!(matches!(content.kind, Kind::Template(_) | Kind::Interactive(_))),
            Err(error) => {
                let argument = error.argument.clone().unwrap_or_default();
                names(&error, argument.split(['.', '[']).next().unwrap_or_default());
                assert!(error.message.contains(&*argument) || argument.starts_with("variables"), "{error:?}");
            }
        }
    }
}

/// What goes over the wire comes back as it was.
fn sent(prepared: &Prepared) {
    for (name, value) in prepared.request.form().expect("it is a form") {
        assert!(["Body", "MediaUrl", "PersistentAction", "ContentSid", "ContentVariables"].contains(name));
        assert!(*name != "Body" || (1..=limits::LONGEST_BODY).contains(&value.chars().count()));
    }
    let attempt = Attempt {
        message_id: Uuid::from_u128(1),
        number: 1,
        sender: Some(SENDER.to_owned()),
        recipient: RECIPIENT.to_owned(),
        prepared: prepared.clone(),
        leaves_before: std::time::Duration::MAX,
    };
    let form = Fixed::new(None, None).form(&attempt).expect("it is a form");
    let back: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let to = [("To", RECIPIENT.to_owned()), ("From", SENDER.to_owned())];
    let fields: Vec<(String, String)> = to
        .into_iter()
        .chain(prepared.request.form().expect("it is a form").to_vec())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(back, fields);
}

static LOGIN: LazyLock<Arc<Login>> = LazyLock::new(|| {
    let settings = crate::provider::settings::Http {
        timeout: Duration::from_secs(1),
        max_in_flight: 1,
        proxy: None,
        ca_pem: None,
    };
    let http = Http::new(&settings, false).expect("a client without TLS can be made");
    let user = "AC00000000000000000000000000000001".to_owned();
    Login::new(&http, TwilioLogin { user, password: Secret::new(SECRET.to_owned()) }).expect("a login")
});

fn own(address: &str) -> Url {
    Url::parse(address).expect("an address")
}
