//! Every webhook that the providers' documentation names, in own data, and
//! what is read of it.
//!
//! `WA_BLESS=1 cargo test --lib inbound` writes what is read into the files of
//! `fixtures/`: look at the diff.

mod poison;
mod seeds;
mod told;

use super::notice::{NotAnEnvelope, Notice, NoticeAccount, What};
use super::{meta, told as tell, twilio};
use crate::message::clock::Millis;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The moment at which the webhooks of the fixtures come.
pub fn now() -> Millis {
    Millis::from_text("2026-11-30T12:00:05Z").unwrap()
}

const META: [&str; 8] = [
    "meta_account",
    "meta_calls",
    "meta_consent",
    "meta_contacts",
    "meta_messages",
    "meta_others",
    "meta_statuses",
    "meta_templates",
];

/// The cases of a file.
fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/inbound/fixtures/{file}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// All webhooks of Meta, with their names.
pub fn webhooks_of_meta() -> Vec<(String, Value)> {
    let cases = META.iter().flat_map(|file| cases(file).into_iter().map(move |case| (file, case)));
    cases.map(|(file, case)| (format!("{file}: {}", case["name"]), case["webhook"].clone())).collect()
}

/// JSON as Meta writes it: ASCII, and the slash escaped.
pub fn as_meta_writes(webhook: &Value) -> Vec<u8> {
    let mut written = String::new();
    for c in webhook.to_string().chars() {
        match c {
            '/' => written.push_str("\\/"),
            c if c.is_ascii() => written.push(c),
            c => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| written.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    written.into_bytes()
}

/// What Twilio sends: the query of the URL, and the body.
pub fn as_twilio_writes(webhook: &Value) -> (String, Vec<u8>) {
    let query = webhook["query"].as_str().unwrap().to_owned();
    if webhook["json"] != Value::Null {
        return (query, webhook["json"].to_string().into_bytes());
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    match &webhook["form"] {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            form.append_pair(name, value.as_str().unwrap());
        }),
        fields => fields.as_array().unwrap().iter().for_each(|field| {
            form.append_pair(field[0].as_str().unwrap(), field[1].as_str().unwrap());
        }),
    }
    (query, form.finish().into_bytes())
}

/// A notice as the fixtures have it.
fn shown(notice: &Notice) -> Value {
    let mut shown = Map::new();
    if let What::Report(report) = &notice.what {
        let account = match &notice.account {
            NoticeAccount::Meta { business_account_id, .. } => business_account_id,
            NoticeAccount::Twilio { account_sid, .. } => account_sid,
        };
        let report = json!({
            "account_id": account,
            "provider_message_id": report.provider_message_id,
            "attempt": report.attempt.map(|key| format!("{}.{}", key.message_id, key.attempt)),
            "state": report.state,
            "provider_status": report.provider_status,
            "person": report.person,
            "group_id": report.group_id,
            "sender": report.sender,
            "error": report.error,
            "provider_at": notice.at,
        });
        let there = report.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        shown.insert("report".to_owned(), there.map(|(key, value)| (key.clone(), value.clone())).collect());
    } else {
        let row = tell::event("account", notice, None, now()).unwrap();
        let mut event: Value = serde_json::from_str(row.body.as_deref().unwrap()).unwrap();
        assert_eq!(event["webhook"].as_object_mut().unwrap().remove("raw").unwrap_or_default(), notice.rest);
        assert_eq!((event["kind"].as_str(), event["at"].as_str()), (Some(row.kind), Some(&*now().to_text())));
        shown.insert(row.kind.to_owned(), event["webhook"].take());
        if let Some(text) = event["text"].as_str() {
            shown.insert("text".to_owned(), text.into());
        }
    }
    // A hash says nothing to who reads the file.
    let key = notice.key.split_once("::").map_or(notice.key.as_str(), |(kind, _)| kind);
    shown.insert("key".to_owned(), key.into());
    Value::Object(shown)
}

/// Compares what is read with the file; writes it there when blessing.
fn check(file: &str, read: impl Fn(&Value) -> Result<Vec<Notice>, NotAnEnvelope>) {
    let mut cases = cases(file);
    let mut differing = Vec::new();
    for case in &mut cases {
        let notices = read(&case["webhook"]).unwrap_or_else(|not| panic!("{}: {}", case["name"], not.why));
        let tells = Value::Array(notices.iter().map(shown).collect());
        if case["tells"] != tells {
            differing.push(format!("{}: {tells:#}", case["name"]));
            case["tells"] = tells;
        }
        for (at, notice) in notices.iter().enumerate() {
            assert!((1..=255).contains(&notice.key.len()), "{}", notice.key);
            assert!(!notices[..at].iter().any(|other| other.key == notice.key), "{}", notice.key);
            assert!(!notice.rest.to_string().contains("\\u0000"), "{}", notice.rest);
        }
        let again = read(&case["webhook"]).unwrap();
        assert_eq!(again, notices, "what comes again is the same");
    }
    if std::env::var_os("WA_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/inbound/fixtures/{file}.json"));
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(
            &mut text,
            serde_json::ser::PrettyFormatter::with_indent(b" "),
        );
        serde::Serialize::serialize(&cases, &mut writer).unwrap();
        text.push(b'\n');
        return std::fs::write(path, text).unwrap();
    }
    assert!(differing.is_empty(), "{file} says otherwise of\n{}", differing.join("\n"));
}

