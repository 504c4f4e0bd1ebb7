//! Content templates and their approval by WhatsApp.

use std::sync::{PoisonError, RwLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{errors, is_sid};
use crate::chance::fresh_sid;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

#[derive(Clone)]
pub struct Content {
    pub sid: String,
    pub friendly_name: String,
    pub language: String,
    /// The samples, which stand in for what a message leaves out.
    pub variables: Map<String, Value>,
    pub types: Map<String, Value>,
    pub approval: String,
    pub category: String,
    /// Microseconds since the start.
    pub created: u64,
}

impl Content {
    /// The text with its variables filled in.
    pub fn render(&self, values: &[(String, String)]) -> String {
        let mut text = self
            .types
            .values()
            .find_map(|t| t.get("body"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        for (name, sample) in &self.variables {
            text = text.replace(&format!("{{{{{name}}}}}"), sample.as_str().unwrap_or_default());
        }
        text
    }

    /// The error in which every message of this template ends.
    pub fn doom(&self) -> Option<u32> {
        match self.approval.as_str() {
            "rejected" => Some(63040),
            "paused" => Some(63041),
            "disabled" => Some(63042),
            _ => None,
        }
    }

    pub fn to_json(&self, sim: &Sim, base: &str) -> Value {
        let url = format!("{base}/v1/Content/{}", self.sid);
        json!({
            "sid": self.sid,
            "account_sid": sim.twilio.account.sid,
            "friendly_name": self.friendly_name,
            "language": self.language,
            "variables": self.variables,
            "types": self.types,
            "date_created": sim.clock.seconds(self.created),
            "date_updated": sim.clock.seconds(self.created),
            "url": url,
            "links": {
                "approval_create": format!("{url}/ApprovalRequests/whatsapp"),
                "approval_fetch": format!("{url}/ApprovalRequests"),
            },
        })
    }

    fn request(&self) -> Value {
        json!({
            "type": "whatsapp",
            "name": self.friendly_name,
            "category": self.category,
            "content_type": self.types.keys().next(),
            "status": self.approval,
            "rejection_reason": if self.approval == "rejected" { "Simulated rejection" } else { "" },
            "allow_category_change": true,
        })
    }
}

pub struct Contents(RwLock<Vec<Content>>);

impl Contents {
    pub fn seeded() -> Self {
        let seed =
            |n: u32, name: &str, variables: Value, types: Value, approval: &str, category: &str| Content {
                sid: format!("HX{n:032}"),
                friendly_name: name.to_owned(),
                language: "en".to_owned(),
                variables: object(variables),
                types: object(types),
                approval: approval.to_owned(),
                category: category.to_owned(),
                created: 0,
            };
        let text = |body: &str| json!({ "twilio/text": { "body": body } });
        Self(RwLock::new(vec![
            seed(
                1,
                "welcome",
                json!({"1": "Ann"}),
                text("Hello {{1}}, welcome aboard!"),
                "approved",
                "UTILITY",
            ),
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
            seed(
                4,
                "opening_hours",
                json!({}),
                text("We are open from nine to five."),
                "approved",
                "UTILITY",
            ),
            seed(
                5,
                "winter_sale",
                json!({"1": "Ann"}),
                text("Dear {{1}}, all must go!"),
                "paused",
                "MARKETING",
            ),
            seed(
                6,
                "lottery",
                json!({"1": "Ann"}),
                text("Dear {{1}}, you have won!"),
                "rejected",
                "MARKETING",
            ),
            seed(
                7,
                "draft",
                json!({"1": "Ann"}),
                text("Dear {{1}}, this is a draft."),
                "unsubmitted",
                "UTILITY",
            ),
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
        ]))
    }

    pub fn all(&self) -> Vec<Content> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn get(&self, sid: &str) -> Option<Content> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(|c| c.sid == sid).cloned()
    }

    fn put(&self, content: Content) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|c| c.sid == content.sid) {
            Some(old) => *old = content,
            None => all.push(content),
        }
    }

    fn remove(&self, sid: &str) -> bool {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|c| c.sid != sid);
        all.len() < before
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The body of `POST /_control/templates`: either `body` or `types`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    sid: Option<String>,
    friendly_name: String,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    variables: Map<String, Value>,
    body: Option<String>,
    #[serde(default)]
    types: Map<String, Value>,
    #[serde(default = "approved")]
    approval: String,
    #[serde(default = "utility")]
    category: String,
}

