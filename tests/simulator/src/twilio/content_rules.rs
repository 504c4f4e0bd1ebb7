//! What Twilio asks of a template before it makes or changes one.

use serde_json::{Map, Value};

use super::content::Content;
use super::rules::Refusal;

/// The types, and what each must have.
const TYPES: [(&str, &[&str]); 14] = [
    ("twilio/text", &["body"]),
    ("twilio/media", &["media"]),
    ("twilio/location", &["latitude", "longitude"]),
    ("twilio/list-picker", &["body", "button", "items"]),
    ("twilio/call-to-action", &["body", "actions"]),
    ("twilio/quick-reply", &["body", "actions"]),
    ("twilio/card", &[]),
    ("twilio/catalog", &["body"]),
    ("twilio/carousel", &["body", "cards"]),
    ("twilio/flows", &["body", "button_text", "pages", "type"]),
    ("twilio/schedule", &["id", "title", "timeSlots"]),
    ("whatsapp/card", &["body"]),
    ("whatsapp/authentication", &["actions"]),
    ("whatsapp/flows", &["body", "button_text", "flow_id"]),
];

/// The lists of a type: how many they may hold on WhatsApp, and what each member must have.
const LISTS: [(&str, &str, usize, &[&str]); 6] = [
    ("twilio/list-picker", "items", 10, &["id", "item"]),
    ("twilio/call-to-action", "actions", 3, &["type", "title"]),
    ("twilio/quick-reply", "actions", 10, &["title"]),
    ("twilio/card", "actions", 10, &["type", "title"]),
    ("whatsapp/card", "actions", 10, &["type", "title"]),
    ("whatsapp/authentication", "actions", 1, &["type", "copy_code_text"]),
];

/// The longest texts, in characters.
const LONGEST: [(&str, &str, usize); 6] = [
    ("twilio/text", "body", 1600),
    ("twilio/list-picker", "body", 1024),
    ("twilio/list-picker", "button", 20),
    ("twilio/quick-reply", "body", 1024),
    ("whatsapp/card", "body", 1024),
    ("whatsapp/card", "footer", 60),
];

/// The longest texts in a list's members.
const LONGEST_INSIDE: [(&str, &str, usize); 6] = [
    ("twilio/list-picker", "item", 24),
    ("twilio/list-picker", "description", 72),
    ("twilio/list-picker", "id", 200),
    ("twilio/quick-reply", "title", 25),
    ("twilio/quick-reply", "id", 200),
    ("twilio/call-to-action", "title", 25),
];

const MOST_VARIABLES: usize = 100;

#[derive(Debug)]
pub struct Definition {
    pub friendly_name: String,
    pub language: String,
    pub variables: Map<String, Value>,
    pub types: Map<String, Value>,
}

fn no<T>(code: u32) -> Result<T, Refusal> {
    Err(Refusal(400, code, None))
}

fn no_because<T>(why: String) -> Result<T, Refusal> {
    Err(Refusal(400, 20422, Some(why)))
}

/// Reads what is to be made; what a change leaves out stays as it was.
pub fn read(body: &[u8], old: Option<&Content>) -> Result<Definition, Refusal> {
    let Ok(Value::Object(mut wanted)) = serde_json::from_slice::<Value>(body) else {
        return no_because("The request body is not a JSON object".to_owned());
    };
    let mut text = |key: &str, usual: Option<&String>| match wanted.remove(key) {
        None | Some(Value::Null) => Ok(usual.cloned().unwrap_or_default()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => no_because(format!("{key} is not a string")),
    };
    let friendly_name = text("friendly_name", old.map(|old| &old.friendly_name))?;
    let language = text("language", old.map(|old| &old.language))?;
    if language.is_empty() {
        return no(92003);
    }
    if !is_language(&language) {
        return no(92004);
    }
    let variables = match wanted.remove("variables") {
        None | Some(Value::Null) => old.map(|old| old.variables.clone()).unwrap_or_default(),
        Some(Value::Object(map)) if map.values().all(Value::is_string) => map,
        Some(_) => return no(92007),
    };
    if variables.len() > MOST_VARIABLES {
        return no(92002);
    }
    let Some(Value::Object(mut types)) = wanted.remove("types") else {
        return no(92001);
    };
    // Twilio's own clients write every type that is not used as null
    types.retain(|_, members| !members.is_null());
    if types.is_empty() {
        return no(92001);
    }
    for (kind, members) in &types {
        check_type(kind, members)?;
    }
    Ok(Definition { friendly_name, language, variables, types })
}

/// `en`, `pt_BR`, `zh-Hans`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split(['_', '-']);
    let first = parts.next().unwrap_or("");
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|p| (2..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn check_type(kind: &str, members: &Value) -> Result<(), Refusal> {
    let Some((_, required)) = TYPES.iter().find(|(name, _)| *name == kind) else {
        return no(92008);
    };
    let missing = |of: &Value, keys: &[&str]| {
        keys.iter().find(|key| of.get(**key).is_none_or(Value::is_null)).map(|key| (*key).to_owned())
    };
    if !members.is_object() {
        return no_because(format!("types.{kind} is not an object"));
    }
    if let Some(key) = missing(members, required) {
        return no_because(format!("types.{kind}.{key} is required"));
    }
    for (_, key, longest) in LONGEST.iter().filter(|(name, ..)| *name == kind) {
        check_text(&format!("types.{kind}"), members, key, *longest)?;
    }
    for (_, list, most, required) in LISTS.iter().filter(|(name, ..)| *name == kind) {
        let entries = match members.get(*list) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(entries)) if (1..=*most).contains(&entries.len()) => entries,
            Some(_) => return no_because(format!("types.{kind}.{list} has 1 to {most} entries")),
        };
        for (n, entry) in entries.iter().enumerate() {
            let path = format!("types.{kind}.{list}[{n}]");
            if let Some(key) = missing(entry, required) {
                return no_because(format!("{path}.{key} is required"));
            }
            for (_, key, longest) in LONGEST_INSIDE.iter().filter(|(name, ..)| *name == kind) {
                check_text(&path, entry, key, *longest)?;
            }
        }
    }
    Ok(())
}

