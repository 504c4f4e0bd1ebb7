//! WhatsApp's approval of a template: asking for it, and the review that takes its time.

use serde_json::{Map, Value, json};

use super::errors;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

const CATEGORIES: [&str; 3] = ["UTILITY", "MARKETING", "AUTHENTICATION"];
/// Types that WhatsApp takes within the 24 hours only.
const NEVER_APPROVED: [&str; 2] = ["twilio/location", "twilio/list-picker"];

/// What was submitted, and what came of it; the default is that nothing was.
#[derive(Clone, Default)]
pub struct Approval {
    name: String,
    category: String,
    /// Empty: not submitted.
    status: String,
    /// From this moment on the status is another.
    review: Option<(u64, &'static str)>,
}

impl Approval {
    /// One that is as it is from the start.
    pub fn settled(name: &str, category: &str, status: &str) -> Self {
        if status == "unsubmitted" {
            return Self::default();
        }
        Self { name: name.to_owned(), category: category.to_owned(), status: status.to_owned(), review: None }
    }

    /// Received now; names that contain `reject` or `pause` end so, all others are approved.
    fn submitted(name: &str, category: &str, at: u64) -> Self {
        let verdict = if name.contains("reject") {
            "rejected"
        } else if name.contains("pause") {
            "paused"
        } else {
            "approved"
        };
        Self { review: Some((at, verdict)), ..Self::settled(name, category, "received") }
    }

    pub fn is_submitted(&self) -> bool {
        !self.status.is_empty()
    }

    pub fn status(&self, now: u64) -> &str {
        match self.review {
            Some((at, verdict)) if now >= at => verdict,
            _ if !self.is_submitted() => "unsubmitted",
            _ => &self.status,
        }
    }

    /// As the list with approvals has it: one that was not submitted has no names.
    pub fn to_json(&self, types: &Map<String, Value>, now: u64) -> Value {
        let content_type = types.keys().next().filter(|_| self.is_submitted());
        let status = self.status(now);
        json!({
            "name": self.name,
            "category": self.category,
            "content_type": content_type.map_or("", String::as_str),
            "status": status,
            "rejection_reason": if status == "rejected" { "Simulated rejection" } else { "" },
            "allow_category_change": true,
        })
    }
}

pub fn fetch(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let Some(content) = sim.twilio.contents.get(sid) else {
        return errors::not_found(request);
    };
    let mut whatsapp = content.approval.to_json(&content.types, sim.clock.now());
    whatsapp["type"] = json!("whatsapp");
    Answer::json(
        200,
        &json!({
            "sid": content.sid,
            "account_sid": sim.twilio.account.sid,
            "whatsapp": whatsapp,
            "url": format!("{}/v1/Content/{sid}/ApprovalRequests", request.base()),
        }),
    )
}

pub fn submit(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let Some(mut content) = sim.twilio.contents.get(sid) else {
        return errors::not_found(request);
    };
    let wanted: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |key: &str| wanted.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, category) = (text("name"), text("category"));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return errors::answer(400, 20422, Some("name: lower case letters, digits and underscores"));
    }
    if !CATEGORIES.contains(&category) {
        return errors::answer(400, 20422, Some("category: UTILITY, MARKETING or AUTHENTICATION"));
    }
    if content.approval.is_submitted() {
        return errors::answer(400, 92009, None);
    }
    if content.types.keys().all(|kind| NEVER_APPROVED.contains(&kind.as_str())) {
        return errors::answer(400, 92008, None);
    }
    let now = sim.clock.now();
    let review = now + 1000 * sim.kindness().template_review_ms;
    content.approval = Approval::submitted(name, category, review);
    let mut shown = content.approval.to_json(&content.types, now);
    // told by a later question, even where the review takes no time
    shown["status"] = json!("received");
    shown["rejection_reason"] = json!("");
    sim.twilio.contents.put(content);
    Answer::json(201, &shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_takes_its_time_and_ends_as_the_name_says() {
        for (name, verdict) in [("a", "approved"), ("to_reject", "rejected"), ("pause_it", "paused")] {
            let approval = Approval::submitted(name, "UTILITY", 10);
            assert_eq!((approval.status(9), approval.status(10)), ("received", verdict));
        }
        assert_eq!(Approval::default().status(99), "unsubmitted");
        assert_eq!(Approval::settled("a", "UTILITY", "disabled").status(0), "disabled");
    }

    #[test]
    fn what_was_not_submitted_has_no_names() {
        let types = Map::from_iter([("twilio/text".to_owned(), json!({ "body": "x" }))]);
        let shown = Approval::settled("draft", "UTILITY", "unsubmitted").to_json(&types, 0);
        assert_eq!(shown["status"], "unsubmitted");
        assert!(["name", "category", "content_type"].iter().all(|key| shown[*key] == ""));
        let shown = Approval::settled("a", "UTILITY", "approved").to_json(&types, 0);
        assert_eq!((&shown["name"], &shown["content_type"]), (&json!("a"), &json!("twilio/text")));
    }
}