fn english() -> String {
    "en".to_owned()
}
fn approved() -> String {
    "approved".to_owned()
}
fn utility() -> String {
    "UTILITY".to_owned()
}

/// Adds a template, or replaces the one of that SID.
pub fn add(sim: &Sim, wanted: NewTemplate) -> Answer {
    let sid = wanted.sid.unwrap_or_else(|| fresh_sid("HX"));
    if !is_sid(&sid, &["HX"]) {
        return crate::control::refused("sid is HX and 32 hexadecimal digits");
    }
    let mut types = wanted.types;
    if let Some(body) = wanted.body {
        types.insert("twilio/text".to_owned(), json!({ "body": body }));
    }
    if types.is_empty() {
        return crate::control::refused("give body or types");
    }
    let content = Content {
        sid,
        friendly_name: wanted.friendly_name,
        language: wanted.language,
        variables: wanted.variables,
        types,
        approval: wanted.approval,
        category: wanted.category,
        created: sim.clock.now(),
    };
    let shown = content.to_json(sim, "");
    sim.twilio.contents.put(content);
    Answer::json(200, &shown)
}

pub fn create(sim: &Sim, request: &Request) -> Answer {
    let Ok(Value::Object(wanted)) = serde_json::from_slice::<Value>(&request.body) else {
        return errors::answer(400, 20422, Some("The request body is not a JSON object"));
    };
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let types = wanted.get("types").cloned().map(object).unwrap_or_default();
    if text("language").is_empty() || types.is_empty() {
        return errors::answer(400, 20422, Some("language and types are required"));
    }
    let content = Content {
        sid: fresh_sid("HX"),
        friendly_name: text("friendly_name"),
        language: text("language"),
        variables: wanted.get("variables").cloned().map(object).unwrap_or_default(),
        types,
        approval: "unsubmitted".to_owned(),
        category: utility(),
        created: sim.clock.now(),
    };
    let shown = content.to_json(sim, &request.base());
    sim.twilio.contents.put(content);
    Answer::json(201, &shown)
}

pub fn fetch(sim: &Sim, request: &Request, sid: &str) -> Answer {
    match sim.twilio.contents.get(sid) {
        Some(content) => Answer::json(200, &content.to_json(sim, &request.base())),
        None => errors::not_found(request),
    }
}

pub fn delete(sim: &Sim, request: &Request, sid: &str) -> Answer {
    if sim.twilio.contents.remove(sid) { Answer::empty(204) } else { errors::not_found(request) }
}

pub fn approval(sim: &Sim, request: &Request, sid: &str) -> Answer {
    match sim.twilio.contents.get(sid) {
        Some(content) => Answer::json(
            200,
            &json!({
                "sid": content.sid,
                "account_sid": sim.twilio.account.sid,
                "whatsapp": content.request(),
                "url": format!("{}/v1/Content/{sid}/ApprovalRequests", request.base()),
            }),
        ),
        None => errors::not_found(request),
    }
}

pub fn submit(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let Some(mut content) = sim.twilio.contents.get(sid) else {
        return errors::not_found(request);
    };
    let wanted: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (name, category) = (wanted["name"].as_str().unwrap_or(""), wanted["category"].as_str().unwrap_or(""));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return errors::answer(400, 20422, Some("name: lower case letters, digits and underscores"));
    }
    if !["UTILITY", "MARKETING", "AUTHENTICATION"].contains(&category) {
        return errors::answer(400, 20422, Some("category: UTILITY, MARKETING or AUTHENTICATION"));
    }
    content.category = category.to_owned();
    content.approval = "received".to_owned();
    let mut shown = content.request();
    shown["name"] = name.into();
    if let Some(map) = shown.as_object_mut() {
        map.remove("type"); // told by the fetch only
    }
    sim.twilio.contents.put(content);
    Answer::json(201, &shown)
}
