//! The messages that were taken, and what each shows at a given moment.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{API_VERSION, errors};
pub use crate::course::{Status, Step};
use crate::sim::Sim;

pub struct Message {
    pub sid: String,
    pub created: u64,
    pub to: String,
    pub from: String,
    pub service: Option<String>,
    pub body: String,
    /// Before that moment the text is not shown.
    pub body_from: u64,
    pub media: Vec<String>,
    pub place: Option<String>,
    pub content_sid: Option<String>,
    pub content_variables: Option<String>,
    pub status_callback: Option<String>,
    pub key: Option<String>,
    /// Before that moment lists do not show it.
    pub listed_from: u64,
    pub date_sent_at_once: bool,
    /// In the order of time; the first is at its creation.
    pub steps: Vec<Step>,
    pub deleted: bool,
}

impl Message {
    pub fn step(&self, now: u64) -> Step {
        let first = Step { at: self.created, status: Status::Queued, error: None };
        self.steps.iter().take_while(|s| s.at <= now).last().copied().unwrap_or(first)
    }

    /// When it was sent, as shown at that moment.
    pub fn sent(&self, now: u64) -> Option<u64> {
        if self.date_sent_at_once {
            return Some(self.created);
        }
        let sent =
            |s: &&Step| s.at <= now && matches!(s.status, Status::Sent | Status::Delivered | Status::Read);
        self.steps.iter().find(sent).map(|s| s.at)
    }

    /// The resource, as GET shows it.
    pub fn to_json(&self, sim: &Sim, now: u64) -> Value {
        let account = &sim.twilio.account.sid;
        let step = self.step(now);
        let uri = format!("/{API_VERSION}/Accounts/{account}/Messages/{}", self.sid);
        let undecided = self.service.is_some() && matches!(step.status, Status::Accepted | Status::Scheduled);
        json!({
            "sid": self.sid,
            "account_sid": account,
            "api_version": API_VERSION,
            "body": if now < self.body_from { "" } else { &self.body },
            "date_created": sim.clock.rfc2822(self.created),
            "date_updated": sim.clock.rfc2822(step.at),
            "date_sent": self.sent(now).map(|at| sim.clock.rfc2822(at)),
            "direction": "outbound-api",
            "error_code": step.error,
            "error_message": step.error.map(errors::text),
            "from": if undecided { Value::Null } else { json!(self.from) },
            "to": self.to,
            "messaging_service_sid": self.service,
            "num_media": self.media.len().to_string(),
            "num_segments": if undecided { "0" } else { "1" },
            "price": Value::Null,
            "price_unit": Value::Null,
            "status": step.status.name(),
            "subresource_uris": { "media": format!("{uri}/Media.json") },
            "uri": format!("{uri}.json"),
        })
    }

    /// The text that the recipient sees: Twilio passes one on beside an image
    /// only, and drops it in silence beside other media.
    pub fn shown_text(&self) -> &str {
        let is_own = self.content_sid.is_none();
        if is_own && self.media.iter().any(|link| is_known_as_no_image(link)) { "" } else { &self.body }
    }

    /// For `/_control/messages`: all that the simulator knows.
    pub fn inside(&self, sim: &Sim, now: u64) -> Value {
        json!({
            "sid": self.sid, "created_us": self.created, "to": self.to, "from": self.from, "service": self.service,
            "body": self.body, "shown_text": self.shown_text(), "media": self.media, "place": self.place, "content_sid": self.content_sid,
            "content_variables": self.content_variables,
            "status_callback": self.status_callback.as_deref().map(crate::exchange::mask_userinfo),
            "wa": self.key, "status": self.step(now).status.name(), "error_code": self.step(now).error,
            "listed": self.listed_from <= now, "deleted": self.deleted,
            "created": sim.clock.rfc3339(self.created),
        })
    }
}

/// Twilio looks at what it fetches; here the link's ending stands for that.
fn is_known_as_no_image(link: &str) -> bool {
    const OTHERS: [&str; 25] = [
        "pdf", "txt", "csv", "vcf", "zip", "rtf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "mp4", "3gp",
        "mov", "webm", "mp3", "ogg", "oga", "opus", "aac", "amr", "m4a", "wav", "3gpp",
    ];
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| OTHERS.contains(&ending.as_str()))
}

#[derive(Default)]
pub struct Store {
    all: Vec<Message>,
    by_sid: HashMap<String, usize>,
    by_to: HashMap<String, Vec<usize>>,
}

impl Store {
    pub fn add(&mut self, message: Message) {
        let place = self.all.len();
        self.by_sid.insert(message.sid.clone(), place);
        self.by_to.entry(message.to.clone()).or_default().push(place);
        self.all.push(message);
    }

    pub fn all(&self) -> &[Message] {
        &self.all
    }

    pub fn place(&self, sid: &str) -> Option<usize> {
        self.by_sid.get(sid).copied()
    }

    pub fn get(&self, sid: &str) -> Option<&Message> {
        self.all.get(self.place(sid)?).filter(|m| !m.deleted)
    }

    pub fn get_mut(&mut self, sid: &str) -> Option<&mut Message> {
        let place = self.place(sid)?;
        self.all.get_mut(place).filter(|m| !m.deleted)
    }

    /// Places of the messages to that address, in the order of their creation.
    pub fn to(&self, address: &str) -> &[usize] {
        self.by_to.get(address).map_or(&[], Vec::as_slice)
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_beside_an_image_only() {
        for (link, shown) in [
            ("https://example.com/a.jpg", true),
            ("https://example.com/show?file=a.pdf", true),
            ("https://example.com/a.PDF?x=1", false),
            ("https://example.com/a.mp4#t", false),
            ("https://example.com/a.ogg", false),
        ] {
            assert_eq!(is_known_as_no_image(link), !shown, "{link}");
        }
    }
}
