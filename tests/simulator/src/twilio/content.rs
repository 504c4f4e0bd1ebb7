//! Content templates: making, showing, changing, deleting.

use std::sync::{PoisonError, RwLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::approval::Approval;
use super::{content_rules, content_seeds, errors, is_sid};
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
    pub approval: Approval,
    /// Microseconds since the start.
    pub created: u64,
    pub updated: u64,
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
    pub fn doom(&self, now: u64) -> Option<u32> {
        match self.approval.status(now) {
            "rejected" => Some(63040),
            "paused" => Some(63041),
            "disabled" => Some(63042),
            _ => None,
        }
    }

    pub fn to_json(&self, sim: &Sim, base: &str) -> Value {
        let url = format!("{base}/v1/Content/{}", self.sid);
        let mut shown = self.without_links(sim);
        shown["url"] = json!(url);
        shown["links"] = json!({
            "approval_create": format!("{url}/ApprovalRequests/whatsapp"),
            "approval_fetch": format!("{url}/ApprovalRequests"),
        });
        shown
    }

    /// As the list with approvals has it.
    pub fn with_approval(&self, sim: &Sim) -> Value {
        let mut shown = self.without_links(sim);
        shown["approval_requests"] = self.approval.to_json(&self.types, sim.clock.now());
        shown
    }

    fn without_links(&self, sim: &Sim) -> Value {
        json!({
            "sid": self.sid,
            "account_sid": sim.twilio.account.sid,
            "friendly_name": self.friendly_name,
            "language": self.language,
            "variables": self.variables,
            "types": self.types,
            "date_created": sim.clock.seconds(self.created),
            "date_updated": sim.clock.seconds(self.updated),
        })
    }
}

pub struct Contents(RwLock<Vec<Content>>);

impl Contents {
    pub fn seeded() -> Self {
        Self(RwLock::new(content_seeds::all()))
    }

    pub fn all(&self) -> Vec<Content> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn get(&self, sid: &str) -> Option<Content> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(|c| c.sid == sid).cloned()
    }

    pub fn put(&self, content: Content) {
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
    let now = sim.clock.now();
    let content = Content {
        sid,
        approval: Approval::settled(&wanted.friendly_name, &wanted.category, &wanted.approval),
        friendly_name: wanted.friendly_name,
        language: wanted.language,
        variables: wanted.variables,
        types,
        created: now,
        updated: now,
    };
    let shown = content.to_json(sim, "");
    sim.twilio.contents.put(content);
    Answer::json(200, &shown)
}

pub fn create(sim: &Sim, request: &Request) -> Answer {
    let definition = match content_rules::read(&request.body, None) {
        Ok(definition) => definition,
        Err(refusal) => return refusal.answer(),
    };
    let now = sim.clock.now();
    let content = Content {
        sid: fresh_sid("HX"),
        friendly_name: definition.friendly_name,
        language: definition.language,
        variables: definition.variables,
        types: definition.types,
        approval: Approval::default(),
        created: now,
        updated: now,
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

/// What was submitted to WhatsApp stays as it is.
pub fn change(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let Some(old) = sim.twilio.contents.get(sid) else {
        return errors::not_found(request);
    };
    if old.approval.is_submitted() {
        return errors::answer(400, 92009, None);
    }
    let definition = match content_rules::read(&request.body, Some(&old)) {
        Ok(definition) => definition,
        Err(refusal) => return refusal.answer(),
    };
    let content = Content {
        friendly_name: definition.friendly_name,
        language: definition.language,
        variables: definition.variables,
        types: definition.types,
        updated: sim.clock.now(),
        ..old
    };
    let shown = content.to_json(sim, &request.base());
    sim.twilio.contents.put(content);
    Answer::json(200, &shown)
}

pub fn delete(sim: &Sim, request: &Request, sid: &str) -> Answer {
    if sim.twilio.contents.remove(sid) { Answer::empty(204) } else { errors::not_found(request) }
}
