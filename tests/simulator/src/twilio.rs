//! Twilio: Programmable Messaging for WhatsApp and its content templates.

mod accounts;
mod approval;
pub mod auth;
pub mod callbacks;
pub mod content;
mod content_rules;
mod content_seeds;
pub mod errors;
mod indicators;
mod location;
mod messages;
mod numbers;
mod pages;
mod rules;
mod senders;
mod services;
mod sign;
mod store;

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::args::Options;
use crate::chance::{fresh_sid, locked};
use crate::exchange::{Answer, Request};
use crate::faults::Fault;
use crate::provider::Details;
use crate::route::Outcome;
use crate::sim::Sim;

pub const API_VERSION: &str = "2010-04-01";

pub struct Twilio {
    pub account: auth::Account,
    /// `+` and digits.
    pub senders: Vec<String>,
    pub service_sid: String,
    special_numbers: bool,
    attempts: Mutex<HashMap<String, u32>>,
    pub contents: content::Contents,
    pub store: Mutex<store::Store>,
}

impl Twilio {
    pub fn new(options: &Options) -> Self {
        Self {
            account: auth::Account {
                sid: options.account_sid.clone(),
                token: options.auth_token.clone(),
                key_sid: options.api_key_sid.clone(),
                key_secret: options.api_key_secret.clone(),
            },
            senders: options.senders.iter().map(|s| s.trim_start_matches("whatsapp:").to_owned()).collect(),
            service_sid: options.service_sid.clone(),
            special_numbers: options.special_numbers,
            attempts: Mutex::default(),
            contents: content::Contents::seeded(),
            store: Mutex::default(),
        }
    }

    pub fn reset(&self) {
        locked(&self.attempts).clear();
        locked(&self.store).clear();
    }
}

pub fn details(sim: &Sim, request: &Request) -> Details {
    let credentials = sim.twilio.account.check(request).name();
    let json = request.json();
    if request.method != "POST" {
        return Details { json, credentials, ..Details::default() };
    }
    let form = request.form();
    let text = |name: &str| form.get(name).map(str::to_owned);
    Details {
        creates: is_create(request),
        to: text("To"),
        from: text("From"),
        text: text("Body"),
        key: form.get("StatusCallback").and_then(key_of),
        form: (!form.0.is_empty()).then(|| form.to_json()),
        json,
        credentials,
        ..Details::default()
    }
}

fn is_create(request: &Request) -> bool {
    request.method == "POST"
        && request.path.starts_with("/2010-04-01/Accounts/")
        && request.path.ends_with("/Messages.json")
}

/// `wa` of a URL's query.
pub fn key_of(url: &str) -> Option<String> {
    let url = url.split('#').next()?;
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == "wa").map(|(_, v)| v.into_owned())
}

/// What a special number does to this attempt.
pub fn special(sim: &Sim, request: &Request, details: &Details) -> Option<Fault> {
    if !sim.twilio.special_numbers || !details.creates || !sim.twilio.account.check(request).is_ours() {
        return None;
    }
    let to = details.to.as_deref()?;
    let to = to.strip_prefix("whatsapp:").unwrap_or(to);
    if !numbers::is_special(to) {
        return None;
    }
    let mut attempts = locked(&sim.twilio.attempts);
    let n = attempts.entry(to.to_owned()).or_default();
    *n += 1;
    numbers::fault(to, *n, request.form().filled("ContentSid").is_some())
}

/// The provider's answer, where no fault stands before it.
pub fn answer(sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
    let outcome = if sim.max_concurrent > 0 && request.in_flight > sim.max_concurrent {
        errors::answer(429, 20429, None).into()
    } else {
        dispatch(sim, request, fault)
    };
    Outcome { answer: with_headers(sim, request, outcome.answer), ..outcome }
}

/// The headers that come with every answer of Twilio's own.
pub fn with_headers(sim: &Sim, request: &Request, answer: Answer) -> Answer {
    let micros = sim.clock.now().saturating_sub(request.arrived);
    #[expect(clippy::cast_precision_loss)]
    let seconds = micros as f64 / 1e6;
    answer
        .with("twilio-request-id", fresh_sid("RQ"))
        .with("twilio-concurrent-requests", request.in_flight.to_string())
        .with("twilio-request-duration", format!("{seconds:.3}"))
}