fn check_text(path: &str, members: &Value, key: &str, longest: usize) -> Result<(), Refusal> {
    match members.get(key) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if (1..=longest).contains(&text.chars().count()) => Ok(()),
        Some(_) => no_because(format!("{path}.{key} is a text of 1 to {longest} characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(wanted: &Value) -> u32 {
        read(wanted.to_string().as_bytes(), None).err().map_or(0, |r| r.1)
    }

    fn of(kind: &str, members: Value) -> Value {
        json!({ "language": "en", "types": { kind: members } })
    }

    #[test]
    fn templates_of_every_kind_are_taken() {
        for (kind, members) in [
            ("twilio/text", json!({ "body": "Hi {{1}}" })),
            ("twilio/media", json!({ "media": ["https://example.com/a.jpg"] })),
            ("twilio/quick-reply", json!({ "body": "x", "actions": [{ "title": "Yes", "id": "y" }] })),
            (
                "twilio/list-picker",
                json!({ "body": "x", "button": "b", "items": [{ "item": "a", "id": "1" }] }),
            ),
            (
                "twilio/call-to-action",
                json!({ "body": "x", "actions": [{ "type": "URL", "title": "a", "url": "https://x.y" }] }),
            ),
            ("whatsapp/card", json!({ "body": "x", "header_text": "h", "footer": "f" })),
            ("twilio/card", json!({ "title": "x" })),
        ] {
            assert_eq!(refused(&of(kind, members)), 0, "{kind}");
        }
        for language in ["en", "pt_BR", "zh-Hans", "fil"] {
            assert_eq!(
                refused(&json!({ "language": language, "types": { "twilio/text": { "body": "x" } } })),
                0
            );
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let text = json!({ "twilio/text": { "body": "x" } });
        let with = |more: Value| {
            let mut all = json!({ "language": "en", "types": text });
            more.as_object().unwrap().iter().for_each(|(key, value)| all[key] = value.clone());
            all
        };
        let rows = |n: usize| vec![json!({ "item": "a", "id": "1" }); n];
        let list =
            |n: usize| of("twilio/list-picker", json!({ "body": "x", "button": "b", "items": rows(n) }));
        let reply =
            |title: &str| of("twilio/quick-reply", json!({ "body": "x", "actions": [{ "title": title }] }));
        for (wanted, code) in [
            (json!([]), 20422),
            (json!({ "language": "en" }), 92001),
            (with(json!({ "types": {} })), 92001),
            (with(json!({ "types": { "twilio/text": null } })), 92001),
            (with(json!({ "types": { "twilio/text": { "body": "x" }, "twilio/media": null } })), 0),
            (json!({ "types": text }), 92003),
            (with(json!({ "language": "English" })), 92004),
            (with(json!({ "language": 7 })), 20422),
            (with(json!({ "friendly_name": 7 })), 20422),
            (with(json!({ "variables": ["a"] })), 92007),
            (with(json!({ "variables": { "1": 5 } })), 92007),
            (of("twilio/button", json!({ "body": "x" })), 92008),
            (of("twilio/text", json!("x")), 20422),
            (of("twilio/text", json!({})), 20422),
            (of("twilio/text", json!({ "body": "" })), 20422),
            (of("twilio/text", json!({ "body": "é".repeat(1600) })), 0),
            (of("twilio/text", json!({ "body": "é".repeat(1601) })), 20422),
            (list(0), 20422),
            (list(10), 0),
            (list(11), 20422),
            (
                of("twilio/list-picker", json!({ "body": "x", "button": "b", "items": [{ "item": "a" }] })),
                20422,
            ),
            (reply(&"x".repeat(25)), 0),
            (reply(&"x".repeat(26)), 20422),
            (reply(""), 20422),
        ] {
            assert_eq!(refused(&wanted), code, "{wanted}");
        }
        let many: Map<String, Value> = (0..101).map(|n| (n.to_string(), json!("x"))).collect();
        assert_eq!(refused(&with(json!({ "variables": many }))), 92002);
    }

    #[test]
    fn a_change_keeps_what_it_leaves_out() {
        let old = super::super::content::Contents::seeded().all().remove(0);
        let change = json!({ "types": { "twilio/text": { "body": "Good day {{1}}" } } });
        let new = read(change.to_string().as_bytes(), Some(&old)).unwrap();
        assert_eq!(
            (new.friendly_name, new.language, new.variables),
            (old.friendly_name, old.language, old.variables)
        );
        assert_eq!(new.types["twilio/text"]["body"], "Good day {{1}}");
    }
}
