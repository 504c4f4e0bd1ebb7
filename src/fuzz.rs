//! Tests only: the parsers that eat foreign bytes, opened to `tests/fuzz`.
//!
//! A target takes any bytes and panics where a promise is broken, not only
//! where the parser fails. A provider brings its own targets; here they get
//! their names.

pub use crate::inbound::door::fuzz::signature as webhook_signature;
pub use crate::inbound::fuzz::{meta_webhook, twilio_webhook};
pub use crate::provider::meta::fuzz::answer as meta_answer;
pub use crate::provider::twilio::fuzz::answer as twilio_answer;

use crate::events::{EventFilter, NextOptions, Position};
use crate::history::{Asker, EventCursor, Query};
use crate::message::clock::Millis;
use crate::message::phone::Phone;
use crate::message::variables::{render, variables_of};
use crate::message::{Content, Result, SendOptions, Variables, catalogue, json, phone};
use crate::provider::fuzz_support::{SECRET, names};
use crate::provider::{http, meta, twilio};
use crate::settings::{Settings, Update};
use serde_json::Value;

/// `message_json`: what is read is written and read back the same, and an
/// error names its key. Then what each provider makes of it.
pub fn message(bytes: &[u8]) {
    const ARGUMENT: &str = "message_json";
    let Some(text) = text_of(bytes) else { return };
    let Some(content) = read(ARGUMENT, text, Content::read(ARGUMENT, text)) else { return };
    let _ = (content.as_text(), content.template_name());
    twilio::fuzz::message(&content);
    meta::fuzz::message(&content);
    let written = match serde_json::to_string(&content) {
        Ok(written) => written,
        // What cannot be a value is refused, and never kept.
        Err(error) => return assert!(error.to_string().contains("Unfit"), "{error}"),
    };
    // The history keeps it so, and reads it after a restart.
    let kept: Content = serde_json::from_str(&written).expect("what the history keeps can be read");
    assert_eq!(kept, content);
    let again = Content::read(ARGUMENT, &written).expect("what was written can be given again");
    assert_eq!(again, content);
    assert!(written.contains(content.kind()));
}

/// `settings_json` of `wa_configure` and of `wa_update`, the proxy's address
/// and the file of authorities, by the first byte: in the seeds '`' to 'e'. No
/// secret comes back, whatever stands in its place.
pub fn settings(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Some(text) = text_of(rest) else { return };
    match first % 6 {
        0 => drop(settings_of(text)),
        1 => {
            let now = settings_of(SETTINGS).expect("these settings can be read");
            if let Some(update) = read("settings_json", text, Update::read(text, &now)) {
                let _ = update
                    .retry_after(&now.retry, &now.provider)
                    .map(|retry| assert!(retry.max_retries <= 100));
            }
        }
        // With secrets put into it, of a right or a wrong type.
        2 | 3 => {
            let Some(text) = with_secrets(text, first % 6 == 3) else { return };
            match Settings::read(&text) {
                Ok(settings) => shows_no_secret(&format!("{settings:?}")),
                Err(error) => shows_no_secret(&format!("{error:?}")),
            }
            let now = settings_of(SETTINGS).expect("these settings can be read");
            shows_no_secret(&match Update::read(&text, &now) {
                Ok(update) => format!("{update:?}"),
                Err(error) => format!("{error:?}"),
            });
        }
        4 => {
            let hidden = format!("{text}{SECRET}");
            for address in [text, &hidden] {
                if let Err(error) = http::proxy_of(address) {
                    shows_no_secret(&format!("{error:?}"));
                    names(&error, "settings_json.http.proxy");
                }
            }
        }
        _ => {
            if let Err(error) = http::authorities_of(rest) {
                names(&error, "settings_json.http.ca_file");
            }
        }
    }
}

/// What is smaller, by the first byte, in the seeds 'n' to 'w': options, queries, cursors, numbers,
/// times, templates, JSON of any shape.
pub fn options(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Some(text) = text_of(rest) else { return };
    match first % 10 {
        0 => {
            let Some(options) = read("options_json", text, SendOptions::read("options_json", Some(text)))
            else {
                return;
            };
            assert!(options.id.is_none_or(|id| !id.is_nil()));
            if let (Some(from), Some(until)) = (options.not_before, options.expires_at) {
                assert!(from < until);
            }
            for time in [options.not_before, options.expires_at].into_iter().flatten() {
                assert_eq!(Millis::from_text(&time.to_text()), Some(time));
            }
        }
        1 => {
            if let Some((query, _)) = read(
                "query_json",
                text,
                Query::read(Some(text), &Asker { country: None, account: None }, |_, _| Ok(None)),
            ) {
                assert!((1..=500).contains(&query.limit));
            }
        }
        2 => {
            if let Some(next) = read("options_json", text, NextOptions::read("options_json", Some(text))) {
                assert!((1..=1000).contains(&next.most));
            }
        }
        3 => {
            let _ = read("filter_json", text, EventFilter::read("filter_json", Some(text)));
        }
        4 => {
            if let Some(place) = Position::from_text(text) {
                assert_eq!(Position::from_text(&place.to_text()), Some(place));
            }
            if let Some(place) = EventCursor::from_text(text) {
                assert_eq!(EventCursor::from_text(&place.to_text()), Some(place));
            }
        }
        5 => number(text),
        6 => {
            if let Some(time) = Millis::from_text(text) {
                assert_eq!(Millis::from_text(&time.to_text()), Some(time), "{text:?}");
            }
        }
        7 => template(text),
        8 => {
            if let Some(value) = read("json", text, json::value("json", text)) {
                assert_eq!(serde_json::from_str::<Value>(text).ok(), Some(value.clone()));
                let variables = read("variables_json", text, Variables::read("variables_json", text));
                if let Some(variables) = variables {
                    let _ = variables.check("variables_json");
                }
            }
        }
        _ => {
            let clipped = catalogue::clipped(text);
            assert!(clipped.chars().count() <= 301 && !clipped.chars().any(char::is_control));
            let _ = crate::events::masked(text);
        }
    }
}