fn dispatch(sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
    let who = sim.twilio.account.check(request);
    if !who.is_ours() {
        return errors::answer(401, 20003, None)
            .with("www-authenticate", "Basic realm=\"Twilio API\"")
            .into();
    }
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    let account = match parts.as_slice() {
        [API_VERSION, "Accounts", one] => one.strip_suffix(".json"),
        [API_VERSION, "Accounts", sid, ..] => Some(*sid),
        _ => Some(sim.twilio.account.sid.as_str()),
    };
    if account != Some(sim.twilio.account.sid.as_str()) {
        return errors::not_found(request).into();
    }
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", [API_VERSION, "Accounts", _]) => accounts::fetch(sim, who).into(),
        ("POST", [API_VERSION, "Accounts", _, "Messages.json"]) => messages::create(sim, request, fault),
        ("GET", [API_VERSION, "Accounts", _, "Messages.json"]) => pages::messages(sim, request).into(),
        (method, [API_VERSION, "Accounts", _, "Messages", sid]) => {
            let Some(sid) = sid.strip_suffix(".json").filter(|s| is_sid(s, &["SM", "MM"])) else {
                return errors::not_found(request).into();
            };
            match method {
                "GET" => messages::fetch(sim, request, sid).into(),
                "POST" => messages::update(sim, request, sid).into(),
                "DELETE" => messages::delete(sim, request, sid).into(),
                _ => errors::answer(405, 20004, None).into(),
            }
        }
        ("GET", ["v1", "Content"]) => pages::contents(sim, request).into(),
        ("POST", ["v1", "Content"]) => content::create(sim, request).into(),
        ("GET", ["v1", "Content", sid]) => content::fetch(sim, request, sid).into(),
        ("PUT", ["v1", "Content", sid]) => content::change(sim, request, sid).into(),
        ("DELETE", ["v1", "Content", sid]) => content::delete(sim, request, sid).into(),
        ("GET", ["v1", "Content", sid, "ApprovalRequests"]) => approval::fetch(sim, request, sid).into(),
        ("POST", ["v1", "Content", sid, "ApprovalRequests", "whatsapp"]) => {
            approval::submit(sim, request, sid).into()
        }
        ("GET", ["v1", "ContentAndApprovals"]) => pages::contents_and_approvals(sim, request).into(),
        ("GET", ["v2", "Content"]) => pages::search_contents(sim, request).into(),
        ("GET", ["v1", "Services", sid]) => services::fetch(sim, request, sid).into(),
        ("GET", ["v2", "Channels", "Senders"]) => senders::list(sim, request).into(),
        ("GET", ["v2", "Channels", "Senders", sid]) => senders::fetch(sim, request, sid).into(),
        ("POST", ["v2", "Indicators", "Typing.json"]) => indicators::typing(sim, request).into(),
        (
            _,
            [API_VERSION, "Accounts", _]
            | [API_VERSION, "Accounts", _, "Messages.json"]
            | ["v1", "Content", ..]
            | ["v1", "ContentAndApprovals"]
            | ["v1", "Services", _]
            | ["v2", "Content"]
            | ["v2", "Channels", "Senders", ..]
            | ["v2", "Indicators", "Typing.json"],
        ) => errors::answer(405, 20004, None).into(),
        _ => errors::not_found(request).into(),
    }
}

/// All that was taken, newest last, with what only the simulator knows.
pub fn taken(sim: &Sim, to: Option<&str>, limit: usize) -> Value {
    let store = locked(&sim.twilio.store);
    let now = sim.clock.now();
    let bare = |a: &str| a.trim_start_matches("whatsapp:").to_owned();
    let to = to.map(|t| bare(t.trim_start()));
    let mut list: Vec<Value> = store
        .all()
        .iter()
        .rev()
        .filter(|m| {
            to.as_ref().is_none_or(|t| bare(&m.to).trim_start_matches('+') == t.trim_start_matches('+'))
        })
        .take(limit)
        .map(|m| m.inside(sim, now))
        .collect();
    list.reverse();
    json!({ "count": store.all().len(), "messages": list })
}

pub fn is_sid(text: &str, prefixes: &[&str]) -> bool {
    text.len() == 34
        && text.get(..2).is_some_and(|p| prefixes.contains(&p))
        && text.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_key_is_found_in_a_status_callback() {
        assert_eq!(key_of("http://127.0.0.1/x?a=1&wa=0198.1#rc=5").as_deref(), Some("0198.1"));
        assert_eq!(key_of("http://127.0.0.1/x#?wa=1"), None);
    }

    #[test]
    fn sids_have_their_shape() {
        assert!(is_sid("SM0123456789abcdefABCDEF0123456789", &["SM", "MM"]));
        assert!(!is_sid("SM0123456789abcdefABCDEF012345678", &["SM"]));
        assert!(!is_sid("SMg123456789abcdefABCDEF0123456789", &["SM"]));
        assert!(!is_sid("ME0123456789abcdefABCDEF0123456789", &["SM"]));
    }
}
