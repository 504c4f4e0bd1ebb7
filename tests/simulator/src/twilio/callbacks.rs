//! Status callbacks and inbound messages, signed as Twilio signs them.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::sign::{requested, signature};
use super::store::{Message, Status};
use super::{API_VERSION, errors};
use crate::chance::{fresh_sid, fresh_uuid, locked};
use crate::course::{Call, Plan};
use crate::exchange::{Answer, Form};
use crate::route::Afterwards;
use crate::sim::Sim;
use crate::webhook::{Failed, Hook};

struct Target {
    sid: String,
    from: String,
    to: String,
    service: Option<String>,
    url: String,
    policy: Policy,
}

/// What is to be done once the message is logged: an early callback before the answer, the others in their time.
pub fn start(
    sim: &Sim,
    message: &Message,
    plan: Plan,
) -> Option<Box<dyn FnOnce(Arc<Sim>) -> Afterwards + Send>> {
    let whole = message.status_callback.as_deref()?;
    let url = requested(whole);
    let (_, fragment) = whole.split_once('#').unwrap_or_default();
    let target = Target {
        sid: message.sid.clone(),
        from: message.from.clone(),
        to: message.to.clone(),
        service: message.service.clone(),
        url,
        policy: Policy::read(fragment),
    };
    if crate::webhook::loopback(&target.url).is_none() {
        sim.stats.callbacks_not_loopback.fetch_add(plan.calls.len() as u64, Relaxed);
        return None;
    }
    let generation = sim.generation();
    Some(Box::new(move |sim: Arc<Sim>| {
        Box::pin(async move {
            let mut calls = plan.calls.into_iter();
            if plan.early
                && let Some(first) = calls.next()
            {
                // an answer does not wait for ever for a listener that is slow
                let _ = tokio::time::timeout(Duration::from_secs(2), post(&sim, &target, &first)).await;
            }
            tokio::spawn(async move {
                for call in calls {
                    let wait = call.at.saturating_sub(sim.clock.now());
                    tokio::time::sleep(Duration::from_micros(wait)).await;
                    if sim.generation() != generation || !still_true(&sim, &target.sid, &call) {
                        return;
                    }
                    post(&sim, &target, &call).await;
                }
            });
        })
    }))
}

/// A cancelled message sends no more callbacks of the course it would have taken.
fn still_true(sim: &Sim, sid: &str, call: &Call) -> bool {
    locked(&sim.twilio.store).get(sid).is_some_and(|m| m.steps.iter().any(|s| s.status == call.step.status))
}

async fn post(sim: &Sim, target: &Target, call: &Call) {
    let status = call.step.status.name();
    let account = &sim.twilio.account;
    let mut fields: Vec<(&str, &str)> = vec![
        ("AccountSid", &account.sid),
        ("ApiVersion", API_VERSION),
        ("ChannelInstallSid", "XE00000000000000000000000000000001"),
        ("ChannelPrefix", "whatsapp"),
        ("ChannelToAddress", target.to.trim_start_matches("whatsapp:")),
        ("From", &target.from),
        ("MessageSid", &target.sid),
        ("MessageStatus", status),
        ("SmsSid", &target.sid),
        ("SmsStatus", status),
        ("StructuredMessage", "false"),
        ("To", &target.to),
    ];
    let event = status.to_uppercase();
    if matches!(call.step.status, Status::Sent | Status::Delivered | Status::Read | Status::Undelivered) {
        fields.push(("EventType", &event));
    }
    if let Some(service) = &target.service {
        fields.push(("MessagingServiceSid", service));
    }
    let code = call.step.error.map(|c| c.to_string()).unwrap_or_default();
    if let Some(error) = call.step.error {
        fields.push(("ErrorCode", &code));
        fields.push(("ErrorMessage", errors::text(error)));
        fields.push(("ChannelStatusMessage", errors::text(error)));
    }
    let fields = fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let _ = deliver(sim, &target.url, &target.policy, Form(fields), &call.token).await;
}

/// The part of a webhook's URL behind `#`, as Twilio reads it.
struct Policy {
    retries: u32,
    on: String,
    total: Duration,
}

