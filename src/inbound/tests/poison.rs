//! One odd thing among many: whatever it is and wherever it stands, the rest
//! is read as it would be without it.

use super::{as_meta_writes, now, webhooks_of_meta};
use crate::inbound::notice::{Notice, What};
use crate::inbound::{meta, twilio};
use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON that has no place among messages and statuses.
const POISON: &[&str] = &[
    "null",
    "true",
    "7",
    "-0.0",
    "1e999",
    "123456789012345678901234567890",
    "\"text\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"a\u{1}b\nc\\xd\\u12\"",
    "\"\0\"",
    "[]",
    "[[[[]]]]",
    "{}",
    "{\"id\":null,\"status\":null}",
    "{\"id\":{},\"from\":[],\"type\":7,\"timestamp\":[],\"status\":{}}",
    "{\"id\":\"\",\"from\":\"\",\"type\":\"\",\"status\":\"\"}",
    "{\"id\":1.5,\"from\":1e300,\"type\":\"text\",\"text\":[],\"status\":false}",
    "{\"a\":1,\"a\":2}",
    "{\"type\":\"system\",\"system\":7}",
    "{\"status\":\"failed\",\"errors\":7}",
];

/// An item that nests deeper than any reader goes.
fn deep() -> String {
    format!("{{\"id\":{}1{}}}", "[".repeat(300), "]".repeat(300))
}

fn list_with(poison: Option<(usize, &str)>, list: &str, items: &[Value]) -> String {
    let mut items: Vec<String> = items.iter().map(Value::to_string).collect();
    if let Some((place, poison)) = poison {
        items.insert(place, poison.to_owned());
    }
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"1\",\"changes\":[{{\"field\":\"messages\",\
         \"value\":{{\"metadata\":{{\"phone_number_id\":\"2\"}},\"{list}\":[{}]}}}}]}}]}}",
        items.join(",")
    )
}

fn read(body: &str) -> Vec<Notice> {
    meta::notices(body.as_bytes(), now()).unwrap_or_else(|not| panic!("{}: {body}", not.why))
}

fn is_unreadable(notice: &Notice) -> bool {
    matches!(notice.what, What::Unreadable { .. })
}

#[test]
fn an_odd_item_in_any_place_takes_nothing_with_it() {
    let statuses: Vec<Value> = (0..4)
        .map(|number| json!({"id": format!("wamid.{number}="), "status": "sent", "timestamp": "1796040000"}))
        .collect();
    let messages: Vec<Value> = (0..4)
        .map(|number| {
            json!({"id": format!("wamid.{number}="), "from": "12025550123", "timestamp": "1796040000",
                "type": "text", "text": {"body": "x"}})
        })
        .collect();
    let deep = deep();
    for (list, items) in [("statuses", &statuses), ("messages", &messages)] {
        let clean = read(&list_with(None, list, items));
        assert!(clean.len() == 4 && !clean.iter().any(is_unreadable));
        for poison in POISON.iter().copied().chain([deep.as_str()]) {
            for place in 0..=items.len() {
                let mut found = read(&list_with(Some((place, poison)), list, items));
                assert_eq!(found.len(), 5, "{list}, {place}: {poison}");
                let odd = found.remove(place);
                assert!(
                    is_unreadable(&odd) || matches!(odd.what, What::Contact(_) | What::Other { .. }),
                    "{odd:?}"
                );
                assert_eq!(found, clean, "{list}, {place}: {poison}");
            }
        }
    }
}

/// The same one level higher, and one more: changes, entries.
#[test]
fn an_odd_change_or_entry_takes_nothing_with_it() {
    let change = |status: &str| {
        json!({"field": "messages", "value": {"statuses": [{"id": "wamid.A=", "status": status}]}})
            .to_string()
    };
    let (first, second) = (change("sent"), change("read"));
    let entry = |changes: &[&str]| format!("{{\"id\":\"1\",\"changes\":[{}]}}", changes.join(","));
    let body = |entries: &[&str]| {
        format!("{{\"object\":\"whatsapp_business_account\",\"entry\":[{}]}}", entries.join(","))
    };
    let clean = read(&body(&[&entry(&[&first, &second])]));
    assert_eq!(clean.len(), 2);
    let deep = deep();
    for poison in POISON.iter().copied().chain([deep.as_str()]) {
        for place in 0..=2 {
            let mut changes = vec![first.as_str(), second.as_str()];
            changes.insert(place, poison);
            let mut found = read(&body(&[&entry(&changes)]));
            assert!(is_unreadable(&found.remove(place)), "{poison}");
            assert_eq!(found, clean, "{poison}");
            let (one, two) = (entry(&[&first]), entry(&[&second]));
            let mut entries = vec![one.as_str(), two.as_str()];
            entries.insert(place, poison);
            let mut found = read(&body(&entries));
            assert!(is_unreadable(&found.remove(place)), "{poison}");
            assert_eq!(found, clean, "{poison}");
        }
    }
}

