//! The messages that were taken.

use serde_json::{Value, json};

use crate::course::{Status, Step};
use crate::sim::Sim;

pub struct Message {
    /// `wamid.`..
    pub id: String,
    pub created: u64,
    pub to: super::envelope::Recipient,
    pub wa_id: Option<String>,
    pub number_id: String,
    pub kind: String,
    /// What the user reads, in short.
    pub text: String,
    /// `biz_opaque_callback_data`.
    pub opaque: Option<String>,
    /// The request's body.
    pub body: Value,
    pub message_status: Option<&'static str>,
    /// In the order of time; the first is at its creation.
    pub steps: Vec<Step>,
}

impl Message {
    pub fn step(&self, now: u64) -> Step {
        let first = Step { at: self.created, status: Status::Accepted, error: None };
        self.steps.iter().take_while(|s| s.at <= now).last().copied().unwrap_or(first)
    }

    /// For the control API: the keys that Twilio's messages have too, and more.
    pub fn inside(&self, sim: &Sim, now: u64) -> Value {
        json!({
            "provider": "meta", "sid": self.id, "created_us": self.created, "created": sim.clock.rfc3339(self.created),
            "to": self.to.text(), "wa_id": self.wa_id, "from": self.number_id, "body": self.text, "type": self.kind,
            "wa": self.opaque, "status": self.step(now).status.name(), "error_code": self.step(now).error,
            "message_status": self.message_status, "request": self.body,
        })
    }
}

/// All that was taken, newest last.
pub fn taken(sim: &Sim, to: Option<&str>, limit: usize) -> Value {
    let messages = super::locked(&sim.meta.messages);
    let now = sim.clock.now();
    let bare = |a: &str| a.trim().trim_start_matches("whatsapp:").trim_start_matches('+').to_owned();
    let to = to.map(bare);
    let mut list: Vec<Value> = messages
        .iter()
        .rev()
        .filter(|m| to.as_ref().is_none_or(|t| bare(m.to.text()) == *t))
        .take(limit)
        .map(|m| m.inside(sim, now))
        .collect();
    list.reverse();
    json!({ "count": messages.len(), "messages": list })
}