impl Policy {
    fn read(fragment: &str) -> Self {
        let form = Form::parse(fragment.as_bytes());
        let number = |name: &str| form.get(name).and_then(|v| v.parse::<u32>().ok());
        Self {
            retries: number("rc").unwrap_or(1).min(5),
            on: form.get("rp").unwrap_or("ct").to_owned(),
            total: Duration::from_millis(number("tt").unwrap_or(15_000).clamp(100, 15_000).into()),
        }
    }

    fn again(&self, result: &Result<u16, Failed>) -> bool {
        let why = match result {
            Ok(200..=399) | Err(Failed::NotLoopback) => return false,
            Ok(400..=499) => "4xx",
            Ok(_) => "5xx",
            Err(Failed::Timeout) => "rt",
            Err(Failed::Connect | Failed::Other) => "ct",
        };
        self.on.split(',').any(|on| on == why || on == "all")
    }
}

async fn deliver(sim: &Sim, url: &str, policy: &Policy, form: Form, token: &str) -> Result<u16, Failed> {
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
        ("accept", "*/*".to_owned()),
        ("user-agent", "TwilioProxy/1.1".to_owned()),
        ("i-twilio-idempotency-token", token.to_owned()),
        ("x-twilio-signature", signature(&sim.twilio.account.token, url, &form.0)),
    ];
    let authority = url.split_once("://").map_or("", |(_, r)| r.split(['/', '?']).next().unwrap_or(""));
    if let Some((user, _)) = authority.rsplit_once('@') {
        headers.push((
            "authorization",
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(user)),
        ));
    }
    let body = form.encode();
    let mut tries = 0;
    loop {
        let hook = Hook { url, headers: &headers, body: body.clone(), timeout: policy.total };
        let result = sim.webhooks.post(&hook).await;
        sim.stats.callbacks_sent.fetch_add(1, Relaxed);
        if !matches!(result, Ok(200..=299)) {
            sim.stats.callbacks_failed.fetch_add(1, Relaxed);
        }
        if tries >= policy.retries || !policy.again(&result) {
            return result;
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The body of `POST /_control/inbound`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    url: String,
    from: String,
    to: Option<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    profile_name: Option<String>,
    /// More parameters, or others in place of the usual ones.
    #[serde(default)]
    fields: serde_json::Map<String, Value>,
}

/// A message from a user to one of our senders.
pub async fn inbound(sim: &Sim, wanted: Inbound) -> Answer {
    let address = |a: &str| format!("whatsapp:{}", a.trim_start_matches("whatsapp:"));
    let sid = fresh_sid("SM");
    let to = wanted.to.or_else(|| sim.twilio.senders.first().cloned()).unwrap_or_default();
    let mut fields = json!({
        "AccountSid": sim.twilio.account.sid, "ApiVersion": API_VERSION, "Body": wanted.body, "From": address(&wanted.from),
        "MessageSid": sid, "MessageType": "text", "NumMedia": "0", "NumSegments": "1",
        "ProfileName": wanted.profile_name.unwrap_or_else(|| "Ann".to_owned()), "SmsMessageSid": sid, "SmsSid": sid,
        "SmsStatus": "received", "To": address(&to),
        "WaId": wanted.from.trim_start_matches("whatsapp:").trim_start_matches('+'),
    });
    if let Some(map) = fields.as_object_mut() {
        map.extend(wanted.fields);
    }
    let form = fields
        .as_object()
        .into_iter()
        .flatten()
        .map(|(n, v)| (n.clone(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)));
    let form = Form(form.collect());
    let (_, fragment) = wanted.url.split_once('#').unwrap_or_default();
    match deliver(sim, &requested(&wanted.url), &Policy::read(fragment), form, &fresh_uuid()).await {
        Ok(status) => Answer::json(200, &json!({ "message_sid": sid, "http_status": status })),
        Err(Failed::NotLoopback) => crate::control::refused("webhooks go to plain http on loopback only"),
        Err(why) => Answer::json(502, &json!({ "message_sid": sid, "error": format!("{why:?}") })),
    }
}