/// What is odd around the items: each part of the change in turn.
#[test]
fn what_stands_around_an_item_may_be_anything() {
    let deep = deep();
    for poison in POISON.iter().copied().chain([deep.as_str(), "[7,{\"wa_id\":{}}]", "[{\"profile\":7}]"]) {
        for key in ["metadata", "contacts", "messaging_product", "errors", "news"] {
            let body = format!(
                "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":{poison},\"time\":{poison},\
                 \"changes\":[{{\"field\":\"messages\",\"x\":{poison},\"value\":{{\"{key}\":{poison},\
                 \"messages\":[{{\"id\":\"wamid.A=\",\"from\":\"12025550123\",\"type\":\"text\"}}],\
                 \"statuses\":[{{\"id\":\"wamid.B=\",\"status\":\"read\"}}]}}}}]}}]}}"
            );
            let found = read(&body);
            let keys: Vec<&str> = found.iter().map(|notice| notice.key.as_str()).collect();
            assert!(keys.contains(&"message:wamid.A="), "{key}: {poison}: {found:?}");
            assert!(keys.contains(&"status:wamid.B=:read"), "{key}: {poison}: {found:?}");
        }
    }
}

/// Each member of a message in turn is something else: the message is still
/// one, unless it was what says which one and whose.
#[test]
fn a_message_counts_whatever_is_odd_about_its_content() {
    for (name, webhook) in webhooks_of_meta() {
        let Some(messages) = webhook["entry"][0]["changes"][0]["value"]["messages"].as_array() else {
            continue;
        };
        if webhook["entry"][0]["changes"][0]["field"] != "messages" || messages[0]["type"] == "system" {
            continue;
        }
        let members: Vec<String> = messages[0].as_object().unwrap().keys().cloned().collect();
        for member in members {
            for poison in [json!(null), json!(7), json!([]), json!({}), json!("x"), json!({"body": {"x": 1}})]
            {
                let mut webhook = webhook.clone();
                let message = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0];
                if ["id", "from", "from_user_id", "type"].contains(&member.as_str()) {
                    continue;
                }
                message[&member] = poison.clone();
                let found = meta::notices(&as_meta_writes(&webhook), now()).unwrap();
                assert!(matches!(found[0].what, What::Message(_)), "{name}, {member} is {poison}: {found:?}");
            }
        }
    }
}

/// JSON of any shape.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "text",
            "image",
            "system",
            "failed",
            "wamid.A=",
            "12025550123",
            "1796040000"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = prop::sample::select(vec![
            "id",
            "from",
            "type",
            "text",
            "body",
            "status",
            "timestamp",
            "errors",
            "code",
            "system",
            "interactive",
            "button_reply",
            "context",
            "recipient_id",
            "from_user_id",
            "edit",
            "message",
            "location",
            "contacts",
            "name",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_do_no_harm(body in prop::collection::vec(any::<u8>(), 0..300), query in ".{0,40}") {
        let _ = meta::notices(&body, now());
        let _ = twilio::notices(&query, &body, now());
    }

    /// As many notices as there are items, and each clean one is itself.
    #[test]
    fn items_of_any_shape_take_nothing_with_them(
        odd in prop::collection::vec((any_json(), 0_usize..6), 0..6),
        list in prop::sample::select(vec!["messages", "statuses"]),
    ) {
        let mut items: Vec<Value> = (0..5)
            .map(|number| json!({"id": format!("clean.{number}"), "from": "1", "type": "text", "status": "sent"}))
            .collect();
        for (value, place) in &odd {
            items.insert(*place, value.clone());
        }
        let found = read(&list_with(None, list, &items));
        prop_assert_eq!(found.len(), items.len());
        let clean: Vec<&Notice> = found.iter().filter(|notice| notice.key.contains(":clean.")).collect();
        prop_assert_eq!(clean.len(), 5);
        prop_assert!(clean.iter().all(|notice| !is_unreadable(notice)));
        for notice in &found {
            prop_assert!(notice.key.len() <= 255 && notice.key.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!notice.rest.to_string().contains("\\u0000"));
        }
    }

    /// A field with a value of any shape is one that is told, or read.
    #[test]
    fn values_of_any_shape_are_told(
        value in any_json(),
        field in prop::sample::select(vec![
            "messages", "calls", "user_preferences", "account_update", "message_template_status_update",
            "phone_number_quality_update", "history", "smb_message_echoes", "security", "account_alerts", "x",
        ]),
    ) {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": field, "value": value}]}]});
        prop_assert!(!read(&body.to_string()).is_empty() || value.is_object());
    }
}