#[test]
fn what_meta_tells_is_read() {
    for file in META {
        check(file, |webhook| meta::notices(&as_meta_writes(webhook), now()));
    }
}

#[test]
fn what_twilio_tells_is_read() {
    check("twilio", |webhook| {
        let (query, body) = as_twilio_writes(webhook);
        twilio::notices(&query, &body, now())
    });
}

#[test]
fn what_is_no_envelope_is_refused_whole() {
    for body in ["", "null", "7", "[]", "{}", "{", "{\"entry\":{}}", "{\"entry\":[]}x", "<html>", "\u{feff}"]
    {
        assert!(meta::notices(body.as_bytes(), now()).is_err(), "{body}");
    }
    for body in ["", " ", "x", "<html>", "a=b", "{", "[", "7", "From=whatsapp%3A%2B1"] {
        assert!(twilio::notices("", body.as_bytes(), now()).is_err(), "{body}");
    }
    let many = format!("{{\"entry\":[{{\"changes\":[{}7]}}]}}", "7,".repeat(60_000));
    assert!(meta::notices(many.as_bytes(), now()).is_err(), "nobody tells so much at once");
    let many = format!("[{}7]", "7,".repeat(20_000));
    assert!(twilio::notices("", many.as_bytes(), now()).is_err());
}

/// Deep, long, cut: a body of some megabytes of whatever is read or refused
/// soon, and needs no stack.
#[test]
fn bodies_that_nobody_sends_do_no_harm() {
    let million = 1_000_000;
    for body in [
        "[".repeat(million),
        "{\"entry\":".repeat(million / 8),
        format!("{{\"entry\":[{}", "[".repeat(million)),
        format!(
            "{{\"object\":\"x\",\"entry\":[{{\"id\":{}1{}}}]}}",
            "[".repeat(million),
            "]".repeat(million)
        ),
        format!(
            "{{\"entry\":[{{\"changes\":[{{\"field\":\"messages\",\"value\":{{\"contacts\":[{}{{}}],\"statuses\":[{}{{}}]}}}}]}}]}}",
            "{\"wa_id\":\"1\"},".repeat(40_000),
            "{\"id\":\"1\",\"status\":\"sent\"},".repeat(40_000)
        ),
        format!("{{\"entry\":[{{\"id\":\"{}\",\"changes\":[]}}]}}", "x".repeat(million)),
        "\\u0000".repeat(million / 6),
        "&=".repeat(million / 2),
        "%".repeat(million),
    ] {
        let _ = meta::notices(body.as_bytes(), now());
        let _ = twilio::notices(&body, &[], now());
        let _ = twilio::notices("", body.as_bytes(), now());
    }
}