/// Numbers: two letters of a country, then what a person wrote.
fn number(text: &str) {
    let country = text.get(..2).and_then(|letters| phone::country("default_country", letters).ok());
    let text = if country.is_some() { &text[2..] } else { text };
    let Some(phone) = read("to", text, Phone::read("to", text, country)) else { return };
    let digits = phone.e164().strip_prefix('+').expect("a plus comes first");
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
    let again = Phone::read("to", phone.e164(), None).expect("E.164 is a number without a default country");
    assert_eq!(again, phone, "{text:?}");
    let person = phone::person(phone.e164());
    assert!(phone::forms(digits).iter().all(|form| phone::person(form) == person), "{text:?}");
}

/// Templates: the first line is the value of every variable of the rest.
fn template(text: &str) {
    let (value, text) = text.split_once('\n').unwrap_or(("", text));
    let names = variables_of(text);
    let values = Variables(names.iter().map(|name| ((*name).to_owned(), value.to_owned().into())).collect());
    values.check_keys("variables", "t", names.iter().copied()).expect("all of them are given");
    let rendered = render(text, &values);
    if names.is_empty() {
        assert_eq!(rendered, text);
    }
    if !value.contains(['{', '}']) && !text.contains("{{{") && !text.contains("}}}") {
        assert!(names.iter().all(|name| !rendered.contains(&format!("{{{{{name}}}}}"))), "{rendered:?}");
    }
}

/// Settings that are right.
const SETTINGS: &str = r#"{"twilio":{"account_sid":"AC00000000000000000000000000000001","auth_token":"t","from":"+14155238886"},"history":{"file":"/tmp/h.db"}}"#;

fn settings_of(text: &str) -> Option<Settings> {
    let settings = read("settings_json", text, Settings::read(text))?;
    assert!(settings.retry.max_retries <= 100 && (1..=4096).contains(&settings.http.max_in_flight));
    assert!(settings.messages_per_second.is_none_or(|rate| rate > 0.0));
    for (name, template) in &settings.templates {
        let _ = (name, template.render(&Variables::default()));
    }
    Some(settings)
}

/// Where secrets stand in the settings.
const SECRETS: [(&str, &str); 12] = [
    ("twilio", "auth_token"),
    ("twilio", "api_key_secret"),
    ("meta", "access_token"),
    ("meta", "app_secret"),
    ("history", "connection_string"),
    ("http", "proxy"),
    ("webhook", "verify_token"),
    ("", "PsgTwilioAuthToken"),
    ("webhook", "public_url"),
    ("webhook", "app_secrets"),
    ("twilio", "webhook_tokens"),
    ("twilio", "webhook_keys"),
];

/// Puts the secret where the settings have theirs. Where its shape is wrong,
/// it takes the place of a whole section or stands in a list.
fn with_secrets(text: &str, wrong: bool) -> Option<String> {
    if text.contains("canary") || text.contains("4711") || text.contains("\\u") {
        return None;
    }
    let mut value: Value = serde_json::from_str(text).ok()?;
    let object = value.as_object_mut()?;
    for (at, (section, key)) in SECRETS.into_iter().enumerate() {
        // Which of them, by the length of the text.
        if text.len() >> at & 1 == 0 {
            continue;
        }
        let secret = match (wrong, at % 4) {
            (false, _) => Value::from(SECRET),
            (true, 0) => serde_json::json!([SECRET]),
            (true, 1) => serde_json::json!(4711),
            (true, 2) => serde_json::json!({"value": SECRET}),
            (true, _) => serde_json::json!(4711.5),
        };
        if section.is_empty() {
            object.insert(key.to_owned(), secret);
        } else if wrong && text.len().is_multiple_of(5) {
            object.insert(section.to_owned(), Value::from(SECRET));
        } else if let Some(section) = object.get_mut(section).and_then(Value::as_object_mut) {
            section.insert(key.to_owned(), secret);
        }
    }
    serde_json::to_string(&value).ok()
}

fn shows_no_secret(text: &str) {
    assert!(!text.contains("canary") && !text.contains("4711"), "a secret is shown: {text}");
}

/// The text of the bytes: what is not UTF-8 is refused before any parser.
fn text_of(bytes: &[u8]) -> Option<&str> {
    // No C string has a NUL in it.
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// The value, or none: then the error was looked at.
fn read<T>(argument: &str, text: &str, result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            names(&error, argument);
            // What it repeats may be escaped, and stand in it more than once.
            assert!(error.message.len() <= 1000 + 40 * text.len(), "a long error: {error}");
            None
        }
    }
}
