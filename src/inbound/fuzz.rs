//! Tests only: webhooks that nobody sends.

use super::notice::{NotAnEnvelope, Notice, What};
use super::{meta, told, twilio};
use crate::message::clock::Millis;
use serde_json::Value;
use serde_json::value::RawValue;

/// When they come.
const NOW: Millis = Millis(1_796_040_005_000);

/// A webhook of Meta, by the first byte: in the seeds '0' is before a whole
/// body, '1' before an item of `messages`, '2' before one of `statuses`, '3'
/// before a change, '4' before an entry. What a part stands among is read all
/// the same.
pub fn meta_webhook(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let status = |id: &str| format!("{{\"id\":\"{id}\",\"status\":\"sent\"}}");
    let change =
        |list: &str, items: &str| format!("{{\"field\":\"messages\",\"value\":{{\"{list}\":[{items}]}}}}");
    let entry = |changes: &str| format!("{{\"id\":\"1\",\"changes\":[{changes}]}}");
    let message = |id: &str| format!("{{\"id\":\"{id}\",\"from\":\"1\",\"type\":\"text\"}}");
    match (first.wrapping_sub(b'0') % 5, part(rest)) {
        (0, _) => drop(looked_at(meta::notices(rest, NOW))),
        (1, Some(part)) => {
            let items = [message("clean.1"), part, message("clean.2")].join(",");
            among(&entry(&change("messages", &items)), true);
        }
        (2, Some(part)) => {
            let items = [status("clean.1"), part, status("clean.2")].join(",");
            among(&entry(&change("statuses", &items)), true);
        }
        (3, Some(part)) => {
            let changes =
                [change("statuses", &status("clean.1")), part, change("statuses", &status("clean.2"))];
            among(&entry(&changes.join(",")), false);
        }
        (_, Some(part)) => {
            let around = |id: &str| entry(&change("statuses", &status(id)));
            among(&[around("clean.1"), part, around("clean.2")].join(","), false);
        }
        (_, None) => {}
    }
}

/// The text of what is JSON as far as the first stage looks.
fn part(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Some(raw.get().to_owned())
}

/// A part between two clean ones, in these entries. Whether it is one thing.
fn among(entries: &str, is_one: bool) {
    let body = format!("{{\"object\":\"whatsapp_business_account\",\"entry\":[{entries}]}}");
    let notices = looked_at(meta::notices(body.as_bytes(), NOW)).expect("the envelope is a right one");
    for id in ["clean.1", "clean.2"] {
        let clean = |notice: &&Notice| match &notice.what {
            What::Report(report) => report.provider_message_id == id,
            What::Message(message) => message.provider_message_id == id,
            _ => false,
        };
        assert!(notices.iter().any(|notice| clean(&notice)), "{id} is gone: {body}");
    }
    assert!(!is_one || notices.len() == 3, "{} notices: {body}", notices.len());
}

/// A webhook of Twilio: the first line is the query of the URL, the rest the
/// body.
pub fn twilio_webhook(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let query = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = parts.next().unwrap_or_default();
    let Some(notices) = looked_at(twilio::notices(&query, body, NOW)) else { return };
    assert!(body.trim_ascii_start().starts_with(b"[") || notices.len() == 1, "a form tells one thing");
}

/// What each notice promises.
fn looked_at(read: Result<Vec<Notice>, NotAnEnvelope>) -> Option<Vec<Notice>> {
    let notices = match read {
        Ok(notices) => notices,
        Err(not) => {
            assert!((1..200).contains(&not.why.len()), "{}", not.why);
            return None;
        }
    };
    for notice in &notices {
        assert!((1..=255).contains(&notice.key.len()), "{}", notice.key);
        assert!(notice.key.bytes().all(|byte| byte.is_ascii_graphic()), "{}", notice.key);
        assert!(!has_nul(&notice.rest), "{}", notice.rest);
        assert!(notice.at.is_none_or(|at| at <= NOW.plus(24 * 3600 * 1000) && at > Millis(0)));
        match &notice.what {
            What::Report(report) => {
                assert!(!report.provider_message_id.is_empty() && !report.provider_status.is_empty());
                assert!(report.attempt.is_none_or(|key| key.attempt >= 1));
            }
            What::Message(message) | What::Echo(message) => {
                assert!(!message.provider_message_id.is_empty() && !message.person.address.is_empty());
                assert!(!message.kind.is_empty() && message.kind.chars().count() <= 512);
            }
            What::Unreadable { why } => assert!((1..400).contains(&why.len()), "{why}"),
            _ => {}
        }
        let event = told::event("account", notice, None, NOW);
        let is_known = matches!(&notice.what, What::Report(report) if report.state.is_some());
        assert_eq!(event.is_none(), is_known);
        let body = event.and_then(|event| event.body).unwrap_or_else(|| "{}".to_owned());
        let event: Value = serde_json::from_str(&body).expect("an event is JSON");
        assert!(event["webhook"]["raw"].is_null() || event["webhook"]["raw"] == notice.rest);
        assert!(!has_nul(&event) && depth(&event) <= 64, "hosts can read it");
    }
    Some(notices)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether U+0000 is in a text of it: databases refuse that.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}
