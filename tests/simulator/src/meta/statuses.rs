//! Status webhooks: sent, delivered, read, failed; signed, repeated, reordered, tried again.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::{Value, json};

use super::envelope::Recipient;
use super::errors::{self, Checked, Refusal};
use super::store::Message;
use super::{ids, sign, tokens};
use crate::chance::locked;
use crate::course::{Call, Plan, Status};
use crate::route::Afterwards;
use crate::sim::Sim;
use crate::webhook::{Failed, Hook, loopback};

/// A webhook that someone set: none if it is empty; only plain http on loopback.
pub fn address(url: &str) -> Checked<Option<String>> {
    if url.is_empty() {
        return Ok(None);
    }
    match loopback(url) {
        Some(_) => Ok(Some(url.to_owned())),
        None => {
            Err(Refusal::parameter("override_callback_uri: this simulator calls plain http on loopback only"))
        }
    }
}

/// Where the statuses of that number go: its own webhook, the account's, the app's.
fn target(sim: &Sim, number_id: &str) -> Option<String> {
    let own = locked(&sim.meta.numbers).get(number_id).and_then(|n| n.webhook.clone());
    let (on, account) = {
        let subscription = locked(&sim.meta.subscription);
        (subscription.on, subscription.webhook.clone())
    };
    if !on {
        return None;
    }
    own.or(account).or_else(|| locked(&sim.meta.webhook).clone())
}

/// What stays the same in all webhooks of one message.
struct Sent {
    url: String,
    id: String,
    number_id: String,
    display: String,
    to: Recipient,
    wa_id: Option<String>,
    opaque: Option<String>,
    template: bool,
}

/// What is to be done once the message is logged.
pub fn start(
    sim: &Sim,
    message: &Message,
    plan: Plan,
) -> Option<Box<dyn FnOnce(Arc<Sim>) -> Afterwards + Send>> {
    let url = target(sim, &message.number_id)?;
    let display = locked(&sim.meta.numbers).get(&message.number_id).map(|n| n.digits().to_owned())?;
    let sent = Sent {
        url,
        id: message.id.clone(),
        number_id: message.number_id.clone(),
        display,
        to: message.to.clone(),
        wa_id: message.wa_id.clone(),
        opaque: message.opaque.clone(),
        template: message.kind == "template",
    };
    let generation = sim.generation();
    Some(Box::new(move |sim: Arc<Sim>| {
        Box::pin(async move {
            let mut calls = plan.calls.into_iter();
            if plan.early
                && let Some(first) = calls.next()
            {
                // an answer does not wait for ever for a listener that is slow
                let _ = tokio::time::timeout(Duration::from_secs(2), post(&sim, &sent, &first)).await;
            }
            tokio::spawn(async move {
                for call in calls {
                    let wait = call.at.saturating_sub(sim.clock.now());
                    tokio::time::sleep(Duration::from_micros(wait)).await;
                    if sim.generation() != generation {
                        return;
                    }
                    post(&sim, &sent, &call).await;
                }
            });
        })
    }))
}

fn status(sim: &Sim, sent: &Sent, call: &Call) -> Value {
    let name = call.step.status.name();
    let moment = sim.clock.wall(call.step.at).unix_timestamp();
    let mut status = json!({ "id": sent.id, "status": name, "timestamp": moment.to_string() });
    match &sent.to {
        Recipient::User(user) => status["recipient_user_id"] = user.clone().into(),
        Recipient::Group(group) => {
            status["recipient_id"] = group.clone().into();
            status["recipient_type"] = "group".into();
        }
        Recipient::Phone(_) => status["recipient_id"] = sent.wa_id.clone().into(),
    }
    if let Some(opaque) = &sent.opaque {
        status["biz_opaque_callback_data"] = opaque.clone().into();
    }
    if let Some(code) = call.step.error {
        status["errors"] = json!([errors::in_webhook(code)]);
    }
    if matches!(call.step.status, Status::Sent | Status::Delivered) {
        let category = if sent.template { "utility" } else { "service" };
        let kind = if sent.template { "regular" } else { "free_customer_service" };
        status["pricing"] =
            json!({ "billable": sent.template, "pricing_model": "PMP", "type": kind, "category": category });
    }
    status
}

async fn post(sim: &Sim, sent: &Sent, call: &Call) {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": sent.display, "phone_number_id": sent.number_id },
        "statuses": [status(sim, sent, call)],
    });
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": ids::WABA, "changes": [{ "value": value, "field": "messages" }] }],
    });
    let _ = deliver(sim, &sent.url, &body).await;
}

/// Tried again, sooner at first, until the listener answers 200.
pub async fn deliver(sim: &Sim, url: &str, body: &Value) -> Result<u16, Failed> {
    let body = sign::escaped(body);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("accept", "*/*".to_owned()),
        ("user-agent", "facebookexternalua".to_owned()),
        ("x-hub-signature-256", sign::signature(tokens::APP_SECRET, body.as_bytes())),
    ];
    let mut tries = 0;
    loop {
        let hook = Hook { url, headers: &headers, body: body.clone(), timeout: Duration::from_secs(10) };
        let result = sim.webhooks.post(&hook).await;
        sim.stats.callbacks_sent.fetch_add(1, Relaxed);
        if matches!(result, Ok(200..=299)) {
            return result;
        }
        sim.stats.callbacks_failed.fetch_add(1, Relaxed);
        if tries >= 5 || result == Err(Failed::NotLoopback) {
            return result;
        }
        tokio::time::sleep(Duration::from_millis(100 << (2 * tries))).await;
        tries += 1;
    }
}
