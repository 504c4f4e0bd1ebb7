//! The templates that are there from the start.

use serde_json::{Map, Value, json};

use super::approval::Approval;
use super::content::Content;

fn seed(n: u32, name: &str, variables: Value, types: Value, status: &str, category: &str) -> Content {
    let object = |value: Value| match value {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    Content {
        sid: format!("HX{n:032}"),
        friendly_name: name.to_owned(),
        language: "en".to_owned(),
        variables: object(variables),
        types: object(types),
        approval: Approval::settled(name, category, status),
        created: 0,
        updated: 0,
    }
}

pub fn all() -> Vec<Content> {
    let text = |body: &str| json!({ "twilio/text": { "body": body } });
    vec![
        seed(1, "welcome", json!({"1": "Ann"}), text("Hello {{1}}, welcome aboard!"), "approved", "UTILITY"),
        seed(
            2,
            "order_update",
            json!({"1": "Ann", "2": "A-17"}),
            text("Hello {{1}}, your order {{2}} is on its way."),
            "approved",
            "UTILITY",
        ),
        seed(
            3,
            "appointment",
            json!({"first_name": "Ann", "day": "Monday"}),
            text("Hello {{first_name}}, we expect you on {{day}}."),
            "approved",
            "UTILITY",
        ),
        seed(4, "opening_hours", json!({}), text("We are open from nine to five."), "approved", "UTILITY"),
        seed(5, "winter_sale", json!({"1": "Ann"}), text("Dear {{1}}, all must go!"), "paused", "MARKETING"),
        seed(6, "lottery", json!({"1": "Ann"}), text("Dear {{1}}, you have won!"), "rejected", "MARKETING"),
        seed(7, "draft", json!({"1": "Ann"}), text("Dear {{1}}, this is a draft."), "unsubmitted", "UTILITY"),
        seed(
            8,
            "invoice",
            json!({"1": "2026-17"}),
            json!({ "twilio/media": { "body": "Your invoice {{1}} is attached.", "media": ["https://example.com/invoice.pdf"] } }),
            "approved",
            "UTILITY",
        ),
        seed(
            9,
            "feedback",
            json!({"1": "Ann"}),
            json!({ "twilio/quick-reply": { "body": "Hello {{1}}, were you content?",
                    "actions": [{ "title": "Yes", "id": "yes" }, { "title": "No", "id": "no" }] } }),
            "approved",
            "MARKETING",
        ),
    ]
}
